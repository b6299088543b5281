"""The transitions on a real Valkey: ownership, lanes, what is counted, and what is given back."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.domain.delivery import Delivery, DeliveryId
from bridge.domain.identity import new_delivery_id
from bridge.domain.outcome import Dead, Done, Retry
from bridge.domain.request import AuthMethod, Principal
from bridge.domain.send import Send, Target, TargetKind
from bridge.pipeline.ledger import EventStatus
from bridge.pipeline.ports import ALONE_AFTER, Claim, EventFacts, Plan
from bridge.store.journal import RedisJournal
from bridge.store.keys import GROUP
from bridge.store.ledger import RedisLedger
from bridge.store.shard import Shard, open_shard
from bridge.store.streams import Identity, StreamReader, silence
from bridge.store.transitions import RedisInbox, RedisOutbox, Transitions, decode_delivery, decode_send
from bridge.store.upkeep import Upkeep
from tests.support.wait import wait_until

NOW = datetime.now(UTC)
LEASE = timedelta(seconds=30)
RETENTION = timedelta(hours=1)
KEPT = 5


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker's queues."""

    inbox: RedisInbox
    outbox: RedisOutbox


@dataclass(frozen=True, slots=True)
class Store:
    """A shard with as many workers as a test needs."""

    shard: Shard
    stack: AsyncExitStack
    journal: RedisJournal
    ledger: RedisLedger
    upkeep: Upkeep

    async def worker(self, *, lease: timedelta = LEASE, host: str = "host") -> Worker:
        """A worker of its own, on another machine than every other."""
        shard, keys = self.shard, self.shard.keys
        identity = Identity(host, "namespace", 1, secrets.token_hex(4))
        blocking = shard.blocking(self.stack)
        transitions = Transitions(commit=shard.commit, keys=keys, retention=RETENTION)
        inbox = StreamReader(shard.queries, blocking, keys.inbox, identity, decode_delivery, lease=lease)
        outbox = StreamReader(shard.queries, blocking, keys.outbox, identity, decode_send, lease=lease)
        worker = Worker(RedisInbox(inbox, transitions), RedisOutbox(outbox, transitions))
        await worker.inbox.open()
        await worker.outbox.open()
        return worker

    async def accept(self, event_id: str | None = None) -> DeliveryId:
        """A small delivery in the journal."""
        delivery = Delivery(
            id=new_delivery_id(NOW, secrets.randbits(80)),
            source="aws",
            received_at=NOW,
            principal=Principal(method=AuthMethod.TOKEN, name="token"),
            event_id=event_id,
            headers={},
            body=b"{}",
        )
        return (await self.journal.accept(delivery)).id


@pytest.fixture
async def store(shared_valkey: str, prefix: str) -> AsyncIterator[Store]:
    async with AsyncExitStack() as stack:
        shard = open_shard(stack, shared_valkey, prefix)
        yield Store(
            shard=shard,
            stack=stack,
            journal=RedisJournal(shard.commit, shard.keys, duplicate_window=timedelta(hours=1)),
            ledger=RedisLedger(shard.queries, shard.keys),
            upkeep=Upkeep(shard.queries, shard.commit, shard.keys, retention=RETENTION, keep=KEPT),
        )


def send(name: str, delivery_id: DeliveryId, *, lane: str = "lane") -> Send:
    return Send(
        id=name,
        delivery_id=delivery_id,
        idempotency_key=name,
        target=Target(kind=TargetKind.WEBHOOK, id="c03b02ec-244f"),
        lane=lane,
        label=name,
        body=b"{}",
        planned_at=NOW,
    )


def plan(delivery_id: DeliveryId, *sends: Send) -> Plan:
    facts = EventFacts(id=delivery_id, source="aws", received_at=NOW, principal="token: token")
    return Plan(facts=facts, sends=sends)


async def planned(store: Store, worker: Worker, *names: str, lane: str = "lane") -> DeliveryId:
    """One delivery, planned into sends of one lane."""
    delivery_id = await store.accept()
    (claim,) = await worker.inbox.read(10)
    assert await worker.inbox.replace(claim, plan(delivery_id, *(send(n, delivery_id, lane=lane) for n in names)))
    return delivery_id


