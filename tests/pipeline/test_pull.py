"""Keeping a bounded number of claims under way, through outages, bugs and stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bridge.domain.errors import Unavailable
from bridge.pipeline.ports import ALONE_AFTER, Claim
from bridge.pipeline.pull import Puller, _pause, insist
from tests.support.fakes import Gate, MemoryQueue
from tests.support.wait import wait_until

LEASE = timedelta(hours=1)
SOON = 0.5
"""Seconds that nothing here needs."""


def claims(count: int, start: int = 0, deliveries: int = 1) -> list[Claim[int]]:
    """Entries `0`, `1`, ..."""
    return [Claim(entry=str(n), item=n, deliveries=deliveries) for n in range(start, start + count)]


def puller(queue: MemoryQueue[int], handle: Callable[[Claim[int]], Awaitable[None]], *, slots: int = 3) -> Puller[int]:
    """Over a queue in memory."""
    return Puller("test", queue, handle, slots=slots, lease=LEASE)


@asynccontextmanager
async def pulling(pulled: Puller[int], queue: MemoryQueue[int]) -> AsyncIterator[asyncio.Event]:
    """The loop is running. Afterwards it has been stopped, and everything under way given back."""
    stop = asyncio.Event()
    running = asyncio.create_task(pulled.run(stop))
    try:
        yield stop
    finally:
        stop.set()
        queue.close()
        await asyncio.wait((running,), timeout=SOON)
        running.cancel()
        await asyncio.wait((running,))
        queue.away = False
        await pulled.drain(0)


async def test_everything_is_handled() -> None:
    """Each claim once."""
    queue, gate = MemoryQueue(claims(20)), Gate[int]()
    gate.opened.set()

    async with pulling(puller(queue, gate.handle), queue):
        await wait_until(lambda: len(gate.finished) == 20, "all are handled")

    assert sorted(gate.finished, key=int) == [str(n) for n in range(20)]


async def test_no_more_is_under_way_than_there_are_slots() -> None:
    """What another worker could take stays in the queue."""
    queue, gate = MemoryQueue(claims(10)), Gate[int]()

    async with pulling(puller(queue, gate.handle), queue):
        await wait_until(lambda: len(gate.inside) == 3, "the slots are full")
        assert len(queue.waiting) == 7
        gate.opened.set()
        await wait_until(lambda: len(gate.finished) == 10, "all are handled")

    assert gate.most == 3
    assert max(queue.asked) == 3


async def test_only_free_slots_are_asked_for() -> None:
    """With two of three under way, one more."""
    queue, gate = MemoryQueue(claims(2)), Gate[int]()

    async with pulling(puller(queue, gate.handle), queue):
        await wait_until(lambda: len(queue.asked) == 2, "it asks again")

    assert queue.asked == [3, 1]


async def test_a_slot_that_comes_free_is_used_at_once() -> None:
    """Without waiting for the others."""
    queue, gates = MemoryQueue(claims(3)), {str(n): asyncio.Event() for n in range(4)}
    seen: list[str] = []

    async def handle(claim: Claim[int]) -> None:
        seen.append(claim.entry)
        await gates[claim.entry].wait()

    async with pulling(puller(queue, handle, slots=2), queue):
        await wait_until(lambda: seen == ["0", "1"], "two are under way")
        gates["1"].set()
        await wait_until(lambda: seen == ["0", "1", "2"], "the third is taken")


async def test_an_outage_of_the_store_is_waited_out() -> None:
    """The puller goes on where it was."""
    queue, gate = MemoryQueue[int](), Gate[int]()
    gate.opened.set()

    async with pulling(puller(queue, gate.handle), queue):
        await wait_until(lambda: queue.asked, "it reads")
        queue.go_away()
        await wait_until(lambda: queue.refused >= 2, "it tries again")
        queue.away = False
        queue.put(*claims(2))
        await wait_until(lambda: len(gate.finished) == 2, "both are handled")

    assert queue.opened == 1


async def test_a_store_that_is_away_at_first_is_opened_later() -> None:
    """A worker may start before its store."""
    queue, gate = MemoryQueue(claims(1)), Gate[int]()
    gate.opened.set()
    queue.away = True

    async with pulling(puller(queue, gate.handle), queue):
        await wait_until(lambda: queue.refused >= 2, "it tries")
        queue.away = False
        await wait_until(lambda: gate.finished, "it is handled")

    assert queue.opened == 1


async def test_a_pause_ends_with_the_stop() -> None:
    """However long it was to be."""
    stop = asyncio.Event()
    pausing = asyncio.create_task(_pause(stop, 3600))

    stop.set()

    async with asyncio.timeout(15):
        await pausing


async def test_an_outage_does_not_keep_a_puller_from_stopping() -> None:
    """It ends although the store never came back."""
    queue, stop = MemoryQueue[int](), asyncio.Event()
    queue.away = True
    running = asyncio.create_task(puller(queue, Gate[int]().handle).run(stop))
    await wait_until(lambda: queue.refused >= 1, "it tries")

    stop.set()

    async with asyncio.timeout(15):
        await running


async def test_draining_finishes_what_is_under_way() -> None:
    """Within the grace; nothing is given back then."""
    queue, gate = MemoryQueue(claims(2)), Gate[int]()
    pulled = puller(queue, gate.handle)

    async with pulling(pulled, queue):
        await wait_until(lambda: len(gate.inside) == 2, "both are under way")
        draining = asyncio.create_task(pulled.drain(60))
        gate.opened.set()
        await draining

    assert sorted(gate.finished) == ["0", "1"]
    assert queue.released == []


async def test_draining_gives_back_what_does_not_finish() -> None:
    """Cancelled and untouched: no attempt is burned, another worker has it at once."""
    queue, gate = MemoryQueue(claims(2)), Gate[int]()
    pulled = puller(queue, gate.handle)

    async with pulling(pulled, queue):
        await wait_until(lambda: len(gate.inside) == 2, "both are under way")
        await pulled.drain(0)

    assert queue.released == claims(2)
    assert gate.finished == []
    assert gate.inside == set()


async def test_draining_twice_gives_nothing_back_twice() -> None:
    """Nothing is left the second time."""
    queue, gate = MemoryQueue(claims(1)), Gate[int]()
    pulled = puller(queue, gate.handle)

    async with pulling(pulled, queue):
        await wait_until(lambda: gate.inside, "it is under way")
        await pulled.drain(0)
        await pulled.drain(0)

    assert queue.released == claims(1)


async def test_draining_into_a_store_that_is_away_ends_all_the_same() -> None:
    """The lease runs out instead."""
    queue, gate = MemoryQueue(claims(1)), Gate[int]()
    pulled = puller(queue, gate.handle)

    async with pulling(pulled, queue):
        await wait_until(lambda: gate.inside, "it is under way")
        queue.go_away()
        await pulled.drain(0)

    assert queue.released == []


async def test_draining_an_idle_puller_does_nothing() -> None:
    """It may never have run."""
    queue = MemoryQueue[int]()

    await puller(queue, Gate[int]().handle).drain(60)

    assert queue.released == []


async def test_a_bug_in_the_handler_leaves_the_claim() -> None:
    """It is recovered when its lease runs out; the others go on."""
    queue, gate = MemoryQueue(claims(2)), Gate[int]()
    gate.opened.set()

    async def handle(claim: Claim[int]) -> None:
        if claim.entry == "0":
            raise ZeroDivisionError
        await gate.handle(claim)

    async with pulling(puller(queue, handle, slots=1), queue):
        await wait_until(lambda: gate.finished == ["1"], "the other is handled")

    assert queue.released == []


async def test_what_a_dead_worker_held_is_taken_up_first() -> None:
    """It has waited longest."""
    queue, gate = MemoryQueue(claims(1, start=5), abandoned=claims(2, deliveries=2)), Gate[int]()
    gate.opened.set()

    async with pulling(puller(queue, gate.handle, slots=1), queue):
        await wait_until(lambda: len(gate.finished) == 3, "all are handled")

    assert gate.finished == ["0", "1", "5"]


async def test_a_suspect_runs_alone() -> None:
    """It starts when nothing else is under way, and nothing else starts until it has ended."""
    suspect = claims(1, start=9, deliveries=ALONE_AFTER + 1)
    queue = MemoryQueue(claims(2, start=20), abandoned=claims(1, deliveries=2) + suspect)
    gate, together = Gate[int](), dict[str, set[str]]()

    async def handle(claim: Claim[int]) -> None:
        together[claim.entry] = set(gate.inside)
        await gate.handle(claim)

    async with pulling(puller(queue, handle), queue):
        await wait_until(lambda: "0" in gate.inside and not queue.abandoned, "the suspect is recovered")
        assert "9" not in together
        gate.opened.set()
        await wait_until(lambda: len(gate.finished) == 4, "all are handled")

    assert gate.finished[:2] == ["0", "9"]
    assert together["9"] == set()
    assert "9" not in together["20"] | together["21"]


async def test_nothing_is_taken_up_beside_a_suspect() -> None:
    """Whatever dies with it dies by its hand."""
    queue = MemoryQueue(claims(2, start=20), abandoned=claims(1, start=9, deliveries=ALONE_AFTER + 1))
    gate = Gate[int]()

    async with pulling(puller(queue, gate.handle), queue):
        await wait_until(lambda: gate.inside == {"9"}, "the suspect is under way")
        for _ in range(50):
            await asyncio.sleep(0)  # the others have every chance to begin
        assert queue.asked == []
        gate.opened.set()
        await wait_until(lambda: len(gate.finished) == 3, "all are handled")

    assert gate.finished[0] == "9"


async def test_one_hand_out_fewer_is_no_suspect() -> None:
    """It runs beside the others."""
    queue, gate = MemoryQueue(claims(1, start=5), abandoned=claims(2, deliveries=ALONE_AFTER)), Gate[int]()

    async with pulling(puller(queue, gate.handle), queue):
        await wait_until(lambda: gate.inside == {"0", "1", "5"}, "all are under way together")


async def test_a_result_is_insisted_on_until_the_store_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The far side has already acted."""
    monkeypatch.setattr("bridge.pipeline.pull._LONGEST_PAUSE", 0.0)
    tries: list[int] = []

    async def action() -> str:
        tries.append(len(tries))
        if len(tries) < 5:
            raise Unavailable("away")
        return "stored"

    assert await insist(action) == "stored"
    assert len(tries) == 5


