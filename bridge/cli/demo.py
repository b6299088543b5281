"""`pinghome-bridge demo`: start everything, send real sample alarms, show each one's way, stop everything."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

if TYPE_CHECKING:
    import aiohttp

LIMIT: Final = 60.0
_POLL: Final = 0.05
_READY: Final = re.compile(r"ready ingress=(?P<ingress>\S+) admin=(?P<admin>\S+) pinghome=(?P<pinghome>\S+)")

STEPS: Final = (
    ("aws-sns", True, "CloudWatch alarm by SNS"),
    ("aws-eventbridge", True, "the same alarm by EventBridge"),
    ("gcp-monitoring", True, "Cloud Monitoring incident"),
    ("azure-monitor", True, "Azure Monitor metric alert"),
    ("aws-sns", False, "CloudWatch OK by SNS"),
    ("gcp-pubsub", False, "incident closed, by Pub/Sub"),
    ("azure-monitor", False, "Azure Monitor resolved"),
)


@dataclass(slots=True)
class Way:
    """How far one sample came."""

    what: str
    accepted: str = "-"
    normalised: str = "-"
    routed: str = "-"
    delivered: str = "-"
    incident: str = "-"
    took_ms: float = 0.0
    good: bool = False


@dataclass(frozen=True, slots=True)
class Bridge:
    """A running bridge, as its `ready` line says."""

    ingress: str
    admin: str
    pinghome: str
    session: aiohttp.ClientSession
    headers: Mapping[str, str] = field(default_factory=dict)


def demo() -> None:
    """Show the bridge at work: real sample alarms of AWS, GCP and Azure, from the ingress to an opened incident.

    Example: pinghome-bridge demo
    """
    raise typer.Exit(asyncio.run(_demo()))


async def _demo() -> int:
    started = time.perf_counter()
    folder = Path(tempfile.mkdtemp(prefix="pinghome-bridge-demo-"))
    command = (
        sys.executable, "-P", "-m", "bridge", "up", "--port", "0", "--admin-port", "0", "--pinghome-port", "0",
        "--data", str(folder / "data"),
    )  # fmt: skip
    log = (folder / "log").open("wb")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=log, cwd=folder)
    try:
        async with asyncio.timeout(LIMIT):
            ways, refused = await _show(process, started)
        good = all(way.good for way in ways) and refused
    except (TimeoutError, DemoFailed) as error:
        log.flush()
        sys.stderr.write(f"{str(error) or 'the demo took too long'}\n{(folder / 'log').read_text()}")
        good = False
    finally:
        log.close()
        stopped = await _stop(process)
    shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(f"stopped cleanly; {time.perf_counter() - started:.1f} s in all\n" if stopped == 0 else "")
    return 0 if good and stopped == 0 else 1


class DemoFailed(Exception):
    """A step of the demo did not do what it should; the text says which."""


async def _show(process: asyncio.subprocess.Process, started: float) -> tuple[list[Way], bool]:
    import aiohttp

    from bridge.settings.model import DEV_TOKEN

    async with aiohttp.ClientSession() as session:
        bridge = await _ready(process, session, {"Authorization": f"Bearer {DEV_TOKEN}"})
        sys.stdout.write(f"bridge is up after {time.perf_counter() - started:.1f} s: {bridge.ingress}\n")
        ways = [await _follow(bridge, *step) for step in STEPS]
        refused = await _refused(bridge)
    _print(ways)
    sys.stdout.write(f"a stranger's alarm (wrong token): {'401, nothing stored' if refused else 'NOT REFUSED'}\n")
    return ways, refused


async def _ready(
    process: asyncio.subprocess.Process, session: aiohttp.ClientSession, headers: Mapping[str, str]
) -> Bridge:
    if process.stdout is None:
        raise DemoFailed("the bridge has no output")
    line = (await process.stdout.readline()).decode()
    found = _READY.match(line)
    if found is None:
        raise DemoFailed("the bridge did not start")
    return Bridge(found["ingress"], found["admin"], found["pinghome"], session, headers)


async def _follow(bridge: Bridge, kind: str, firing: bool, what: str) -> Way:  # noqa: FBT001 - a row of STEPS
    from bridge.samples import build

    way = Way(what)
    sample = build(kind, firing=firing, now=datetime.now(UTC))
    url = f"{bridge.ingress}/v1/alerts/{sample.source}"
    headers = {**bridge.headers, "Content-Type": sample.content_type}
    async with bridge.session.post(url, data=sample.body, headers=headers) as response:
        answer = await response.json()
        way.accepted = f"{response.status} {answer.get('status', '')}"
        if response.status != 202:
            return way
    event = await _settled(bridge, answer["id"])
    way.took_ms = _took_ms(event)
    alert = event["alerts"][0]
    way.normalised = f"{alert['type']} {alert['action']} {alert['severity']}"
    way.routed = alert["route"]
    way.delivered = event["status"]
    incident = await _incident(bridge, alert["dedup_key"])
    way.incident = incident.get("status", "none")
    expected = "open" if firing else "resolved"
    way.good = event["status"] == "delivered" and way.incident == expected and not event["undecoded"]
    return way


async def _settled(bridge: Bridge, event_id: str) -> dict[str, Any]:
    """The event once nothing of it is under way any more."""
    while True:
        async with bridge.session.get(f"{bridge.admin}/v1/events/{event_id}", headers=bridge.headers) as response:
            event: dict[str, Any] = await response.json()
            if response.status == 200 and event["status"] not in ("accepted", "delivering"):
                return event
        await asyncio.sleep(_POLL)


def _took_ms(event: dict[str, Any]) -> float:
    """From the receipt of the message to Pinghome's answer, by the ledger."""
    attempt = event["sends"][0]["attempts"][-1]
    waited = datetime.fromisoformat(attempt["at"]) - datetime.fromisoformat(event["received_at"])
    return waited.total_seconds() * 1000 + float(attempt["took_ms"])


async def _incident(bridge: Bridge, dedup_key: str) -> dict[str, Any]:
    from bridge.pinghome import demo as world
    from bridge.pinghome.client import Pinghome
    from bridge.pinghome.connection import Connection

    connection = Connection(url=bridge.pinghome + "/{service}", email=world.DEMO_EMAIL, password=world.DEMO_PASSWORD)
    async with Pinghome(connection, bridge.session) as pinghome:
        incidents = await pinghome.call("incident.list", path={"id": world.DEMO_TEAM_ID})
    return next((incident for incident in incidents if incident["dedup_key"] == dedup_key), {})


async def _refused(bridge: Bridge) -> bool:
    headers = {"Authorization": "Bearer wrong", "Content-Type": "application/json"}
    async with bridge.session.post(f"{bridge.ingress}/v1/alerts/aws", data=b"{}", headers=headers) as response:
        return response.status == 401


def _print(ways: list[Way]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="From the cloud's alarm to an incident", title_justify="left")
    for column in ("message", "accepted", "normalised", "route", "delivery", "incident", "took", ""):
        table.add_column(column)
    for way in ways:
        mark = "ok" if way.good else "FAILED"
        took = f"{way.took_ms:.0f} ms"
        table.add_row(way.what, way.accepted, way.normalised, way.routed, way.delivered, way.incident, took, mark)
    width = None if sys.stdout.isatty() else 140
    Console(highlight=False, width=width).print(table)


async def _stop(process: asyncio.subprocess.Process) -> int:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    return await process.wait()
