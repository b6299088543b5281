"""Heartbeat monitors, and the data gateway's endpoint that jobs report to.

A monitor keeps `period_seconds` and `grace_seconds` as extras: the API's texts know none. What a missing report does
is in `bridge.local.monitoring.pulse`.
"""

from __future__ import annotations

import sqlite3
import uuid
from http import HTTPStatus
from typing import Any, Final

import msgspec

from bridge.local import ownership
from bridge.local.monitoring import pulse
from bridge.local.monitoring.heartbeat_statistics import INTERVALS, statistics
from bridge.local.parts import below, window
from bridge.local.reading import read, read_query
from bridge.local.replies import Call, Fault, Refusal, Reply, created, invalid, not_found
from bridge.local.times import parse, rfc3339, written
from bridge.pinghome.systems.heartbeat import HeartbeatChange, HeartbeatPeriod, HeartbeatReport, NewHeartbeat
from bridge.pinghome.systems.shared import Ids, Older, Paging

DEFAULT_METHODS: Final = ["GET"]
"""The one method that the texts document. HEAD is off unless asked for: link previews send it."""
DEFAULT_SECONDS: Final = 60
DEFAULT_INTERVAL: Final = "1d"
LONGEST_PERIOD: Final = 400 * 86_400 * 1_000_000
"""Microseconds that statistics may span."""
_NO_STORE: Final = {"Cache-Control": "no-store"}

_CREATE: Final = """
INSERT INTO heartbeats (id, service_id, name, methods, period_seconds, grace_seconds, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *
"""
_UPDATE: Final = """
UPDATE heartbeats SET name = :name, service_id = :service_id, methods = :methods, period_seconds = :period,
    grace_seconds = :grace, due_at = :due_at
WHERE id = :id RETURNING *
"""
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
    """A new monitor of a service. Nothing is expected of it before its first report."""
    wanted = read(call, NewHeartbeat)
    ownership.service(connection, call.customer, wanted.service_id, named_by="service_id")
    values = (
        str(uuid.uuid4()),
        wanted.service_id,
        wanted.name,
        _json(wanted.methods or DEFAULT_METHODS),
        wanted.period_seconds or DEFAULT_SECONDS,
        wanted.grace_seconds or DEFAULT_SECONDS,
        call.now,
    )
    return created("Heartbeat monitor created.", _shown(connection.execute(_CREATE, values).fetchone()))


def get(connection: sqlite3.Connection, call: Call) -> Reply:
    """One monitor with its last report."""
    row = ownership.heartbeat(connection, call.customer, call.path["id"])
    return Reply(message="Heartbeat monitor.", data=_shown(row))


def list_of_service(connection: sqlite3.Connection, call: Call) -> Reply:
    """The monitors of a service, oldest first, by page."""
    service = ownership.service(connection, call.customer, call.path["id"])
    rows = connection.execute(_PAGE, (service["id"], *window(read_query(call, Paging)))).fetchall()
    return Reply(message="Heartbeat monitors.", data=[_shown(row) for row in rows])


def update(connection: sqlite3.Connection, call: Call) -> Reply:
    """Change a monitor. The two periods stay as they are where they are left out; they count from the last report."""
    before = ownership.heartbeat(connection, call.customer, call.path["id"])
    wanted = read(call, HeartbeatChange)
    ownership.service(connection, call.customer, wanted.service_id, named_by="service_id")
    period = wanted.period_seconds or before["period_seconds"]
    grace = wanted.grace_seconds or before["grace_seconds"]
    change = {
        "id": before["id"],
        "name": wanted.name,
        "service_id": wanted.service_id,
        "methods": _json(wanted.methods or DEFAULT_METHODS),
        "period": period,
        "grace": grace,
        "due_at": pulse.due_at(before["status"], before["last_received_at"], period, grace),
    }
    row = connection.execute(_UPDATE, change).fetchone()
    return Reply(message="Heartbeat monitor updated.", data=_shown(row))


