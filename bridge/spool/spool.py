"""Appending to the spool: one thread that owns the files, and one fsync for everything that waits at the same time."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from bridge.domain.errors import Unavailable
from bridge.spool.folder import Segment, Slot, contents, take_orphan, take_slot, write_all
from bridge.spool.segments import MAGIC, OVERHEAD, Contents, frame

log = structlog.get_logger(__name__)

GROUP_LIMIT: Final = 256
"""Records of one fsync: bounds how long the first of a group waits for the last."""
SEGMENT_BYTES: Final = 4 << 20
"""A file is closed when it has this size, so that what was drained gives its space back soon."""


@dataclass(slots=True)
class _Active:
    """The segment that is being written. `size` and `entries` count only what is on disk for certain."""

    path: Path
    descriptor: int
    size: int = len(MAGIC)
    entries: int = 0


@dataclass(frozen=True, slots=True)
class _Append:
    payload: bytes
    answer: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Do:
    """Anything else that must be done in the thread, behind what is queued."""

    work: Callable[[], Any]
    answer: asyncio.Future[Any]


_Job = _Append | _Do


class Spool:
    """A durable queue of byte strings on this node's disk, first in, first out. Everything is counted on the event
    loop; the thread only touches files. `problem` says why it cannot take anything, if it could not last time."""

    def __init__(self, folder: Path, *, max_bytes: int, max_entries: int) -> None:
        """Bounds are for all that waits. Nothing is touched before `open`."""
        self.folder = folder
        self.problem: str | None = None
        self.entries = 0
        self.bytes = 0
        self.filled = asyncio.Event()
        self._max_bytes, self._max_entries = max_bytes, max_entries
        self._sealed: deque[Segment] = deque()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._slot: Slot | None = None
        self._active: _Active | None = None

    @property
    def empty(self) -> bool:
        """Does nothing wait? What is being written now waits already."""
        return self.entries == 0

    @property
    def full(self) -> bool:
        """Is one of the bounds reached?"""
        return self.entries >= self._max_entries or self.bytes >= self._max_bytes

    async def open(self) -> None:
        """Start the thread, and take up what an earlier process left. A disk that does not let us is told by
        `problem`; it is tried again with the next record."""
        self._thread = threading.Thread(
            target=self._serve, args=(asyncio.get_running_loop(),), name="spool", daemon=True
        )
        self._thread.start()
        with suppress(OSError):
            await self._run(self._open_slot)

    async def append(self, payload: bytes) -> None:
        """Returns once the record is on disk. Raises Unavailable: nothing was stored then."""
        size = len(payload) + OVERHEAD
        if self.entries >= self._max_entries or self.bytes + size > self._max_bytes:
            raise Unavailable("the spool is full", code="spool_full")
        if self._thread is None:
            raise Unavailable("the spool is closed", code="spool_unusable")
        self.entries, self.bytes = self.entries + 1, self.bytes + size
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(lambda done: self._appended(done, size))
        self._jobs.put(_Append(payload, answer))
        try:
            await asyncio.shield(answer)  # whoever gives up waiting does not take the record back
        except OSError as error:
            raise Unavailable("the spool cannot be written", code="spool_unusable") from error

    async def oldest(self) -> Segment | None:
        """The file to be drained next; the one that is being written is closed for it. None: nothing waits."""
        if not self._sealed:
            await self._run(self._seal)
        return self._sealed[0] if self._sealed else None

    async def contents(self, segment: Segment) -> Contents:
        """What is in a file. Raises OSError."""
        return await asyncio.to_thread(contents, segment)

    async def remove(self, segment: Segment, *, keep: bool = False) -> None:
        """A file is drained. Whatever becomes of it on the disk, it is not drained again by this process."""
        self._sealed.remove(segment)
        self.entries, self.bytes = self.entries - segment.entries, self.bytes - segment.size
        try:
            await self._run(lambda: self._slot.remove(segment, keep=keep) if self._slot else None)
        except OSError as error:
            self._failed(error)

    async def adopt(self) -> AdoptedSpool | None:
        """What another process of this node left behind and nobody drains, if there is such."""
        try:
            slot = await asyncio.to_thread(take_orphan, self.folder)
            return None if slot is None else AdoptedSpool(slot, await asyncio.to_thread(slot.segments))
        except OSError:
            return None

    async def close(self) -> None:
        """Write what is queued, and close the files. What waits is taken up by the next process."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(thread.join)

    def _appended(self, answer: asyncio.Future[Any], size: int) -> None:
        error = answer.exception()
        if error is None:
            self.problem = None
            self.filled.set()
            return
        self.entries, self.bytes = self.entries - 1, self.bytes - size
        if isinstance(error, OSError):
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        reason = os.strerror(error.errno) if error.errno else str(error)
        if self.problem is None:
            log.error("spool_unusable", folder=str(self.folder), reason=reason)
        self.problem = reason

    async def _run(self, work: Callable[[], Any]) -> Any:
        """Do something in the thread. Raises what it raised."""
        if self._thread is None:
            return None
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Do(work, answer))
        try:
            return await asyncio.shield(answer)
        except OSError as error:
            self._failed(error)
            raise

    # In the thread.

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        while jobs := self._next_group():
            appends = [job for job in jobs if isinstance(job, _Append)]
            if appends:
                error = self._write([job.payload for job in appends])
                loop.call_soon_threadsafe(_settle, [(job.answer, None, error) for job in appends])
            for job in jobs:
                if isinstance(job, _Do):
                    loop.call_soon_threadsafe(_settle, [(job.answer, *_outcome(job.work))])
        self._seal()
        if self._slot is not None:
            self._slot.close()

    def _next_group(self) -> Sequence[_Job]:
        """Records that are queued together, or one other job; empty when it is time to stop."""
        group: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            group.append(job)
            if isinstance(job, _Do) or len(group) == GROUP_LIMIT or self._jobs.empty():
                return group
            job = self._jobs.get()
        if group:
            self._jobs.put(None)
        return group

    def _open_slot(self) -> Slot:
        if self._slot is None:
            slot = take_slot(self.folder)
            try:
                left = slot.segments()
            except OSError:
                slot.close()
                raise
            self._slot = slot
            self._loop.call_soon_threadsafe(self._add, left)
        return self._slot

    def _write(self, payloads: Sequence[bytes]) -> OSError | None:
        """All of them or, as far as anybody was told, none."""
        data = b"".join(map(frame, payloads))
        try:
            if self._active is None:
                self._active = _Active(*self._open_slot().create())
            active = self._active
            write_all(active.descriptor, data)
            os.fdatasync(active.descriptor)
        except OSError as error:
            self._abandon()
            return error
        active.size, active.entries = active.size + len(data), active.entries + len(payloads)
        if active.size >= SEGMENT_BYTES:
            self._seal()
        return None

    def _abandon(self) -> None:
        """After an error nothing that this descriptor says can be trusted: cut off what nobody was promised."""
        active = self._active
        if active is not None:
            with suppress(OSError):
                os.ftruncate(active.descriptor, active.size)
            self._seal()

    def _seal(self) -> None:
        """Close the segment that is being written; it may be drained then."""
        active, self._active = self._active, None
        if active is None:
            return
        if active.entries:
            segment = Segment(path=active.path, entries=active.entries, size=active.size - len(MAGIC))
            self._loop.call_soon_threadsafe(self._sealed.append, segment)
        with suppress(OSError):
            os.close(active.descriptor)
            if not active.entries:
                active.path.unlink(missing_ok=True)

    # On the event loop again.

    def _add(self, segments: Sequence[Segment]) -> None:
        """What was there before us comes first."""
        self._sealed.extendleft(reversed(segments))
        self.entries += sum(segment.entries for segment in segments)
        self.bytes += sum(segment.size for segment in segments)
        self.problem = None
        if segments:
            log.warning("spool_taken_up", folder=str(self.folder), entries=self.entries)
            self.filled.set()


@dataclass(frozen=True, slots=True)
class AdoptedSpool:
    """Another process's slot, ours until it is closed."""

    slot: Slot
    segments: Sequence[Segment]

    async def contents(self, segment: Segment) -> Contents:
        """What is in a file. Raises OSError."""
        return await asyncio.to_thread(contents, segment)

    async def remove(self, segment: Segment, *, keep: bool = False) -> None:
        """A file is drained. Raises OSError."""
        await asyncio.to_thread(self.slot.remove, segment, keep=keep)

    def close(self) -> None:
        """Give the slot back."""
        self.slot.close()


def _outcome(work: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return work(), None
    except Exception as error:  # noqa: BLE001 - raised again where the caller waits
        return None, error


def _settle(answers: Sequence[tuple[asyncio.Future[Any], Any, Exception | None]]) -> None:
    for answer, result, error in answers:
        if answer.done():
            continue
        if error is None:
            answer.set_result(result)
        else:
            answer.set_exception(error)
