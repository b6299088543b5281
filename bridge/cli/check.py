"""`check-config` and `explain`: what would happen, without anything happening."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.common import ConfigOption, InsecureOption, JsonOption, configuration_faults, fail

if TYPE_CHECKING:
    from bridge.pipeline.ports import Plan


def check_config(
    file: Annotated[Path, typer.Argument(help="The configuration file.")], insecure_dev: InsecureOption = False
) -> None:
    """Print every fault of a configuration: file, key path, reason. Exit 0 or 78.

    Example: pinghome-bridge check-config config/bridge.yaml
    """
    from bridge.settings import load
    from bridge.settings.start import check_start

    with configuration_faults():
        settings = load(file)
        check_start(settings, insecure_dev=insecure_dev)
    sources, routes = len(settings.sources), len(settings.routes)
    sys.stdout.write(f"{file}: good: {sources} sources, {routes} routes, {len(settings.heartbeats)} heartbeats\n")


def explain(
    file: Annotated[Path, typer.Argument(help="A message as the sender posts it.")],
    source: Annotated[str, typer.Option(help="The configured source that it would come to.")],
    config: ConfigOption = None,
    at: Annotated[str | None, typer.Option(help="As if received at this time (RFC 3339).")] = None,
    json_output: JsonOption = False,
) -> None:
    """Decode a message as a source would, and say which route takes it and why. Sends nothing.

    Example: pinghome-bridge explain --source aws alarm.json
    """
    from bridge import logs
    from bridge.settings import load

    with configuration_faults():
        settings = load(config)
    if source not in settings.sources:
        known = ", ".join(sorted(settings.sources)) or "none"
        fail(f"no source {source!r} is configured; there are: {known}", 2)
    logs.configure(level="error", form="console", process="explain")
    try:
        body = file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    if what := _handshake(settings, source, body):
        sys.stdout.write("[]\n" if json_output else f"A handshake: {what}. It is answered at once and not delivered.\n")
        return
    plan, bodies = _plan(settings, source, body, _moment(at))
    if json_output:
        sys.stdout.write(json.dumps(bodies, indent=2, ensure_ascii=False) + "\n")
    else:
        _show(plan, bodies)


def _moment(at: str | None) -> datetime:
    if at is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        fail(f"{at!r} is no time like 2026-11-22T10:00:00Z", 2)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _handshake(settings: Any, source: str, body: bytes) -> str | None:
    """What is asked for, where the message is nothing but a handshake."""
    from bridge.domain.request import Request
    from bridge.sources.base import Echo

    asked = settings.sources[source].source().handshake(Request(method="POST", headers={}, query={}, body=body))
    if isinstance(asked, Echo):
        return None if asked.carries_more else "the endpoint is to be validated"
    return asked.what if asked is not None else None


def _plan(settings: Any, source: str, body: bytes, at: datetime) -> tuple[Plan, list[dict[str, Any]]]:
    from bridge.domain.delivery import Delivery, DeliveryId
    from bridge.domain.request import AuthMethod, Principal, Request
    from bridge.wiring import planner

    request = Request(method="POST", headers={}, query={}, body=body)
    delivery = Delivery(
        id=DeliveryId("explained"),
        source=source,
        received_at=at,
        principal=Principal(method=AuthMethod.NONE, name="explain"),
        event_id=settings.sources[source].source().delivery_id(request),
        headers={},
        body=body,
    )
    plan = planner(settings).plan(delivery)
    return plan, [json.loads(body) for body in plan.bodies]


def _show(plan: Plan, bodies: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    if plan.facts.undecoded:
        console.print(f"Not decoded: {plan.facts.undecoded}. It would be delivered as a plain alert.")
    for alert, body in zip(plan.facts.alerts, bodies, strict=True):
        table = Table(title=alert.title, show_header=False, title_justify="left", title_style="bold")
        table.add_column(style="dim")
        table.add_column(overflow="fold")
        rows = {
            "recognised as": alert.type,
            "action": f"{alert.action} ({body['status']})",
            "severity": f"{alert.severity} (sender said: {body['severity_raw']})",
            "urgency": body["urgency"],
            "identity": alert.dedup_key,
            "resource": body["resource"]["id"],
            "why it fired": (body["condition"] or {}).get("text"),
            "route": f"{alert.route}: {alert.reason}",
            "goes to": ", ".join(s.target.masked() for s in plan.sends if s.idempotency_key == alert.id) or "dropped",
        }
        for name, value in rows.items():
            table.add_row(name, str(value) if value is not None else "-")
        console.print(table)
