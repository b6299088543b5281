"""PagerDuty's Events API v2 over real sockets: the routing key decides whose event it is, and is the only proof."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Start
from tests.support.bridge import TOKEN, Bridge
from tests.support.sink import Sink
from tests.support.wait import wait_until

KEY, OTHER_KEY = "R0000000000000000000000000000001", "R0000000000000000000000000000002"
VERIFY = {"method": "token", "token": TOKEN}
SOURCES: dict[str, dict[str, Any]] = {
    "shop": {"kind": "pagerduty", "verify": VERIFY, "routing_keys": ["R-old", KEY], "max_body": 2000},
    "bank": {"kind": "pagerduty", "verify": VERIFY, "routing_keys": [OTHER_KEY]},
    "aws": {"kind": "aws", "verify": VERIFY},
}


def event(**changes: Any) -> dict[str, Any]:
    """A trigger without a dedup_key."""
    payload = {"summary": "disk full", "source": "db-1", "severity": "critical", "custom_details": {"mount": "/var"}}
    return {"routing_key": KEY, "event_action": "trigger", "payload": payload, **changes}


@pytest.fixture
async def bridge(start: Start) -> Bridge:
    return await start(sources=SOURCES)


async def enqueue(bridge: Bridge, sent: object, path: str = "/v2/enqueue") -> tuple[int, dict[str, Any]]:
    body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    async with bridge.http.post(bridge.url(path), data=body) as response:
        return response.status, await response.json()


async def stored(bridge: Bridge) -> int:
    return (await bridge.ledger.counts()).get("accepted", 0)


async def test_the_key_that_was_made_at_accept_resolves_the_alert(bridge: Bridge, sink: Sink) -> None:
    """PagerDuty's clients keep the `dedup_key` of the answer and send it back."""
    status, answer = await enqueue(bridge, event())
    assert (status, answer["status"], answer["message"]) == (202, "success", "Event processed")

    resolve = {"routing_key": KEY, "event_action": "resolve", "dedup_key": answer["dedup_key"]}
    assert await enqueue(bridge, resolve) == (202, answer)

    await wait_until(lambda: len(sink.alerts) == 2, "both are delivered")
    assert [alert["action"] for alert in sink.alerts] == ["trigger", "resolve"]
    assert {alert["dedup_key"] for alert in sink.alerts} == {f"shop:event/{answer['dedup_key']}"}


async def test_every_trigger_without_a_key_is_a_problem_of_its_own(bridge: Bridge, sink: Sink) -> None:
    answers = [(await enqueue(bridge, event()))[1]["dedup_key"] for _ in range(2)]

    await wait_until(lambda: len(sink.alerts) == 2, "both are delivered")
    assert len({alert["dedup_key"] for alert in sink.alerts}) == len(set(answers)) == 2


async def test_a_clients_own_key_is_scoped_to_the_source_of_its_routing_key(bridge: Bridge, sink: Sink) -> None:
    """Two teams that choose the same key do not resolve each other's problems."""
    for key in (KEY, OTHER_KEY, "R-old"):
        assert (await enqueue(bridge, event(routing_key=key, dedup_key="disk")))[1]["dedup_key"] == "disk"

    await wait_until(lambda: len(sink.alerts) == 3, "all are delivered")
    assert sorted(alert["dedup_key"] for alert in sink.alerts) == [
        "bank:event/disk",
        "shop:event/disk",
        "shop:event/disk",
    ]
    assert {alert["auth"]["method"] for alert in sink.alerts} == {"token"}


async def test_the_routing_key_is_nowhere_in_what_is_delivered(bridge: Bridge, sink: Sink) -> None:
    await enqueue(bridge, event())

    await wait_until(lambda: sink.received, "it is delivered")
    assert KEY.encode() not in sink.received[0].body
    assert sink.alerts[0]["raw"]["routing_key"] == "[redacted]"


async def test_an_unknown_key_is_unauthorized_and_stores_nothing(bridge: Bridge) -> None:
    """In PagerDuty's shape, and in ours."""
    for path in ("/v2/enqueue", "/v2/change/enqueue"):
        status, answer = await enqueue(bridge, event(routing_key="R-nobody", event_action="snooze"), path)

        assert (status, answer["status"], answer["error"]["code"]) == (401, "invalid event", "unauthorized")
        assert answer["errors"] == ["the routing key is not known"]
    assert await stored(bridge) == 0


