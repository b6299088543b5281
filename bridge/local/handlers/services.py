"""Services: what monitors are grouped under."""

from __future__ import annotations

import sqlite3
import uuid
from typing import Any

from bridge.local import ownership
from bridge.local.reading import read
from bridge.local.replies import Call, Reply, created
from bridge.local.times import rfc3339
from bridge.pinghome.systems.service import NewService, ServiceName


def create(connection: sqlite3.Connection, call: Call) -> Reply:
    """A new service of a team."""
    wanted = read(call, NewService)
    ownership.team(connection, call.customer, wanted.team_id, named_by="team_id")
    row = connection.execute(
        "INSERT INTO services VALUES (?, ?, ?, ?) RETURNING *",
        (str(uuid.uuid4()), wanted.team_id, wanted.name, call.now),
    ).fetchone()
    return created("Service created.", _shown(row))


def get(connection: sqlite3.Connection, call: Call) -> Reply:
    """One service."""
    return Reply(message="Service.", data=_shown(ownership.service(connection, call.customer, call.path["id"])))


def update(connection: sqlite3.Connection, call: Call) -> Reply:
    """Rename a service."""
    before = ownership.service(connection, call.customer, call.path["id"])
    wanted = read(call, ServiceName)
    row = connection.execute(
        "UPDATE services SET name = ? WHERE id = ? RETURNING *", (wanted.name, before["id"])
    ).fetchone()
    return Reply(message="Service updated.", data=_shown(row))


def delete(connection: sqlite3.Connection, call: Call) -> Reply:
    """Delete a service with its monitors and their history."""
    row = ownership.service(connection, call.customer, call.path["id"])
    connection.execute("DELETE FROM services WHERE id = ?", (row["id"],))
    return Reply(message="Service deleted.", data={"id": row["id"]})


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "team_id": row["team_id"],
        "created_at": rfc3339(row["created_at"]),
    }
