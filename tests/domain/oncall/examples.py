"""Entries near changes of the clock, for Hypothesis."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from bridge.domain import oncall
from tests.domain.oncall.oracle import CHANGES

FIXED = settings(derandomize=True, max_examples=60, deadline=None)
"""The same examples on every machine and every day."""

changes = st.sampled_from(CHANGES)
members = st.sampled_from(["ada", "bob", "cyd"])
_hours = st.sampled_from(
    ["00:00", "00:30", "01:00", "01:30", "02:00", "02:30", "03:00", "08:00", "17:00", "23:00", "23:30"]
)
clocks = st.one_of(_hours, st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)))


@st.composite
def entries_near(draw: st.DrawFn, around: str) -> dict[str, Any]:
    """A complete entry in the API's words whose dates matter in the days around one."""
    middle = date.fromisoformat(around)
    near = st.integers(-4, 4).map(lambda days: (middle + timedelta(days=days)).isoformat())
    start, end = draw(st.one_of(st.none(), near)), draw(st.one_of(st.none(), near))
    if start and end and end < start:
        start, end = end, start
    return {
        "team_member_id": draw(members),
        "team_id": "team",
        "created_at": f"2020-01-{draw(st.integers(1, 28)):02}T00:00:00Z",
        "start_date": start,
        "end_date": end,
        "months_of_year": draw(st.one_of(st.just([]), st.just([middle.month]), st.lists(st.integers(1, 12)))),
        "weeks_of_month": draw(st.one_of(st.just([]), st.lists(st.sampled_from([-5, -2, -1, 1, 2, 3, 4, 5])))),
        "week_days": draw(st.one_of(st.just([]), st.lists(st.integers(0, 6)))),
        "start_time": draw(clocks),
        "end_time": draw(st.one_of(clocks, st.just("24:00"))),
    }


@st.composite
def schedules(draw: st.DrawFn, most: int = 3) -> tuple[str, str, list[dict[str, Any]]]:
    """A zone, a date at which its clock changes, and entries near it."""
    zone, around = draw(changes)
    return zone, around, draw(st.lists(entries_near(around), min_size=1, max_size=most))


def entry(**fields: Any) -> dict[str, Any]:
    """An entry that covers every hour of every day, but for what is said otherwise."""
    return {
        "team_member_id": "ada",
        "team_id": "team",
        "created_at": "2026-01-01T00:00:00Z",
        "start_date": None,
        "end_date": None,
        "months_of_year": [],
        "weeks_of_month": [],
        "week_days": [],
        "start_time": "00:00",
        "end_time": "24:00",
        **fields,
    }


def window(around: str, days: int = 5) -> tuple[datetime, datetime]:
    middle = datetime.fromisoformat(around).replace(tzinfo=UTC)
    return middle - timedelta(days=days), middle + timedelta(days=days)


def roster(
    documents: list[dict[str, Any]], horizon: tuple[datetime, datetime], zone: str = "UTC", **rules: Any
) -> oncall.Roster:
    wanted = oncall.Rules(zone=zone, **rules)
    reading = oncall.read(documents, wanted)
    assert not reading.quarantined
    return oncall.compile(reading.entries, wanted, horizon)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def spans(found: list[oncall.Shift]) -> list[tuple[str, str, str]]:
    return [(one.member_id, f"{one.start:%Y-%m-%dT%H:%M}", f"{one.end:%Y-%m-%dT%H:%M}") for one in found]
