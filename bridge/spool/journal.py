"""The journal with the spool in front of it, and the one drainer that brings back what the spool holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, Protocol

import structlog

from bridge.domain.delivery import Delivery, DeliveryId
from bridge.domain.errors import Unavailable
from bridge.domain.send import Send
from bridge.pipeline.ports import Accepted, EventFacts, Health, Journal, Restored, Restoring
from bridge.spool.folder import Segment
from bridge.spool.records import Accepted1, Record, Submitted1, decode, encode
from bridge.spool.segments import Contents
from bridge.spool.spool import Spool

log = structlog.get_logger(__name__)

_BATCH: Final = 64
_BATCH_BYTES: Final = 1 << 20
_READ_TRIES: Final = 3
_LONGEST_PAUSE: Final = 2.0
_LOOK_FOR_ORPHANS: Final = 10.0


class _Segments(Protocol):
    """Files that can be drained: ours, or those of a process that is gone."""

    async def contents(self, segment: Segment) -> Contents: ...

    async def remove(self, segment: Segment, *, keep: bool = False) -> None: ...


@dataclass(slots=True)
class SpoolCounts:
    """What has happened since this process started."""

    spooled: int = 0
    stored: int = 0
    duplicates: int = 0
    known: int = 0
    damaged: int = 0


@dataclass(slots=True)
class SpoolingJournal:
    """Implements the port `Journal`.

    While the spool is not empty everything goes through it, so that nothing overtakes what waits there. While it is
    empty the store is asked first; what it cannot take, or does not answer for in time, goes to the spool.
    """

    direct: Journal
    spool: Spool
    counts: SpoolCounts = field(default_factory=SpoolCounts)
    _ids: dict[tuple[str, str], DeliveryId] = field(default_factory=dict)

    async def accept(self, delivery: Delivery) -> Accepted:
        """See the port. While spooling a sender's message id is known only if this process spooled it; any other
        duplicate is found out when it is brought to the store."""
        doubtful = False
        if self.spool.empty:
            try:
                return await self.direct.accept(delivery)
            except Unavailable as error:
                self._tell(error)
                doubtful = True
        key = _message(delivery)
        if key is not None and (first := self._ids.get(key)) is not None:
            return Accepted(id=first, duplicate=True)
        await self._put(Accepted1(delivery, doubtful))
        if key is not None and not self.spool.empty:
            self._ids[key] = delivery.id
        return Accepted(id=delivery.id)

    async def submit(self, send: Send, facts: EventFacts) -> Accepted:
        """See the port."""
        if self.spool.empty:
            try:
                return await self.direct.submit(send, facts)
            except Unavailable as error:
                self._tell(error)
        await self._put(Submitted1(send, facts))
        return Accepted(id=facts.id)

    async def _put(self, record: Record) -> None:
        await self.spool.append(encode(record))
        self.counts.spooled += 1

    def forget(self, records: Sequence[Record]) -> None:
        """These are in the store now, which knows their message ids from here on."""
        for record in records:
            if isinstance(record, Accepted1) and (key := _message(record.delivery)) is not None:
                self._ids.pop(key, None)

    def forget_all(self) -> None:
        """Nothing waits any more."""
        self._ids.clear()

    def _tell(self, error: Unavailable) -> None:
        if self.spool.empty:
            log.warning("spooling", reason=str(error), folder=str(self.spool.folder))


class Drainer:
    """Brings what the spool holds to the store, in order, and is the only one of its process that does."""

    def __init__(self, journal: SpoolingJournal, store: Restoring) -> None:
        """`store` takes what is brought, once per delivery id."""
        self._journal = journal
        self._spool = journal.spool
        self._store = store

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; what is left then is taken up by the next process."""
        while not stop.is_set():
            try:
                await self._drain(stop)
                await self._adopt(stop)
            except OSError:
                await _pause(stop, _LONGEST_PAUSE)  # told by the spool; what is there is still there
                continue
            self._spool.filled.clear()
            if self._spool.empty:
                await _either(self._spool.filled, stop, _LOOK_FOR_ORPHANS)

    async def _drain(self, stop: asyncio.Event) -> None:
        began, entries = time.monotonic(), 0
        while not stop.is_set() and (segment := await self._spool.oldest()) is not None:
            await self._bring(self._spool, segment, stop)
            entries += segment.entries
        if entries and self._spool.empty:
            self._journal.forget_all()
            log.warning("spool_drained", entries=entries, seconds=round(time.monotonic() - began, 1))

    async def _adopt(self, stop: asyncio.Event) -> None:
        orphan = await self._spool.adopt()
        if orphan is None:
            return
        try:
            entries = sum(segment.entries for segment in orphan.segments)
            log.warning("spool_adopted", folder=str(orphan.slot.path), entries=entries)
            for segment in orphan.segments:
                await self._bring(orphan, segment, stop)
        finally:
            orphan.close()

    async def _bring(self, files: _Segments, segment: Segment, stop: asyncio.Event) -> None:
        contents = await _read(files, segment, stop)
        if contents is None:
            self._journal.counts.damaged += 1
            log.error("spool_damaged", file=str(segment.path), hint="it cannot be read, and is left where it is")
            await files.remove(segment, keep=True)
            return
        records = [decode(payload) for payload in contents.payloads]
        readable = [record for record in records if record is not None]
        for batch in _batches(readable):
            if not await self._insist(batch, stop):
                return
            self._journal.forget(batch)
        damaged = bool(contents.damaged) or len(readable) < len(records)
        if damaged:
            self._journal.counts.damaged += 1
            log.error(
                "spool_damaged", file=str(segment.path), bytes=contents.damaged,
                unreadable=len(records) - len(readable), hint="the file is kept, with .kept at its end",
            )  # fmt: skip
        await files.remove(segment, keep=damaged)

    async def _insist(self, batch: Sequence[Record], stop: asyncio.Event) -> bool:
        """Until the store has taken them, or the stop (then False)."""
        failures = 0
        while not stop.is_set():
            try:
                await self._restore(batch)
            except Unavailable as error:
                if not failures:
                    log.info("spool_waits", entries=self._spool.entries, reason=str(error))
                failures += 1
                await _pause(stop, min(0.1 * 2 ** min(failures, 10), _LONGEST_PAUSE))
            else:
                return True
        return False

    async def _restore(self, batch: Sequence[Record]) -> None:
        accepted = [record for record in batch if isinstance(record, Accepted1)]
        if accepted:
            doubtful = {record.delivery.id for record in accepted if record.doubtful}
            self._count(await self._store.restore([record.delivery for record in accepted], doubtful))
        for record in batch:
            if isinstance(record, Submitted1):  # one at a time: a job's end must not overtake its beginning
                await self._store.submit(record.send, record.facts)
                self._journal.counts.stored += 1

    def _count(self, restored: Restored) -> None:
        counts = self._journal.counts
        counts.stored += restored.stored
        counts.duplicates += restored.duplicates
        counts.known += restored.known


