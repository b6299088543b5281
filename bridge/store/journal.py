"""The journal: what was accepted is here before anybody hears of it."""

from __future__ import annotations

from datetime import timedelta

from bridge.domain.delivery import Delivery, DeliveryId
from bridge.domain.send import Send, SendRecord, SendState
from bridge.pipeline.ports import Accepted, EventFacts
from bridge.store.codec import encode
from bridge.store.keys import Keys
from bridge.store.scripts import ACCEPT, SUBMIT, Call, GroupCommit


class RedisJournal:
    """Implements the port `Journal`."""

    def __init__(self, commit: GroupCommit, keys: Keys, *, duplicate_window: timedelta) -> None:
        """`duplicate_window`: how long a sender's message id is remembered."""
        self._commit = commit
        self._keys = keys
        self._window = int(duplicate_window.total_seconds())

    async def accept(self, delivery: Delivery) -> Accepted:
        """Store a delivery. Raises Unavailable; it may be stored all the same, and a retry is then a duplicate."""
        keys = self._keys
        marker, window = keys.inbox, 0
        if delivery.event_id is not None:
            marker, window = keys.duplicate(delivery.source, delivery.event_id), self._window
        stored, first = await self._commit.run(
            Call(ACCEPT, (keys.inbox, keys.counts, marker), (delivery.id, encode(delivery), window))
        )
        return Accepted(id=DeliveryId(first.decode()), duplicate=not stored)

    async def submit(self, send: Send, facts: EventFacts) -> Accepted:
        """Store a send that needs no decoding. Raises Unavailable."""
        keys = self._keys
        record = SendRecord.of(send, SendState.WAITING)
        await self._commit.run(
            Call(
                SUBMIT,
                (keys.outbox, keys.lanes, keys.event(facts.id), keys.log, keys.counts),
                (
                    keys.lane_prefix,
                    facts.id,
                    int(facts.received_at.timestamp() * 1000),
                    encode(facts),
                    send.lane,
                    encode(send),
                    send.id,
                    encode(record),
                ),
            )
        )
        return Accepted(id=facts.id)
