"""The work that no message waits for: bringing back what is due, forgetting what has expired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from redis.asyncio import Redis

from bridge.store.connect import unavailable
from bridge.store.keys import GROUP, Keys
from bridge.store.scripts import FORGET, PROMOTE, SWEEP, TRIM, Call, GroupCommit, Script
from bridge.store.streams import StreamReader
from bridge.store.transitions import milliseconds

PROMOTE_AT_ONCE: Final = 100
_FORGET_AT_ONCE: Final = 500
_CONSUMER_IDLE: Final = timedelta(hours=1)


class Upkeep:
    """Called by arq's cron jobs. Every method may run in several workers at once. All raise Unavailable."""

    def __init__(self, redis: Redis, commit: GroupCommit, keys: Keys, *, retention: timedelta, keep: int) -> None:
        """Over one shard. Of finished events at most `keep` are kept, each for at most `retention`."""
        self._redis = redis
        self._commit = commit
        self._keys = keys
        self._retention = retention
        self._keep = keep

    async def promote(self, *, backlog_limit: int) -> int:
        """Put the sends that have come due back on their way, while fewer than `backlog_limit` are on it."""
        keys = self._keys
        moved: int = 0
        while True:
            with unavailable():
                if await self._redis.xlen(keys.outbox) >= backlog_limit:
                    return moved
            count = await self._commit.run(Call(PROMOTE, (keys.outbox, keys.due, keys.due_sends), (PROMOTE_AT_ONCE,)))
            moved += count
            if count < PROMOTE_AT_ONCE:
                return moved

    async def forget(self, now: datetime) -> int:
        """Take expired events out of the log, and finished ones beyond the number that is kept."""
        before = milliseconds(now - self._retention)
        return await self._through_log(FORGET, before) + await self._through_log(TRIM, self._keep)

    async def _through_log(self, script: Script, bound: int) -> int:
        """Run a script over the log from its oldest event; what it leaves in place is passed over."""
        offset: int = 0
        gone: int = 0
        while True:
            args = (self._keys.event_prefix, bound, offset, _FORGET_AT_ONCE)
            looked_at, taken = await self._commit.run(Call(script, (self._keys.log,), args))
            gone += taken
            offset += looked_at - taken
            if looked_at < _FORGET_AT_ONCE:
                return gone

    async def sweep(self, readers: Sequence[StreamReader[Any]], *, idle: timedelta = _CONSUMER_IDLE) -> int:
        """Forget the names of workers that are gone and hold nothing."""
        swept = 0
        silent_ms = int(idle.total_seconds() * 1000)
        for reader in readers:
            for consumer in await reader.consumers():
                swept += int(await self._commit.run(Call(SWEEP, (reader.stream,), (GROUP, consumer, silent_ms))))
        return swept
