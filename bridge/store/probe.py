"""One look at the store: what alarms, shedding and metrics need to know, in two round trips."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from bridge.pipeline.ports import Clock
from bridge.pipeline.telemetry import StoreView
from bridge.store.connect import unavailable
from bridge.store.health import StoreHealth, store_facts
from bridge.store.keys import GROUP
from bridge.store.presence import told
from bridge.store.scripts import LOOK, Call
from bridge.store.shard import Shard

_RECENT: Final = timedelta(hours=1)
_AGES: Final = ("unplanned", "unread", "ready", "due")


class StoreProbe:
    """Implements the port `Probe`."""

    def __init__(self, store: Shard, *, clock: Clock) -> None:
        """Over one shard."""
        self._store = store
        self._health = StoreHealth(store.queries)
        self._clock = clock
        self._appendfsync: str | None = None

    async def look(self) -> StoreView:
        """See the port."""
        keys = self._store.keys
        if self._appendfsync is None:
            self._appendfsync = await self._health.appendfsync()
        *ages, now_ms = await self._store.commit.run(Call(LOOK, (keys.inbox, keys.outbox, keys.due), (GROUP,)))
        here = self._clock()
        pipeline = self._store.queries.pipeline(transaction=False)
        pipeline.info()
        pipeline.xlen(keys.inbox)
        pipeline.hmget(keys.counts, ["sends", "delivered", "dead"])
        pipeline.zcount(keys.dead_at, now_ms - int(_RECENT.total_seconds() * 1000), "+inf")
        pipeline.zrange(keys.workers, 0, -1, withscores=True)
        for key in (keys.observed, keys.gauges, keys.alarms):
            pipeline.hgetall(key)
        with unavailable():
            info, unplanned, counts, dead, workers, observed, gauges, alarms = await pipeline.execute()
        sends, delivered, died = (int(count or 0) for count in counts)
        skew = timedelta(milliseconds=now_ms) - timedelta(seconds=here.timestamp())
        return StoreView(
            facts=store_facts(info, self._appendfsync, skew),
            backlog=unplanned + sends - delivered - died,
            recent_dead=dead,
            ages={name: age / 1000 for name, age in zip(_AGES, ages, strict=True) if age >= 0},
            workers={name.decode(): max(now_ms - at, 0) / 1000 for name, at in workers},
            observed={name: int(amount) for name, amount in _text(observed).items()},
            gauges={name: float(value) for name, value in _text(gauges).items()},
            alarms=told(alarms),
        )


def _text(found: Mapping[bytes, bytes]) -> Mapping[str, str]:
    values: Mapping[Any, Any] = found
    return {name.decode(): value.decode() for name, value in values.items()}
