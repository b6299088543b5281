"""Heartbeat monitors, and the data gateway's endpoint that jobs report to.

A monitor keeps `period_seconds` and `grace_seconds` as extras: the API's texts know none. What was reported is
stored and shown; that a report is missing is not judged here.
"""

from __future__ import annotations

import sqlite3
import uuid
from http import HTTPStatus
from typing import Any, Final

import msgspec

from bridge.local import ownership
from bridge.local.replies import Call, Fault, Refusal, Reply, created, invalid, not_found
from bridge.local.times import rfc3339, written
from bridge.local.validation import Fields, keyset, page, values

RESULTS: Final = ("tick", "run", "complete", "fail")
METHODS: Final = ("GET", "HEAD", "POST")
DEFAULT_METHODS: Final = ["GET"]
"""The one method that the texts document. HEAD is off unless asked for: link previews send it."""
MESSAGE_LIMIT: Final = 4096
_DAY: Final = 86_400
_NO_STORE: Final = {"Cache-Control": "no-store"}

_PAGE: Final = "SELECT * FROM heartbeats WHERE service_id = ? ORDER BY created_at, id LIMIT ? OFFSET ?"
_EVENTS: Final = """
SELECT * FROM heartbeat_events WHERE heartbeat_id = ? AND received_at < ? ORDER BY received_at DESC LIMIT ?
"""
# The time of an event is unique in its monitor, so that `last_received_at` is an exact cursor: two reports of the
# same microsecond are told apart by the next one, in the order in which they were taken.
_STORE: Final = """
INSERT INTO heartbeat_events (heartbeat_id, received_at, method, result, message, ip)
VALUES (:id, max(:now, coalesce((SELECT max(received_at) + 1 FROM heartbeat_events WHERE heartbeat_id = :id), 0)),
        :method, :result, :message, :ip)
RETURNING id, received_at
"""


def create(connection: sqlite3.Connection, call: Call) -> Reply:
    """A new monitor of a service."""
    fields = Fields(call.json_object())
    name, service_id = fields.text("name"), fields.text("service_id")
    methods = _methods(fields, default=DEFAULT_METHODS)
    period, grace = _seconds(fields, "period_seconds", 60), _seconds(fields, "grace_seconds", 60)
    fields.check()
    ownership.service(connection, call.customer, service_id, named_by="service_id")
    row = connection.execute(
        "INSERT INTO heartbeats VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, ?) RETURNING *",
        (str(uuid.uuid4()), service_id, name, _json(methods), period, grace, call.now),
    ).fetchone()
    return created("Heartbeat monitor created.", _shown(row))


def get(connection: sqlite3.Connection, call: Call) -> Reply:
    """One monitor with its last report."""
    row = ownership.heartbeat(connection, call.customer, call.path["id"])
    return Reply(message="Heartbeat monitor.", data=_shown(row))


def list_of_service(connection: sqlite3.Connection, call: Call) -> Reply:
    """The monitors of a service, oldest first, by page."""
    service = ownership.service(connection, call.customer, call.path["id"])
    rows = connection.execute(_PAGE, (service["id"], *page(call))).fetchall()
    return Reply(message="Heartbeat monitors.", data=[_shown(row) for row in rows])


def update(connection: sqlite3.Connection, call: Call) -> Reply:
    """Change a monitor. `methods` and the two periods stay as they are where they are left out."""
    before = ownership.heartbeat(connection, call.customer, call.path["id"])
    fields = Fields(call.json_object())
    name, service_id = fields.text("name"), fields.text("service_id")
    methods = _methods(fields, default=msgspec.json.decode(before["methods"]))
    period = _seconds(fields, "period_seconds", before["period_seconds"])
    grace = _seconds(fields, "grace_seconds", before["grace_seconds"])
    fields.check()
    ownership.service(connection, call.customer, service_id, named_by="service_id")
    row = connection.execute(
        "UPDATE heartbeats SET name = ?, service_id = ?, methods = ?, period_seconds = ?, grace_seconds = ?"
        " WHERE id = ? RETURNING *",
        (name, service_id, _json(methods), period, grace, before["id"]),
    ).fetchone()
    return Reply(message="Heartbeat monitor updated.", data=_shown(row))


