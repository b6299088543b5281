"""Reading the streams as one of many workers: claim, reclaim, take over, release."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bridge.pipeline.ports import ALONE_AFTER, Claim
from bridge.store.connect import BLOCK_MS, unavailable
from bridge.store.keys import GROUP

T = TypeVar("T")

_RELEASED_MS: Final = 3_600_000

_alive_here: Final[set[str]] = set()
"""The readers of this very process: its process id alone does not tell them from those of one before it."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who reads: host, PID namespace, process, and a random part, so that a name is never used twice."""

    host: str
    namespace: str
    pid: int
    boot: str

    @classmethod
    def of_this_process(cls) -> Identity:
        """A fresh name for this process, alive until it is retired."""
        boot = secrets.token_hex(4)
        _alive_here.add(boot)
        return cls(socket.gethostname().replace("/", "_"), _pid_namespace(), os.getpid(), boot)

    def retire(self) -> None:
        """This reader has stopped; whoever is left may take over what it still holds."""
        _alive_here.discard(self.boot)

    def __str__(self) -> str:
        return f"{self.host}/{self.namespace}/{self.pid}/{self.boot}"

    def outlives(self, other: str) -> bool:
        """Is `other` a worker of this very host and PID namespace whose process is gone?"""
        process = self._neighbour(other)
        if process is None:
            return False
        pid, boot = process
        if pid == self.pid:
            return boot != self.boot and boot not in _alive_here
        return not _is_alive(pid)

    def sees(self, other: str) -> bool:
        """Is `other` a worker of this very host and PID namespace, and alive?"""
        return self._neighbour(other) is not None and not self.outlives(other)

    def _neighbour(self, other: str) -> tuple[int, str] | None:
        """Process id and boot of a worker that this one can judge."""
        parts = other.split("/")
        if len(parts) != 4 or parts[:2] != [self.host, self.namespace] or not parts[2].isdecimal():
            return None
        return int(parts[2]), parts[3]


def _pid_namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink()) + Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    except OSError:
        return "unknown"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


class StreamReader(Generic[T]):
    """One worker's view of one stream. `decode` turns an entry's fields into a record.

    An entry that cannot be decoded is left where it is and reported: it belongs to another release.
    """

    def __init__(
        self,
        queries: Redis,
        blocking: Redis,
        stream: str,
        identity: Identity,
        decode: Callable[[dict[bytes, bytes]], T],
        *,
        lease: timedelta,
    ) -> None:
        """`blocking` is used for nothing but reads that wait. After `lease` a silent owner loses its entries."""
        self._queries = queries
        self._blocking = blocking
        self.stream = stream
        self._identity = identity
        self._decode = decode
        self._lease_ms = int(lease.total_seconds() * 1000)
        self.consumer = str(identity)

    async def open(self) -> None:
        """Make the stream, its group and our name in it. From the beginning (`0`): what is there must be read."""
        with unavailable():
            try:
                await self._queries.xgroup_create(self.stream, GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise
            await self._queries.xgroup_createconsumer(self.stream, GROUP, self.consumer)

    async def read(self, count: int) -> Sequence[Claim[T]]:
        """Up to `count` entries that nobody owns; waits up to BLOCK_MS for the first. Raises Unavailable."""
        with unavailable():
            try:
                reply = await self._blocking.xreadgroup(
                    GROUP, self.consumer, {self.stream: ">"}, count=count, block=BLOCK_MS
                )
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                log.error("stream_group_missing", stream=self.stream, hint="was Redis emptied by hand?")
                await self.open()
                return ()
        return self._claims(reply[0][1]) if reply else ()

    async def recover(self, count: int, holding: Container[str]) -> Sequence[Claim[T]]:
        """Entries whose owner is dead, or has not been heard of for the length of a lease. Raises Unavailable.

        `holding` are entries that this worker still works on. Entries that were handed out ALONE_AFTER times
        come one at a time and only when there are no others: one of them may be what kills the workers.
        """
        with unavailable():
            pending = [entry for entry in await self._orphans(count) if _text(entry["message_id"]) not in holding]
            innocent = [entry for entry in pending if entry["times_delivered"] < ALONE_AFTER]
            chosen = innocent or pending[:1]
            times = {_text(entry["message_id"]): entry["times_delivered"] + 1 for entry in chosen}
            return await self._claim(times)

    async def release(self, claims: Sequence[Claim[T]]) -> None:
        """Give entries back so that any worker may recover them at once; it does not count as a delivery."""
        with unavailable():
            for claim in claims:
                await self._queries.xclaim(
                    self.stream, GROUP, self.consumer, 0, [claim.entry],
                    idle=_RELEASED_MS, retrycount=claim.deliveries - 1, justid=True,
                )  # fmt: skip

    async def consumers(self) -> Sequence[str]:
        """The names of all workers that ever read, but for this one."""
        with unavailable():
            found = await self._queries.xinfo_consumers(self.stream, GROUP)
        return [name for name in (_text(consumer["name"]) for consumer in found) if name != self.consumer]

    async def _orphans(self, count: int) -> Sequence[Any]:
        """Entries of workers of this host that are dead for certain (no lease has to run out first), else of any
        worker that has been silent for the length of a lease."""
        for consumer in await self._queries.xinfo_consumers(self.stream, GROUP):
            name = _text(consumer["name"])
            if consumer["pending"] and self._identity.outlives(name):
                return await self._pending(count, consumername=name)
        return await self._pending(count, idle=self._lease_ms)

    async def _pending(self, count: int, **which: Any) -> Sequence[Any]:
        found: Sequence[Any] = await self._queries.xpending_range(self.stream, GROUP, "-", "+", count, **which)
        return found

    async def _claim(self, times: Mapping[str, int]) -> Sequence[Claim[T]]:
        if not times:
            return ()
        entries = await self._queries.xclaim(self.stream, GROUP, self.consumer, 0, list(times))
        claims = self._claims(entries)
        gone = set(times) - {_text(entry) for entry, fields in entries if fields}
        if gone:
            # Deleted while it was pending: no transition of ours does that. It would be found again for ever.
            log.error("pending_entry_without_record", stream=self.stream, entries=len(gone))
            await self._queries.xack(self.stream, GROUP, *gone)
        return [Claim(entry=claim.entry, item=claim.item, deliveries=times[claim.entry]) for claim in claims]

    def _claims(self, entries: Sequence[Any]) -> list[Claim[T]]:
        claims = []
        for entry_id, fields in entries:
            if not fields:
                continue  # deleted meanwhile (Redis 6.2 reports such entries as empty)
            entry = entry_id.decode()
            try:
                claims.append(Claim(entry=entry, item=self._decode(fields)))
            except (KeyError, msgspec.DecodeError, UnicodeDecodeError) as error:
                log.error("record_of_another_release", stream=self.stream, entry=entry, error=type(error).__name__)
        return claims


async def silence(queries: Redis, stream: str, here: Identity) -> float | None:
    """Seconds since a living worker of this host last asked for entries; None if there is none. Raises Unavailable.

    Before Redis 7.2 (which has `inactive`) a read that finds nothing leaves no trace: there, to live is enough.
    """
    with unavailable():
        try:
            consumers = await queries.xinfo_consumers(stream, GROUP)
        except ResponseError:
            return None  # neither stream nor group yet
    living = [c for c in consumers if here.sees(_text(c["name"]))]
    return min((c["idle"] / 1000 if "inactive" in c else 0.0 for c in living), default=None)


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name
