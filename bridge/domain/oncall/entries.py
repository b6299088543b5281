"""Entries of a schedule as the API gives them, read tolerantly; one that has no meaning is set aside with its reason.

One bad entry must not take the good ones down with it, and must not be guessed at: a wrong guess pages a person at
night, or nobody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from bridge.domain.oncall.rules import BadRule, Rules, zone

DAY: Final = 86_400
_CLOCK: Final = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d)(?:\.\d+)?)?", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WHOLE: Final = re.compile(r"-?\d{1,3}", re.ASCII)
_WEEKS: Final = frozenset((*range(-5, 0), *range(1, 6)))
_ALL_WEEKS: Final = (frozenset(range(1, 6)), frozenset(range(-5, 0)))


class BadEntry(ValueError):
    """An entry without a meaning; the text says which field and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """When a member is on call, every rule applied.

    `start` is in seconds of wall time after midnight (0 to 86400), `length` in seconds of wall time (1 to 86400).
    `months` are 1 to 12, `weeks` -5 to 5 without 0, `weekdays` 0 (Monday) to 6; an empty set is every one. The dates
    are both included; None is open. `created_at` is None where it cannot be read.
    """

    member_id: str
    zone: str
    start: int
    length: int
    first: date | None = None
    last: date | None = None
    months: frozenset[int] = frozenset()
    weeks: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    created_at: datetime | None = None
    team_id: str | None = None

    @classmethod
    def read(cls, document: Any, rules: Rules) -> Entry:
        """One entry from the API's JSON. Raises BadEntry."""
        if not isinstance(document, Mapping):
            raise BadEntry("is no object")
        member_id = document.get("team_member_id") or document.get("member_id")
        if not isinstance(member_id, str):
            raise BadEntry("team_member_id: is missing")
        zone_name = _zone(document, rules, member_id)
        start, length = _hours(document, rules)
        first, last = (_day(document, name, rules, zone_name) for name in ("start_date", "end_date"))
        if first is not None and last is not None and last < first:
            raise BadEntry("end_date: is before start_date")
        team_id = document.get("team_id")
        return cls(
            member_id=member_id,
            zone=zone_name,
            start=start,
            length=length,
            first=first,
            last=last,
            months=_months(document, rules),
            weeks=_weeks(document, rules),
            weekdays=_weekdays(document, rules),
            created_at=_created(document.get("created_at")),
            team_id=team_id if isinstance(team_id, str) else None,
        )

    def counts_for(self, team_id: str) -> bool:
        """Whether it is an entry of the team: one that names no team counts for all teams of its member."""
        return self.team_id in (None, team_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """An entry that was set aside: its position in the list, from 0, and the reason."""

    index: int
    reason: str


class Reading(NamedTuple):
    """A schedule as far as it has a meaning. `warnings` are for whoever keeps it."""

    entries: tuple[Entry, ...]
    quarantined: tuple[Quarantined, ...]
    warnings: tuple[str, ...]


def read(documents: Sequence[Any], rules: Rules) -> Reading:
    """All entries of a schedule. A 7 in the `week_days` of any says that all count ISO's way: Monday 1, Sunday 7."""
    warnings: list[str] = []
    if any(7 in _numbers_or_none(document, "week_days") for document in documents):
        warnings.append("week_days: there is a 7, so that 1 is taken for Monday and 7 (or 0) for Sunday")
        rules = replace(rules, weekday_zero="sunday")
    entries: list[Entry] = []
    quarantined: list[Quarantined] = []
    for index, document in enumerate(documents):
        try:
            entry = Entry.read(document, rules)
        except BadEntry as error:
            quarantined.append(Quarantined(index=index, reason=str(error)))
            continue
        entries.append(entry)
        warnings += [f"entry {index}: {text}" for text in _doubts(document, entry, rules)]
    return Reading(tuple(entries), tuple(quarantined), tuple(warnings))


def _doubts(document: Mapping[str, Any], entry: Entry, rules: Rules) -> list[str]:
    found = []
    if not rules.week5_is_last and _numbers_or_none(document, "weeks_of_month") == {5}:
        found.append("weeks_of_month: [5] is a fifth week only, which most months lack; was the last one meant?")
    if entry.team_id is None:
        found.append("team_id: is missing, so that it counts for all teams of its member")
    return found


def _zone(document: Mapping[str, Any], rules: Rules, member_id: str) -> str:
    for name in ("timezone", "time_zone"):
        if isinstance(given := document.get(name), str) and given:
            try:
                zone(given)
            except BadRule as error:
                raise BadEntry(f"{name}: {error}") from None
            return given
    return rules.zone_of(member_id)


def _hours(document: Mapping[str, Any], rules: Rules) -> tuple[int, int]:
    """Start and length. An end that is not after the start is on the next day; an equal one makes 24 hours."""
    start, end = _clock(document, "start_time", 0), _clock(document, "end_time", DAY)
    if rules.end_2359_is_midnight and end in (DAY - 60, DAY - 1) and end != start:
        end = DAY
    return start, (end - start) % DAY or DAY


def _clock(document: Mapping[str, Any], name: str, default: int) -> int:
    value = document.get(name)
    if value is None:
        return default
    match = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise BadEntry(f"{name}: is no time of day, HH:MM or HH:MM:SS")
    seconds = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)
    if seconds > DAY:
        raise BadEntry(f"{name}: is after 24:00")
    return seconds


