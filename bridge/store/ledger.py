"""Reading what has become of everything that was accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from redis.asyncio import Redis

from bridge.domain.delivery import Delivery
from bridge.domain.identity import delivery_time_ms
from bridge.domain.send import Send, SendRecord
from bridge.pipeline.ledger import DeadLetter, Depths, Event
from bridge.pipeline.ports import EventFacts
from bridge.store.codec import decode
from bridge.store.connect import execute, unavailable
from bridge.store.keys import Keys
from bridge.store.transitions import decode_delivery

_SEARCH_MS: Final = 5_000
"""A delivery is stored within seconds of the time in its id (the accept deadline is 2 s)."""


class RedisLedger:
    """Implements the port `Ledger`."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        """Over one shard."""
        self._redis = redis
        self._keys = keys

    async def event(self, delivery_id: str) -> Event | None:
        """One event, or None for an id that was never accepted or is past its retention."""
        with unavailable():
            fields = await execute(self._redis, "HGETALL", self._keys.event(delivery_id))
        if fields:
            return _event(fields)
        waiting = await self._waiting(delivery_id)
        return None if waiting is None else Event(facts=_facts(waiting), sends=None)

    async def raw(self, delivery_id: str) -> bytes | None:
        """The exact body of one event."""
        with unavailable():
            body: bytes | None = await execute(self._redis, "HGET", self._keys.event(delivery_id), "raw")
        if body is not None:
            return body
        waiting = await self._waiting(delivery_id)
        return None if waiting is None else waiting.body

    async def events(self, *, limit: int, before: str | None = None) -> Sequence[Event]:
        """The newest events that are planned, newest first; with `before`, those older than that event."""
        with unavailable():
            start = 0
            if before is not None:
                rank = await self._redis.zrevrank(self._keys.log, before)
                if rank is None:
                    return ()
                start = int(rank) + 1
            ids = await self._redis.zrevrange(self._keys.log, start, start + limit - 1)
            pipeline = self._redis.pipeline(transaction=False)
            for delivery_id in ids:
                pipeline.hgetall(self._keys.event(delivery_id.decode()))
            found = await pipeline.execute()
        return [_event(fields) for fields in found if fields]

    async def dead(self, *, limit: int) -> Sequence[DeadLetter]:
        """The newest dead letters, newest first."""
        with unavailable():
            ids = await self._redis.zrevrange(self._keys.dead_at, 0, limit - 1)
            letters = await execute(self._redis, "HMGET", self._keys.dead, *ids) if ids else []
            sends = [decode(Send, letter) for letter in letters if letter is not None]
            pipeline = self._redis.pipeline(transaction=False)
            for send in sends:
                pipeline.hget(self._keys.event(send.delivery_id), f"send:{send.id}")
            records = await pipeline.execute()
        return [
            DeadLetter(send=send, record=None if record is None else decode(SendRecord, record))
            for send, record in zip(sends, records, strict=True)
        ]

    async def counts(self) -> Mapping[str, int]:
        """Everything that was counted inside the transitions."""
        with unavailable():
            found = await execute(self._redis, "HGETALL", self._keys.counts)
        return {name.decode(): int(amount) for name, amount in sorted(found.items())}

    async def depths(self) -> Depths:
        """How much lies where, now."""
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.xlen(self._keys.inbox)
        pipeline.xlen(self._keys.outbox)
        pipeline.zcard(self._keys.due)
        pipeline.zcard(self._keys.dead_at)
        pipeline.hmget(self._keys.counts, ["sends", "delivered", "dead"])
        with unavailable():
            unplanned, ready, due, dead, counts = await pipeline.execute()
        sends, delivered, died = (int(count or 0) for count in counts)
        return Depths(unplanned=unplanned, unfinished=sends - delivered - died, ready=ready, due=due, dead=dead)

    async def _waiting(self, delivery_id: str) -> Delivery | None:
        """A delivery that no worker has planned yet: near the time in its id in the stream."""
        at = delivery_time_ms(delivery_id)
        if at is None:
            return None
        with unavailable():
            entries = await self._redis.xrange(self._keys.inbox, max(at - _SEARCH_MS, 0), at + _SEARCH_MS)
        for _, fields in entries:
            delivery = decode_delivery(fields)
            if delivery.id == delivery_id:
                return delivery
        return None


def _event(fields: Mapping[bytes, bytes]) -> Event:
    sends = [decode(SendRecord, value) for name, value in sorted(fields.items()) if name.startswith(b"send:")]
    return Event(facts=decode(EventFacts, fields[b"facts"]), sends=tuple(sends))


def _facts(delivery: Delivery) -> EventFacts:
    return EventFacts(
        id=delivery.id,
        source=delivery.source,
        received_at=delivery.received_at,
        principal=f"{delivery.principal.method}: {delivery.principal.name}",
        event_id=delivery.event_id,
        headers=delivery.headers,
    )
