"""All shifts of a stretch of time, cut into segments in which the same people are on call."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from bridge.domain.oncall.dates import FIRST_DAY, LAST_DAY, matching
from bridge.domain.oncall.entries import DAY, Entry
from bridge.domain.oncall.rules import Rules, zone
from bridge.domain.oncall.wall import WallClock

_UNIX_DAY: Final = date(1970, 1, 1).toordinal()
_OLDEST: Final = datetime.min.replace(tzinfo=UTC)

People = tuple[str, ...]
"""The members on call, in the order of their priority; empty where nobody is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Segment i holds `people[i]` from `bounds[i]` to the next bound, the last one to `hi`. Epoch seconds.

    Neighbouring segments differ, and `bounds[0]` is `lo`.
    """

    lo: int
    hi: int
    bounds: list[int]
    people: list[People]

    def at(self, second: int) -> int:
        """The segment of a second between `lo` and `hi`."""
        return bisect_right(self.bounds, second) - 1

    def segments(self, lo: int, hi: int) -> Iterator[tuple[int, int, People]]:
        """The segments between two seconds of this stretch, cut at them."""
        for index in range(self.at(lo), len(self.bounds)):
            start = max(lo, self.bounds[index])
            if start >= hi:
                return
            end = self.bounds[index + 1] if index + 1 < len(self.bounds) else self.hi
            yield start, min(hi, end), self.people[index]


def build(entries: Sequence[Entry], rules: Rules, lo: int, hi: int) -> Timeline:
    """The timeline from `lo` up to `hi` (epoch seconds)."""
    ordered = sorted(set(entries), key=_order(rules))
    changes: dict[int, list[tuple[int, int]]] = {lo: []}
    clocks: dict[str, WallClock] = {}
    for rank, entry in enumerate(ordered):
        clock = clocks.setdefault(entry.zone, WallClock(zone(entry.zone)))
        for start, end in _shifts(entry, rules, clock, lo, hi):
            if end > lo and start < hi and end > start:
                changes.setdefault(max(start, lo), []).append((rank, 1))
                changes.setdefault(min(end, hi), []).append((rank, -1))
    return _sweep(changes, [entry.member_id for entry in ordered], rules, lo, hi)


def _sweep(
    changes: dict[int, list[tuple[int, int]]], members: Sequence[str], rules: Rules, lo: int, hi: int
) -> Timeline:
    bounds: list[int] = []
    people: list[People] = []
    # Counted, because an entry meets itself where the clock shows the hour of its end and begin twice.
    active: Counter[int] = Counter()
    for second in sorted(changes):
        if second >= hi:
            break
        for rank, by in changes[second]:
            active[rank] += by
            if not active[rank]:
                del active[rank]
        names = tuple(dict.fromkeys(members[rank] for rank in sorted(active)))
        now = names[:1] if rules.exclusive else names
        if not people or people[-1] != now:
            bounds.append(second)
            people.append(now)
    return Timeline(lo=lo, hi=hi, bounds=bounds, people=people)


def _shifts(entry: Entry, rules: Rules, clock: WallClock, lo: int, hi: int) -> Iterator[tuple[int, int]]:
    """The shifts that may touch a stretch of time: a zone is at most a day away, a shift ends within two."""
    matches = matching(entry, rules)
    first = max(lo // DAY + _UNIX_DAY - 3, FIRST_DAY, entry.first.toordinal() if entry.first else 0)
    last = min(hi // DAY + _UNIX_DAY + 2, LAST_DAY, entry.last.toordinal() if entry.last else LAST_DAY)
    parts = _parts(entry, rules)
    for ordinal in range(first, last + 1):
        if matches(ordinal):
            midnight = (ordinal - _UNIX_DAY) * DAY
            for start, end in parts:
                yield clock.span(midnight + start, midnight + end)


def _parts(entry: Entry, rules: Rules) -> tuple[tuple[int, int], ...]:
    """The wall seconds of a day's shift. One that runs over midnight belongs to the day on which it starts, unless
    each day is to be tested by itself: then its head and its tail are two shifts of the same day."""
    end = entry.start + entry.length
    if rules.overnight_anchor == "start" or end <= DAY or entry.start == DAY:
        return ((entry.start, end),)
    return ((0, end - DAY), (entry.start, DAY))


def _order(rules: Rules) -> Callable[[Entry], Any]:
    """Who comes first where several are on call. What else an entry says breaks ties: the API gives it no id."""

    def age(entry: Entry) -> float:
        return (entry.created_at or _OLDEST).timestamp()

    def tie(entry: Entry) -> tuple[Any, ...]:
        return entry.member_id, entry.team_id or "", entry.zone, entry.start, entry.length

    match rules.priority:
        case "created_asc":
            return lambda entry: (age(entry), tie(entry))
        case "created_desc":
            return lambda entry: (-age(entry), tie(entry))
        case "narrowest":
            return lambda entry: (_width(entry), age(entry), tie(entry))


def _width(entry: Entry) -> int:
    """How much of all time an entry covers, as a comparable number. An open end counts as the calendar's."""
    first = entry.first.toordinal() if entry.first else FIRST_DAY
    last = entry.last.toordinal() if entry.last else LAST_DAY
    days = max(1, last - first + 1)
    return days * (len(entry.months) or 12) * (len(entry.weeks) or 5) * (len(entry.weekdays) or 7) * entry.length