class SpoolHealth:
    """Implements the port `Health` for a bridge with a spool: it can take alerts while either can."""

    def __init__(self, store: Health, spool: Spool) -> None:
        """The store's own health, and the spool that stands in for it."""
        self._store = store
        self._spool = spool
        self.degraded: str | None = None

    async def problems(self) -> Sequence[str]:
        """See the port. While something waits in the spool the store is not asked: it may hang."""
        problems = () if not self._spool.empty else await self._store.problems()
        self.degraded = "spooling" if problems or not self._spool.empty else None
        if self.degraded and self._spool.problem is not None:
            return [*problems, f"the spool cannot be written: {self._spool.problem}"]
        if self.degraded and self._spool.full:
            return [*problems, "the spool is full"]
        return ()


def _message(delivery: Delivery) -> tuple[str, str] | None:
    return None if delivery.event_id is None else (delivery.source, delivery.event_id)


def _batches(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """In order, each of one kind, and small enough for one script."""
    for _, run in groupby(records, key=type):
        batch: list[Record] = []
        size = 0
        for record in run:
            batch.append(record)
            size += len(record.delivery.body if isinstance(record, Accepted1) else record.send.body)
            if len(batch) == _BATCH or size >= _BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch


async def _read(files: _Segments, segment: Segment, stop: asyncio.Event) -> Contents | None:
    """What is in a file, or None for one that cannot be read: it must not keep out what comes after it for ever."""
    for _ in range(_READ_TRIES):
        with suppress(OSError):
            return await files.contents(segment)
        await _pause(stop, _LONGEST_PAUSE)
    return None


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


async def _either(first: asyncio.Event, second: asyncio.Event, seconds: float) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in (first, second)]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
