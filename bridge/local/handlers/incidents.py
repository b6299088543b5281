"""Incidents as people and programs make, read and change them. What events do: `bridge.local.incidents.intake`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from bridge.local import ownership
from bridge.local.incidents import life
from bridge.local.parts import window
from bridge.local.reading import read, read_query
from bridge.local.replies import Call, Reply, created
from bridge.pinghome.operation import Request
from bridge.pinghome.systems.incident import IncidentFilter, NewIncident

_PAGE: Final = "SELECT * FROM incidents WHERE team_id = ? ORDER BY opened_at DESC, id DESC LIMIT ? OFFSET ?"
_PAGE_OF_STATUS: Final = """
SELECT * FROM incidents WHERE team_id = ? AND status = ? ORDER BY opened_at DESC, id DESC LIMIT ? OFFSET ?
"""
_UPDATE: Final = """
UPDATE incidents SET name = :name, description = :description, urgency = :urgency,
    assignees = coalesce(:assignees, assignees), actions = coalesce(:actions, actions), updated_at = :now
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
    new = life.New(
        team_id=team["id"],
        name=wanted.name,
        description=wanted.description,
        urgency=wanted.urgency,
        assignees=_plain(wanted.assignees),
        actions=_plain(wanted.actions),
    )
    return created("Incident created.", life.shown(life.open_new(connection, new, call.now)))


def update(connection: sqlite3.Connection, call: Call) -> Reply:
    """Change an incident. `status` is an extra that the API does not have; in strict mode it is not read."""
    before = ownership.incident(connection, call.customer, call.path["id"])
    wanted = _read(call)
    change = {
        "id": before["id"],
        "name": wanted.name,
        "description": wanted.description,
        "urgency": wanted.urgency,
        "assignees": None if wanted.assignees is None else msgspec.json.encode(wanted.assignees).decode(),
        "actions": None if wanted.actions is None else msgspec.json.encode(wanted.actions).decode(),
        "now": call.now,
    }
    after = connection.execute(_UPDATE, change).fetchone()
    life.edited(connection, before, after, call.now)
    if wanted.status is not None:
        after = life.change_status(connection, after, wanted.status, call.now)
    return Reply(message="Incident updated.", data=life.shown(after))


def list_of_team(connection: sqlite3.Connection, call: Call) -> Reply:
    """The incidents of a team, newest first, by page; `status` keeps only those that stand there."""
    team = ownership.team(connection, call.customer, call.path["id"])
    wanted = read_query(call, IncidentFilter)
    if wanted.status is None:
        rows = connection.execute(_PAGE, (team["id"], *window(wanted))).fetchall()
    else:
        rows = connection.execute(_PAGE_OF_STATUS, (team["id"], wanted.status, *window(wanted))).fetchall()
    return Reply(message="Incidents.", data=[life.shown(row) for row in rows])


def _read(call: Call) -> NewIncident:
    wanted = read(call, NewIncident)
    return msgspec.structs.replace(wanted, status=None) if call.strict else wanted


def _plain(parts: Sequence[Request] | None) -> list[dict[str, Any]]:
    """As they were given."""
    found: list[dict[str, Any]] = msgspec.to_builtins(parts or [])
    return found
