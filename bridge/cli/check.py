"""`check-config` and `explain`: what would happen, without anything happening."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.common import ConfigOption, InsecureOption, JsonOption, configuration_faults, fail

if TYPE_CHECKING:
    from bridge.domain.routing import Tried
    from bridge.pipeline.ports import Plan
    from bridge.settings import Settings


def check_config(
    file: Annotated[Path, typer.Argument(help="The configuration file.")], insecure_dev: InsecureOption = False
) -> None:
    """Print every fault of a configuration: file, key path, reason. Exit 0 or 78.

    Example: pinghome-bridge check-config config/bridge.yaml
    """
    from bridge.settings import load
    from bridge.settings.reload import version_of
    from bridge.settings.start import check_start

    with configuration_faults():
        settings = load(file)
        check_start(settings, insecure_dev=insecure_dev)
    sources, routes = len(settings.sources), len(settings.routes)
    sys.stdout.write(
        f"{file}: good: {sources} sources, {routes} routes, {len(settings.heartbeats)} heartbeats, "
        f"version {version_of(settings)}\n"
    )


def explain(
    file: Annotated[Path, typer.Argument(help="A message as the sender posts it.")],
    source: Annotated[str, typer.Option(help="The configured source that it would come to.")],
    config: ConfigOption = None,
    at: Annotated[str | None, typer.Option(help="As if received at this time (RFC 3339).")] = None,
    json_output: JsonOption = False,
) -> None:
    """Decode a message as a source would, and show the whole decision: which routes were tried, which one takes it
    and why. Sends nothing.

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
    explained = _explained(settings, source, body, _moment(at))
    if json_output:
        sys.stdout.write(
            json.dumps([_decided(explained, one) for one in explained.bodies], indent=2, ensure_ascii=False) + "\n"
        )
    else:
        _show(explained)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Explained:
    """What a message would become, and what decided it."""

    plan: Plan
    bodies: Sequence[dict[str, Any]]
    tried: Mapping[str, Sequence[Tried]]
    verifier: str
    decoder: str

    def targets(self, alert_id: str) -> list[str]:
        """Where the alert would go, masked."""
        return [send.target.masked() for send in self.plan.sends if send.idempotency_key == alert_id]


def _explained(settings: Settings, source: str, body: bytes, at: datetime) -> _Explained:
    from bridge.domain.delivery import Delivery, DeliveryId
    from bridge.domain.request import AuthMethod, Principal, Request
    from bridge.domain.routing import TracingRouter
    from bridge.wiring import planner

    configured = settings.sources[source]
    request = Request(method="POST", headers={}, query={}, body=body)
    delivery = Delivery(
        id=DeliveryId("explained"),
        source=source,
        received_at=at,
        principal=Principal(method=AuthMethod.NONE, name="explain"),
        event_id=configured.source().delivery_id(request),
        headers={},
        body=body,
    )
    router = TracingRouter([route.route() for route in settings.routes])
    plan = planner(settings, router).plan(delivery)
    return _Explained(
        plan=plan,
        bodies=[json.loads(body) for body in plan.bodies],
        tried=router.traces,
        verifier=f"{configured.verify.method} (explain does not check it)",
        decoder=configured.kind,
    )


def _decided(explained: _Explained, body: dict[str, Any]) -> dict[str, Any]:
    """The body that would be posted, and beside it the whole decision."""
    return {
        **body,
        "decision": {
            "verifier": explained.verifier,
            "decoder": f"{explained.decoder}: {body['source']['type']}",
            "config": explained.plan.facts.config,
            "tried": [asdict(one) for one in explained.tried.get(body["id"], ())],
            "targets": explained.targets(body["id"]),
        },
    }


def _show(explained: _Explained) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    plan = explained.plan
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 140)
    if plan.facts.undecoded:
        console.print(f"Not decoded: {plan.facts.undecoded}. It would be delivered as a plain alert.")
    for alert, body in zip(plan.facts.alerts, explained.bodies, strict=True):
        table = Table(title=Text(alert.title), show_header=False, title_justify="left", title_style="bold")
        table.add_column(style="dim")
        table.add_column(overflow="fold")
        rows = {
            "verifier": explained.verifier,
            "decoder": f"{explained.decoder}: {alert.type}",
            "action": f"{alert.action} ({body['status']})",
            "severity": f"{alert.severity} (sender said: {body['severity_raw']})",
            "urgency": body["urgency"],
            "identity": alert.dedup_key,
            "resource": body["resource"]["id"],
            "service": body["service"],
            "environment": body["environment"],
            "why it fired": (body["condition"] or {}).get("text"),
            "tried": "\n".join(map(_tried, explained.tried.get(alert.id, ()))) or None,
            "route": f"{alert.route}: {alert.reason}",
            "goes to": ", ".join(explained.targets(alert.id)) or "dropped",
            "configuration": plan.facts.config,
        }
        for name, value in rows.items():
            table.add_row(name, Text(str(value) if value is not None else "-"))
        console.print(table)


def _tried(one: Tried) -> str:
    return f"{'+' if one.took else '-'} {one.route}: {one.why}"
