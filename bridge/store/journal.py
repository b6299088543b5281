"""The journal: what was accepted is here before anybody hears of it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import timedelta
from typing import Final

from bridge.domain.delivery import Delivery, DeliveryId
from bridge.domain.send import Send, SendRecord, SendState
from bridge.pipeline.ports import Accepted, EventFacts, Restored
from bridge.store.codec import encode
from bridge.store.keys import Keys
from bridge.store.scripts import ACCEPT, RESTORE, SUBMIT, Argument, Call, GroupCommit
from bridge.store.searching import Searching

_BROUGHT_FOR: Final = 24 * 3600
"""Seconds for which it is remembered that a spool brought a delivery: it may die before it forgets the file."""


class RedisJournal:
    """Implements the port `Journal`."""

    def __init__(
        self, commit: GroupCommit, keys: Keys, *, duplicate_window: timedelta, search: Searching | None = None
    ) -> None:
        """`duplicate_window`: how long a sender's message id is remembered. `search` is what `restore` needs."""
        self._commit = commit
        self._search = search
        self._keys = keys
        self._window = int(duplicate_window.total_seconds())

    async def accept(self, delivery: Delivery) -> Accepted:
        """Store a delivery. Raises Unavailable; it may be stored all the same, and a retry is then a duplicate."""
        keys = self._keys
        marker, window = self._marker(delivery)
        stored, first = await self._commit.run(
            Call(
                ACCEPT,
                (keys.inbox, keys.counts, marker, keys.spooled(delivery.id)),
                (delivery.id, encode(delivery), window),
            )
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

    async def restore(self, deliveries: Sequence[Delivery], doubtful: Container[DeliveryId]) -> Restored:
        """See the port. A doubtful delivery with a sender's id is found by its marker; one without is looked for in the
        stream, after a mark that keeps the call that was given up from storing it later still."""
        unsure = [one for one in deliveries if one.id in doubtful and one.event_id is None]
        there = await self._already_there(unsure) if unsure else frozenset()
        missing = [one for one in deliveries if one.id not in there]
        if not missing:
            return Restored(known=len(there))
        keys, args = [self._keys.inbox, self._keys.counts], list[Argument]((_BROUGHT_FOR,))
        for one in missing:
            marker, window = self._marker(one)
            keys += (self._keys.spooled(one.id), self._keys.event(one.id), marker)
            args += (one.id, encode(one), window)
        stored, known, duplicates = await self._commit.run(Call(RESTORE, keys, args))
        return Restored(stored=stored, known=known + len(there), duplicates=duplicates)

    async def _already_there(self, deliveries: Sequence[Delivery]) -> frozenset[str]:
        if self._search is None:
            raise TypeError("this journal was made without a search")
        ids = [one.id for one in deliveries]
        await self._search.mark([self._keys.spooled(one) for one in ids], seconds=_BROUGHT_FOR)
        return await self._search.find(self._keys.inbox, ids, since=min(one.received_at for one in deliveries))

    def _marker(self, delivery: Delivery) -> tuple[str, int]:
        """The key of the sender's message id and how long it is remembered; without an id a key that is not used."""
        if delivery.event_id is None:
            return self._keys.inbox, 0
        return self._keys.duplicate(delivery.source, delivery.event_id), self._window
