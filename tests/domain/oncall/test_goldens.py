"""Worked examples that a person can check against a calendar and a list of clock changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.oncall.examples import entry, roster, spans, utc

NY, BERLIN, LORD_HOWE = "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"


def shifts(document: dict[str, Any], lo: str, hi: str, zone: str = "UTC", **rules: Any) -> list[tuple[str, str]]:
    horizon = (utc(lo), utc(hi))
    return [(start, end) for _, start, end in spans(roster([document], horizon, zone, **rules).shifts(*horizon))]


@pytest.mark.parametrize(
    ("zone", "day", "start", "end", "expected"),
    [
        # Spring: 02:00 to 03:00 do not exist. A shift that begins or ends in between does so at the skip.
        (NY, "2026-03-08", "01:00", "02:30", ("2026-03-08T06:00", "2026-03-08T07:00")),
        (NY, "2026-03-08", "02:30", "04:00", ("2026-03-08T07:00", "2026-03-08T08:00")),
        (NY, "2027-03-14", "02:30", "04:00", ("2027-03-14T07:00", "2027-03-14T08:00")),
        (BERLIN, "2026-03-29", "02:15", "09:00", ("2026-03-29T01:00", "2026-03-29T07:00")),
        (BERLIN, "2027-03-28", "00:00", "24:00", ("2027-03-27T23:00", "2027-03-28T22:00")),
        # Autumn: 01:00 to 02:00 (New York) come twice. From the first occurrence to the last.
        (NY, "2026-11-01", "01:30", "03:00", ("2026-11-01T05:30", "2026-11-01T08:00")),
        (NY, "2026-11-01", "00:00", "01:30", ("2026-11-01T04:00", "2026-11-01T06:30")),
        # An end on the lower edge of the repeated hour is its last occurrence too.
        (NY, "2026-11-01", "00:00", "01:00", ("2026-11-01T04:00", "2026-11-01T06:00")),
        (NY, "2026-11-01", "00:00", "02:00", ("2026-11-01T04:00", "2026-11-01T07:00")),
        (NY, "2027-11-07", "00:00", "01:00", ("2027-11-07T04:00", "2027-11-07T06:00")),
        (BERLIN, "2026-10-25", "22:00", "06:00", ("2026-10-25T21:00", "2026-10-26T05:00")),
        (BERLIN, "2026-10-25", "02:00", "02:30", ("2026-10-25T00:00", "2026-10-25T01:30")),
        (BERLIN, "2027-10-31", "00:00", "24:00", ("2027-10-30T22:00", "2027-10-31T23:00")),
        # Half an hour, and two hours.
        (LORD_HOWE, "2026-04-05", "01:30", "02:00", ("2026-04-04T14:30", "2026-04-04T15:30")),
        (LORD_HOWE, "2026-10-04", "02:10", "03:00", ("2026-10-03T15:30", "2026-10-03T16:00")),
        ("Antarctica/Troll", "2026-03-29", "01:30", "03:30", ("2026-03-29T01:00", "2026-03-29T01:30")),
        ("Antarctica/Troll", "2026-10-25", "01:00", "03:00", ("2026-10-24T23:00", "2026-10-25T03:00")),
        # The clock goes from midnight to one: the day begins at 01:00.
        ("Africa/Cairo", "2026-04-24", "00:00", "01:30", ("2026-04-23T22:00", "2026-04-23T22:30")),
        ("Africa/Cairo", "2026-04-23", "08:00", "24:00", ("2026-04-23T06:00", "2026-04-23T22:00")),
        # A night over New Year, and over the leap day.
        ("UTC", "2026-12-31", "22:00", "06:00", ("2026-12-31T22:00", "2027-01-01T06:00")),
        ("UTC", "2028-02-29", "00:00", "24:00", ("2028-02-29T00:00", "2028-03-01T00:00")),
    ],
)
def test_the_shift_of_one_date(zone: str, day: str, start: str, end: str, expected: tuple[str, str]) -> None:
    document = entry(start_date=day, end_date=day, start_time=start, end_time=end)
    assert shifts(document, "2026-01-01", "2029-01-01", zone) == [expected]


def test_a_day_that_a_country_skipped_has_no_shift() -> None:
    document = entry(start_date="2011-12-30", end_date="2011-12-30", start_time="08:00", end_time="17:00")
    assert shifts(document, "2011-12-01", "2012-02-01", "Pacific/Apia") == []


def test_a_night_counts_for_the_month_and_the_date_in_which_it_begins() -> None:
    december = entry(start_time="22:00", end_time="06:00", months_of_year=[12])
    found = shifts(december, "2026-11-30", "2027-01-02")
    assert (found[0][0], found[-1]) == ("2026-12-01T22:00", ("2026-12-31T22:00", "2027-01-01T06:00"))
    friday = entry(start_time="22:00", end_time="06:00", week_days=[5])
    assert shifts(friday, "2026-11-02", "2026-11-09") == [("2026-11-06T22:00", "2026-11-07T06:00")]


def test_or_each_day_is_tested_by_itself() -> None:
    friday = entry(start_time="22:00", end_time="06:00", week_days=[5])
    assert shifts(friday, "2026-11-02", "2026-11-09", overnight_anchor="each_day") == [
        ("2026-11-06T00:00", "2026-11-06T06:00"),
        ("2026-11-06T22:00", "2026-11-07T00:00"),
    ]


def test_the_second_monday_and_the_second_row_differ() -> None:
    """November 2026 begins on a Sunday: the 9th is its second Monday, the 2nd is in the second row."""
    monday = entry(week_days=[1], weeks_of_month=[2])
    span = ("2026-11-01", "2026-12-01")
    assert shifts(monday, *span) == [("2026-11-09T00:00", "2026-11-10T00:00")]
    assert shifts(monday, *span, weeks="calendar_row", row_start="monday") == [("2026-11-02T00:00", "2026-11-03T00:00")]
    assert shifts(monday, *span, weeks="calendar_row") == [("2026-11-09T00:00", "2026-11-10T00:00")]


@pytest.mark.parametrize(
    ("weeks", "rules", "days"),
    [
        ([5], {}, [30]),
        ([-1], {}, [30]),
        ([-2], {}, [23]),
        ([1, -1], {}, [2, 30]),
        ([5], {"week5_is_last": True}, [30]),
    ],
)
def test_weeks_are_counted_from_both_ends(weeks: list[int], rules: dict[str, Any], days: list[int]) -> None:
    found = shifts(entry(week_days=[1], weeks_of_month=weeks), "2026-11-01", "2026-12-01", **rules)
    assert [int(start[8:10]) for start, _ in found] == days


def test_a_fifth_week_is_no_last_one_unless_that_is_the_rule() -> None:
    """October 2026 has four Mondays."""
    monday, span = entry(week_days=[1], weeks_of_month=[5]), ("2026-10-01", "2026-11-01")
    assert shifts(monday, *span) == []
    assert shifts(monday, *span, week5_is_last=True) == [("2026-10-26T00:00", "2026-10-27T00:00")]


def test_a_minute_before_midnight_is_midnight_unless_it_is_not() -> None:
    document = entry(end_time="23:59:59")
    span = ("2026-11-01", "2026-11-03")
    assert shifts(document, *span) == [("2026-11-01T00:00", "2026-11-03T00:00")]
    assert len(shifts(document, *span, end_2359_is_midnight=False)) == 2


def test_equal_times_are_a_whole_day() -> None:
    document = entry(start_time="09:00", end_time="09:00", start_date="2026-11-01", end_date="2026-11-01")
    assert shifts(document, "2026-10-01", "2026-12-01") == [("2026-11-01T09:00", "2026-11-02T09:00")]


def test_who_comes_first() -> None:
    old = entry(created_at="2026-01-01T00:00:00Z", team_member_id="old")
    new = entry(created_at="2026-02-01T00:00:00Z", team_member_id="new", end_time="12:00")
    newest = entry(created_at="2026-03-01T00:00:00Z", team_member_id="newest")
    horizon, at = (utc("2026-11-01"), utc("2026-12-01")), utc("2026-11-05T08:00")
    documents = [newest, old, new]
    assert roster(documents, horizon).who(at) == ("old", "new", "newest")
    assert roster(documents, horizon, priority="created_desc").who(at) == ("newest", "new", "old")
    assert roster(documents, horizon, priority="narrowest").who(at) == ("new", "old", "newest")
    assert roster(documents, horizon, priority="narrowest", exclusive=True).who(at) == ("new",)


def test_the_rarest_entry_is_found_and_an_ended_one_never() -> None:
    horizon = (utc("2026-01-01"), utc("2027-01-01"))
    leap = roster([entry(months_of_year=[2], weeks_of_month=[5], week_days=[1])], horizon)
    assert leap.next_covered(utc("2026-05-01")) == utc("2044-02-29")
    ended = roster([entry(end_date="2020-01-01")], horizon)
    assert ended.next_covered(utc("2026-05-01")) is None
    assert ended.next_change(utc("2026-05-01")) is None
    assert roster([], horizon).next_covered(utc("2026-05-01")) is None
    assert roster([entry()], horizon).next_change(utc("2026-05-01")) is None


def test_members_may_live_elsewhere() -> None:
    horizon = (utc("2026-11-01"), utc("2026-12-01"))
    documents = [entry(start_time="09:00", end_time="17:00", start_date="2026-11-05", end_date="2026-11-05")]
    assert spans(roster(documents, horizon, "UTC", zones={"ada": "Asia/Kolkata"}).shifts(*horizon)) == [
        ("ada", "2026-11-05T03:30", "2026-11-05T11:30")
    ]


def test_a_time_without_a_zone_is_refused() -> None:
    found = roster([entry()], (utc("2026-11-01"), utc("2026-12-01")))
    with pytest.raises(ValueError, match="zone"):
        found.who(utc("2026-11-05").replace(tzinfo=None))
