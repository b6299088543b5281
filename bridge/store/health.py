"""Is the store fit to take alerts, and what does it guarantee?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bridge.domain.errors import Unavailable
from bridge.pipeline.telemetry import StoreFacts
from bridge.store.connect import unavailable

OLDEST: Final = (6, 2)
"""The first version whose XPENDING can be asked for idle entries, by which dead workers are found."""
SKEW: Final = timedelta(seconds=2)


class StoreHealth:
    """Implements the port `Health`."""

    degraded: str | None = None

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

    async def facts(self) -> StoreFacts:
        """What the store is, and what a crash of it or of its machine may cost. Raises Unavailable."""
        with unavailable():
            info = await self._redis.info()
            seconds, microseconds = await self._redis.time()
        skew = timedelta(seconds=seconds, microseconds=microseconds) - (datetime.now(UTC) - _EPOCH)
        return store_facts(info, await self.appendfsync(), skew)

    async def appendfsync(self) -> str:
        """The fsync policy, or `unknown`: managed servers forbid CONFIG. Raises Unavailable."""
        with unavailable():
            try:
                config = await self._redis.config_get("appendfsync")
            except ResponseError:
                return "unknown"
        return str(config.get("appendfsync", "unknown"))


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def store_facts(info: Mapping[str, Any], appendfsync: str, skew: timedelta) -> StoreFacts:
    """From Redis's INFO. Hazards lose alerts; cautions are worth a look."""
    server = "valkey" if "valkey_version" in info else "redis"
    return StoreFacts(
        server=f"{server} {info.get('valkey_version') or info.get('redis_version', 'unknown')}",
        appendfsync=appendfsync,
        guarantee=_words(appendfsync, aof=bool(info.get("aof_enabled"))),
        problems=tuple(_unfit(info)),
        hazards=tuple(_hazards(info)),
        cautions=tuple(_cautions(info, appendfsync, skew)),
        # Buffers of replicas and of the append-only file do not count against maxmemory.
        used_bytes=max(int(info.get("used_memory", 0)) - int(info.get("mem_not_counted_for_evict", 0)), 0),
        max_bytes=int(info.get("maxmemory", 0)),
        skew=skew,
    )


def _unfit(facts: Mapping[str, Any]) -> Sequence[str]:
    problems = []
    if facts.get("loading"):
        problems.append("the store is loading its data")
    if facts.get("role") not in ("master", None):
        problems.append("the store is a replica: it cannot be written to")
    if facts.get("aof_enabled") and facts.get("aof_last_write_status", "ok") != "ok":
        problems.append("the store cannot write its append-only file")
    return problems


def _hazards(info: Mapping[str, Any]) -> Sequence[str]:
    hazards = []
    if not info.get("aof_enabled"):
        hazards.append("no append-only file: a restart of the store loses what was accepted (appendonly yes)")
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        hazards.append(f"maxmemory-policy {policy}: a full store evicts alerts in silence (set noeviction)")
    version = tuple(map(int, re.findall(r"\d+", str(info.get("redis_version", "")))[:2]))
    if version and version < OLDEST:
        hazards.append("the store is older than Redis 6.2")
    return hazards


def _cautions(info: Mapping[str, Any], appendfsync: str, skew: timedelta) -> Sequence[str]:
    cautions = []
    if info.get("aof_enabled") and appendfsync not in ("always", "unknown"):
        cautions.append(f"appendfsync {appendfsync}: a crash of the store's machine may lose accepted alerts")
    if not info.get("maxmemory"):
        cautions.append("no maxmemory: a full machine ends the store instead of refusing alerts in time")
    if info.get("aof_enabled") and info.get("aof_last_bgrewrite_status", "ok") != "ok":
        cautions.append("the last rewrite of the append-only file failed: it grows until its disk is full")
    if abs(skew) > SKEW:
        cautions.append(f"its clock is {skew.total_seconds():+.1f} s from ours: retries come at the wrong time")
    return cautions


def _words(fsync: str, *, aof: bool) -> str:
    if not aof:
        return "none: without an append-only file a restart of the store loses what was accepted"
    if fsync == "always":
        return "every accepted alert is on disk before it is answered"
    if fsync == "everysec":
        return "a crash of the store's machine may lose about a second (up to two) of accepted alerts"
    if fsync == "unknown":
        return "unknown: the store does not tell when it writes its append-only file to the disk"
    return "weak: the operating system decides when accepted alerts reach the disk"
