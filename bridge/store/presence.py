"""What processes tell each other by the store: which workers live, what they measured, which alarms are told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from redis.asyncio import Redis

from bridge.domain.trouble import NoticeState, Trouble
from bridge.pipeline.watch import Claim
from bridge.store.connect import execute, unavailable
from bridge.store.keys import Keys
from bridge.store.scripts import BEAT, CLAIM, Argument, Call, GroupCommit

FORGOTTEN_AFTER: Final = timedelta(hours=1)
_EARLY: Final = 0.9
"""Of an interval: two clocks and a tick lie between what we remember and what the store does."""


class Presence:
    """One worker's signs of life. Implements the port `Beating`."""

    def __init__(self, redis: Redis, commit: GroupCommit, keys: Keys, name: str) -> None:
        """`name` is the worker's own, of this life alone."""
        self._redis = redis
        self._commit = commit
        self._keys = keys
        self._name = name

    async def beat(self, counts: Mapping[str, int], gauges: Mapping[str, Any]) -> None:
        """See the port."""
        args: list[Argument] = [self._name, int(FORGOTTEN_AFTER.total_seconds() * 1000), len(counts)]
        for name, amount in counts.items():
            args += (name, amount)
        for name, value in gauges.items():
            args += (name, str(value))
        keys = self._keys
        await self._commit.run(Call(BEAT, (keys.workers, keys.observed, keys.gauges), args))

    async def leave(self) -> None:
        """See the port."""
        with unavailable():
            await self._redis.zrem(self._keys.workers, self._name)


class AlarmClaims:
    """Which process tells of an alarm. Implements the port `Claims`."""

    def __init__(self, redis: Redis, commit: GroupCommit, keys: Keys, *, repeat: timedelta) -> None:
        """`repeat`: how often an open alarm is told again."""
        self._redis = redis
        self._commit = commit
        self._keys = keys
        self._repeat_ms = repeat.total_seconds() * 1000
        self._stale_ms = 2 * self._repeat_ms

    async def claim(self, trouble: Trouble, state: NoticeState) -> Claim:
        """See the port."""
        every_ms = int(self._repeat_ms * _EARLY)
        args = (trouble.key, state.value, every_ms, trouble.text)
        reply = await self._commit.run(Call(CLAIM, (self._keys.alarms,), args))
        return (Claim.OTHERS, Claim.OURS, Claim.OVER)[int(reply)]

    async def release(self, trouble: Trouble) -> bool:
        """See the port."""
        with unavailable():
            return bool(await execute(self._redis, "HDEL", self._keys.alarms, trouble.key))

    async def open(self) -> Mapping[str, str]:
        """See the port. What was not repeated in time has nobody any more who could tell its end: it is forgotten."""
        with unavailable():
            seconds, _ = await self._redis.time()
            found = await execute(self._redis, "HGETALL", self._keys.alarms)
            stale = [key for key, text in found.items() if seconds * 1000 - int(text.split(b" ")[0]) > self._stale_ms]
            if stale:
                await execute(self._redis, "HDEL", self._keys.alarms, *stale)
        return told({key: text for key, text in found.items() if key not in stale})


def told(alarms: Mapping[bytes, bytes]) -> Mapping[str, str]:
    """Alarm to its text."""
    return {key.decode(): text.decode().partition(" ")[2] for key, text in alarms.items()}
