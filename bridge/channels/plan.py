"""When each channel is tested: a pure function of the channels, the week and what was tested before.

A person is disturbed in their own office hours only, at most twice a week, and never by a kind that they did not
agree to. Everything here speaks of a week: Monday to Sunday by the calendar of the channel's own zone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

FIRST_HOUR: Final = 10
LAST_HOUR: Final = 16
A_MINUTE: Final = 6
"""Tests that may begin within one minute, over all channels."""
A_WEEK: Final = 2
"""Tests a week that one person gets."""
APART: Final = timedelta(seconds=60)
"""Between two tests of one channel; Pinghome answers 429 before."""
HORIZON: Final = timedelta(days=35)
"""A channel that was not tested for so long proves nothing."""
CRITICAL_KINDS: Final = frozenset({"sms", "call", "push-notification"})
"""Kinds that cost money or break through silence: with consent only, and every fourth week."""
CRITICAL_WEEKS: Final = 4

_WINDOW_MINUTES: Final = (LAST_HOUR - FIRST_HOUR) * 60
_WEEK: Final = timedelta(days=7)
MONDAY_TO_FRIDAY: Final = frozenset(range(5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel as the planner sees it.

    `key` stays the same as long as owner, kind and value do. `person` is None for a team's channel: nobody's week is
    counted. `consent`: the owner agreed to tests by this kind; asked for critical kinds only.
    """

    key: str
    kind: str
    zone: str
    person: str | None = None
    verified: bool = True
    enabled: bool = True
    consent: bool = False
    waived: bool = False
    working_days: frozenset[int] = MONDAY_TO_FRIDAY

    @property
    def critical(self) -> bool:
        """Is it of a kind that is tested with consent only?"""
        return self.kind in CRITICAL_KINDS

    def obstacle(self) -> str | None:
        """Why it is never tested as it is now; None where nothing stands in the way."""
        if not self.verified:
            return "is not verified"
        if not self.enabled:
            return "is disabled"
        if self.waived:
            return "is waived"
        if self.critical and not self.consent:
            return f"its owner did not agree to tests by {self.kind}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blackout:
    """Days without tests: dates, and days of every year as (month, day)."""

    dates: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()

    def __contains__(self, day: date) -> bool:
        return day in self.dates or (day.month, day.day) in self.yearly


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """When a channel is tested, in UTC, and the Monday of the week that this is the test of."""

    channel: Channel
    week: date
    at: datetime

    @property
    def name(self) -> str:
        """What is claimed, so that it happens at most once."""
        return f"{self.channel.key}:{self.week.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The next slot of each channel by its key, or why there is none within `HORIZON`."""

    next: Mapping[str, Slot] = field(default_factory=dict)
    none: Mapping[str, str] = field(default_factory=dict)


def monday(at: datetime, zone: str) -> date:
    """The Monday of the week that a time lies in, by a zone's calendar."""
    day = at.astimezone(ZoneInfo(zone)).date()
    return day - timedelta(days=day.weekday())


def permitted(channel: Channel, at: datetime, blackout: Blackout) -> bool:
    """May a test reach the owner of this channel at this time?"""
    local = at.astimezone(ZoneInfo(channel.zone))
    return (
        local.weekday() in channel.working_days
        and local.date() not in blackout
        and FIRST_HOUR <= local.hour < LAST_HOUR
    )


def next_day(channel: Channel, slot: datetime, after: datetime, blackout: Blackout) -> datetime | None:
    """The same wall time on the next day that is permitted; None where none is within `HORIZON`."""
    zone = ZoneInfo(channel.zone)
    wall, day = slot.astimezone(zone).time(), after.astimezone(zone).date()
    for ahead in range(1, HORIZON.days + 1):
        at = _at(day + timedelta(days=ahead), wall, zone)
        if at is not None and permitted(channel, at, blackout):
            return at
    return None


