"""On-call schedules: entries of a team member, stored and shown as given. What they mean is in `bridge.domain.oncall`.

An entry has no id in the API; it is named by its member and its `created_at`.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import msgspec

from bridge.local import ownership
from bridge.local.reading import read, read_query
from bridge.local.replies import Call, Fault, Reply, created, invalid, not_found
from bridge.local.times import parse, rfc3339
from bridge.pinghome.systems.schedule import EntryChange, EntryName, NewEntry

_MEMBER: Final = "SELECT customer_id FROM team_members WHERE team_id = ? AND customer_id = ?"
_OF_CUSTOMER: Final = """
SELECT schedules.* FROM customers JOIN schedules ON schedules.team_member_id = customers.id
WHERE customers.id = ? AND customers.organisation_id = ? ORDER BY schedules.created_at, schedules.team_id
"""
# `created_at` names an entry among those of its member in its team, so two of the same microsecond must differ.
_CREATE: Final = """
INSERT INTO schedules VALUES (:team_id, :team_member_id,
    max(:now, coalesce((SELECT max(created_at) + 1 FROM schedules
                        WHERE team_member_id = :team_member_id AND team_id = :team_id), 0)),
    :start_date, :end_date, :months_of_year, :weeks_of_month, :week_days, :start_time, :end_time)
RETURNING *
"""
_UPDATE: Final = """
UPDATE schedules SET start_date = :start_date, end_date = :end_date, months_of_year = :months_of_year,
    weeks_of_month = :weeks_of_month, week_days = :week_days, start_time = :start_time, end_time = :end_time
WHERE team_member_id = :team_member_id AND team_id = :team_id AND created_at = :created_at
RETURNING *
"""
_DELETE: Final = "DELETE FROM schedules WHERE team_member_id = ? AND team_id = ? AND created_at = ? RETURNING *"


def get_of_customer(connection: sqlite3.Connection, call: Call) -> Reply:
    """All entries of a customer of the same organisation, oldest first."""
    customer_id, organisation_id = call.path["id"], call.customer.organisation_id
    known = connection.execute(
        "SELECT id FROM customers WHERE id = ? AND organisation_id = ?", (customer_id, organisation_id)
    ).fetchone()
    if known is None:
        raise not_found("customer")
    rows = connection.execute(_OF_CUSTOMER, (customer_id, organisation_id)).fetchall()
    return Reply(message="Schedule.", data=[_shown(row) for row in rows])


def create(connection: sqlite3.Connection, call: Call) -> Reply:
    """A new entry for a member of the team."""
    team = ownership.team(connection, call.customer, call.path["id"])
    entry = _columns(read(call, NewEntry))
    if connection.execute(_MEMBER, (team["id"], entry["team_member_id"])).fetchone() is None:
        raise not_found("team member", named_by="team_member_id")
    row = connection.execute(_CREATE, {**entry, "team_id": team["id"], "now": call.now}).fetchone()
    return created("Schedule created.", _shown(row))


def update(connection: sqlite3.Connection, call: Call) -> Reply:
    """Replace the entry that `team_member_id` and `created_at` name; what is left out is open."""
    team = ownership.team(connection, call.customer, call.path["id"])
    wanted = read(call, EntryChange)
    named = {"team_id": team["id"], "created_at": _time("created_at", wanted.created_at)}
    row = connection.execute(_UPDATE, {**_columns(wanted), **named}).fetchone()
    if row is None:
        known = connection.execute(_MEMBER, (team["id"], wanted.team_member_id)).fetchone()
        raise not_found("schedule", named_by="team_member_id" if known is None else "created_at")
    return Reply(message="Schedule updated.", data=_shown(row))


def delete(connection: sqlite3.Connection, call: Call) -> Reply:
    """Delete the entry that `team_member_id` and `created_at` name, both in the query."""
    team = ownership.team(connection, call.customer, call.path["id"])
    wanted = read_query(call, EntryName)
    named = (wanted.team_member_id, team["id"], _time("created_at", wanted.created_at))
    row = connection.execute(_DELETE, named).fetchone()
    if row is None:
        raise not_found("schedule")
    return Reply(message="Schedule deleted.", data=_shown(row))


def _columns(entry: NewEntry) -> dict[str, Any]:
    """Raises 422 for dates that are none or the wrong way round."""
    start = None if entry.start_date is None else _time("start_date", entry.start_date)
    end = None if entry.end_date is None else _time("end_date", entry.end_date)
    if start is not None and end is not None and end < start:
        raise invalid(Fault(field="end_date", message="must not be before start_date"))
    return {
        "team_member_id": entry.team_member_id,
        "start_date": entry.start_date,
        "end_date": entry.end_date,
        "months_of_year": _json(entry.months_of_year),
        "weeks_of_month": _json(entry.weeks_of_month),
        "week_days": _json(entry.week_days),
        "start_time": entry.start_time,
        "end_time": entry.end_time,
    }


def _time(name: str, text: str) -> int:
    try:
        return parse(text)
    except (ValueError, OverflowError):
        raise invalid(Fault(field=name, message="must be a time as of RFC 3339")) from None


def _json(numbers: list[Any] | None) -> str:
    return msgspec.json.encode(numbers or []).decode()


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "team_id": row["team_id"],
        "team_member_id": row["team_member_id"],
        "created_at": rfc3339(row["created_at"]),
        "start_date": row["start_date"],
        "end_date": row["end_date"],
        "months_of_year": msgspec.json.decode(row["months_of_year"]),
        "weeks_of_month": msgspec.json.decode(row["weeks_of_month"]),
        "week_days": msgspec.json.decode(row["week_days"]),
        "start_time": row["start_time"],
        "end_time": row["end_time"],
    }
