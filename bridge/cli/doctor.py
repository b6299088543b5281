"""`doctor`: which link between a sender and Pinghome fails, and what to do about it."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.common import ConfigOption, JsonOption, configuration_faults

if TYPE_CHECKING:
    from bridge.doctor import Link
    from bridge.settings import Settings


def doctor(
    config: ConfigOption = None,
    source: Annotated[str | None, typer.Option(help="The source that the test alert is sent to.")] = None,
    ingress_url: Annotated[str | None, typer.Option(help="Where the ingress is, if not as configured.")] = None,
    admin_url: Annotated[str | None, typer.Option(help="Where the admin API is, if not as configured.")] = None,
    json_output: JsonOption = False,
) -> None:
    """Follow one test alert through ingress, store, route, Pinghome and back, and say which link fails.

    Example: pinghome-bridge doctor --config bridge.yaml
    """
    from bridge import logs
    from bridge.settings import load

    with configuration_faults():
        settings = load(config)
    logs.configure(level="error", form="console", process="doctor")
    links = asyncio.run(_examine(settings, source, ingress_url, admin_url, told=not json_output))
    if json_output:
        sys.stdout.write(json.dumps([asdict(link) for link in links], indent=2, ensure_ascii=False) + "\n")
    failed = [link for link in links if link.state == "failed"]
    if failed:
        sys.stderr.write(f"pinghome-bridge: {failed[0].name} fails: {failed[0].words}\n")
        raise typer.Exit(1)


async def _examine(
    settings: Settings, source: str | None, ingress: str | None, admin: str | None, *, told: bool
) -> list[Link]:
    import aiohttp

    from bridge.doctor import LINKS, Link, Visit, listener, tried

    links = [Link(name="configuration", state="ok", words=f"{len(settings.sources)} sources, good")]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        visit = Visit(
            settings=settings,
            session=session,
            ingress=ingress or listener(settings.ingress.host, settings.ingress.port),
            admin=admin or listener(settings.admin.host, settings.admin.port),
            source=source,
        )
        for name, check in LINKS.items():
            links.append(await tried(name, check, visit))
            if told:
                _tell(links[-1])
    return links


def _tell(link: Link) -> None:
    sys.stdout.write(f"{link.state:8}{link.name:16}{link.words} ({link.took_ms:.0f} ms)\n")
