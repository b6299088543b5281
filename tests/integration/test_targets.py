"""Targets besides webhooks, from the sender's message to Pinghome's door: real ingress, worker, store and client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.pipeline.ledger import Event, EventStatus
from bridge.samples import build
from tests.conftest import Start
from tests.support.bridge import TOKEN, WEBHOOK, Bridge
from tests.support.cloud import EMAIL, PASSWORD, Cloud
from tests.support.sink import Sink
from tests.support.wait import wait_until

MONITOR, JOB = "5a1c0000-0000-4000-8000-000000000001", "5a1c0000-0000-4000-8000-000000000002"
TEAM = "445a5c1f-c0eb-403a-96d7-3976e5dc74ed"
SOURCES = {kind: {"kind": kind, "verify": {"method": "token", "token": TOKEN}} for kind in ("aws", "alertmanager")}
CAUGHT = {"name": "caught", "to": [{"webhook": WEBHOOK}]}
WATCHDOG = {
    "name": "watchdog",
    "when": [{"key": "labels.alertname", "operator": "equal", "values": ["Watchdog"]}],
    "to": [{"heartbeat": {"id": MONITOR, "results": {"firing": "tick"}}}],
}
BACKUP = {
    "name": "backup",
    "when": [{"key": "source.type", "operator": "starts-with", "values": ["backup"]}],
    "to": [{"heartbeat": {"id": JOB, "results": {"firing": "fail", "resolved": "complete", "info": "complete"}}}],
}
FIXTURES = Path(__file__).parents[1] / "sources" / "aws"


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    running = await Cloud().start()
    yield running
    await running.stop()


def watchdog(status: str) -> bytes:
    """Alertmanager's alert that always fires."""
    return json.dumps(
        {
            "version": "4",
            "groupKey": "{}:{}",
            "status": status,
            "receiver": "bridge",
            "groupLabels": {},
            "commonLabels": {},
            "commonAnnotations": {},
            "externalURL": "http://alertmanager.example.com",
            "alerts": [
                {
                    "status": status,
                    "labels": {"alertname": "Watchdog", "severity": "none"},
                    "annotations": {},
                    "startsAt": "2026-11-22T10:00:00Z",
                    "endsAt": "0001-01-01T00:00:00Z",
                    "generatorURL": "http://prometheus.example.com",
                    "fingerprint": "ed61bd4a4b2e7a3c",
                }
            ],
        }
    ).encode()


async def settled(bridge: Bridge, answer: dict[str, Any]) -> Event:
    """The event, once all its sends are at their end."""
    events: list[Event] = []

    async def done() -> bool:
        assert bridge.host is not None
        await bridge.host.promote()  # arq's cron job, each second
        event = await bridge.ledger.event(answer["id"])
        events[:] = [event] if event is not None else []
        return event is not None and event.status in (EventStatus.DELIVERED, EventStatus.DEAD, EventStatus.DROPPED)

    await wait_until(done, "all sends are at their end")
    return events[0]


async def test_a_watchdog_is_a_sign_of_life(start: Start, sink: Sink) -> None:
    """Its end is none: that goes to people, by the next route."""
    bridge = await start(sources=SOURCES, routes=[WATCHDOG, CAUGHT])

    for status in ("firing", "resolved"):
        await settled(bridge, (await bridge.post("alertmanager", watchdog(status)))[1])

    beat, alert = sink.received
    assert (beat.path.rpartition("/")[2], beat.query["result"]) == (MONITOR, "tick")
    assert (alert.alert["action"], alert.alert["routing"]["route"]) == ("resolve", "caught")


@pytest.mark.parametrize(("fixture", "result"), [("backup-failed", "fail"), ("backup-completed", "complete")])
async def test_a_backup_reports_how_it_ended(start: Start, sink: Sink, fixture: str, result: str) -> None:
    bridge = await start(sources=SOURCES, routes=[BACKUP, CAUGHT])

    await settled(bridge, (await bridge.post("aws", (FIXTURES / f"{fixture}.json").read_bytes()))[1])

    (report,) = sink.received
    assert (report.path.rpartition("/")[2], report.query["result"]) == (JOB, result)


async def test_an_incident_is_opened_and_ended(start: Start, cloud: Cloud) -> None:
    """The ledger says what the API could not do."""
    bridge = await start(
        pinghome={"url": cloud.template, "email": EMAIL, "password": PASSWORD},
        routes=[{"name": "team", "to": [{"incident": {"team": TEAM, "urgency": "high"}}]}],
    )

    ledgers = []
    for firing in (True, False):
        body = build("aws-sns", firing=firing, now=datetime.now(UTC)).body
        ledgers.append(await settled(bridge, (await bridge.post("aws", body))[1]))

    (incident,) = cloud.incidents.values()
    assert incident["name"].startswith("[RESOLVED] ")
    assert incident["urgency"] == "high"
    details = [event.sends[0].attempts[-1].detail for event in ledgers if event.sends]
    assert details == ["opened", "resolve not supported by the API: renamed"]
    assert [event.status for event in ledgers] == [EventStatus.DELIVERED] * 2


async def test_an_incident_waits_out_an_api_that_is_down(start: Start, cloud: Cloud) -> None:
    """By the same schedule as everything else, and what comes after it waits behind it."""
    bridge = await start(
        pinghome={"url": cloud.template, "email": EMAIL, "password": PASSWORD},
        routes=[{"name": "team", "to": [{"incident": {"team": TEAM}}]}],
    )
    cloud.next.extend((503, 503))

    answers = [
        (await bridge.post("aws", build("aws-sns", firing=firing, now=datetime.now(UTC)).body))[1]
        for firing in (True, False)
    ]
    events = [await settled(bridge, answer) for answer in answers]

    assert [[attempt.status for attempt in event.sends[0].attempts] for event in events if event.sends] == [
        [503, 503, 201],
        [200],
    ]
    assert [incident["name"][:10] for incident in cloud.incidents.values()] == ["[RESOLVED]"]
    assert (await bridge.ledger.counts())["incidents_repeated"] == 2
