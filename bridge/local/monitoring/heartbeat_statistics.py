"""How a heartbeat monitor did, from what was reported. Where nothing is known the value is null."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from bridge.local.monitoring import pulse
from bridge.local.times import rfc3339

SECOND: Final = 1_000_000
HOUR: Final = 3600 * SECOND
INTERVALS: Final = {
    "1h": HOUR, "3h": 3 * HOUR, "12h": 12 * HOUR, "1d": 24 * HOUR, "3d": 72 * HOUR, "7d": 168 * HOUR, "30d": 720 * HOUR,
}  # fmt: skip
RESULTS: Final = ("tick", "run", "complete", "fail")
POINTS: Final = 48
"""At most so many points; each is as long as the shortest of `_LENGTHS` that keeps to it."""
_LENGTHS: Final = tuple(
    minutes * 60 * SECOND for minutes in (1, 5, 15, 30, 60, 180, 360, 720, 1440, 2880, 10_080, 43_200)
)

_EVENTS: Final = """
SELECT received_at, result FROM heartbeat_events WHERE heartbeat_id = :id AND received_at < :end AND received_at >=
    coalesce((SELECT max(received_at) FROM heartbeat_events WHERE heartbeat_id = :id AND received_at < :start), :start)
ORDER BY received_at
"""
_FAILED_BEFORE: Final = """
SELECT result FROM heartbeat_events WHERE heartbeat_id = ? AND received_at < ? AND result <> 'run'
ORDER BY received_at DESC LIMIT 1
"""


@dataclass(slots=True)
class _Point:
    start: int
    end: int
    known: int = 0
    up: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RESULTS, 0))


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A stretch of time in one state."""

    start: int
    end: int
    up: bool


def statistics(connection: sqlite3.Connection, monitor: sqlite3.Row, start: int, end: int) -> dict[str, Any]:
    """Counts by result, the share of the time in which it was up, and the longest time without a report.

    Up is from a good report until period and grace are over, by the monitor's present ones; the time before the first
    report ever is unknown and counts in no share. `start` and `end` are in microseconds since 1970.
    """
    length = next((one for one in _LENGTHS if (end - start) <= one * POINTS), None) or -(-(end - start) // POINTS)
    points = [_Point(at, min(end, at + length)) for at in range(start, end, length)]
    rows = connection.execute(_EVENTS, {"id": monitor["id"], "start": start, "end": end}).fetchall()
    for row in rows:
        if row["received_at"] >= start:
            points[(row["received_at"] - start) // length].counts[row["result"]] += 1
    for stretch in _stretches(connection, monitor, rows, start, end):
        for point in points[(stretch.start - start) // length : (stretch.end - 1 - start) // length + 1]:
            shared = min(point.end, stretch.end) - max(point.start, stretch.start)
            point.known += shared
            point.up += shared if stretch.up else 0
    return {
        "start_date": rfc3339(start),
        "end_date": rfc3339(end),
        "interval_seconds": length // SECOND,
        "events": {result: sum(point.counts[result] for point in points) for result in RESULTS},
        "uptime": _share(sum(point.up for point in points), sum(point.known for point in points)),
        "longest_gap_seconds": _longest_gap(rows, start, end),
        "points": [
            {"at": rfc3339(point.start), "uptime": _share(point.up, point.known), "events": point.counts}
            for point in points
        ],
    }


def _stretches(
    connection: sqlite3.Connection, monitor: sqlite3.Row, rows: list[sqlite3.Row], start: int, end: int
) -> Iterator[_Stretch]:
    """The states between the reports, cut at both ends."""
    if not rows:
        return
    patience = (monitor["period_seconds"] + monitor["grace_seconds"]) * SECOND
    before = connection.execute(_FAILED_BEFORE, (monitor["id"], rows[0]["received_at"])).fetchone()
    status = "failed" if before is not None and before["result"] == "fail" else "up"
    for row, following in zip(rows, [*(row["received_at"] for row in rows[1:]), end], strict=True):
        at, status = row["received_at"], pulse.after(status, row["result"])
        overdue = min(following, at + patience)
        for begin, until, up in ((at, overdue, status == "up"), (overdue, following, False)):
            if until > start and until > begin:
                yield _Stretch(max(begin, start), until, up)
        if overdue < following:
            status = "missing"


def _longest_gap(rows: list[sqlite3.Row], start: int, end: int) -> float | None:
    """In seconds, cut at both ends; the time before the first report ever is none."""
    times = [*(max(start, row["received_at"]) for row in rows), end]
    return max((later - at for at, later in pairwise(times)), default=0) / SECOND if rows else None


def _share(part: int, whole: int) -> float | None:
    """Per cent."""
    return round(100 * part / whole, 4) if whole else None
