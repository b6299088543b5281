"""On-call schedules: entries of a team member, stored and shown as given. Who is on call is not computed here.

An entry has no id in the API; it is named by its member and its `created_at`.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any, Final

import msgspec

from bridge.local import ownership
from bridge.local.replies import Call, Reply, created, not_found
from bridge.local.times import parse, rfc3339
from bridge.local.validation import Fields

_WALL_TIME: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?|24:00(?::00)?")

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
    entry = _read(call)
    if connection.execute(_MEMBER, (team["id"], entry["team_member_id"])).fetchone() is None:
        raise not_found("team member", named_by="team_member_id")
    row = connection.execute(_CREATE, {**entry, "team_id": team["id"], "now": call.now}).fetchone()
    return created("Schedule created.", _shown(row))


def delete(connection: sqlite3.Connection, call: Call) -> Reply:
    """Delete the entry that `team_member_id` and `created_at` name, both in the query."""
    team = ownership.team(connection, call.customer, call.path["id"])
    fields = Fields({name: found[0] for name, found in call.query.items()})
    member_id, created_at = fields.text("team_member_id"), _time(fields, "created_at")
    fields.check()
    row = connection.execute(_DELETE, (member_id, team["id"], created_at)).fetchone()
    if row is None:
        raise not_found("schedule")
    return Reply(message="Schedule deleted.", data=_shown(row))


def _read(call: Call) -> dict[str, Any]:
    fields = Fields(call.json_object())
    entry = {
        "team_member_id": fields.text("team_member_id"),
        "months_of_year": _numbers(fields, "months_of_year", range(1, 13)),
        # Counted from the end where negative; a zero has no meaning.
        "weeks_of_month": _numbers(fields, "weeks_of_month", (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5)),
        "week_days": _numbers(fields, "week_days", range(7), required=True),
        "start_time": _wall_time(fields, "start_time"),
        "end_time": _wall_time(fields, "end_time"),
        **_dates(fields),
    }
    fields.check()
    return entry


def _dates(fields: Fields) -> dict[str, str | None]:
    start, end = fields.optional_text("start_date"), fields.optional_text("end_date")
    start_at = None if start is None else _time(fields, "start_date")
    end_at = None if end is None else _time(fields, "end_date")
    if start_at is not None and end_at is not None and end_at < start_at:
        fields.fault("end_date", "must not be before start_date")
    return {"start_date": start, "end_date": end}


def _time(fields: Fields, name: str) -> int | None:
    text = fields.text(name)
    try:
        return parse(text) if text else None
    except ValueError:
        fields.fault(name, "must be a time as of RFC 3339")
        return None


def _numbers(fields: Fields, name: str, allowed: range | tuple[int, ...], *, required: bool = False) -> str:
    numbers = fields.members(name, of=int, what="whole numbers", required=required)
    if any(number not in allowed for number in numbers):
        fields.fault(name, f"may hold {', '.join(str(number) for number in allowed)}")
    return msgspec.json.encode(numbers).decode()


def _wall_time(fields: Fields, name: str) -> str:
    text = fields.text(name)
    if text and not _WALL_TIME.fullmatch(text):
        fields.fault(name, "must be a time of day, HH:MM or HH:MM:SS")
    return text


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
