"""The evidence of channel tests, in Redis: rows by time, the head of their chain, and claims on slots."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from redis.asyncio import Redis

from bridge.channels.evidence import CLAIM_KEPT, Head, Kept, Row
from bridge.store.connect import execute, unavailable
from bridge.store.keys import Keys
from bridge.store.scripts import WITNESS, Call, GroupCommit
from bridge.store.transitions import milliseconds

_REPLIES: Final = {1: Kept.KEPT, 0: Kept.CLAIMED, -1: Kept.MOVED}


class RedisEvidence:
    """Implements the port `EvidenceStore`."""

    def __init__(self, redis: Redis, commit: GroupCommit, keys: Keys) -> None:
        """Over one shard."""
        self._redis = redis
        self._commit = commit
        self._keys = keys

    async def head(self) -> Head:
        """The newest row."""
        with unavailable():
            seq, digest = await execute(self._redis, "HMGET", self._keys.evidence_head, "seq", "hash")
        return Head() if seq is None else Head(int(seq), digest.decode())

    async def rows(self, since: datetime) -> list[Row]:
        """All rows from then on, in their order."""
        with unavailable():
            found = await execute(self._redis, "ZRANGEBYSCORE", self._keys.evidence, milliseconds(since), "+inf")
        return sorted((msgspec.json.decode(row, type=Row) for row in found), key=lambda row: row.seq)

    async def keep(self, row: Row, head: Head, claim: str | None) -> Kept:
        """Add a row after `head` and take the claim with it, both or neither."""
        keys = (self._keys.evidence, self._keys.evidence_head, self._keys.evidence_claim(claim or ""))
        life = 0 if claim is None else int(CLAIM_KEPT.total_seconds() * 1000)
        args = (head.hash, msgspec.json.encode(row), row.seq, row.hash, milliseconds(row.at), life)
        return _REPLIES[await self._commit.run(Call(WITNESS, keys, args))]

    async def forget(self, before: datetime) -> int:
        """Drop the rows from before then."""
        with unavailable():
            gone = await execute(
                self._redis, "ZREMRANGEBYSCORE", self._keys.evidence, "-inf", f"({milliseconds(before)}"
            )
        return int(gone)
