"""What a worker does with a claim: each transition one script, fenced by ownership."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar, assert_never

from bridge.domain.delivery import Delivery
from bridge.domain.outcome import Dead, Done, Outcome, Retry
from bridge.domain.send import Send, SendRecord, SendState
from bridge.pipeline.ports import Claim, Plan
from bridge.store.codec import DELIVERY_FIELD, SEND_FIELD, decode, encode
from bridge.store.keys import GROUP, Keys
from bridge.store.scripts import PLAN, POSTPONE, SETTLE, Argument, Call, GroupCommit
from bridge.store.streams import StreamReader

T = TypeVar("T")


def decode_delivery(fields: dict[bytes, bytes]) -> Delivery:
    """The delivery of a stream entry."""
    return decode(Delivery, fields[DELIVERY_FIELD])


def decode_send(fields: dict[bytes, bytes]) -> Send:
    """The send of a stream entry."""
    return decode(Send, fields[SEND_FIELD])


def milliseconds(moment: datetime) -> int:
    """Since 1970, as Redis scores have it."""
    return int(moment.timestamp() * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transitions:
    """What the transitions of one shard share. `retention`: how long a ledger outlives its last send."""

    commit: GroupCommit
    keys: Keys
    retention: timedelta

    def retention_seconds(self) -> int:
        """For EXPIRE."""
        return int(self.retention.total_seconds())


class _RedisQueue(Generic[T]):
    """What both queues have in common: a stream's reader."""

    def __init__(self, reader: StreamReader[T], transitions: Transitions) -> None:
        """One worker's view of one stream."""
        self.reader = reader
        self._commit = transitions.commit
        self._keys = transitions.keys
        self._retention = transitions.retention_seconds()

    async def open(self) -> None:
        """See the port."""
        await self.reader.open()

    async def read(self, count: int) -> Sequence[Claim[T]]:
        """See the port."""
        return await self.reader.read(count)

    async def recover(self, count: int, holding: Container[str]) -> Sequence[Claim[T]]:
        """See the port."""
        return await self.reader.recover(count, holding)

    async def release(self, claims: Sequence[Claim[T]]) -> None:
        """See the port."""
        await self.reader.release(claims)


class RedisInbox(_RedisQueue[Delivery]):
    """Implements the port `Inbox`."""

    async def replace(self, claim: Claim[Delivery], plan: Plan) -> bool:
        """See the port."""
        keys, facts = self._keys, plan.facts
        args: list[Argument] = [
            GROUP,
            self.reader.consumer,
            claim.entry,
            keys.lane_prefix,
            facts.id,
            milliseconds(facts.received_at),
            self._retention,
            encode(facts),
            claim.item.body,
            len(plan.counts),
        ]
        for name, amount in plan.counts.items():
            args += (name, amount)
        for send in plan.sends:
            args += (send.lane, encode(send), send.id, encode(SendRecord.of(send, SendState.WAITING)))
        call = Call(PLAN, (keys.inbox, keys.outbox, keys.lanes, keys.event(facts.id), keys.log, keys.counts), args)
        return bool(await self._commit.run(call))


class RedisOutbox(_RedisQueue[Send]):
    """Implements the port `Outbox`."""

    async def settle(self, claim: Claim[Send], send: Send, outcome: Outcome, now: datetime) -> bool:
        """See the port."""
        match outcome:
            case Done():
                call = self._end(claim, send, SendRecord.of(send, SendState.DELIVERED), now)
            case Dead(reason=reason):
                call = self._end(claim, send, SendRecord.of(send, SendState.DEAD, reason=reason), now)
            case Retry():
                call = self._postpone(claim, send, outcome)
            case _:
                assert_never(outcome)
        return bool(await self._commit.run(call))

    def _end(self, claim: Claim[Send], send: Send, record: SendRecord, now: datetime) -> Call:
        keys = self._keys
        letter = encode(send) if record.state is SendState.DEAD else b""
        return Call(
            SETTLE,
            (keys.outbox, keys.lanes, keys.event(send.delivery_id), keys.counts, keys.dead, keys.dead_at),
            (
                GROUP,
                self.reader.consumer,
                claim.entry,
                keys.lane_prefix,
                send.lane,
                send.id,
                encode(record),
                record.state.value,
                self._retention,
                letter,
                milliseconds(now),
            ),
        )

    def _postpone(self, claim: Claim[Send], send: Send, outcome: Retry) -> Call:
        keys = self._keys
        record = SendRecord.of(send, SendState.DUE, reason=outcome.reason, next_at=outcome.due)
        return Call(
            POSTPONE,
            (keys.outbox, keys.event(send.delivery_id), keys.due, keys.due_sends, keys.counts),
            (
                GROUP,
                self.reader.consumer,
                claim.entry,
                send.id,
                encode(send),
                encode(record),
                milliseconds(outcome.due),
            ),
        )
