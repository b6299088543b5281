"""What is taken for an entry, and what is set aside."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bridge.domain import oncall
from bridge.domain.oncall.rules import BadRule, choose
from tests.domain.oncall.examples import entry

UTC_RULES = oncall.Rules(zone="UTC")


def only(document: Any, **rules: Any) -> oncall.Entry:
    (found,), quarantined, _ = oncall.read([document], oncall.Rules(**{"zone": "UTC", **rules}))
    assert not quarantined
    return found


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"team_member_id": None}, "team_member_id"),
        ({"months_of_year": [13]}, "months_of_year"),
        ({"months_of_year": [0]}, "month_base must be 0"),
        ({"months_of_year": "1"}, "months_of_year"),
        ({"months_of_year": [True]}, "months_of_year"),
        ({"weeks_of_month": [0]}, "weeks_of_month"),
        ({"weeks_of_month": [6]}, "weeks_of_month"),
        ({"week_days": [8]}, "week_days"),
        ({"week_days": [1.5]}, "week_days"),
        ({"start_time": "25:00"}, "start_time"),
        ({"start_time": 9}, "start_time"),
        ({"end_time": "24:01"}, "end_time"),
        ({"start_date": "soon"}, "start_date"),
        ({"start_date": 20260101}, "start_date"),
        ({"start_date": "2026-02-01", "end_date": "2026-01-31"}, "end_date"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
    ],
)
def test_a_bad_entry_is_set_aside_and_the_others_work(change: dict[str, Any], reason: str) -> None:
    reading = oncall.read([entry(), {**entry(), **change}, entry(team_member_id="bob")], UTC_RULES)
    assert [one.member_id for one in reading.entries] == ["ada", "bob"]
    (quarantined,) = reading.quarantined
    assert quarantined.index == 1
    assert reason in quarantined.reason


@pytest.mark.parametrize("document", [None, 7, "x", []])
def test_what_is_no_object_is_set_aside(document: Any) -> None:
    assert len(oncall.read([document], UTC_RULES).quarantined) == 1


def test_what_is_null_or_left_out_is_open() -> None:
    assert only({"team_member_id": "ada", "start_time": None, "months_of_year": None}) == oncall.Entry(
        member_id="ada", zone="UTC", start=0, length=86_400
    )


@pytest.mark.parametrize(
    ("zone", "date_times", "given", "expected"),
    [
        ("America/New_York", "literal", "2024-01-31T00:00:00Z", date(2024, 1, 31)),
        ("America/New_York", "literal", "2024-01-31T23:59:59.999Z", date(2024, 1, 31)),
        ("Asia/Tokyo", "literal", "2024-01-31T23:59:59Z", date(2024, 1, 31)),
        ("America/New_York", "literal", "2024-01-31T03:00:00Z", date(2024, 1, 30)),
        ("America/New_York", "instant", "2024-01-31T00:00:00Z", date(2024, 1, 30)),
        ("Asia/Tokyo", "instant", "2024-01-31T23:59:59Z", date(2024, 2, 1)),
        ("Asia/Tokyo", "instant", "2024-01-31", date(2024, 1, 31)),
        ("Asia/Tokyo", "instant", "2024-01-31T00:00:00", date(2024, 1, 31)),
        ("Asia/Tokyo", "literal", "2024-01-31T00:00:00+02:00", date(2024, 1, 31)),
    ],
)
def test_which_date_a_date_time_is(zone: str, date_times: str, given: str, expected: date) -> None:
    assert only(entry(start_date=given), zone=zone, date_times=date_times).first == expected


@pytest.mark.parametrize(
    ("zero", "days", "expected"),
    [
        ("sunday", [0, 1], {6, 0}),
        ("monday", [0, 1], {0, 1}),
        ("sunday", ["0", 6.0], {6, 5}),
        ("monday", [7, 1], {6, 0}),
        ("sunday", [7], {6}),
    ],
)
def test_which_day_a_zero_is(zero: str, days: list[Any], expected: set[int]) -> None:
    assert only(entry(week_days=days), weekday_zero=zero).weekdays == expected


def test_a_seven_anywhere_says_how_all_count() -> None:
    documents = [entry(week_days=[1]), entry(week_days=[7])]
    entries, _, warnings = oncall.read(documents, oncall.Rules(zone="UTC", weekday_zero="monday"))
    assert [one.weekdays for one in entries] == [{0}, {6}]
    assert "there is a 7" in warnings[0]


def test_january_may_be_zero() -> None:
    assert only(entry(months_of_year=[0, 11]), month_base=0).months == {1, 12}


def test_what_may_be_meant_otherwise_is_warned_of() -> None:
    document = entry(weeks_of_month=[5])
    del document["team_id"]
    warnings = oncall.read([document], UTC_RULES).warnings
    assert any("last one meant" in text for text in warnings)
    assert any("all teams" in text for text in warnings)
    assert oncall.read([entry()], UTC_RULES).warnings == ()


def test_an_entry_counts_for_its_team_or_for_all() -> None:
    document = entry()
    assert (only(document).counts_for("team"), only(document).counts_for("other")) == (True, False)
    del document["team_id"]
    assert only(document).counts_for("other")


@pytest.mark.parametrize("zone", ["", "Nowhere", "../etc/passwd", "CEST+2"])
def test_a_zone_must_be_one_of_iana(zone: str) -> None:
    with pytest.raises(BadRule, match="IANA"):
        oncall.Rules(zone=zone)


def test_a_rule_is_one_of_its_choices() -> None:
    assert (choose("exclusive", "true"), choose("month_base", "0")) == (True, 0)
    with pytest.raises(BadRule, match="nth_weekday, calendar_row"):
        choose("weeks", "iso")
    with pytest.raises(BadRule, match="no rule"):
        choose("zone", "UTC")
    with pytest.raises(BadRule, match="priority"):
        oncall.Rules(zone="UTC", priority="x")  # type: ignore[arg-type]
