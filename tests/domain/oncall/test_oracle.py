"""The compiled answers against a scan of every minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from bridge.domain.oncall.wall import WallClock
from tests.domain.oncall.examples import FIXED, entry, roster, schedules
from tests.domain.oncall.oracle import CHANGES, MINUTE, MINUTES, covered, stretch


def minutes(documents: list[dict[str, Any]], zone: str, around: str) -> list[set[str]]:
    """What the code says of each minute, by its shifts."""
    over = stretch(zone, around)
    people: list[set[str]] = [set() for _ in range(MINUTES)]
    for shift in roster(documents, (over.start, over.end), zone).shifts(over.start, over.end):
        for minute in range((shift.start - over.start) // MINUTE, (shift.end - over.start) // MINUTE):
            people[minute].add(shift.member_id)
    return people


@FIXED
@given(schedules())
def test_every_minute_is_as_the_clock_on_the_wall_says(schedule: tuple[str, str, list[dict[str, Any]]]) -> None:
    zone, around, documents = schedule
    assert minutes(documents, zone, around) == covered(documents, stretch(zone, around))


@pytest.mark.parametrize(("zone", "around"), CHANGES)
@pytest.mark.parametrize(("start", "end"), [("00:00", "24:00"), ("01:00", "02:30"), ("22:30", "01:00")])
def test_so_is_every_change_of_the_clock(zone: str, around: str, start: str, end: str) -> None:
    documents = [entry(start_time=start, end_time=end)]
    assert minutes(documents, zone, around) == covered(documents, stretch(zone, around))


@FIXED
@given(schedules(most=2))
def test_the_next_covered_minute_is_the_next_one_that_the_scan_finds(
    schedule: tuple[str, str, list[dict[str, Any]]],
) -> None:
    zone, around, documents = schedule
    over = stretch(zone, around)
    scanned = covered(documents, over)
    found = roster(documents, (over.start, over.end), zone)
    for minute in range(0, MINUTES, 97):
        ahead = next((later for later in range(minute, MINUTES) if scanned[later]), None)
        at = found.next_covered(over.start + minute * MINUTE)
        if ahead is None:
            assert at is None or at >= over.end
        else:
            assert at == over.start + ahead * MINUTE
        assert set(found.who(over.start + minute * MINUTE)) == scanned[minute]


Span = Callable[[WallClock, int, int], tuple[int, int]]


def _naive(clock: WallClock, start: int, end: int) -> tuple[int, int]:
    """As most programs do: replace the zone and convert. A skipped 02:30 becomes 03:30, an end its first occurrence."""
    return tuple(  # type: ignore[return-value]
        int((datetime(1970, 1, 1) + timedelta(seconds=wall)).replace(tzinfo=clock._zone).timestamp())  # noqa: DTZ001
        for wall in (start, end)
    )


def _ends_at_the_first(clock: WallClock, start: int, end: int) -> tuple[int, int]:
    return clock._occurrences(start)[0], clock._occurrences(end)[0]


def _starts_at_the_last(clock: WallClock, start: int, end: int) -> tuple[int, int]:
    return clock._occurrences(start)[1], clock._occurrences(end)[1]


def _elapsed(clock: WallClock, start: int, end: int) -> tuple[int, int]:
    first = clock._occurrences(start)[0]
    return first, first + end - start


@pytest.mark.parametrize("wrong", [_naive, _ends_at_the_first, _starts_at_the_last, _elapsed])
def test_the_scan_notices_what_is_usually_got_wrong(monkeypatch: pytest.MonkeyPatch, wrong: Span) -> None:
    """A test that cannot fail proves nothing: each of these must be caught."""
    documents = [entry(start_time="01:00", end_time="02:30")]
    caught = []
    monkeypatch.setattr(WallClock, "span", wrong)
    for zone, around in CHANGES:
        if minutes(documents, zone, around) != covered(documents, stretch(zone, around)):
            caught.append(zone)
    assert caught


def test_a_skipped_time_is_the_instant_of_the_skip() -> None:
    clock = WallClock(ZoneInfo("America/New_York"))
    at = (datetime(2026, 3, 8, 2, 30, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    skip = int(datetime(2026, 3, 8, 7, 0, tzinfo=UTC).timestamp())
    assert clock.span(at, at) == (skip, skip)
