"""What a spool brings to the store: each delivery once, whatever the store took before without saying so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bridge.domain.delivery import Delivery, DeliveryId
from bridge.pipeline.ports import EventFacts, Restored
from bridge.store.journal import RedisJournal
from bridge.store.keys import Keys
from bridge.store.searching import Searching
from bridge.store.shard import Shard, open_shard
from bridge.store.transitions import decode_delivery
from tests.support.fakes import delivery, send


class Store:
    """A journal over a real server, and a look into its stream."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.journal = RedisJournal(
            shard.commit, shard.keys, duplicate_window=timedelta(hours=1), search=Searching(shard.queries)
        )

    async def restore(self, *deliveries: Delivery, doubtful: bool = False) -> Restored:
        return await self.journal.restore(deliveries, {one.id for one in deliveries} if doubtful else set())

    async def stored(self) -> list[str]:
        entries: Any = await self.shard.queries.xrange(self.shard.keys.inbox)
        return [decode_delivery(fields).id for _, fields in entries]


@pytest.fixture
async def store(shared_valkey: str, prefix: str, keys: Keys) -> AsyncIterator[Store]:
    async with AsyncExitStack() as stack:
        yield Store(open_shard(stack, shared_valkey, prefix))


def numbered(number: int, **changes: Any) -> Delivery:
    return replace(delivery(), id=DeliveryId(f"0197a000-0000-7000-8000-{number:012d}"), **changes)


async def test_deliveries_are_stored_in_order_and_once_however_often_they_are_brought(store: Store) -> None:
    some = [numbered(n) for n in range(5)]

    assert await store.restore(*some[:3]) == Restored(stored=3)
    assert await store.restore(*some) == Restored(stored=2, known=3)

    assert await store.stored() == [one.id for one in some]


async def test_a_senders_retry_is_settled_as_a_duplicate(store: Store) -> None:
    first, again = numbered(1, event_id="m-1"), numbered(2, event_id="m-1")
    await store.journal.accept(first)

    assert await store.restore(again) == Restored(duplicates=1)
    assert await store.stored() == [first.id]


@pytest.mark.parametrize("event_id", [None, "m-1"])
async def test_what_the_store_took_without_saying_so_is_found_in_its_backlog(
    store: Store, event_id: str | None
) -> None:
    """More than one page of it waits before and behind."""
    for n in range(250):
        await store.journal.accept(numbered(1000 + n))
    taken = numbered(1, event_id=event_id)
    await store.journal.accept(taken)
    for n in range(250):
        await store.journal.accept(numbered(2000 + n))

    assert await store.restore(taken, numbered(2), doubtful=True) == Restored(stored=1, known=1)
    assert (await store.stored()).count(taken.id) == 1


async def test_what_was_planned_meanwhile_is_known_by_its_event(store: Store) -> None:
    planned = numbered(1)
    await store.shard.queries.hset(store.shard.keys.event(planned.id), "open", "1")  # type: ignore[misc]

    assert await store.restore(planned, doubtful=True) == Restored(known=1)
    assert await store.stored() == []
    await store.shard.queries.delete(store.shard.keys.event(planned.id))


@pytest.mark.parametrize("doubtful", [True, False])
async def test_a_call_that_comes_too_late_stores_nothing(store: Store, *, doubtful: bool) -> None:
    """The server read it only when it woke up, after the spool had brought the delivery."""
    given_up = numbered(1)
    await store.restore(given_up, doubtful=doubtful)

    assert (await store.journal.accept(given_up)).id == given_up.id
    assert await store.stored() == [given_up.id]


async def test_a_mark_alone_keeps_nothing_out_of_the_next_try(store: Store) -> None:
    """A drain that was killed between its mark and its store."""
    one = numbered(1)
    await store.shard.queries.set(store.shard.keys.spooled(one.id), "claimed", ex=60)

    assert await store.restore(one, doubtful=True) == Restored(stored=1)


async def test_a_heartbeat_report_is_stored_once_however_often_it_is_brought(store: Store) -> None:
    one = send(delivery_id=numbered(1).id)
    facts = EventFacts(id=one.delivery_id, source="heartbeat:job", received_at=one.planned_at, principal="open")

    for _ in range(3):
        await store.journal.submit(one, facts)

    assert await store.shard.queries.xlen(store.shard.keys.outbox) == 1