@pytest.mark.parametrize("failure", [ValueError, asyncio.CancelledError])
async def test_anything_else_is_not_insisted_on(failure: type[BaseException]) -> None:
    """A bug, or the end of the process."""
    tries: list[int] = []

    async def action() -> None:
        tries.append(1)
        raise failure

    with pytest.raises(failure):
        await insist(action)

    assert tries == [1]


async def test_a_result_is_insisted_on_for_longer_than_a_quarter_of_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a second between two tries that is the 1024th failure."""
    monkeypatch.setattr("bridge.pipeline.pull._LONGEST_PAUSE", 0.0)
    tries: list[int] = []

    async def action() -> str:
        tries.append(1)
        if len(tries) <= 1100:
            raise Unavailable("away")
        return "stored"

    assert await insist(action) == "stored"


async def test_a_puller_outlives_an_outage_of_more_than_a_quarter_of_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a second between two tries that is the 1024th failure."""
    monkeypatch.setattr("bridge.pipeline.pull._LONGEST_PAUSE", 0.0)
    queue, stop = MemoryQueue[int](), asyncio.Event()
    queue.away = True
    running = asyncio.create_task(puller(queue, Gate[int]().handle).run(stop))

    await wait_until(lambda: queue.refused > 1100 or running.done(), "it has tried often")
    stop.set()

    await running


async def test_a_stop_is_heard_while_every_slot_is_busy() -> None:
    """What is under way is left to `drain`, which has a grace; `run` has none."""
    queue, gate, stop = MemoryQueue(claims(1)), Gate[int](), asyncio.Event()
    pulled = puller(queue, gate.handle, slots=1)
    running = asyncio.create_task(pulled.run(stop))
    await wait_until(lambda: gate.inside, "the slot is busy")

    stop.set()

    try:
        async with asyncio.timeout(SOON):
            await running
    finally:
        await pulled.drain(0)


async def test_a_stop_is_heard_while_a_suspect_runs() -> None:
    """A suspect may well be one that never ends."""
    queue, gate, stop = MemoryQueue(abandoned=claims(1, deliveries=ALONE_AFTER + 1)), Gate[int](), asyncio.Event()
    pulled = puller(queue, gate.handle)
    running = asyncio.create_task(pulled.run(stop))
    await wait_until(lambda: gate.inside, "the suspect is under way")

    stop.set()

    try:
        async with asyncio.timeout(SOON):
            await running
    finally:
        await pulled.drain(0)
