"""When an attempt of a slot is due, and what forbids it: pure functions of the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bridge.channels.evidence import Row, What
from bridge.channels.plan import A_MINUTE, A_WEEK, APART, Blackout, Channel, Slot, next_day
from bridge.channels.standing import week_of

FIRST_RETRY: Final = timedelta(minutes=15)
SECOND_RETRY: Final = timedelta(hours=2)
_SENT_NOTHING: Final = frozenset({What.LIMITED, What.REFUSED})
_MISSED: Final = frozenset({What.UNANSWERED, What.UNDELIVERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An attempt whose time has come. `number` counts from 0."""

    slot: Slot
    number: int

    @property
    def claim(self) -> str:
        """What makes it happen at most once."""
        return f"{self.slot.name}:{self.number}"


def next_attempt(slot: Slot, rows: Sequence[Row], blackout: Blackout) -> tuple[datetime | None, int]:
    """When the next attempt of a slot is due and which one it is; no time where there is none to be made.

    `rows` are those of the slot, in their order.
    """
    if not rows:
        return slot.at, 0
    last, number = rows[-1], max(row.attempt for row in rows) + 1
    if last.what is What.LIMITED:
        return next_day(slot.channel, slot.at, last.at, blackout), number
    if last.what in _MISSED:
        missed = sum(row.what in _MISSED for row in rows)
        waits = (FIRST_RETRY, SECOND_RETRY)
        return (last.at + waits[missed - 1], number) if missed <= len(waits) else (None, number)
    return None, number


def bounds(channel: Channel, slot: Slot, rows: Sequence[Row], now: datetime) -> str | None:
    """Which bound forbids a test now; None where none does. Counts what may have been sent, whatever was answered."""
    nothing_sent = {(row.slot, row.attempt) for row in rows if row.what in _SENT_NOTHING}
    begun = [row for row in rows if row.what is What.BEGUN]
    if any(row.channel == channel.key and now - row.at < APART for row in begun):
        return "was tested within the last minute"
    if sum(now - row.at < timedelta(minutes=1) for row in begun) >= A_MINUTE:
        return f"{A_MINUTE} tests began within the last minute"
    if channel.person is None:
        return None
    sent = [row for row in begun if row.person == channel.person and (row.slot, row.attempt) not in nothing_sent]
    if sum(week_of(row) == slot.week for row in sent) >= A_WEEK:
        return f"its owner got {A_WEEK} tests this week"
    return None