def delete(connection: sqlite3.Connection, call: Call) -> Reply:
    """Delete one monitor and its events."""
    row = ownership.heartbeat(connection, call.customer, call.path["id"])
    connection.execute("DELETE FROM heartbeats WHERE id = ?", (row["id"],))
    return Reply(message="Heartbeat monitor deleted.", data={"id": row["id"]})


def delete_many(connection: sqlite3.Connection, call: Call) -> Reply:
    """Delete the monitors of the query parameter `id`: all of them, or none if one is not the customer's."""
    ids = values(call, "id")
    if not ids:
        raise invalid(Fault(field="id", message="is required"))
    for heartbeat_id in ids:
        ownership.heartbeat(connection, call.customer, heartbeat_id)
        connection.execute("DELETE FROM heartbeats WHERE id = ?", (heartbeat_id,))
    return Reply(message="Heartbeat monitors deleted.", data={"ids": ids})


def events(connection: sqlite3.Connection, call: Call) -> Reply:
    """What was reported, newest first; `last_received_at` continues below that time."""
    heartbeat = ownership.heartbeat(connection, call.customer, call.path["id"])
    before, limit = keyset(call)
    rows = connection.execute(_EVENTS, (heartbeat["id"], before, limit)).fetchall()
    data = [
        {
            "id": row["id"],
            "result": row["result"],
            "message": row["message"],
            "method": row["method"],
            "ip": row["ip"],
            "received_at": rfc3339(row["received_at"]),
        }
        for row in rows
    ]
    return Reply(message="Heartbeat events.", data=data)


def submit(connection: sqlite3.Connection, call: Call) -> Reply:
    """Store a report. A method that the monitor does not take is 405: HTTP has a word for just that, and `Allow`."""
    monitor = connection.execute("SELECT id, methods FROM heartbeats WHERE id = ?", (call.path["id"],)).fetchone()
    if monitor is None:
        raise not_found("heartbeat")
    methods = msgspec.json.decode(monitor["methods"], type=list[str])
    if call.method not in methods:
        headers = {"Allow": ", ".join(methods), **_NO_STORE}
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "This heartbeat does not take that method.", headers=headers)
    fields = Fields({name: found[0] for name, found in call.query.items()})
    result = fields.optional_choice("result", RESULTS) or "tick"
    message = fields.optional_text("message", limit=MESSAGE_LIMIT)
    fields.check()
    stored = connection.execute(
        _STORE,
        {
            "id": monitor["id"],
            "now": call.now,
            "method": call.method,
            "result": result,
            "message": message,
            "ip": call.ip,
        },
    ).fetchone()
    connection.execute(
        "UPDATE heartbeats SET last_result = ?, last_received_at = ? WHERE id = ?",
        (result, stored["received_at"], monitor["id"]),
    )
    data = {"id": stored["id"], "result": result, "received_at": rfc3339(stored["received_at"])}
    return Reply(message="Heartbeat event received.", data=data, headers=_NO_STORE)


def _methods(fields: Fields, *, default: list[str]) -> list[str]:
    methods = fields.members("methods", of=str, what="strings")
    if any(method not in METHODS for method in methods):
        fields.fault("methods", f"may hold {', '.join(METHODS)}")
    return list(dict.fromkeys(methods)) or default


def _seconds(fields: Fields, name: str, default: int) -> int:
    return fields.whole(name, default=default, low=1, high=366 * _DAY)


def _json(value: list[str]) -> str:
    return msgspec.json.encode(value).decode()


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "service_id": row["service_id"],
        "methods": msgspec.json.decode(row["methods"]),
        "period_seconds": row["period_seconds"],
        "grace_seconds": row["grace_seconds"],
        "last_result": row["last_result"],
        "last_received_at": written(row["last_received_at"]),
        "created_at": rfc3339(row["created_at"]),
    }
