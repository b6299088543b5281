"""The planner's bounds, over two years and every zone."""

from __future__ import annotations

import zoneinfo
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.channels.plan import (
    A_MINUTE,
    A_WEEK,
    APART,
    CRITICAL_KINDS,
    HORIZON,
    MONDAY_TO_FRIDAY,
    Blackout,
    Channel,
    Slot,
    monday,
    next_day,
    outlook,
    permitted,
    week_plan,
)

WEEK = timedelta(days=7)
FIRST = date(2026, 1, 5)
TWO_YEARS = [FIRST + number * WEEK for number in range(105)]
NO_BLACKOUT = Blackout()
HOLIDAYS = Blackout(yearly=frozenset({(12, 24), (12, 25), (12, 26), (1, 1)}), dates=frozenset({date(2026, 5, 4)}))
ZONES = sorted(zoneinfo.available_timezones())
KINDS = ("email", "slack", "webhook", *sorted(CRITICAL_KINDS))


def year_by_year(channels: list[Channel], blackout: Blackout) -> list[Slot]:
    """Every slot of two years, each test taken as done."""
    last: dict[str, date] = {}
    slots: list[Slot] = []
    taken: Counter[datetime] = Counter()
    for week in TWO_YEARS:
        planned = week_plan(channels, week, last, blackout, taken)
        last.update((slot.channel.key, week) for slot in planned)
        slots += planned
    return slots


def assert_bounds(slots: list[Slot], blackout: Blackout) -> None:
    for slot in slots:
        local = slot.at.astimezone(ZoneInfo(slot.channel.zone))
        assert 10 <= local.hour < 16
        assert local.weekday() in slot.channel.working_days
        assert local.date() not in blackout
        assert permitted(slot.channel, slot.at, blackout)
        assert slot.channel.obstacle() is None
    assert max(Counter(slot.at for slot in slots).values(), default=0) <= A_MINUTE
    weeks = Counter((slot.channel.person, slot.week) for slot in slots if slot.channel.person)
    assert max(weeks.values(), default=0) <= A_WEEK
    times: dict[str, list[datetime]] = {}
    for slot in sorted(slots, key=lambda slot: slot.at):
        times.setdefault(slot.channel.key, []).append(slot.at)
    for own in times.values():
        assert all(later - sooner >= APART for sooner, later in pairwise(own))


def test_every_zone_is_tested_each_week_of_two_years_in_its_own_office_hours() -> None:
    for zone in ZONES:
        slots = year_by_year([Channel(key=zone, kind="email", zone=zone)], HOLIDAYS)
        assert len(slots) == len(TWO_YEARS), zone
        assert_bounds(slots, HOLIDAYS)


channels = st.builds(
    Channel,
    key=st.uuids().map(str),
    kind=st.sampled_from(KINDS),
    zone=st.sampled_from(ZONES),
    person=st.sampled_from([None, "ann", "ann", "bob"]),
    verified=st.sampled_from([True, True, True, False]),
    enabled=st.sampled_from([True, True, True, False]),
    consent=st.booleans(),
    waived=st.sampled_from([False, False, False, True]),
    working_days=st.sampled_from([MONDAY_TO_FRIDAY, frozenset(range(7)), frozenset({6}), frozenset[int]()]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(channels, min_size=10, max_size=25, unique_by=lambda channel: channel.key))
def test_bounds_hold_over_two_years(found: list[Channel]) -> None:
    assert_bounds(year_by_year(found, HOLIDAYS), HOLIDAYS)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(channels, max_size=12, unique_by=lambda channel: channel.key),
    st.integers(0, 730 * 1440).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
)
def test_each_channel_has_a_slot_within_35_days_or_a_reason(found: list[Channel], now: datetime) -> None:
    told = outlook(found, now, {}, HOLIDAYS)
    assert told.next.keys() | told.none.keys() == {channel.key for channel in found}
    assert not told.next.keys() & told.none.keys()
    assert all(now < slot.at <= now + HORIZON for slot in told.next.values())
    assert all(told.none.values())


def test_a_crowd_is_spread() -> None:
    crowd = [Channel(key=str(number), kind="email", zone="Europe/Berlin") for number in range(5000)]
    slots = week_plan(crowd, FIRST, {}, NO_BLACKOUT)
    assert len(slots) == len(crowd)
    assert max(Counter(slot.at for slot in slots).values()) <= A_MINUTE
    assert min(Counter(slot.at.date() for slot in slots).values()) > 800


def test_the_plan_is_the_same_for_another_order_and_a_neighbour_moves_nothing() -> None:
    some = [Channel(key=str(number), kind="email", zone="Asia/Baku") for number in range(50)]
    plan = week_plan(some, FIRST, {}, NO_BLACKOUT)
    assert week_plan(some[::-1], FIRST, {}, NO_BLACKOUT) == plan
    fewer = week_plan(some[1:], FIRST, {}, NO_BLACKOUT)
    assert fewer == [slot for slot in plan if slot.channel.key != "0"]


def test_a_critical_kind_waits_for_consent_and_comes_every_fourth_week() -> None:
    asked = Channel(key="a", kind="sms", zone="UTC", person="ann")
    assert year_by_year([asked], NO_BLACKOUT) == []
    told = outlook([asked], datetime(2026, 1, 5, tzinfo=UTC), {}, NO_BLACKOUT)
    assert told.none == {"a": "its owner did not agree to tests by sms"}
    agreed = Channel(key="a", kind="sms", zone="UTC", person="ann", consent=True)
    weeks = [slot.week for slot in year_by_year([agreed], NO_BLACKOUT)]
    assert weeks == TWO_YEARS[::4]


def test_a_person_with_many_channels_gets_each_tested_in_turn() -> None:
    many = [Channel(key=str(number), kind="email", zone="UTC", person="ann") for number in range(6)]
    counted = Counter(slot.channel.key for slot in year_by_year(many, NO_BLACKOUT))
    assert set(counted.values()) == {35}
    crowd = [Channel(key=str(number), kind="email", zone="UTC", person="ann") for number in range(20)]
    told = outlook(crowd, datetime(2026, 1, 5, tzinfo=UTC), {}, NO_BLACKOUT)
    assert len(told.next) == 10
    assert set(told.none.values()) == {"its owner has more channels than 2 tests a week can reach within 35 days"}


def test_five_weeks_of_blackout_are_a_reason() -> None:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    closed = Blackout(dates=frozenset(date(2026, 1, 5) + timedelta(days=n) for n in range(40)))
    told = outlook([Channel(key="a", kind="email", zone="UTC")], now, {}, closed)
    assert told.none == {"a": "no working day within 35 days"}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_the_next_day_is_a_working_day_at_the_same_wall_time(zone: str) -> None:
    channel = Channel(key="a", kind="email", zone=zone)
    friday = datetime(2026, 3, 27, 12, 34, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    found = next_day(channel, friday, friday, NO_BLACKOUT)
    assert found is not None
    local = found.astimezone(ZoneInfo(zone))
    assert (local.date(), local.hour, local.minute) == (date(2026, 3, 30), 12, 34)


def test_a_week_is_one_of_the_channels_own_zone() -> None:
    at = datetime(2026, 1, 4, 23, 0, tzinfo=UTC)  # a Sunday there, Monday in the east
    assert monday(at, "UTC") == date(2025, 12, 29)
    assert monday(at, "Asia/Tokyo") == date(2026, 1, 5)
