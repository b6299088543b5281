"""Incidents as people and programs make, read and change them. What events do to them is in `bridge.local.intake`."""

from __future__ import annotations

import sqlite3
import uuid
from typing import Any, Final

import msgspec

from bridge.domain.alert import Urgency
from bridge.local import ownership
from bridge.local.assignees import read_assignees
from bridge.local.replies import Call, Fault, Reply, created, invalid
from bridge.local.times import rfc3339, written
from bridge.local.validation import TEXT_LIMIT, Fields, page, values

STATUSES: Final = ("open", "resolved")

_PAGE: Final = "SELECT * FROM incidents WHERE team_id = ? ORDER BY opened_at DESC, id DESC LIMIT ? OFFSET ?"
_PAGE_OF_STATUS: Final = """
SELECT * FROM incidents WHERE team_id = ? AND status = ? ORDER BY opened_at DESC, id DESC LIMIT ? OFFSET ?
"""
_CREATE: Final = """
INSERT INTO incidents VALUES (:id, :team_id, NULL, NULL, NULL, :name, :description, :urgency, :assignees, :actions,
                              'open', 1, :now, :now, NULL)
RETURNING *
"""
_UPDATE: Final = """
UPDATE incidents SET name = :name, description = :description, urgency = :urgency,
    assignees = coalesce(:assignees, assignees), actions = coalesce(:actions, actions),
    resolved_at = CASE coalesce(:status, status) WHEN 'open' THEN NULL ELSE coalesce(resolved_at, :now) END,
    status = coalesce(:status, status), updated_at = :now
WHERE id = :id RETURNING *
"""


def health_check(connection: sqlite3.Connection, _call: Call) -> Reply:
    """Whether incidents can be read: the answer comes from the database, or not at all."""
    connection.execute("SELECT id FROM incidents LIMIT 1").fetchall()
    return Reply(message="The incident service is operational.")


def create(connection: sqlite3.Connection, call: Call) -> Reply:
    """A new incident of a team. As in the API, the same request again makes another one."""
    team = ownership.team(connection, call.customer, call.path["id"])
    wanted = _read(call)
    incident = {
        **wanted,
        "id": str(uuid.uuid4()),
        "team_id": team["id"],
        "assignees": wanted["assignees"] or "[]",
        "actions": wanted["actions"] or "[]",
    }
    return created("Incident created.", _shown(connection.execute(_CREATE, incident).fetchone()))


def update(connection: sqlite3.Connection, call: Call) -> Reply:
    """Change an incident. `status` is an extra that the API does not have; in strict mode it is not read."""
    row = ownership.incident(connection, call.customer, call.path["id"])
    updated = connection.execute(_UPDATE, {**_read(call), "id": row["id"]}).fetchone()
    return Reply(message="Incident updated.", data=_shown(updated))


def list_of_team(connection: sqlite3.Connection, call: Call) -> Reply:
    """The incidents of a team, newest first, by page; `status` keeps only open or resolved ones."""
    team = ownership.team(connection, call.customer, call.path["id"])
    wanted = values(call, "status")
    if any(status not in STATUSES for status in wanted):
        raise invalid(Fault(field="status", message=f"must be one of {', '.join(STATUSES)}"))
    if len(wanted) == 1:
        rows = connection.execute(_PAGE_OF_STATUS, (team["id"], wanted[0], *page(call))).fetchall()
    else:
        rows = connection.execute(_PAGE, (team["id"], *page(call))).fetchall()
    return Reply(message="Incidents.", data=[_shown(row) for row in rows])


def _read(call: Call) -> dict[str, Any]:
    fields = Fields(call.json_object())
    wanted = {
        "name": fields.text("name"),
        "description": fields.text("description", limit=TEXT_LIMIT, empty=True),
        "urgency": fields.choice("urgency", tuple(Urgency)),
        "assignees": read_assignees(fields),
        "actions": _actions(fields),
        "status": None if call.strict else fields.optional_choice("status", STATUSES),
        "now": call.now,
    }
    fields.check()
    return wanted


def _actions(fields: Fields) -> str | None:
    """The field `actions` as JSON text, None where it is left out. Actions are kept as given; none is carried out."""
    if not fields.has("actions"):
        return None
    entries = fields.members("actions", of=dict, what="objects")
    for index, entry in enumerate(entries):
        fields.nested("actions", index, entry).text("type")
    return msgspec.json.encode(entries).decode()


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "team_id": row["team_id"],
        "webhook_id": row["webhook_id"],
        "ruleset_id": row["ruleset_id"],
        "dedup_key": row["dedup_key"],
        "name": row["name"],
        "description": row["description"],
        "urgency": row["urgency"],
        "assignees": msgspec.json.decode(row["assignees"]),
        "actions": msgspec.json.decode(row["actions"]),
        "status": row["status"],
        "occurrences": row["occurrences"],
        "opened_at": rfc3339(row["opened_at"]),
        "updated_at": rfc3339(row["updated_at"]),
        "resolved_at": written(row["resolved_at"]),
    }