async def lease_ran_out(store: Store) -> None:
    """Until everything that is held has been held for longer than the millisecond that these tests lease it for."""
    keys = store.shard.keys

    async def all_idle() -> bool:
        held = [
            entry
            for stream in (keys.inbox, keys.outbox)
            for entry in await store.shard.queries.xpending_range(stream, GROUP, "-", "+", 100)
        ]
        return bool(held) and all(entry["time_since_delivered"] > 1 for entry in held)

    await wait_until(all_idle, "the leases have run out")


def names(claims: Sequence[Claim[Send]]) -> list[str]:
    return [claim.item.id for claim in claims]


async def test_a_delivery_is_planned_once(store: Store) -> None:
    """Two workers hold it, one by a lease that ran out: only the owner's plan counts."""
    slow, quick = await store.worker(), await store.worker(lease=timedelta(milliseconds=1))
    delivery_id = await store.accept()
    (claim,) = await slow.inbox.read(10)
    await lease_ran_out(store)
    (stolen,) = await quick.inbox.recover(10, ())

    assert await quick.inbox.replace(stolen, plan(delivery_id, send("a", delivery_id)))
    assert not await slow.inbox.replace(claim, plan(delivery_id, send("b", delivery_id)))

    assert names(await slow.outbox.read(10)) == ["a"]


async def test_a_lane_lets_out_one_send_at_a_time_in_order(store: Store) -> None:
    worker = await store.worker()
    await planned(store, worker, "first", "second", "third")

    seen = []
    for _ in range(3):
        (claim,) = await worker.outbox.read(10)
        seen.append(claim.item.id)
        assert await worker.outbox.settle(claim, claim.item, Done(), NOW)

    assert seen == ["first", "second", "third"]
    assert await store.shard.queries.hlen(store.shard.keys.lanes) == 0  # type: ignore[misc]


async def test_lanes_do_not_wait_for_each_other(store: Store) -> None:
    worker = await store.worker()
    await planned(store, worker, "a", lane="one")
    await planned(store, worker, "b", lane="two")

    assert sorted(names(await worker.outbox.read(10))) == ["a", "b"]


async def test_a_waiting_retry_keeps_its_lane(store: Store) -> None:
    worker = await store.worker()
    await planned(store, worker, "first", "second")
    (claim,) = await worker.outbox.read(10)

    await worker.outbox.settle(claim, claim.item, Retry(due=NOW - timedelta(seconds=1), reason="500"), NOW)
    assert names(await worker.outbox.read(10)) == []
    assert await store.upkeep.promote(backlog_limit=10) == 1

    assert names(await worker.outbox.read(10)) == ["first"]


async def test_a_retry_that_is_not_due_stays(store: Store) -> None:
    worker = await store.worker()
    await planned(store, worker, "later")
    (claim,) = await worker.outbox.read(10)

    await worker.outbox.settle(claim, claim.item, Retry(due=NOW + timedelta(hours=1), reason="500"), NOW)

    assert await store.upkeep.promote(backlog_limit=10) == 0
    assert (await store.ledger.depths()).due == 1


async def test_promotion_stops_at_the_backlog_limit(store: Store) -> None:
    """An old backlog must not stand in front of fresh alerts."""
    worker = await store.worker()
    for number in range(5):
        await planned(store, worker, f"s{number}", lane=f"l{number}")
    for claim in await worker.outbox.read(10):
        await worker.outbox.settle(claim, claim.item, Retry(due=NOW - timedelta(seconds=1), reason="500"), NOW)
    await planned(store, worker, "fresh", lane="fresh")

    assert await store.upkeep.promote(backlog_limit=1) == 0


async def test_a_dead_send_is_kept_and_its_lane_goes_on(store: Store) -> None:
    worker = await store.worker()
    delivery_id = await planned(store, worker, "bad", "next")
    (claim,) = await worker.outbox.read(10)

    await worker.outbox.settle(claim, claim.item, Dead(reason="refused"), NOW)

    assert names(await worker.outbox.read(10)) == ["next"]
    (letter,) = await store.ledger.dead(limit=10)
    assert letter.record is not None
    assert (letter.send.id, letter.record.reason) == ("bad", "refused")
    event = await store.ledger.event(delivery_id)
    assert event is not None
    assert await store.shard.queries.ttl(store.shard.keys.event(delivery_id)) == -1, "nothing dead is forgotten by time"