@pytest.mark.parametrize("token", ["header", "query"])
async def test_the_sources_token_is_no_routing_key(bridge: Bridge, token: str) -> None:
    """Nor does it stand in for one."""
    headers = {"Authorization": f"Bearer {TOKEN}"} if token == "header" else {}
    address = bridge.url("/v2/enqueue") + ("" if headers else f"?token={TOKEN}")
    for sent in (event(routing_key=TOKEN), event(routing_key="")):
        async with bridge.http.post(address, json=sent, headers=headers) as response:
            assert response.status in (400, 401)
    assert await stored(bridge) == 0


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"[]", b"null", b"{}", b'{"routing_key": ""}', b'{"routing_key": null}', b'{"routing_key": 7}',
     b"[" * 100_000, b'{"routing_key": "' + KEY.encode() + b'", "a": NaN}',
     b'{"routing_key": "' + KEY.encode() + b'", "a": ' + b"[" * 40 + b"]" * 40 + b"}", b'"\xff"'],
    ids=range(12),
)  # fmt: skip
async def test_a_body_that_proves_nothing_is_a_bad_request(start: Start, body: bytes) -> None:
    """The proof is inside the body, so nothing is stored of one that cannot be read."""
    bridge = await start(worker=False, sources={**SOURCES, "shop": {**SOURCES["shop"], "max_body": "1MiB"}})

    status, answer = await enqueue(bridge, body)

    assert (status, answer["status"], answer["error"]["code"]) == (400, "invalid event", "unreadable")
    assert await stored(bridge) == 0


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"event_action": None}, "'event_action' is missing or blank"),
        ({"event_action": "snooze"},
         "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"),
        ({"event_action": "resolve"}, "'dedup_key' is missing or blank"),
        ({"event_action": "acknowledge", "dedup_key": " "}, "'dedup_key' is missing or blank"),
        ({"dedup_key": "x" * 256}, "'dedup_key' is too long (maximum is 255 characters)"),
        ({"payload": {"source": "db-1", "severity": "info"}}, "'payload.summary' is missing or blank"),
        ({"payload": {"summary": "x", "severity": "info"}}, "'payload.source' is missing or blank"),
        ({"payload": {"summary": "x", "source": "db-1"}}, "'payload.severity' is missing or blank"),
        ({"payload": {"summary": "x", "source": "db-1", "severity": "P1"}},
         "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')"),
    ],
)  # fmt: skip
async def test_an_invalid_event_is_refused_in_pagerdutys_words(
    start: Start, changes: dict[str, Any], fault: str
) -> None:
    bridge = await start(worker=False, sources=SOURCES)

    status, answer = await enqueue(bridge, event(**changes))

    assert (status, answer["error"]["code"]) == (400, "invalid_event")
    assert (answer["status"], answer["message"]) == ("invalid event", "Event object is invalid")
    assert answer["errors"] == [fault]
    assert await stored(bridge) == 0


async def test_a_change_is_told_and_opens_nothing(bridge: Bridge, sink: Sink) -> None:
    change = {"routing_key": KEY, "payload": {"summary": "deployed 4.2", "source": "ci"}}
    assert await enqueue(bridge, change, "/v2/change/enqueue") == (
        202,
        {"status": "success", "message": "Change event processed"},
    )
    status, answer = await enqueue(bridge, {"routing_key": KEY, "payload": {}}, "/v2/change/enqueue")
    assert (status, answer["errors"]) == (400, ["'payload.summary' is missing or blank"])

    await wait_until(lambda: sink.alerts, "it is delivered")
    (alert,) = sink.alerts
    assert (alert["action"], alert["status"], alert["severity"]) == ("info", "info", "info")


async def test_each_source_has_its_own_limit(bridge: Bridge) -> None:
    large = event(payload={**event()["payload"], "custom_details": "x" * 3000})

    assert (await enqueue(bridge, large))[0] == 413
    assert (await enqueue(bridge, large | {"routing_key": OTHER_KEY}))[0] == 202


async def test_without_any_routing_key_nobody_is_known(start: Start) -> None:
    bridge = await start(worker=False)

    assert (await enqueue(bridge, event()))[0] == 401
    async with bridge.http.get(bridge.url("/v2/enqueue")) as response:
        assert response.status == 405


async def test_webhooks_of_pagerduty_come_to_the_sources_own_address(bridge: Bridge, sink: Sink) -> None:
    """Each event once, however often it is sent again."""
    body = json.dumps({"event": {"id": "E1", "event_type": "incident.triggered", "occurred_at": "2026-03-01T10:00:00Z",
                                 "data": {"id": "Q1", "title": "slow", "urgency": "high"}}}).encode()  # fmt: skip
    first, again = await bridge.post("shop", body), await bridge.post("shop", body)

    assert (first[0], again[0], first[1]["id"]) == (202, 200, again[1]["id"])
    await wait_until(lambda: sink.alerts, "it is delivered")
    assert sink.alerts[0]["dedup_key"] == "shop:incident/Q1"
