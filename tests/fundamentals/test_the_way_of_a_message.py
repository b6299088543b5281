"""Read this first: one message on its way through the bridge, one idea a test, nothing but real parts.

A sender posts bytes. The bridge proves who sent them, writes them to disk, and only then says 202. A worker
decodes them into alerts, routes each to a webhook of Pinghome, and keeps trying until Pinghome has it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from bridge.pipeline.ledger import EventStatus
from bridge.samples import build
from tests.conftest import Start
from tests.support.bridge import Bridge
from tests.support.sink import Sink
from tests.support.wait import wait_until


def cloudwatch(*, firing: bool = True) -> bytes:
    """What SNS posts when a CloudWatch alarm changes its state."""
    return build("aws-sns", firing=firing, now=datetime.now(UTC)).body


async def delivered(bridge: Bridge, event_id: str) -> bool:
    """Has everything of this event been taken by Pinghome?"""
    event = await bridge.ledger.event(event_id)
    return event is not None and event.status is EventStatus.DELIVERED


async def test_an_accepted_alert_is_delivered(start: Start, sink: Sink) -> None:
    """202 is a promise: the id in it can be followed until the alert is with Pinghome."""
    bridge = await start()

    status, answer = await bridge.post("aws", cloudwatch())

    assert status == 202
    assert answer["status"] == "accepted"
    await wait_until(lambda: delivered(bridge, answer["id"]), "the alert is delivered")
    assert [alert["title"] for alert in sink.alerts] == ["ALARM: checkout-cpu-high"]


async def test_accepting_does_not_wait_for_delivering(start: Start, sink: Sink) -> None:
    """With no worker at all the ingress still takes alerts: they are on disk, and delivered later."""
    bridge = await start(worker=False)

    status, answer = await bridge.post("aws", cloudwatch())
    event = await bridge.ledger.event(answer["id"])

    assert status == 202
    assert event is not None
    assert event.status is EventStatus.ACCEPTED
    assert sink.received == []

    await bridge.start_worker()

    await wait_until(lambda: delivered(bridge, answer["id"]), "the alert is delivered after all")


async def test_a_stranger_is_refused_and_leaves_no_trace(start: Start) -> None:
    """The proof is configured for the source; a message cannot choose another."""
    bridge = await start()

    status, answer = await bridge.post("aws", cloudwatch(), token="wrong")

    assert status == 401
    assert answer == {"error": {"code": "unauthorized", "message": "the request does not prove who sent it"}}
    assert await bridge.ledger.counts() == {}


async def test_an_alarm_and_its_ok_are_one_problem(start: Start, sink: Sink) -> None:
    """Both carry the same `dedup_key`; the first triggers, the second resolves, in that order."""
    bridge = await start()

    await bridge.post("aws", cloudwatch(firing=True))
    await bridge.post("aws", cloudwatch(firing=False))

    await wait_until(lambda: len(sink.alerts) == 2, "both are delivered")
    assert [alert["action"] for alert in sink.alerts] == ["trigger", "resolve"]
    assert len({alert["dedup_key"] for alert in sink.alerts}) == 1


async def test_a_redelivered_message_is_a_duplicate(start: Start, sink: Sink) -> None:
    """SNS sends again when it did not hear us. Its MessageId says so, and nobody is paged twice."""
    bridge = await start()
    message = cloudwatch()

    first = await bridge.post("aws", message)
    again = await bridge.post("aws", message)

    assert (first[0], again[0]) == (202, 200)
    assert again[1] == {"id": first[1]["id"], "status": "duplicate"}
    await wait_until(lambda: delivered(bridge, first[1]["id"]), "the first is delivered")
    assert len(sink.received) == 1


async def test_a_message_nobody_understands_is_still_a_page(start: Start, sink: Sink) -> None:
    """It comes from a proven sender, so it is delivered as a plain alert that carries it."""
    bridge = await start()

    status, _ = await bridge.post("gcp", b"{ this is not JSON")

    assert status == 202
    await wait_until(lambda: sink.alerts, "the plain alert is delivered")
    (alert,) = sink.alerts
    assert alert["source"]["type"] == "undecoded"
    assert alert["severity"] == "high"
    assert alert["raw"] == "{ this is not JSON"


async def test_a_failing_pinghome_is_tried_again(start: Start, sink: Sink) -> None:
    """The alert waits in Redis, not in the worker's memory; the attempts are on record."""
    bridge = await start()
    answers = iter((500, 503, 200))
    sink.answer = lambda _: next(answers)

    _, answer = await bridge.post("aws", cloudwatch())
    host = bridge.host
    assert host is not None

    async def promoted_until_delivered() -> bool:
        await host.promote()  # an arq cron job does this every second
        return await delivered(bridge, answer["id"])

    await wait_until(promoted_until_delivered, "the third attempt succeeds")
    event = await bridge.ledger.event(answer["id"])
    assert event is not None
    assert event.sends is not None
    assert [attempt.status for attempt in event.sends[0].attempts] == [500, 503, 200]


async def test_what_cannot_be_delivered_is_kept_for_a_person(start: Start, sink: Sink) -> None:
    """After the whole schedule it becomes a dead letter with all that is known about it."""
    bridge = await start()
    sink.answer = lambda _: 500
    host = bridge.host
    assert host is not None

    _, answer = await bridge.post("aws", cloudwatch())

    async def promoted_until_dead() -> bool:
        await host.promote()
        return bool(await bridge.ledger.dead(limit=1))

    await wait_until(promoted_until_dead, "the budget is spent")
    (letter,) = await bridge.ledger.dead(limit=10)
    assert letter.send.delivery_id == answer["id"]
    assert len(letter.send.attempts) == 5
    assert await bridge.ledger.raw(answer["id"]) is not None
