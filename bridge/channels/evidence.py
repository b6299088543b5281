"""What was done to prove channels, and what came of it: rows that are only ever added, each chained to the one before.

A row's hash covers its fields and the hash of its predecessor, so that a row that was changed, left out or put in
later breaks the chain. Rows are dropped at the old end after `KEPT`; the first that is left is the chain's anchor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final, Protocol

import msgspec

KEPT: Final = timedelta(days=13 * 31)
"""13 months, so that a report over a year is never short of its beginning."""
FRESH: Final = timedelta(days=35)
"""Older evidence proves nothing any more."""
CLAIM_KEPT: Final = timedelta(days=60)
"""No slot comes again after so long."""


class Grade(IntEnum):
    """How much is proven. Only the last two say that something arrived."""

    NOTHING = 0
    TAKEN = 1
    ACCEPTED = 2
    DELIVERED = 3
    ACKNOWLEDGED = 4

    @property
    def words(self) -> str:
        """For people. A 2xx is never called more than what it is."""
        return _WORDS[self]


_WORDS: Final = {
    Grade.NOTHING: "nothing proven",
    Grade.TAKEN: "request taken, arrival not proven",
    Grade.ACCEPTED: "accepted by the provider, arrival not proven",
    Grade.DELIVERED: "delivered",
    Grade.ACKNOWLEDGED: "acknowledged by a person",
}


class What(StrEnum):
    """What a row tells."""

    STARTED = "started"
    """The runner ran for the first time; the week of dry runs begins."""
    REHEARSED = "rehearsed"
    """A dry run: a test would have been asked for."""
    BEGUN = "begun"
    """A test is about to be asked for. Without a later row of its attempt nobody knows whether it was."""
    TAKEN = "taken"
    """Pinghome answered 2xx."""
    LIMITED = "limited"
    """Pinghome answered 429: nothing was sent."""
    REFUSED = "refused"
    """Pinghome will not test this channel as it is: nothing was sent."""
    UNANSWERED = "unanswered"
    """5xx or no answer: it may have been sent."""
    ACCEPTED = "accepted"
    """The far side took the message from Pinghome."""
    UNDELIVERED = "undelivered"
    """The far side did not take it."""
    DELIVERED = "delivered"
    """The test's nonce came back from where it arrived."""
    WAIVED = "waived"
    """A person answers for not testing the channel until `until`."""


FAILURES: Final = frozenset({What.REFUSED, What.UNANSWERED, What.UNDELIVERED})
_GRADES: Final = {What.TAKEN: Grade.TAKEN, What.ACCEPTED: Grade.ACCEPTED, What.DELIVERED: Grade.DELIVERED}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `slot` and `attempt` say which test it belongs to; `nonce` is what a message of Pinghome's holds, as a
    digest, since whoever knows it can prove an arrival. `latency_ms` is of the answer, or until a receipt was seen."""

    what: What
    at: datetime
    channel: str = ""
    kind: str = ""
    target: str = ""
    person: str | None = None
    slot: str = ""
    attempt: int = 0
    latency_ms: int | None = None
    detail: str = ""
    reads: bool = False
    nonce: str | None = None
    until: datetime | None = None
    seq: int = 0
    previous: str = ""
    hash: str = ""

    @property
    def grade(self) -> Grade:
        """What it proves of its channel."""
        return _GRADES.get(self.what, Grade.NOTHING)


class Head(msgspec.Struct, frozen=True):
    """The newest row of the chain: its number from 1 and its hash; 0 and nothing before the first."""

    seq: int = 0
    hash: str = ""


class Kept(StrEnum):
    """What became of a row that was to be kept."""

    KEPT = "kept"
    CLAIMED = "claimed"
    MOVED = "moved"


class EvidenceStore(Protocol):
    """Where rows are kept. All methods raise Unavailable."""

    async def head(self) -> Head:
        """The newest row."""
        ...

    async def rows(self, since: datetime) -> list[Row]:
        """All rows from then on, in their order."""
        ...

    async def keep(self, row: Row, head: Head, claim: str | None) -> Kept:
        """Add a row after `head` and take the claim with it, both or neither."""
        ...

    async def forget(self, before: datetime) -> int:
        """Drop the rows from before then."""
        ...


class Book:
    """Writes rows into the chain."""

    def __init__(self, store: EvidenceStore) -> None:
        self._store = store

    async def write(self, row: Row, claim: str | None = None) -> Row | None:
        """Add a row, whoever else writes at the same time. None where the claim was taken before: nothing is added."""
        while True:
            head = await self._store.head()
            linked = link(row, head)
            match await self._store.keep(linked, head, claim):
                case Kept.KEPT:
                    return linked
                case Kept.CLAIMED:
                    return None
                case Kept.MOVED:
                    continue

    async def rows(self, since: datetime) -> list[Row]:
        """All rows from then on, in their order."""
        return await self._store.rows(since)

    async def head(self) -> Head:
        """The newest row."""
        return await self._store.head()

    async def forget(self, now: datetime) -> int:
        """Drop the rows that are past their time."""
        return await self._store.forget(now - KEPT)


def link(row: Row, head: Head) -> Row:
    """The row as the next of the chain."""
    placed = msgspec.structs.replace(row, seq=head.seq + 1, previous=head.hash, hash="")
    return msgspec.structs.replace(placed, hash=_digest(placed))


def broken(rows: Sequence[Row], head: Head) -> str | None:
    """Where the chain is broken; None where it is whole. `rows` must be all that are kept."""
    before: Row | None = None
    for row in rows:
        if _digest(msgspec.structs.replace(row, hash="")) != row.hash:
            return f"row {row.seq} was changed"
        if before is not None and (row.previous != before.hash or row.seq != before.seq + 1):
            return f"rows are missing or were put in between {before.seq} and {row.seq}"
        before = row
    if before is not None and (before.seq, before.hash) != (head.seq, head.hash):
        return f"the newest rows after {before.seq} are missing"
    return None


def fingerprint(text: str) -> str:
    """A short digest: names a value without telling it."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _digest(row: Row) -> str:
    return hashlib.sha256(msgspec.json.encode(row)).hexdigest()