def delete(connection: sqlite3.Connection, call: Call) -> Reply:
    """Delete one monitor and its events. Incidents that it opened are resolved: nothing could do so any more."""
    row = ownership.heartbeat(connection, call.customer, call.path["id"])
    pulse.forget(connection, row["id"], call.now)
    return Reply(message="Heartbeat monitor deleted.", data={"id": row["id"]})


def delete_many(connection: sqlite3.Connection, call: Call) -> Reply:
    """Delete the monitors of the query parameter `id`: all of them, or none if one is not the customer's."""
    ids = read_query(call, Ids).id
    for heartbeat_id in ids:
        pulse.forget(connection, ownership.heartbeat(connection, call.customer, heartbeat_id)["id"], call.now)
    return Reply(message="Heartbeat monitors deleted.", data={"ids": ids})


def events(connection: sqlite3.Connection, call: Call) -> Reply:
    """What was reported, newest first; `last_received_at` continues below that time."""
    heartbeat = ownership.heartbeat(connection, call.customer, call.path["id"])
    before, limit = below(read_query(call, Older))
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


def statistic(connection: sqlite3.Connection, call: Call) -> Reply:
    """How a monitor did from `start_date` up to `end_date` (now). Without a `start_date`, `interval` says how far
    back: a day if it is left out too."""
    heartbeat = ownership.heartbeat(connection, call.customer, call.path["id"])
    wanted = read_query(call, HeartbeatPeriod)
    end = min(call.now, _time("end_date", wanted.end_date, call.now))
    start = _time("start_date", wanted.start_date, end - INTERVALS[wanted.interval or DEFAULT_INTERVAL])
    if start >= end:
        raise invalid(Fault(field="start_date", message="must be before end_date and in the past"))
    if end - start > LONGEST_PERIOD:
        raise invalid(Fault(field="start_date", message="must be at most 400 days before end_date"))
    return Reply(message="Heartbeat statistics.", data=statistics(connection, heartbeat, start, end))


def submit(connection: sqlite3.Connection, call: Call) -> Reply:
    """Store a report. A method that the monitor does not take is 405: HTTP has a word for just that, and `Allow`."""
    monitor = connection.execute("SELECT id, methods FROM heartbeats WHERE id = ?", (call.path["id"],)).fetchone()
    if monitor is None:
        raise not_found("heartbeat")
    methods = msgspec.json.decode(monitor["methods"], type=list[str])
    if call.method not in methods:
        headers = {"Allow": ", ".join(methods), **_NO_STORE}
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "This heartbeat does not take that method.", headers=headers)
    report = read_query(call, HeartbeatReport)
    result = report.result or "tick"
    stored = connection.execute(
        _STORE,
        {
            "id": monitor["id"],
            "now": call.now,
            "method": call.method,
            "result": result,
            "message": report.message,
            "ip": call.ip,
        },
    ).fetchone()
    pulse.heard(connection, monitor["id"], result, stored["received_at"])
    data = {"id": stored["id"], "result": result, "received_at": rfc3339(stored["received_at"])}
    return Reply(message="Heartbeat event received.", data=data, headers=_NO_STORE)


def _time(name: str, text: str | None, default: int) -> int:
    try:
        return default if text is None else parse(text)
    except (ValueError, OverflowError):
        raise invalid(Fault(field=name, message="must be a time as of RFC 3339")) from None


def _json(methods: list[Any]) -> str:
    return msgspec.json.encode(list(dict.fromkeys(methods))).decode()


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "service_id": row["service_id"],
        "methods": msgspec.json.decode(row["methods"]),
        "period_seconds": row["period_seconds"],
        "grace_seconds": row["grace_seconds"],
        "status": row["status"],
        "status_since": written(row["status_since"]),
        "due_at": written(row["due_at"]),
        "last_result": row["last_result"],
        "last_received_at": written(row["last_received_at"]),
        "created_at": rfc3339(row["created_at"]),
    }
