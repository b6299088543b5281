"""Which incident belongs to which problem: the API names incidents by an id of its own."""

from __future__ import annotations

from datetime import timedelta

from redis.asyncio import Redis

from bridge.store.connect import execute, unavailable
from bridge.store.keys import Keys
from bridge.store.scripts import BEGIN_INCIDENT, Call, GroupCommit


class RedisIncidents:
    """Implements the port `IncidentMemory`. One hash a lane: `id` once it is known, `begun` while it is not."""

    def __init__(self, redis: Redis, commit: GroupCommit, keys: Keys, *, keep: timedelta) -> None:
        """`keep`: how long an incident is remembered after it was last touched."""
        self._redis = redis
        self._commit = commit
        self._keys = keys
        self._keep = int(keep.total_seconds() * 1000)

    async def find(self, lane: str) -> str | None:
        """See the port."""
        with unavailable():
            found: bytes | None = await execute(self._redis, "HGET", self._keys.incident(lane), "id")
        return None if found is None else found.decode()

    async def begin(self, lane: str) -> bool:
        """See the port."""
        call = Call(BEGIN_INCIDENT, (self._keys.incident(lane), self._keys.counts), (self._keep,))
        return bool(await self._commit.run(call))

    async def keep(self, lane: str, incident_id: str) -> None:
        """See the port."""
        key = self._keys.incident(lane)
        with unavailable():
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.hset(key, "id", incident_id)
                pipeline.hdel(key, "begun")
                pipeline.pexpire(key, self._keep)
                await pipeline.execute()

    async def forget(self, lane: str) -> None:
        """See the port."""
        with unavailable():
            await execute(self._redis, "DEL", self._keys.incident(lane))
