"""Six digits that prove that somebody reads what is sent to an address.

A code is good for 15 minutes and for one use; after five wrong tries another one is needed. Only a hash is stored
beside its purpose. That hides it from a glance and not from a search through a million values; the message that
carries it stands in the outbox in any case.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Final

from bridge.local.accounts import limits
from bridge.local.accounts.limits import Limit
from bridge.local.replies import Fault, Refusal, invalid

LIFETIME_SECONDS: Final = 900
WRONG_TRIES: Final = 5
FLOORS: Final = (Limit(name="code", times=1, seconds=60), Limit(name="codes", times=5, seconds=3600))
"""How often codes may be asked for; together with `WRONG_TRIES` it bounds how fast one can be guessed."""

_SELECT: Final = "SELECT * FROM codes WHERE purpose = ? AND subject = ? AND expires_at > ?"
_REPLACE: Final = "INSERT OR REPLACE INTO codes VALUES (?, ?, ?, ?, 0, ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """A code that was right, and what it was issued for."""

    value: str | None


def slow_down(connection: sqlite3.Connection, purpose: str, subject: str, now: int) -> None:
    """Count that a code is asked for. Raises 429 where that was done too often, whether or not one was sent."""
    key = f"{purpose}:{subject}"
    for floor in FLOORS:
        limits.check(connection, floor, key, now)
    for floor in FLOORS:
        limits.spend(connection, floor, key, now)


def issue(connection: sqlite3.Connection, purpose: str, subject: str, now: int, *, value: str | None = None) -> str:
    """A new code in place of any other for the same purpose and subject. `now` is in microseconds since 1970."""
    connection.execute("DELETE FROM codes WHERE expires_at <= ?", (now,))
    code = f"{secrets.randbelow(1_000_000):06}"
    expires_at = now + LIFETIME_SECONDS * 1_000_000
    connection.execute(_REPLACE, (purpose, subject, _digest(purpose, subject, code), value, expires_at))
    return code


def redeem(
    connection: sqlite3.Connection, purpose: str, subject: str, code: str, now: int, *, field: str
) -> Redeemed | Refusal:
    """Use a code up. A wrong one is counted and gives a refusal (422 for `field`), in the same words whatever is wrong.

    The refusal must be returned and not raised, lest the count is rolled back with it.
    """
    row = connection.execute(_SELECT, (purpose, subject, now)).fetchone()
    if row is not None and row["tries"] < WRONG_TRIES:
        if hmac.compare_digest(row["hash"], _digest(purpose, subject, code)):
            forget(connection, purpose, subject)
            return Redeemed(value=row["value"])
        connection.execute("UPDATE codes SET tries = tries + 1 WHERE purpose = ? AND subject = ?", (purpose, subject))
    return invalid(Fault(field=field, message="is wrong or too old"))


def forget(connection: sqlite3.Connection, purpose: str, subject: str) -> None:
    """Take a code back, and let another one be asked for at once."""
    connection.execute("DELETE FROM codes WHERE purpose = ? AND subject = ?", (purpose, subject))
    for floor in FLOORS:
        limits.forget(connection, floor, f"{purpose}:{subject}")


def _digest(purpose: str, subject: str, code: str) -> bytes:
    return hashlib.sha256(f"{purpose}\0{subject}\0{code}".encode()).digest()