async def test_a_finished_event_is_forgotten_in_time_and_an_open_one_never(store: Store) -> None:
    worker = await store.worker()
    delivery_id = await planned(store, worker, "a", "b")
    key = store.shard.keys.event(delivery_id)

    (claim,) = await worker.outbox.read(10)
    await worker.outbox.settle(claim, claim.item, Done(), NOW)
    assert await store.shard.queries.ttl(key) == -1
    (claim,) = await worker.outbox.read(10)
    await worker.outbox.settle(claim, claim.item, Done(), NOW)

    assert 0 < await store.shard.queries.ttl(key) <= RETENTION.total_seconds()
    await store.shard.queries.delete(key)
    assert await store.upkeep.forget(NOW + RETENTION * 2) == 1
    assert await store.ledger.events(limit=10) == []


async def test_the_history_is_bounded_by_number_and_never_at_the_cost_of_an_open_event(store: Store) -> None:
    """A storm of delivered alerts must not fill the store that the next one needs."""
    worker = await store.worker()
    for number in range(KEPT + 4):
        await planned(store, worker, f"s{number}", lane=f"l{number}")
    oldest = (await store.ledger.events(limit=20))[-1].facts.id
    for claim in await worker.outbox.read(20):
        if claim.item.delivery_id != oldest:
            await worker.outbox.settle(claim, claim.item, Done(), NOW)

    assert await store.upkeep.forget(NOW) == 3

    kept = {event.facts.id for event in await store.ledger.events(limit=20)}
    assert oldest in kept, "it is not delivered yet"
    assert len(kept) == KEPT + 1
    assert await store.upkeep.forget(NOW) == 0


async def test_an_owner_that_lost_its_send_cannot_settle_it(store: Store) -> None:
    """It was stopped for longer than its lease. What it did is not recorded twice."""
    zombie, heir = await store.worker(), await store.worker(lease=timedelta(milliseconds=1))
    await planned(store, zombie, "a")
    (claim,) = await zombie.outbox.read(10)
    await lease_ran_out(store)
    (taken,) = await heir.outbox.recover(10, ())

    assert await heir.outbox.settle(taken, taken.item, Done(), NOW)
    assert not await zombie.outbox.settle(claim, claim.item, Dead(reason="late"), NOW)

    assert (await store.ledger.counts())["delivered"] == 1
    assert (await store.ledger.depths()).dead == 0


async def test_what_is_given_back_is_taken_at_once_and_counts_no_attempt(store: Store) -> None:
    """Ten deploys in a row do not make a send suspect."""
    first = await store.worker()
    await planned(store, first, "a")
    (claim,) = await first.outbox.read(10)
    worker = first
    for _ in range(10):
        await worker.outbox.release([claim])
        worker = await store.worker()
        (claim,) = await worker.outbox.recover(10, ())

    assert claim.deliveries == 1


async def test_a_dead_neighbour_on_this_machine_needs_no_lease(store: Store) -> None:
    """Same host and PID namespace, another boot of the same process id: it cannot be alive."""
    gone, heir = await store.worker(host="here"), await store.worker(host="here")
    await planned(store, gone, "a")
    await gone.outbox.read(10)

    assert names(await heir.outbox.recover(10, ())) == ["a"]


async def test_an_idle_worker_is_seen_and_a_dead_one_is_not(store: Store) -> None:
    """By its host's health check, although no message ever came."""
    here, stream = Identity("here", "namespace", 1, "check"), store.shard.keys.outbox
    assert await silence(store.shard.queries, stream, here) is None

    dead = await store.worker(host="here")
    assert here.outlives(dead.outbox.reader.consumer)
    assert await silence(store.shard.queries, stream, here) is None
    alive = Identity.of_this_process()
    reader = StreamReader(
        store.shard.queries, store.shard.blocking(store.stack), stream, alive, decode_send, lease=LEASE
    )
    await reader.open()
    await reader.read(1)

    quiet = await silence(store.shard.queries, stream, alive)
    assert quiet is not None
    assert quiet < LEASE.total_seconds()
    alive.retire()


def test_a_reader_of_this_process_is_alive_until_it_is_retired() -> None:
    """Two workers in one process, as in tests: neither takes the other for a ghost of its process id."""
    one, other = Identity.of_this_process(), Identity.of_this_process()

    assert not one.outlives(str(other))
    other.retire()
    assert one.outlives(str(other))
    one.retire()


async def test_a_live_worker_elsewhere_keeps_its_lease(store: Store) -> None:
    there, here = await store.worker(host="there"), await store.worker(host="here")
    await planned(store, there, "a")
    await there.outbox.read(10)

    assert await here.outbox.recover(10, ()) == ()


