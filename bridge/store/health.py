"""Is the store fit to take alerts, and what does it guarantee?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bridge.domain.errors import Unavailable
from bridge.store.connect import unavailable


class StoreHealth:
    """Implements the port `Health`."""

    def __init__(self, redis: Redis) -> None:
        """Over the command pool."""
        self._redis = redis

    async def problems(self) -> Sequence[str]:
        """See the port."""
        try:
            with unavailable():
                facts: Mapping[str, Any] = await self._redis.info()
        except Unavailable as error:
            return [str(error)]
        return list(_unfit(facts))

    async def guarantee(self) -> Mapping[str, Any]:
        """What a crash of the store or of its machine may cost, in words. Raises Unavailable.

        It is safe only with an append-only file, and only if a full store refuses instead of evicting alerts.
        """
        with unavailable():
            facts = await self._redis.info()
            fsync = await self._fsync()
        policy = facts.get("maxmemory_policy")
        return {
            "server": facts.get("valkey_version") or facts.get("redis_version"),
            "appendfsync": fsync,
            "guarantee": _words(fsync, aof=bool(facts.get("aof_enabled"))),
            "maxmemory_policy": policy,
            "safe": policy == "noeviction" and bool(facts.get("aof_enabled")),
        }

    async def _fsync(self) -> str:
        try:
            config = await self._redis.config_get("appendfsync")
        except ResponseError:
            return "unknown"  # managed servers forbid CONFIG
        return str(config.get("appendfsync", "unknown"))


def _unfit(facts: Mapping[str, Any]) -> Sequence[str]:
    problems = []
    if facts.get("loading"):
        problems.append("the store is loading its data")
    if facts.get("role") not in ("master", None):
        problems.append("the store is a replica: it cannot be written to")
    if facts.get("aof_enabled") and facts.get("aof_last_write_status", "ok") != "ok":
        problems.append("the store cannot write its append-only file")
    return problems


def _words(fsync: str, *, aof: bool) -> str:
    if not aof:
        return "none: without an append-only file a restart of the store loses what was accepted"
    if fsync == "always":
        return "every accepted alert is on disk before it is answered"
    if fsync == "everysec":
        return "a crash of the store's machine may lose about a second (up to two) of accepted alerts"
    return "weak: the operating system decides when accepted alerts reach the disk"
