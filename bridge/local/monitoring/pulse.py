"""The state of a heartbeat monitor, and what a change of it does to incidents.

| state | since |
|---|---|
| pending | it was made: nothing was ever reported, and nothing is expected yet |
| up | a good report |
| missing | period and grace went by without a report |
| failed | a report `fail` |

`tick` and `complete` are good reports. `run` says that a job has begun: it ends `missing`, and does not end `failed`.
Only a change of state is an event. It is shown to the organisation's rulesets of type `state-change` (those of level
`team` see the monitors of their team alone) as this document:

    {"type": "heartbeat", "id", "name", "service_id", "team_id", "status": "missing" | "failed",
     "previous_status", "last_result", "last_received_at", "period_seconds", "grace_seconds", "changed_at"}

A ruleset has one unresolved incident a monitor at most. What is back up resolves them all, whatever the conditions.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final, Literal

import msgspec

from bridge.local.incidents import life, outages
from bridge.local.incidents.holds import holds
from bridge.local.incidents.intake import DEFAULT_URGENCY, NAME_LIMIT
from bridge.local.times import rfc3339, written

State = Literal["pending", "up", "missing", "failed"]

_MONITOR: Final = """
SELECT heartbeats.*, services.team_id, teams.organisation_id FROM heartbeats
JOIN services ON services.id = heartbeats.service_id JOIN teams ON teams.id = services.team_id
WHERE heartbeats.id = ?
"""
DUE: Final = "SELECT id FROM heartbeats WHERE due_at <= ? ORDER BY due_at LIMIT ?"
NEXT: Final = "SELECT due_at FROM heartbeats WHERE due_at > ? ORDER BY due_at LIMIT 1"
_HEARD: Final = """
UPDATE heartbeats SET last_result = :result, last_received_at = :at, status = :status,
    status_since = CASE status WHEN :status THEN status_since ELSE :at END,
    due_at = :at + (period_seconds + grace_seconds) * 1000000
WHERE id = :id
"""
_MISSED: Final = "UPDATE heartbeats SET status = 'missing', status_since = ?, due_at = NULL WHERE id = ?"
_RULESETS: Final = """
SELECT rulesets.* FROM teams JOIN rulesets ON rulesets.team_id = teams.id AND rulesets.rule_type = 'state-change'
WHERE teams.organisation_id = ? ORDER BY rulesets.created_at, rulesets.id
"""
_OPEN_OF_RULESET: Final = """
SELECT * FROM incidents WHERE status <> 'resolved' AND heartbeat_id = ? AND ruleset_id = ?
"""
_OPEN: Final = "SELECT id FROM incidents WHERE status <> 'resolved' AND heartbeat_id = ?"
_WORDS: Final = {"missing": "is missing", "failed": "has failed"}


def heard(connection: sqlite3.Connection, heartbeat_id: str, result: str, at: int) -> None:
    """A report came. If one was overdue before it, that it was missing comes first. Microseconds since 1970."""
    monitor = connection.execute(_MONITOR, (heartbeat_id,)).fetchone()
    if monitor["due_at"] is not None and monitor["due_at"] <= at:
        _miss(connection, monitor, at)
        monitor = connection.execute(_MONITOR, (heartbeat_id,)).fetchone()
    status = after(monitor["status"], result)
    connection.execute(_HEARD, {"id": heartbeat_id, "result": result, "status": status, "at": at})
    if status == monitor["status"]:
        return
    if status == "failed":
        _tell(connection, heartbeat_id, monitor["status"], at)
    else:
        _resolve(connection, heartbeat_id, at)


def after(status: str, result: str) -> State:
    """The state after a report."""
    if result == "fail":
        return "failed"
    return "failed" if result == "run" and status == "failed" else "up"


def miss_overdue(connection: sqlite3.Connection, now: int, limit: int) -> int | None:
    """Up to `limit` of the monitors whose report is overdue are missing now. Returns when to look again, None where
    nothing is expected."""
    overdue = connection.execute(DUE, (now, limit)).fetchall()
    for row in overdue:
        _miss(connection, connection.execute(_MONITOR, (row["id"],)).fetchone(), now)
    if len(overdue) == limit:
        return now
    following = connection.execute(NEXT, (now,)).fetchone()
    return None if following is None else int(following["due_at"])


def forget(connection: sqlite3.Connection, heartbeat_id: str, now: int) -> None:
    """Delete a monitor, and resolve what it opened: no report could do so any more."""
    _resolve(connection, heartbeat_id, now)
    connection.execute("DELETE FROM heartbeats WHERE id = ?", (heartbeat_id,))


def due_at(status: str, last_received_at: int | None, period_seconds: int, grace_seconds: int) -> int | None:
    """When a report is overdue; None where none is expected."""
    if last_received_at is None or status == "missing":
        return None
    return last_received_at + (period_seconds + grace_seconds) * 1_000_000


def _miss(connection: sqlite3.Connection, monitor: sqlite3.Row, now: int) -> None:
    connection.execute(_MISSED, (now, monitor["id"]))
    _tell(connection, monitor["id"], monitor["status"], now)


def _resolve(connection: sqlite3.Connection, heartbeat_id: str, now: int) -> None:
    for row in connection.execute(_OPEN, (heartbeat_id,)).fetchall():
        life.resolve(connection, row["id"], now)


def _tell(connection: sqlite3.Connection, heartbeat_id: str, previous: str, now: int) -> None:
    """Let the rulesets see what has become of a monitor."""
    monitor = connection.execute(_MONITOR, (heartbeat_id,)).fetchone()
    document = _document(monitor, previous, now)
    for ruleset in connection.execute(_RULESETS, (monitor["organisation_id"],)).fetchall():
        sees = ruleset["level"] != "team" or ruleset["team_id"] == monitor["team_id"]
        if sees and holds(ruleset["conditions"], document):
            _apply(connection, monitor, ruleset, now)


def _apply(connection: sqlite3.Connection, monitor: sqlite3.Row, ruleset: sqlite3.Row, now: int) -> None:
    name = f"{monitor['name'][: NAME_LIMIT - 30]} {_WORDS[monitor['status']]}"
    urgency = ruleset["urgency"] or DEFAULT_URGENCY
    said = f"Last report: {monitor['last_result']} at {written(monitor['last_received_at'])}."
    description = "\n".join(filter(None, (ruleset["description"], said)))
    known = connection.execute(_OPEN_OF_RULESET, (monitor["id"], ruleset["id"])).fetchall()
    for row in known:
        life.meet_again(connection, row, name=name, description=description, urgency=urgency, now=now)
    if known:
        return
    new = life.New(
        team_id=ruleset["team_id"],
        ruleset_id=ruleset["id"],
        heartbeat_id=monitor["id"],
        name=name,
        description=description,
        urgency=urgency,
        assignees=msgspec.json.decode(ruleset["assignees"]),
        actions=outages.of_ruleset(connection, ruleset["id"]),
    )
    life.open_new(connection, new, now)


def _document(monitor: sqlite3.Row, previous: str, now: int) -> dict[str, Any]:
    return {
        "type": "heartbeat",
        "id": monitor["id"],
        "name": monitor["name"],
        "service_id": monitor["service_id"],
        "team_id": monitor["team_id"],
        "status": monitor["status"],
        "previous_status": previous,
        "last_result": monitor["last_result"],
        "last_received_at": written(monitor["last_received_at"]),
        "period_seconds": monitor["period_seconds"],
        "grace_seconds": monitor["grace_seconds"],
        "changed_at": rfc3339(now),
    }
