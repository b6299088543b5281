"""Services: what monitors are grouped under."""

from __future__ import annotations

import sqlite3
import uuid
from typing import Any

from bridge.local import ownership
from bridge.local.replies import Call, Reply, created
from bridge.local.times import rfc3339
from bridge.local.validation import Fields


def create(connection: sqlite3.Connection, call: Call) -> Reply:
    """A new service of a team."""
    fields = Fields(call.json_object())
    name, team_id = fields.text("name"), fields.text("team_id")
    fields.check()
    ownership.team(connection, call.customer, team_id, named_by="team_id")
    row = connection.execute(
        "INSERT INTO services VALUES (?, ?, ?, ?) RETURNING *", (str(uuid.uuid4()), team_id, name, call.now)
    ).fetchone()
    return created("Service created.", _shown(row))


def get(connection: sqlite3.Connection, call: Call) -> Reply:
    """One service."""
    return Reply(message="Service.", data=_shown(ownership.service(connection, call.customer, call.path["id"])))


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "team_id": row["team_id"],
        "created_at": rfc3339(row["created_at"]),
    }
