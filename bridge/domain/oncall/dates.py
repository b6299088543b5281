"""On which dates an entry's shifts begin."""

from __future__ import annotations

import functools
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from typing import Final, NamedTuple

from bridge.domain.oncall.entries import Entry
from bridge.domain.oncall.rules import Rules

LAST_DAY: Final = date.max.toordinal() - 4
"""The last date that is looked at: a shift that begins on it still ends in the calendar."""
FIRST_DAY: Final = date.min.toordinal() + 4
_SUNDAY: Final = 6


class Day(NamedTuple):
    """What the filters of an entry ask of a date. Weeks are counted from the month's begin and, negative, its end."""

    month: int
    weekday: int
    week: int
    week_from_end: int


def matching(entry: Entry, rules: Rules) -> Callable[[int], bool]:
    """Whether a shift begins on a day (proleptic ordinal); the entry's first and last day are not looked at."""
    look_up = _nth_weekday if rules.weeks == "nth_weekday" else _calendar_row(rules.row_start == "sunday")
    months, weeks, weekdays = entry.months, entry.weeks, entry.weekdays

    def matches(ordinal: int) -> bool:
        day = look_up(ordinal)
        return (
            (not weekdays or day.weekday in weekdays)
            and (not months or day.month in months)
            and (not weeks or day.week in weeks or day.week_from_end in weeks)
        )

    return matches


@functools.lru_cache(maxsize=65_536)
def _nth_weekday(ordinal: int) -> Day:
    """The n-th Monday of a month lies in its n-th block of seven days: the two readings are one."""
    day = date.fromordinal(ordinal)
    left = monthrange(day.year, day.month)[1] - day.day
    return Day(day.month, day.weekday(), (day.day - 1) // 7 + 1, -(left // 7 + 1))


@functools.cache
def _calendar_row(sunday_first: bool) -> Callable[[int], Day]:  # noqa: FBT001 - a key of the cache
    """The rows of a printed month, up to six of them."""
    begin = _SUNDAY if sunday_first else 0

    @functools.lru_cache(maxsize=65_536)
    def look_up(ordinal: int) -> Day:
        day = date.fromordinal(ordinal)
        first_weekday, length = monthrange(day.year, day.month)
        blanks = (first_weekday - begin) % 7
        row = (blanks + day.day - 1) // 7 + 1
        rows = (blanks + length - 1) // 7 + 1
        return Day(day.month, day.weekday(), row, row - rows - 1)

    return look_up