def week_plan(
    channels: Iterable[Channel],
    week: date,
    last: Mapping[str, date],
    blackout: Blackout,
    taken: Counter[datetime] | None = None,
) -> list[Slot]:
    """The slots of the week that begins on this Monday, by time.

    `last` is the week of each channel's newest test before this week: the same all week long, so that the plan is too.
    `taken` counts the slots that other weeks' plans have in a minute; this week's are added to it.
    """
    taken = Counter() if taken is None else taken
    due = [one for one in channels if one.obstacle() is None and _due(one, week, last)]
    slots = []
    for channel in sorted(_within_persons_weeks(due, week, last), key=lambda one: _hash(one.key, week)):
        at = next((at for at in _candidates(channel, week, blackout) if taken[at] < A_MINUTE), None)
        if at is not None:
            taken[at] += 1
            slots.append(Slot(channel=channel, week=week, at=at))
    return sorted(slots, key=lambda slot: (slot.at, slot.channel.key))


def outlook(channels: Sequence[Channel], now: datetime, last: Mapping[str, date], blackout: Blackout) -> Outlook:
    """The next slot of each channel within `HORIZON`, if no test fails and none is late."""
    found: dict[str, Slot] = {}
    tested = dict(last)
    first = monday(now, "UTC") - _WEEK  # far enough back for every zone
    taken: Counter[datetime] = Counter()
    for number in range(HORIZON.days // 7 + 3):
        for slot in week_plan(channels, first + number * _WEEK, tested, blackout, taken):
            if now < slot.at <= now + HORIZON:
                found.setdefault(slot.channel.key, slot)
                tested[slot.channel.key] = slot.week
    none = {one.key: _reason(one, now, blackout) for one in channels if one.key not in found}
    return Outlook(next=found, none=none)


def _reason(channel: Channel, now: datetime, blackout: Blackout) -> str:
    obstacle = channel.obstacle()
    if obstacle is not None:
        return obstacle
    zone = ZoneInfo(channel.zone)
    days = (now.astimezone(zone).date() + timedelta(days=ahead) for ahead in range(HORIZON.days + 1))
    if not any(day.weekday() in channel.working_days and day not in blackout for day in days):
        return f"no working day within {HORIZON.days} days"
    return f"its owner has more channels than {A_WEEK} tests a week can reach within {HORIZON.days} days"


def _due(channel: Channel, week: date, last: Mapping[str, date]) -> bool:
    before = last.get(channel.key)
    every = CRITICAL_WEEKS if channel.critical else 1
    return before is None or before + every * _WEEK <= week


def _within_persons_weeks(due: Sequence[Channel], week: date, last: Mapping[str, date]) -> Iterator[Channel]:
    """Of each person's channels the ones that have waited longest."""
    reached: Counter[str] = Counter()
    waited = sorted(due, key=lambda one: (last.get(one.key, date.min), _hash(one.key, week)))
    for channel in waited:
        if channel.person is not None:
            if reached[channel.person] == A_WEEK:
                continue
            reached[channel.person] += 1
        yield channel


def _candidates(channel: Channel, week: date, blackout: Blackout) -> Iterator[datetime]:
    """Every permitted minute of the week, from one that the hash chooses, round to it again."""
    zone = ZoneInfo(channel.zone)
    days = [day for day in (week + timedelta(days=n) for n in range(7)) if day.weekday() in channel.working_days]
    minutes = len(days) * _WINDOW_MINUTES
    # The day is chosen before blackout is looked at: a holiday moves the tests of that day and no other.
    chosen = _hash(channel.key, week) % minutes if minutes else 0
    for number in range(minutes):
        day, minute = divmod((chosen + number) % minutes, _WINDOW_MINUTES)
        if days[day] in blackout:
            continue
        at = _at(days[day], time(FIRST_HOUR + minute // 60, minute % 60), zone)
        if at is not None:
            yield at


def _at(day: date, wall: time, zone: ZoneInfo) -> datetime | None:
    """That wall time in UTC; None where the day or the hour is left out there, as Apia left out 30 December 2011."""
    local = datetime.combine(day, wall, zone)
    at = local.astimezone(UTC)
    return at if at.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None) else None


def _hash(key: str, week: date) -> int:
    digest = hashlib.sha256(f"{key}\0{week.isoformat()}".encode()).digest()
    return int.from_bytes(digest[:8], "big")