async def test_what_is_still_worked_on_is_not_recovered(store: Store) -> None:
    slow = await store.worker(lease=timedelta(milliseconds=1))
    await planned(store, slow, "a")
    (claim,) = await slow.outbox.read(10)
    await lease_ran_out(store)

    assert await slow.outbox.recover(10, {claim.entry}) == ()
    assert names(await slow.outbox.recover(10, ())) == ["a"]


async def test_suspects_come_alone_and_last(store: Store) -> None:
    """What was handed out again and again may kill its worker: it must not take others with it."""
    worker = await store.worker(lease=timedelta(milliseconds=1))
    for name in ("suspect-1", "suspect-2", "innocent"):
        await planned(store, worker, name, lane=name)
    claims = await worker.outbox.read(10)
    stream = store.shard.keys.outbox
    for claim in claims[:2]:
        await store.shard.queries.xclaim(stream, GROUP, "someone", 0, [claim.entry], retrycount=ALONE_AFTER)
    await lease_ran_out(store)

    assert names(await worker.outbox.recover(10, ())) == ["innocent"]
    await lease_ran_out(store)
    alone = await worker.outbox.recover(10, {claims[2].entry})

    assert names(alone) == ["suspect-1"]
    assert alone[0].deliveries == ALONE_AFTER + 1


async def test_the_same_message_is_accepted_once(store: Store) -> None:
    first = await store.accept("message-1")
    again = await store.accept("message-1")
    other = await store.accept("message-2")

    assert again == first
    assert other != first
    assert await store.ledger.counts() == {"accepted": 2, "duplicates": 1}


async def test_scripts_survive_being_forgotten(store: Store) -> None:
    """A restart or a failover empties the script cache."""
    await store.accept()
    await store.shard.queries.script_flush()

    assert await store.accept()


async def test_an_emptied_redis_is_read_again(store: Store) -> None:
    """Somebody deleted the stream: the group is made anew, from the beginning."""
    worker = await store.worker()
    await store.shard.queries.delete(store.shard.keys.inbox)
    delivery_id = await store.accept()

    assert await worker.inbox.read(10) == ()
    (claim,) = await worker.inbox.read(10)
    assert claim.item.id == delivery_id


async def test_a_record_of_another_release_is_left_alone(store: Store) -> None:
    worker = await store.worker()
    await store.shard.queries.xadd(store.shard.keys.inbox, {"d9": b"from the future"})

    assert await worker.inbox.read(10) == []
    assert await store.shard.queries.xlen(store.shard.keys.inbox) == 1


async def test_the_ledger_pages_without_losing_a_neighbour(store: Store) -> None:
    """All of these were received in the same millisecond."""
    worker = await store.worker()
    ids = {await planned(store, worker, f"s{number}", lane=f"l{number}") for number in range(5)}

    page = await store.ledger.events(limit=2)
    seen = [event.facts.id for event in page]
    while page:
        page = await store.ledger.events(limit=2, before=seen[-1])
        seen += [event.facts.id for event in page]

    assert set(seen) == ids
    assert len(seen) == len(ids)


async def test_a_partly_failed_event_says_so(store: Store) -> None:
    worker = await store.worker()
    delivery_id = await store.accept()
    (claim,) = await worker.inbox.read(10)
    sends = (send("good", delivery_id, lane="1"), send("bad", delivery_id, lane="2"))
    await worker.inbox.replace(claim, plan(delivery_id, *sends))
    statuses = []
    for one in await worker.outbox.read(10):
        outcome = Done() if one.item.id == "good" else Dead(reason="refused")
        await worker.outbox.settle(one, replace(one.item, tries=1), outcome, NOW)
        event = await store.ledger.event(delivery_id)
        assert event is not None
        statuses.append(event.status)

    assert statuses == [EventStatus.DELIVERING, EventStatus.DEAD]


async def test_names_of_workers_that_are_gone_are_swept(store: Store) -> None:
    """But never one that still holds something."""
    idle, busy, alive = [await store.worker() for _ in range(3)]
    await planned(store, busy, "a")
    await busy.outbox.read(10)
    await idle.outbox.read(1)
    await alive.outbox.read(1)

    assert len(await alive.outbox.reader.consumers()) == 2
    assert await store.upkeep.sweep([alive.outbox.reader], idle=timedelta(0)) == 1
    assert list(await alive.outbox.reader.consumers()) == [busy.outbox.reader.consumer]
