"""What must hold for any schedule in any zone."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain import oncall
from tests.domain.oncall.examples import FIXED, changes, clocks, entries_near, entry, members, roster, schedules, window

Schedule = tuple[str, str, list[dict[str, Any]]]


@FIXED
@given(changes, st.lists(clocks, min_size=1, max_size=5, unique=True))
def test_shifts_that_follow_each_other_leave_no_gap(change: tuple[str, str], times: list[str]) -> None:
    zone, around = change
    times.sort()
    documents = [
        entry(team_member_id=str(index), start_time=start, end_time=end)
        for index, (start, end) in enumerate(zip(times, times[1:] + times[:1], strict=True))
    ]
    horizon = window(around)
    assert roster(documents, horizon, zone).gaps(*horizon) == []


@FIXED
@given(schedules(), st.data())
def test_another_entry_takes_nobody_off(schedule: Schedule, data: st.DataObject) -> None:
    zone, around, documents = schedule
    horizon = window(around)
    more = [*documents, data.draw(entries_near(around))]
    before, after = roster(documents, horizon, zone), roster(more, horizon, zone)
    for shift in before.shifts(*horizon):
        assert any(
            one.member_id == shift.member_id and one.start <= shift.start and shift.end <= one.end
            for one in after.shifts(*horizon)
        )


@FIXED
@given(changes, st.booleans(), st.booleans())
def test_an_empty_list_is_a_full_one(change: tuple[str, str], rows: bool, last: bool) -> None:  # noqa: FBT001
    zone, around = change
    horizon = window(around, 40)
    rules: dict[str, Any] = {"weeks": "calendar_row" if rows else "nth_weekday", "week5_is_last": last}
    empty = roster([entry(end_time="10:00")], horizon, zone, **rules).shifts(*horizon)
    full = {"months_of_year": [*range(1, 13)], "weeks_of_month": [*range(1, 6)], "week_days": [*range(7)]}
    for name, numbers in full.items():
        assert roster([entry(end_time="10:00", **{name: numbers})], horizon, zone, **rules).shifts(*horizon) == empty


@FIXED
@given(schedules())
def test_turning_the_week_days_with_their_zero_changes_nothing(schedule: Schedule) -> None:
    zone, around, documents = schedule
    horizon = window(around)
    turned = [{**one, "week_days": [(day - 1) % 7 for day in one["week_days"]]} for one in documents]
    assert roster(documents, horizon, zone).shifts(*horizon) == roster(
        turned, horizon, zone, weekday_zero="monday"
    ).shifts(*horizon)


@FIXED
@given(schedules(), st.integers(-6 * 1440, 6 * 1440))
def test_the_next_covered_time_is_covered_and_none_before_it_is(schedule: Schedule, minute: int) -> None:
    zone, around, documents = schedule
    found = roster(documents, window(around), zone)
    at = window(around, 0)[0] + timedelta(minutes=minute)
    ahead = found.next_covered(at)
    if ahead is None:
        assert found.who(at) == ()
        return
    assert ahead >= at
    assert found.who(ahead)
    assert found.shifts(at, ahead) == []


@FIXED
@given(schedules(), st.integers(0, 5000))
def test_between_two_changes_there_is_none(schedule: Schedule, minute: int) -> None:
    zone, around, documents = schedule
    found = roster(documents, window(around), zone)
    at = window(around)[0] + timedelta(minutes=minute)
    change = found.next_change(at)
    if change is None:
        return
    assert change > at
    assert found.who(change - timedelta(seconds=1)) == found.who(at) != found.who(change)


@FIXED
@given(schedules(), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_of_entries_matters(schedule: Schedule, chance: random.Random) -> None:
    zone, around, documents = schedule
    horizon = window(around)
    mixed = [*documents, *documents]
    chance.shuffle(mixed)
    one, other = roster(documents, horizon, zone), roster(mixed, horizon, zone)
    assert one.shifts(*horizon) == other.shifts(*horizon)
    for hours in range(0, 240, 5):
        assert one.who(horizon[0] + timedelta(hours=hours)) == other.who(horizon[0] + timedelta(hours=hours))


@FIXED
@given(schedules(most=1))
def test_one_date_is_at_most_one_shift(schedule: Schedule) -> None:
    zone, around, (document,) = schedule
    one = {**document, "start_date": around, "end_date": around}
    assert len(roster([one], window(around), zone).shifts(*window(around))) <= 1


@FIXED
@given(schedules(most=1), st.integers(-4, 4))
def test_cutting_an_entry_at_a_date_changes_nothing(schedule: Schedule, days: int) -> None:
    zone, around, (document,) = schedule
    horizon = window(around)
    cut = (window(around, 0)[0] + timedelta(days=days)).date()
    before, after = f"{cut - timedelta(days=1)}", f"{cut}"
    parts = []
    if document["start_date"] is None or document["start_date"] <= before:
        parts.append({**document, "end_date": min(before, document["end_date"] or before)})
    if document["end_date"] is None or document["end_date"] >= after:
        parts.append({**document, "start_date": max(after, document["start_date"] or after)})
    assert roster(parts, horizon, zone).shifts(*horizon) == roster([document], horizon, zone).shifts(*horizon)


@settings(FIXED, max_examples=25)
@given(schedules(), st.integers(-30, 30), st.integers(1, 20))
def test_answers_do_not_depend_on_the_horizon(schedule: Schedule, days: int, length: int) -> None:
    zone, around, documents = schedule
    near = window(around)
    moved = near[0] + timedelta(days=days)
    one, other = roster(documents, near, zone), roster(documents, (moved, moved + timedelta(days=length)), zone)
    assert one.shifts(*near) == other.shifts(*near)
    for hours in range(0, 240, 67):
        at = near[0] + timedelta(hours=hours)
        assert one.who(at) == other.who(at)
        assert one.next_covered(at) == other.next_covered(at)
        assert one.next_change(at) == other.next_change(at)


@FIXED
@given(schedules())
def test_shifts_and_gaps_say_what_who_says(schedule: Schedule) -> None:
    zone, around, documents = schedule
    horizon = window(around)
    found = roster(documents, horizon, zone)
    last = timedelta(seconds=1)
    for shift in found.shifts(*horizon):
        assert shift.member_id in found.who(shift.start)
        assert shift.member_id in found.who(shift.end - last)
    for gap in found.gaps(*horizon):
        assert found.who(gap.start) == found.who(gap.end - last) == ()


@FIXED
@given(schedules(), members)
def test_an_entry_of_somebody_unknown_covers_nothing(schedule: Schedule, gone: str) -> None:
    zone, around, documents = schedule
    horizon = window(around)
    rules = oncall.Rules(zone=zone)
    known = {"ada", "bob", "cyd"} - {gone}
    without = oncall.compile(oncall.read(documents, rules).entries, rules, horizon, members=known)
    left = [one for one in documents if one["team_member_id"] != gone]
    assert without.shifts(*horizon) == roster(left, horizon, zone).shifts(*horizon)


@FIXED
@given(schedules())
def test_exclusively_the_first_alone_is_on_call(schedule: Schedule) -> None:
    zone, around, documents = schedule
    horizon = window(around)
    rules = oncall.Rules(zone=zone, priority="created_desc")
    entries = oncall.read(documents, rules).entries
    every = oncall.compile(entries, rules, horizon)
    first = oncall.compile(entries, replace(rules, exclusive=True), horizon)
    assert first.gaps(*horizon) == every.gaps(*horizon)
    for hours in range(0, 240, 3):
        at = horizon[0] + timedelta(hours=hours)
        assert first.who(at) == every.who(at)[:1]