def _day(document: Mapping[str, Any], name: str, rules: Rules, zone_name: str) -> date | None:
    """A date as it is; a date-time's date is that of the entry's zone, unless it only spells out a date in UTC."""
    value = document.get(name)
    if value is None or value == "":
        return None
    try:
        if _DATE.fullmatch(value):
            return date.fromisoformat(value)
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            return moment.date()
        spelt_out = not moment.utcoffset() and moment.strftime("%H:%M:%S") in ("00:00:00", "23:59:59")
        return (moment if spelt_out and rules.date_times == "literal" else moment.astimezone(zone(zone_name))).date()
    except (ValueError, TypeError, OverflowError):
        raise BadEntry(f"{name}: is no date") from None


def _months(document: Mapping[str, Any], rules: Rules) -> frozenset[int]:
    base = rules.month_base
    months = _numbers(document, "months_of_year")
    if not months <= set(range(base, base + 12)):
        hint = " (is January 0 here? then month_base must be 0)" if 0 in months else ""
        raise BadEntry(f"months_of_year: may hold {base} to {base + 11}{hint}")
    return frozenset(month + 1 - base for month in months)


def _weeks(document: Mapping[str, Any], rules: Rules) -> frozenset[int]:
    """All five name every week, also where the printed month has a sixth row."""
    weeks = _numbers(document, "weeks_of_month")
    if not weeks <= _WEEKS:
        raise BadEntry("weeks_of_month: may hold 1 to 5, and -1 to -5 counted from the end")
    if any(every <= weeks for every in _ALL_WEEKS):
        return frozenset()
    return frozenset(-1 if week == 5 and rules.week5_is_last else week for week in weeks)


def _weekdays(document: Mapping[str, Any], rules: Rules) -> frozenset[int]:
    days = _numbers(document, "week_days")
    if not days <= set(range(8)):
        raise BadEntry("week_days: may hold 0 to 6")
    sunday_first = rules.weekday_zero == "sunday" or 7 in days
    return frozenset((day - 1) % 7 if sunday_first else day for day in days)


def _numbers(document: Mapping[str, Any], name: str) -> frozenset[int]:
    value = document.get(name)
    if value is None:
        return frozenset()
    if not isinstance(value, list | tuple):
        raise BadEntry(f"{name}: is no array")
    return frozenset(_number(name, entry) for entry in value)


def _number(name: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    raise BadEntry(f"{name}: may hold whole numbers only")


def _numbers_or_none(document: Any, name: str) -> frozenset[int]:
    try:
        return _numbers(document, name) if isinstance(document, Mapping) else frozenset()
    except BadEntry:
        return frozenset()


def _created(value: Any) -> datetime | None:
    """The entry's age only orders those that are on call together, so that an unreadable one does no harm."""
    try:
        moment = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo is not None else None
