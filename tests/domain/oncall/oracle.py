"""Who is on call, found the slow and obvious way: by looking at the clock on the wall, minute by minute.

It shares no code with what it judges. It knows nothing of PEP 495: it walks along UTC and reads what the wall shows.
"""

from __future__ import annotations

import functools
from calendar import Calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAYS = 8
MINUTES = DAYS * 1440

# Zones that change by an hour, by half of one, by two, at midnight, in Ramadan, by a whole day; one of each kind twice.
CHANGES = [
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("America/New_York", "2027-03-14"),
    ("America/New_York", "2027-11-07"),
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("Europe/Berlin", "2027-03-28"),
    ("Europe/Berlin", "2027-10-31"),
    ("Europe/Dublin", "2026-03-29"),
    ("Europe/Dublin", "2026-10-25"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2019-02-17"),
    ("Asia/Beirut", "2026-03-29"),
    ("Asia/Beirut", "2026-10-25"),
    ("Africa/Cairo", "2026-04-24"),
    ("Africa/Cairo", "2026-10-30"),
    ("America/St_Johns", "2010-03-14"),
    ("America/St_Johns", "2026-11-01"),
    ("Pacific/Apia", "2011-12-30"),
    ("Antarctica/Troll", "2026-03-29"),
    ("Antarctica/Troll", "2026-10-25"),
    ("Africa/Casablanca", "2026-02-15"),
    ("Africa/Casablanca", "2026-03-22"),
    ("Asia/Gaza", "2026-03-28"),
    ("Asia/Gaza", "2026-10-24"),
    ("America/Havana", "2026-03-08"),
    ("America/Havana", "2026-11-01"),
    ("Pacific/Chatham", "2026-04-05"),
    ("Pacific/Chatham", "2026-09-27"),
    ("Asia/Tehran", "2022-03-22"),
    ("Asia/Tehran", "2022-09-22"),
    ("Asia/Kolkata", "2026-12-31"),
    ("UTC", "2028-02-29"),
]


@dataclass(frozen=True)
class Stretch:
    """Eight days around a date, and what the wall shows in each of their minutes."""

    zone: str
    start: datetime
    walls: tuple[datetime, ...]

    @property
    def end(self) -> datetime:
        return self.start + timedelta(days=DAYS)

    def first(self, wall: datetime) -> int:
        """The first minute in which the wall shows this time; if it never does, the first later one."""
        return next((minute for minute in self._near(wall) if self.walls[minute] >= wall), MINUTES)

    def last(self, wall: datetime) -> int:
        """The last minute in which the wall shows this time; if it never does, the first later one."""
        back = (minute for minute in reversed(self._near(wall)) if self.walls[minute] == wall)
        return next(back, self.first(wall))

    def _near(self, wall: datetime) -> range:
        """No clock is ever changed by more than a day: before these minutes the wall shows less, after them more."""
        middle = (wall - self.walls[0]) // MINUTE
        return range(min(MINUTES, max(0, middle - 1500)), max(0, min(MINUTES, middle + 1500)))


@functools.cache
def stretch(zone: str, around: str) -> Stretch:
    start = datetime.fromisoformat(around).replace(tzinfo=UTC) - timedelta(days=DAYS // 2)
    known = ZoneInfo(zone)
    walls = tuple((start + minute * MINUTE).astimezone(known).replace(tzinfo=None) for minute in range(MINUTES))
    return Stretch(zone, start, walls)


def covered(entries: list[dict[str, Any]], over: Stretch) -> list[set[str]]:
    """For each minute, who is on call. Entries in the API's words, with every field there and nothing odd."""
    people: list[set[str]] = [set() for _ in range(MINUTES)]
    for entry in entries:
        day = over.start.date() - timedelta(days=3)
        while day < over.end.date() + timedelta(days=3):
            if _matches(entry, day):
                start, end = _walls(entry, day)
                for minute in range(over.first(start), over.last(end)):
                    people[minute].add(entry["team_member_id"])
            day += timedelta(days=1)
    return people


def _walls(entry: dict[str, Any], day: date) -> tuple[datetime, datetime]:
    start, end = _clock(entry["start_time"], day), _clock(entry["end_time"], day)
    return start, end if end > start else end + timedelta(days=1)


def _clock(text: str, day: date) -> datetime:
    hour, minute = (int(part) for part in text.split(":"))
    return datetime(day.year, day.month, day.day) + timedelta(hours=hour, minutes=minute)  # noqa: DTZ001


def _matches(entry: dict[str, Any], day: date) -> bool:
    week_days, months, weeks = entry["week_days"], entry["months_of_year"], entry["weeks_of_month"]
    same = [one for one in Calendar().itermonthdates(day.year, day.month) if one.month == day.month]
    same = [one for one in same if one.weekday() == day.weekday()]
    number = same.index(day)
    return (
        (entry["start_date"] is None or entry["start_date"] <= day.isoformat())
        and (entry["end_date"] is None or day.isoformat() <= entry["end_date"])
        and (not week_days or day.isoweekday() % 7 in week_days)
        and (not months or day.month in months)
        and (not weeks or number + 1 in weeks or number - len(same) in weeks)
    )
