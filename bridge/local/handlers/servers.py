"""Server monitors. The API's texts document no way for an agent to deliver what it measures, so that there is none
here: `server_metrics` is read as it is, and stays empty."""

from __future__ import annotations

import sqlite3
import uuid
import zoneinfo
from typing import Any, Final

import msgspec

from bridge.local import ownership
from bridge.local.parts import DEFAULT_LIMIT, bounds, window
from bridge.local.reading import read, read_query
from bridge.local.replies import Call, Fault, Reply, created, invalid
from bridge.local.times import rfc3339
from bridge.pinghome.systems.server import MetricPeriod, NewServer, ServerChange
from bridge.pinghome.systems.shared import Ids, Paging

_CREATE: Final = """
INSERT INTO servers (id, service_id, name, description, timezone, chart_type_default, enabled, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, TRUE, ?, ?) RETURNING *
"""
_UPDATE: Final = """
UPDATE servers SET service_id = ?, name = ?, description = ?, timezone = ?, chart_type_default = ?, enabled = ?,
                   updated_at = ?
WHERE id = ? RETURNING *
"""
_PAGE: Final = "SELECT * FROM servers WHERE service_id = ? ORDER BY created_at, id LIMIT ? OFFSET ?"
_METRICS: Final = """
SELECT measured_at, value FROM server_metrics WHERE server_id = ? AND type = ? AND measured_at BETWEEN ? AND ?
ORDER BY measured_at DESC LIMIT ?
"""


def create(connection: sqlite3.Connection, call: Call) -> Reply:
    """A new server of a service, switched on."""
    wanted = read(call, NewServer)
    _check(connection, call, wanted)
    row = connection.execute(_CREATE, (str(uuid.uuid4()), *_columns(wanted), call.now, call.now)).fetchone()
    return created("Server monitor created.", _shown(row))


def update(connection: sqlite3.Connection, call: Call) -> Reply:
    """Change a server, or switch it on and off."""
    before = ownership.server(connection, call.customer, call.path["id"])
    wanted = read(call, ServerChange)
    _check(connection, call, wanted)
    row = connection.execute(_UPDATE, (*_columns(wanted), wanted.enabled, call.now, before["id"])).fetchone()
    return Reply(message="Server monitor updated.", data=_shown(row))


def delete_many(connection: sqlite3.Connection, call: Call) -> Reply:
    """Delete the servers of the query parameter `id`: all of them, or none if one is not the customer's."""
    ids = read_query(call, Ids).id
    for server_id in ids:
        ownership.server(connection, call.customer, server_id)
        connection.execute("DELETE FROM servers WHERE id = ?", (server_id,))
    return Reply(message="Server monitors deleted.", data={"ids": ids})


def list_of_service(connection: sqlite3.Connection, call: Call) -> Reply:
    """The servers of a service, oldest first, by page."""
    service = ownership.service(connection, call.customer, call.path["id"])
    rows = connection.execute(_PAGE, (service["id"], *window(read_query(call, Paging)))).fetchall()
    return Reply(message="Server monitors.", data=[_shown(row) for row in rows])


def get(connection: sqlite3.Connection, call: Call) -> Reply:
    """One server."""
    return Reply(message="Server monitor.", data=_shown(ownership.server(connection, call.customer, call.path["id"])))


def metrics(connection: sqlite3.Connection, call: Call) -> Reply:
    """What was measured of one kind, newest first."""
    server = ownership.server(connection, call.customer, call.path["id"])
    asked = read_query(call, MetricPeriod)
    limit = asked.limit or DEFAULT_LIMIT
    rows = connection.execute(_METRICS, (server["id"], asked.type, *bounds(asked), limit)).fetchall()
    points = [{"measured_at": rfc3339(row["measured_at"]), **msgspec.json.decode(row["value"])} for row in rows]
    data = {"id": server["id"], "type": asked.type, "interval": asked.interval, "points": points}
    return Reply(message="Server metrics." if points else "Nothing has been measured.", data=data)


def _check(connection: sqlite3.Connection, call: Call, wanted: NewServer) -> None:
    if not _is_zone(wanted.timezone):
        raise invalid(Fault(field="timezone", message="must be an IANA time zone, for instance Europe/Berlin"))
    ownership.service(connection, call.customer, wanted.service_id, named_by="service_id")


def _is_zone(name: str) -> bool:
    """Whether this machine's time zone database knows the name."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # A folder of the database ("Europe") is an OSError, a path that climbs out of it a ValueError.
        return False
    return True


def _columns(wanted: NewServer) -> tuple[str, ...]:
    return (wanted.service_id, wanted.name, wanted.description, wanted.timezone, wanted.chart_type_default)


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "service_id": row["service_id"],
        "name": row["name"],
        "description": row["description"],
        "timezone": row["timezone"],
        "chart_type_default": row["chart_type_default"],
        "enabled": bool(row["enabled"]),
        "created_at": rfc3339(row["created_at"]),
        "updated_at": rfc3339(row["updated_at"]),
    }
