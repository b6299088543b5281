"""`provision`: make at Pinghome what the configuration needs, after showing it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bridge.cli.common import ConfigOption, JsonOption, configuration_faults, fail

if TYPE_CHECKING:
    from bridge.provisioning import Step
    from bridge.settings import Settings

MEMORY: Final = "provisioned.json"
"""Beside the configuration: the id of a service that was made. The API cannot list services."""


def provision(
    config: ConfigOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    team: Annotated[str | None, typer.Option(help="The team that rulesets and services are made for.")] = None,
    service: Annotated[str | None, typer.Option(help="The service that heartbeat monitors are made in.")] = None,
    json_output: JsonOption = False,
) -> None:
    """Make the webhooks, rulesets and heartbeat monitors that the configuration needs; twice changes nothing.

    Example: pinghome-bridge provision --config bridge.yaml --dry-run
    """
    from bridge import logs
    from bridge.provisioning import absent
    from bridge.settings.load import configured_file, load

    with configuration_faults():
        settings = load(config, absent=absent)
    logs.configure(level="error", form="console", process="provision")
    if settings.pinghome.email is None or settings.pinghome.password is None:
        fail("provisioning needs pinghome.email and pinghome.password", 78)
    path = configured_file(config)
    memory = (path.parent if path else Path()) / MEMORY
    asyncio.run(_provision(settings, memory, team, service, dry_run=dry_run, yes=yes, json_output=json_output))


async def _provision(
    settings: Settings,
    memory: Path,
    team: str | None,
    service: str | None,
    *,
    dry_run: bool,
    yes: bool,
    json_output: bool,
) -> None:
    from bridge.pinghome.client import Pinghome
    from bridge.pinghome.errors import PinghomeError
    from bridge.provisioning import carry_out, look, needs, plan, remembered

    wanted = needs(settings)
    service = service or remembered(memory)
    try:
        async with Pinghome(settings.pinghome) as pinghome:
            steps = plan(wanted, await look(pinghome, wanted, service), team)
            _show(steps, json_output=json_output)
            if any(step.mark in "+~" for step in steps) and not dry_run:
                if not yes and not typer.confirm("Do this?", err=True):
                    fail("nothing was done")
                async for step in carry_out(pinghome, steps, service, memory):
                    if not json_output:
                        sys.stdout.write(f"done: {step.kind} {step.name}\n")
    except PinghomeError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or memory}: {error.strerror}")
    if any(step.mark == "!" for step in steps):
        fail("some things need you, see `!` above")


def _show(steps: Sequence[Step], *, json_output: bool) -> None:
    rows: list[dict[str, Any]] = [
        {"": step.mark, "what": step.kind, "name": step.name, "words": step.words} for step in steps
    ]
    if json_output:
        told = [{"mark": row[""], "what": row["what"], "name": row["name"], "words": row["words"]} for row in rows]
        sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
        return
    from bridge.cli.tables import show

    show(rows)
