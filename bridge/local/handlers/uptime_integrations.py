"""Pages of other providers that are to follow a monitor. They are kept; nothing is sent to them from here.

The texts call both the id of the page (a field) and that of the integration (in the path) `integration`, and document
no answer that would tell of another id. So a page follows a monitor once, and its id names the integration.
"""

from __future__ import annotations

import sqlite3
from http import HTTPStatus
from typing import Any, Final

import msgspec

from bridge.local import ownership
from bridge.local.reading import read
from bridge.local.replies import Call, Fault, Refusal, Reply, created, not_found
from bridge.local.times import rfc3339
from bridge.pinghome.systems.uptime_models import IntegrationChange, NewIntegration

_ALL: Final = "SELECT * FROM monitor_integrations WHERE monitor_id = ? ORDER BY integration"
_ADD: Final = """
INSERT INTO monitor_integrations (monitor_id, integration, type, name, status, items, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING *
"""
_UPDATE: Final = """
UPDATE monitor_integrations SET name = ?, status = ?, message = ?, items = ?, updated_at = ?
WHERE monitor_id = ? AND integration = ? RETURNING *
"""
_FIND: Final = "SELECT * FROM monitor_integrations WHERE monitor_id = ? AND integration = ?"
_DELETE: Final = "DELETE FROM monitor_integrations WHERE monitor_id = ? AND integration = ?"


def list_of_monitor(connection: sqlite3.Connection, call: Call) -> Reply:
    """The integrations of a monitor, by the pages' ids."""
    monitor = ownership.monitor(connection, call.customer, call.path["id"])
    rows = connection.execute(_ALL, (monitor["id"],)).fetchall()
    return Reply(message="Integrations.", data=[_shown(row) for row in rows])


def create(connection: sqlite3.Connection, call: Call) -> Reply:
    """Have a page follow a monitor. 409 where it does already."""
    monitor = ownership.monitor(connection, call.customer, call.path["id"])
    wanted = read(call, NewIntegration)
    values = (wanted.integration, wanted.type, wanted.name, wanted.status, _items(wanted), call.now, call.now)
    row = connection.execute(_ADD, (monitor["id"], *values)).fetchone()
    if row is None:
        message = "That page follows the monitor already."
        raise Refusal(HTTPStatus.CONFLICT, message, faults=(Fault(field="integration", message=message),))
    return created("Integration created.", _shown(row))


def update(connection: sqlite3.Connection, call: Call) -> Reply:
    """Change what such a page is to say."""
    found = _find(connection, call)
    wanted = read(call, IntegrationChange)
    values = (wanted.name, wanted.status, wanted.message, _items(wanted), call.now)
    row = connection.execute(_UPDATE, (*values, found["monitor_id"], found["integration"])).fetchone()
    return Reply(message="Integration updated.", data=_shown(row))


def delete(connection: sqlite3.Connection, call: Call) -> Reply:
    """Let such a page go."""
    found = _find(connection, call)
    connection.execute(_DELETE, (found["monitor_id"], found["integration"]))
    return Reply(message="Integration deleted.", data={"id": found["integration"]})


def _find(connection: sqlite3.Connection, call: Call) -> sqlite3.Row:
    monitor = ownership.monitor(connection, call.customer, call.path["id"])
    row: sqlite3.Row | None = connection.execute(_FIND, (monitor["id"], call.path["integration"])).fetchone()
    if row is None:
        raise not_found("integration")
    return row


def _items(wanted: NewIntegration | IntegrationChange) -> str:
    return msgspec.json.encode(wanted.items).decode()


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["integration"],
        "integration": row["integration"],
        "type": row["type"],
        "name": row["name"],
        "status": row["status"],
        "message": row["message"],
        "items": msgspec.json.decode(row["items"]),
        "created_at": rfc3339(row["created_at"]),
        "updated_at": rfc3339(row["updated_at"]),
    }
