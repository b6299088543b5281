"""Faults of the store and of the far side, with real servers stopped by real signals."""

from __future__ import annotations

import asyncio
import signal
import time
from datetime import UTC, datetime

from aiohttp import web

from bridge.pipeline.ledger import EventStatus
from bridge.samples import build
from tests.conftest import Start
from tests.support.bridge import Bridge
from tests.support.sink import Received, Sink
from tests.support.valkey import ValkeyServer
from tests.support.wait import wait_until


def message() -> bytes:
    return build("aws-sns", firing=True, now=datetime.now(UTC)).body


async def refused_for_now(bridge: Bridge) -> float:
    """Post once, expect 503 with Retry-After, and say how long the answer took in seconds."""
    began = time.monotonic()
    headers = {"Authorization": "Bearer test-token"}
    async with bridge.http.post(bridge.url("/v1/alerts/aws"), data=message(), headers=headers) as response:
        assert response.status == 503
        assert int(response.headers["Retry-After"]) > 0
        assert (await response.json())["error"]["code"] == "store_unavailable"
    return time.monotonic() - began


async def accepted(bridge: Bridge) -> bool:
    return (await bridge.post("aws", message()))[0] == 202


async def test_a_stopped_store_is_503_and_comes_back_without_a_restart(
    start: Start, valkey: ValkeyServer, sink: Sink
) -> None:
    bridge = await start(redis_url=valkey.url)
    assert await accepted(bridge)
    await wait_until(lambda: len(sink.received) == 1, "the first is delivered")

    valkey.kill()
    assert await refused_for_now(bridge) < 3
    async with bridge.http.get(bridge.url("/readyz")) as response:
        assert response.status == 503
    async with bridge.http.get(bridge.url("/livez")) as response:
        assert response.status == 200
    valkey.start()

    await wait_until(lambda: accepted(bridge), "alerts are taken again")
    await wait_until(lambda: len(sink.received) == 2, "and delivered by the same worker")


async def test_a_store_that_hangs_is_503_in_time(start: Start, valkey: ValkeyServer, sink: Sink) -> None:
    bridge = await start(redis_url=valkey.url)
    assert await accepted(bridge)

    valkey.send(signal.SIGSTOP)
    times = await asyncio.gather(*(refused_for_now(bridge) for _ in range(20)))
    valkey.send(signal.SIGCONT)

    assert max(times) < 3
    await wait_until(lambda: accepted(bridge), "alerts are taken again")


async def test_what_was_accepted_survives_kill_9_of_the_store(start: Start, valkey: ValkeyServer, sink: Sink) -> None:
    bridge = await start(redis_url=valkey.url, worker=False)
    answers = await asyncio.gather(*(bridge.post("aws", message()) for _ in range(50)))
    ids = {answer["id"] for status, answer in answers if status == 202}
    assert len(ids) == 50

    valkey.kill()
    valkey.start()
    await bridge.start_worker()

    async def all_delivered() -> bool:
        events = [await bridge.ledger.event(event_id) for event_id in ids]
        return all(event is not None and event.status is EventStatus.DELIVERED for event in events)

    await wait_until(all_delivered, "every one of them is delivered")


async def test_a_result_is_recorded_once_the_store_is_back(start: Start, valkey: ValkeyServer, sink: Sink) -> None:
    """The far side has taken the alert while the store was away: it is not sent again."""
    bridge = await start(redis_url=valkey.url)
    sink.hold = asyncio.Event()
    _, answer = await bridge.post("aws", message())
    await wait_until(lambda: sink.under_way == 1, "the send is under way")

    valkey.kill()
    sink.hold.set()
    await wait_until(lambda: len(sink.received) == 1, "the far side has it")
    valkey.start()

    async def recorded() -> bool:
        event = await bridge.ledger.event(answer["id"])
        return event is not None and event.status is EventStatus.DELIVERED

    await wait_until(recorded, "the ledger says delivered")
    assert len(sink.received) == 1


async def test_a_graceful_stop_burns_no_attempt(start: Start, sink: Sink) -> None:
    """What is under way when the grace is over goes back untouched, and the next worker takes it at once."""
    bridge = await start(delivery={"timeout": "5s", "lease": "60s", "grace": "50ms", "schedule": ["1s"]})
    sink.hold = asyncio.Event()
    _, answer = await bridge.post("aws", message())
    await wait_until(lambda: sink.under_way == 1, "the send is under way")

    await bridge.stop_worker()
    sink.hold.set()
    await bridge.start_worker()

    async def delivered() -> bool:
        event = await bridge.ledger.event(answer["id"])
        return event is not None and event.status is EventStatus.DELIVERED

    await wait_until(delivered, "the next worker delivers it")
    event = await bridge.ledger.event(answer["id"])
    assert event is not None
    assert event.sends is not None
    assert [attempt.status for attempt in event.sends[0].attempts] == [200]


async def test_the_order_of_a_problem_holds_through_retries(start: Start, sink: Sink) -> None:
    """The trigger fails twice; its resolve waits behind it, although nothing stood in its own way."""
    bridge = await start()
    host = bridge.host
    assert host is not None
    failures = iter((500, 500))

    def answer(received: Received) -> int | web.StreamResponse:
        return next(failures, 200) if received.alert["action"] == "trigger" else 200

    sink.answer = answer
    now = datetime.now(UTC)
    await bridge.post("azure", build("azure-monitor", firing=True, now=now).body)
    await bridge.post("azure", build("azure-monitor", firing=False, now=now).body)

    async def both() -> bool:
        await host.promote()
        return len(sink.alerts) == 2

    await wait_until(both, "both are delivered")
    assert [alert["action"] for alert in sink.alerts] == ["trigger", "resolve"]


async def test_two_workers_share_the_work_and_send_nothing_twice(start: Start, sink: Sink) -> None:
    bridge = await start()
    other = await start()

    answers = await asyncio.gather(*(bridge.post("aws", message()) for _ in range(100)))

    assert all(status == 202 for status, _ in answers)
    await wait_until(lambda: len(sink.received) >= 100, "all are delivered")
    assert set(sink.ids().values()) == {1}
    assert other.host is not None
