"""How often something may be done: a number of times within a window that the first time opens.

Whom it is counted for is the caller's to choose. It may be an address that has no account, so that being refused
does not tell which addresses have one.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from bridge.local.replies import Refusal

_SECOND: Final = 1_000_000
_ENDS_AT: Final = "SELECT ends_at FROM limits WHERE name = ? AND subject = ? AND used >= ? AND ends_at > ?"
_SPEND: Final = """
INSERT INTO limits VALUES (:name, :subject, 1, :ends_at)
ON CONFLICT (name, subject) DO UPDATE SET used = used + 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """`times` within `seconds`, counted under `name`."""

    name: str
    times: int
    seconds: int


def check(connection: sqlite3.Connection, limit: Limit, subject: str, now: int) -> None:
    """Raises 429 with Retry-After where the limit is used up. `now` is in microseconds since 1970."""
    row = connection.execute(_ENDS_AT, (limit.name, subject, limit.times, now)).fetchone()
    if row is not None:
        raise too_soon(row["ends_at"], now)


def spend(connection: sqlite3.Connection, limit: Limit, subject: str, now: int) -> None:
    """Count one time."""
    connection.execute("DELETE FROM limits WHERE ends_at <= ?", (now,))
    connection.execute(_SPEND, {"name": limit.name, "subject": subject, "ends_at": now + limit.seconds * _SECOND})


def forget(connection: sqlite3.Connection, limit: Limit, subject: str) -> None:
    """Count from nothing again."""
    connection.execute("DELETE FROM limits WHERE name = ? AND subject = ?", (limit.name, subject))


def too_soon(until: int, now: int) -> Refusal:
    """429, to be tried again at that time (microseconds since 1970)."""
    # RFC 9110 10.2.3: whole seconds; rounded up, so that whoever waits them out is not refused again.
    seconds = max(1, -((now - until) // _SECOND))
    return Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"Too often. Try again in {seconds} s.",
        headers={"Retry-After": str(seconds)},
    )
