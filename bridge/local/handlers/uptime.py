"""Uptime monitors: what is to be checked. It is kept and shown; no checking is done here.

Two monitors may be the same: one target may well be checked twice, from other regions or for other conditions.
"""

from __future__ import annotations

import sqlite3
import uuid
from typing import Any, Final

import msgspec

from bridge.local import ownership
from bridge.local.monitoring import monitors
from bridge.local.parts import window
from bridge.local.reading import read, read_query
from bridge.local.replies import Call, Reply, created, invalid
from bridge.pinghome.systems.shared import Enabled, Ids, Paging
from bridge.pinghome.systems.uptime_models import MonitorChange, NewMonitor

_CREATE: Final = """
INSERT INTO monitors (id, service_id, name, type, url, host, port, regions, settings, enabled, state, created_at,
                      updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, TRUE, ?, ?, ?) RETURNING *
"""
_UPDATE: Final = """
UPDATE monitors SET service_id = ?, name = ?, regions = ?, settings = ?, updated_at = ? WHERE id = ? RETURNING *
"""
_PAGE: Final = "SELECT * FROM monitors WHERE service_id = ? ORDER BY created_at, id LIMIT ? OFFSET ?"
_SWITCH: Final = "UPDATE monitors SET enabled = ?, state = ?, updated_at = ? WHERE id = ? RETURNING *"
# Two changes of one microsecond are told apart by the next one.
_REMEMBER: Final = """
INSERT INTO monitor_states (monitor_id, changed_at, state, reason)
VALUES (:id, max(:now, coalesce((SELECT max(changed_at) + 1 FROM monitor_states WHERE monitor_id = :id), 0)),
        :state, :reason)
"""


def create(connection: sqlite3.Connection, call: Call) -> Reply:
    """A new monitor of a service, switched on. Its state is unknown: nothing has checked it."""
    wanted = read(call, NewMonitor)
    if faults := monitors.faults_of(wanted):
        raise invalid(*faults)
    ownership.service(connection, call.customer, wanted.service_id, named_by="service_id")
    row = connection.execute(
        _CREATE,
        (
            str(uuid.uuid4()),
            wanted.service_id,
            wanted.name,
            wanted.type,
            wanted.url,
            wanted.host,
            wanted.port,
            _json(wanted.regions),
            _json(monitors.settings_of(wanted)),
            monitors.UNKNOWN,
            call.now,
            call.now,
        ),
    ).fetchone()
    return created("Uptime monitor created.", monitors.shown(row))


def update(connection: sqlite3.Connection, call: Call) -> Reply:
    """Change a monitor. What it checks stays, and so does an optional field that is left out."""
    before = ownership.monitor(connection, call.customer, call.path["id"])
    wanted = read(call, MonitorChange)
    if faults := monitors.change_faults(wanted):
        raise invalid(*faults)
    ownership.service(connection, call.customer, wanted.service_id, named_by="service_id")
    changes = {name: value for name, value in monitors.settings_of(wanted).items() if value is not None}
    settings = {**msgspec.json.decode(before["settings"]), **changes}
    row = connection.execute(
        _UPDATE,
        (wanted.service_id, wanted.name, _json(wanted.regions), _json(settings), call.now, before["id"]),
    ).fetchone()
    return Reply(message="Uptime monitor updated.", data=monitors.shown(row))


def set_enabled(connection: sqlite3.Connection, call: Call) -> Reply:
    """Switch a monitor on or off. Off, its state is paused; on again, it is unknown until something checks it."""
    row = ownership.monitor(connection, call.customer, call.path["id"])
    wanted = read(call, Enabled)
    if wanted.enabled is not bool(row["enabled"]):
        state = monitors.UNKNOWN if wanted.enabled else monitors.PAUSED
        reason = "switched on" if wanted.enabled else "switched off"
        row = connection.execute(_SWITCH, (wanted.enabled, state, call.now, row["id"])).fetchone()
        connection.execute(_REMEMBER, {"id": row["id"], "now": call.now, "state": state, "reason": reason})
    return Reply(message="Uptime monitor status changed.", data=monitors.shown(row))


def delete(connection: sqlite3.Connection, call: Call) -> Reply:
    """Delete a monitor with its reminders, integrations and history."""
    row = ownership.monitor(connection, call.customer, call.path["id"])
    connection.execute("DELETE FROM monitors WHERE id = ?", (row["id"],))
    return Reply(message="Uptime monitor deleted.", data={"id": row["id"]})


def delete_many(connection: sqlite3.Connection, call: Call) -> Reply:
    """Delete the monitors of the query parameter `id`: all of them, or none if one is not the customer's."""
    ids = read_query(call, Ids).id
    for monitor_id in ids:
        ownership.monitor(connection, call.customer, monitor_id)
        connection.execute("DELETE FROM monitors WHERE id = ?", (monitor_id,))
    return Reply(message="Uptime monitors deleted.", data={"ids": ids})


def list_of_service(connection: sqlite3.Connection, call: Call) -> Reply:
    """The monitors of a service, oldest first, by page."""
    service = ownership.service(connection, call.customer, call.path["id"])
    rows = connection.execute(_PAGE, (service["id"], *window(read_query(call, Paging)))).fetchall()
    return Reply(message="Uptime monitors.", data=[monitors.shown(row) for row in rows])


def get(connection: sqlite3.Connection, call: Call) -> Reply:
    """One monitor."""
    row = ownership.monitor(connection, call.customer, call.path["id"])
    return Reply(message="Uptime monitor.", data=monitors.shown(row))


def regions(connection: sqlite3.Connection, call: Call) -> Reply:
    """From where a monitor is to be checked. The local Pinghome has no regions of its own, and so no names for them."""
    row = ownership.monitor(connection, call.customer, call.path["id"])
    named = msgspec.json.decode(row["regions"], type=list[str])
    return Reply(message="Regions.", data=[{"id": region, "name": None} for region in named])


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
