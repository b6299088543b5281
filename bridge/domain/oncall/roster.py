"""A compiled schedule and its answers."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from bridge.domain.oncall.dates import LAST_DAY
from bridge.domain.oncall.entries import DAY, Entry
from bridge.domain.oncall.rules import Rules
from bridge.domain.oncall.timeline import People, Timeline, build

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_END: Final = (datetime.fromordinal(LAST_DAY).replace(tzinfo=UTC) - _EPOCH) // _SECOND
_FIRST_LOOK: Final = 400 * DAY
NEVER_AFTER: Final = 40 * 366 * DAY
"""How far ahead a change is looked for, in seconds. The rarest entry (February, week 5, one weekday) comes every 28
years, and every 40 where a century has no leap day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A stretch of time in which a member is on call without a break. The end is not included. UTC."""

    member_id: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch of time in which nobody is on call. The end is not included. UTC."""

    start: datetime
    end: datetime


class Roster:
    """Answers to who is on call when.

    Within the horizon that it was compiled for an answer takes microseconds; outside it is as right and slower.
    All times are aware: a naive one raises ValueError.
    """

    def __init__(self, entries: Sequence[Entry], rules: Rules, lo: int, hi: int) -> None:
        self._entries = tuple(entries)
        self._rules = rules
        self._line = build(entries, rules, lo, hi)

    def who(self, at: datetime) -> tuple[str, ...]:
        """The members on call, the first in priority first; empty where nobody is."""
        second = _second(at)
        line = self._over(second, second + 1)
        return line.people[line.at(second)]

    def next_change(self, at: datetime) -> datetime | None:
        """When `who` next answers something else, None where it does not within 40 years."""
        second = _second(at)
        line = self._over(second, second + 1)
        return self._end(line, line.at(second))

    def next_covered(self, at: datetime) -> datetime | None:
        """The next time at which somebody is on call, `at` itself where somebody is; None: not within 40 years."""
        second = _second(at)
        line = self._over(second, second + 1)
        index = line.at(second)
        # Segments differ from their neighbours: after one in which nobody is on call, somebody is.
        return at if line.people[index] else self._end(line, index)

    def shifts(self, lo: datetime, hi: datetime) -> list[Shift]:
        """Who is on call from `lo` up to `hi`, cut at both; what touches or overlaps is one shift of its member.

        In the order of their starts, then of the members.
        """
        found: list[Shift] = []
        running: dict[str, int] = {}
        # At the end nobody is on call any more: what still runs is cut there.
        for start, _, people in (*self._segments(lo, hi), (_second(hi), 0, ())):
            ended = [member_id for member_id in running if member_id not in people]
            found += [_shift(member_id, running.pop(member_id), start) for member_id in ended]
            running.update((member_id, start) for member_id in people if member_id not in running)
        return sorted(found, key=lambda shift: (shift.start, shift.member_id))

    def gaps(self, lo: datetime, hi: datetime) -> list[Gap]:
        """When nobody is on call from `lo` up to `hi`, cut at both."""
        segments = self._segments(lo, hi)
        return [Gap(start=_moment(start), end=_moment(end)) for start, end, people in segments if not people]

    def _segments(self, lo: datetime, hi: datetime) -> Iterator[tuple[int, int, People]]:
        first, last = _second(lo), _second(hi)
        return iter(()) if first >= last else self._over(first, last).segments(first, last)

    def _over(self, lo: int, hi: int) -> Timeline:
        """A timeline that holds this stretch of time: the compiled one, or one made for it."""
        if self._line.lo <= lo and hi <= self._line.hi:
            return self._line
        return build(self._entries, self._rules, lo, hi)

    def _end(self, line: Timeline, index: int) -> datetime | None:
        """When a segment ends, be it beyond its timeline."""
        if index + 1 < len(line.bounds):
            return _moment(line.bounds[index + 1])
        found = self._change_beyond if line is self._line else self._change_after(line)
        return None if found is None else _moment(found)

    @functools.cached_property
    def _change_beyond(self) -> int | None:
        return self._change_after(self._line)

    def _change_after(self, line: Timeline) -> int | None:
        """The first second from a timeline's end on at which others are on call than in its last segment."""
        before, lo, span = line.people[-1], line.hi, _FIRST_LOOK
        limit = min(lo + NEVER_AFTER, _END)
        while lo < limit:
            ahead = build(self._entries, self._rules, lo, min(lo + span, limit))
            for second, people in zip(ahead.bounds, ahead.people, strict=True):
                if people != before:
                    return second
            lo, span = ahead.hi, span * 2
        return None


def compile(  # noqa: A001 - read as oncall.compile, like re.compile
    entries: Sequence[Entry],
    rules: Rules,
    horizon: tuple[datetime, datetime],
    members: Collection[str] | None = None,
) -> Roster:
    """A roster that answers fast within the horizon (from, up to; aware).

    An entry of somebody who is not among `members` covers nothing; None knows them all. Raises ValueError.
    """
    lo, hi = (_second(at) for at in horizon)
    if hi <= lo:
        raise ValueError("the horizon ends before it begins")
    known = [entry for entry in entries if members is None or entry.member_id in members]
    return Roster(known, rules, lo, hi)


def _second(at: datetime) -> int:
    if at.tzinfo is None:
        raise ValueError("a time without a zone says nothing")
    return (at - _EPOCH) // _SECOND


def _moment(second: int) -> datetime:
    return _EPOCH + timedelta(seconds=second)


def _shift(member_id: str, start: int, end: int) -> Shift:
    return Shift(member_id=member_id, start=_moment(start), end=_moment(end))
