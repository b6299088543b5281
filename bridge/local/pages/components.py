"""The components of status pages: which status each has, and how long it had it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from bridge.local.times import rfc3339, written
from bridge.pinghome.systems.statuspage import ComponentStatus

OPERATIONAL: Final = "operational"
UP: Final = ("operational", "degraded-performance")
"""Slow is not away. An outage, be it of a part, is; maintenance is neither, and counts in no share."""
DOWN: Final = ("partial-outage", "major-outage")
PERIOD: Final = 90 * 86_400 * 1_000_000
"""Microseconds over which the share of up time is told: what status pages commonly show."""
POINTS: Final = 100
"""The newest changes that are shown."""

# Two changes of one microsecond are told apart by the next one.
_REMEMBER: Final = """
INSERT INTO component_statuses (component_id, since, status, incident_id)
VALUES (:id, max(:now, coalesce((SELECT max(since) + 1 FROM component_statuses WHERE component_id = :id), 0)),
        :status, :incident_id)
"""
_LAST: Final = """
SELECT status, incident_id FROM component_statuses WHERE component_id = ? ORDER BY since DESC LIMIT 1
"""
_HISTORY: Final = """
SELECT since, status, incident_id FROM component_statuses
WHERE component_id = :id AND since >= coalesce(
    (SELECT max(since) FROM component_statuses WHERE component_id = :id AND since <= :start), 0)
ORDER BY since
"""
_OPEN: Final = """
SELECT DISTINCT incidents.id, incidents.name, incidents.urgency, incidents.opened_at
FROM component_statuses JOIN incidents ON incidents.id = component_statuses.incident_id
WHERE component_statuses.component_id = ? AND incidents.status <> 'resolved' ORDER BY incidents.opened_at
"""


def set_status(
    connection: sqlite3.Connection,
    component_id: str,
    status: ComponentStatus,
    now: int,
    *,
    incident_id: str | None = None,
) -> bool:
    """Give a component a status and remember since when; `now` is in microseconds since 1970.

    `incident_id` is the incident that caused it. Returns False where there is no such component (any more). Whose
    component it is must have been asked before.
    """
    changed = connection.execute("UPDATE components SET status = ? WHERE id = ? RETURNING id", (status, component_id))
    if not changed.fetchall():
        return False
    last = connection.execute(_LAST, (component_id,)).fetchone()
    if last is None or (last["status"], last["incident_id"]) != (status, incident_id):
        values = {"id": component_id, "now": now, "status": status, "incident_id": incident_id}
        connection.execute(_REMEMBER, values)
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """A time in which a component had one status; `until` is None for the present one."""

    status: str
    since: int
    until: int | None
    incident_id: str | None


def statistics(connection: sqlite3.Connection, component: sqlite3.Row, now: int) -> dict[str, Any]:
    """How a component did in the last 90 days, by what its status was said to be. Nothing is measured."""
    start = now - PERIOD
    rows = connection.execute(_HISTORY, {"id": component["id"], "start": start}).fetchall()
    spans = list(_spans(rows))
    since = spans[-1].since if spans else None
    return {
        "component_id": component["id"],
        "status": component["status"],
        "status_since": written(since),
        "duration_seconds": None if since is None else _seconds(now - since),
        "period_days": PERIOD // 86_400_000_000,
        "uptime": _share_up(spans, start, now),
        "points": [_point(span, now) for span in reversed(spans[-POINTS:])],
        "open_incidents": [
            {**incident, "opened_at": rfc3339(incident["opened_at"])}
            for incident in map(dict, connection.execute(_OPEN, (component["id"],)))
        ],
    }


def _spans(rows: list[sqlite3.Row]) -> Iterator[_Span]:
    for row, following in zip_longest(rows, rows[1:]):
        until = None if following is None else following["since"]
        yield _Span(status=row["status"], since=row["since"], until=until, incident_id=row["incident_id"])


def _share_up(spans: list[_Span], start: int, now: int) -> float | None:
    """Per cent of the time with a known status in which it was up; None where there is no such time."""

    def length(statuses: tuple[str, ...]) -> int:
        return sum(
            max(0, min(now, now if span.until is None else span.until) - max(start, span.since))
            for span in spans
            if span.status in statuses
        )

    up, down = length(UP), length(DOWN)
    return None if up + down == 0 else round(100 * up / (up + down), 4)


def _point(span: _Span, now: int) -> dict[str, Any]:
    return {
        "status": span.status,
        "since": rfc3339(span.since),
        "until": written(span.until),
        "duration_seconds": _seconds((now if span.until is None else span.until) - span.since),
        "incident_id": span.incident_id,
    }


def _seconds(length: int) -> float:
    return max(0, length) / 1_000_000
