"""The life of an incident: opened, met again, acknowledged, resolved; and what each step does to people and pages."""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from bridge.local.incidents import duty, outages
from bridge.local.messages.notify import notify
from bridge.local.times import rfc3339, written

URGENCIES: Final = ("low", "medium", "high")
"""In rising order."""

_INSERT: Final = """
INSERT INTO incidents (id, team_id, webhook_id, ruleset_id, heartbeat_id, dedup_key, name, description, urgency,
                       assignees, actions, responders, status, occurrences, opened_at, updated_at)
VALUES (:id, :team_id, :webhook_id, :ruleset_id, :heartbeat_id, :dedup_key, :name, :description, :urgency,
        :assignees, :actions, :responders, 'open', 1, :now, :now)
RETURNING *
"""
_MEET: Final = """
UPDATE incidents SET name = :name, description = :description, urgency = :urgency, occurrences = occurrences + 1,
                     updated_at = :now
WHERE id = :id RETURNING *
"""
_ACKNOWLEDGE: Final = """
UPDATE incidents SET status = 'acknowledged', acknowledged_at = :now, updated_at = :now WHERE id = :id RETURNING *
"""
_RESOLVE: Final = """
UPDATE incidents SET status = 'resolved', resolved_at = :now, updated_at = :now WHERE id = :id RETURNING *
"""
_REOPEN: Final = """
UPDATE incidents SET status = 'open', acknowledged_at = NULL, resolved_at = NULL, responders = :responders,
                     updated_at = :now
WHERE id = :id RETURNING *
"""
_ORGANISATION: Final = "SELECT organisation_id FROM teams WHERE id = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """An incident that is to be opened. `assignees` and `actions` are as the API writes them."""

    team_id: str
    name: str
    description: str
    urgency: str
    assignees: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    webhook_id: str | None = None
    ruleset_id: str | None = None
    heartbeat_id: str | None = None
    dedup_key: str | None = None


def open_new(connection: sqlite3.Connection, new: New, now: int) -> sqlite3.Row:
    """Open an incident, tell its responders, put its components into an outage. Times are microseconds since 1970."""
    row = connection.execute(
        _INSERT,
        {
            "id": str(uuid.uuid4()),
            "team_id": new.team_id,
            "webhook_id": new.webhook_id,
            "ruleset_id": new.ruleset_id,
            "heartbeat_id": new.heartbeat_id,
            "dedup_key": new.dedup_key,
            "name": new.name,
            "description": new.description,
            "urgency": new.urgency,
            "assignees": _json(new.assignees),
            "actions": _json(new.actions),
            "responders": _json(duty.responders(connection, new.team_id, new.assignees, now)),
            "now": now,
        },
    ).fetchone()
    return _opened(connection, row, now)


def meet_again(
    connection: sqlite3.Connection, before: sqlite3.Row, *, name: str, description: str, urgency: str, now: int
) -> sqlite3.Row:
    """The same problem once more, in its latest words. Those who were told are told again if it is more urgent now."""
    change = {"id": before["id"], "name": name, "description": description, "urgency": urgency, "now": now}
    return _maybe_raised(connection, before, connection.execute(_MEET, change).fetchone(), now)


def acknowledge(connection: sqlite3.Connection, incident_id: str, now: int) -> sqlite3.Row:
    """Somebody looks after an open incident."""
    row: sqlite3.Row = connection.execute(_ACKNOWLEDGE, {"id": incident_id, "now": now}).fetchone()
    return row


def resolve(connection: sqlite3.Connection, incident_id: str, now: int) -> sqlite3.Row:
    """End an incident: those who were told of it are told so, and its components are let go."""
    row: sqlite3.Row = connection.execute(_RESOLVE, {"id": incident_id, "now": now}).fetchone()
    outages.end(connection, incident_id, now)
    notify(connection, row, "resolved", now)
    return row


def change_status(connection: sqlite3.Connection, row: sqlite3.Row, status: str, now: int) -> sqlite3.Row:
    """What a person does to an incident; the same status again does nothing."""
    match status:
        case "resolved" if row["status"] != "resolved":
            return resolve(connection, row["id"], now)
        case "acknowledged" if row["status"] == "open":
            return acknowledge(connection, row["id"], now)
        case "open" if row["status"] != "open":
            return _reopen(connection, row, now)
    return row


def edited(connection: sqlite3.Connection, before: sqlite3.Row, after: sqlite3.Row, now: int) -> None:
    """A person changed the words or the urgency of an incident."""
    if after["status"] != "resolved":
        _maybe_raised(connection, before, after, now)


def shown(row: sqlite3.Row) -> dict[str, Any]:
    """An incident as the API writes it."""
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
        "responders": msgspec.json.decode(row["responders"]),
        "status": row["status"],
        "occurrences": row["occurrences"],
        "opened_at": rfc3339(row["opened_at"]),
        "updated_at": rfc3339(row["updated_at"]),
        "acknowledged_at": written(row["acknowledged_at"]),
        "resolved_at": written(row["resolved_at"]),
    }


def _reopen(connection: sqlite3.Connection, row: sqlite3.Row, now: int) -> sqlite3.Row:
    """An acknowledgement is taken back in silence; a resolved incident is opened anew, for who is on call now."""
    if row["status"] == "acknowledged":
        kept = {"id": row["id"], "responders": row["responders"], "now": now}
        reopened: sqlite3.Row = connection.execute(_REOPEN, kept).fetchone()
        return reopened
    people = duty.responders(connection, row["team_id"], msgspec.json.decode(row["assignees"]), now)
    anew = {"id": row["id"], "responders": _json(people), "now": now}
    return _opened(connection, connection.execute(_REOPEN, anew).fetchone(), now)


def _opened(connection: sqlite3.Connection, row: sqlite3.Row, now: int) -> sqlite3.Row:
    organisation_id = connection.execute(_ORGANISATION, (row["team_id"],)).fetchone()["organisation_id"]
    outages.begin(connection, organisation_id, row["id"], msgspec.json.decode(row["actions"]), now)
    notify(connection, row, "opened", now)
    return row


def _maybe_raised(connection: sqlite3.Connection, before: sqlite3.Row, after: sqlite3.Row, now: int) -> sqlite3.Row:
    if URGENCIES.index(after["urgency"]) > URGENCIES.index(before["urgency"]):
        notify(connection, after, "raised", now)
    return after


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
