"""Looking for deliveries in the stream of those that are not planned yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from redis.asyncio import Redis

from bridge.store.connect import unavailable
from bridge.store.transitions import decode_delivery, milliseconds

_SKEW: Final = timedelta(minutes=1)
"""The stream goes by the store's clock, a delivery by ours."""
_PAGE: Final = 200


class Searching:
    """Used when a spool is drained, for the few deliveries of which it is not known whether the store took them."""

    def __init__(self, redis: Redis) -> None:
        """Over the query pool."""
        self._redis = redis

    async def mark(self, markers: Sequence[str], *, seconds: int) -> None:
        """From now on `accept` takes none of these. Raises Unavailable."""
        pipeline = self._redis.pipeline(transaction=False)
        for marker in markers:
            pipeline.set(marker, "claimed", ex=seconds, nx=True)
        with unavailable():
            await pipeline.execute()

    async def find(self, stream: str, ids: Collection[str], *, since: datetime) -> frozenset[str]:
        """Which of the deliveries wait in the stream; they were received at or after `since`. Raises Unavailable."""
        wanted, found = set(ids), set[str]()
        start = str(milliseconds(since - _SKEW))
        while wanted:
            with unavailable():
                entries = await self._redis.xrange(stream, start, "+", count=_PAGE)
            for _, fields in entries:
                try:
                    delivery_id = decode_delivery(fields).id
                except (KeyError, msgspec.DecodeError, UnicodeDecodeError):
                    continue  # of another release, and so not ours
                if delivery_id in wanted:
                    wanted.discard(delivery_id)
                    found.add(delivery_id)
            if len(entries) < _PAGE:
                break
            start = "(" + entries[-1][0].decode()
        return frozenset(found)
