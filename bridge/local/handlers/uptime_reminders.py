"""Reminders before a monitor's certificate or domain expires: at most one of each.

They are kept and none is sent, because nothing here knows when anything expires.
"""

from __future__ import annotations

import sqlite3
from http import HTTPStatus
from typing import Any, Final

import msgspec

from bridge.local import ownership
from bridge.local.reading import read
from bridge.local.replies import Call, Refusal, Reply, not_found
from bridge.local.times import rfc3339
from bridge.pinghome.systems.uptime_models import Reminder

_FIND: Final = "SELECT * FROM monitor_reminders WHERE monitor_id = ? AND subject = ?"
_ADD: Final = """
INSERT INTO monitor_reminders (monitor_id, subject, days_before, created_at, updated_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING RETURNING *
"""
_UPDATE: Final = """
UPDATE monitor_reminders SET days_before = ?, updated_at = ? WHERE monitor_id = ? AND subject = ? RETURNING *
"""
_DELETE: Final = "DELETE FROM monitor_reminders WHERE monitor_id = ? AND subject = ? RETURNING monitor_id"


class _Reminders:
    """The four operations on the reminders of one subject."""

    def __init__(self, subject: str, name: str) -> None:
        self._subject = subject
        self._name = name

    def set(self, connection: sqlite3.Connection, call: Call) -> Reply:
        """A first reminder. 409 where there is one."""
        monitor = ownership.monitor(connection, call.customer, call.path["id"])
        days = _days(call)
        row = connection.execute(_ADD, (monitor["id"], self._subject, days, call.now, call.now)).fetchone()
        if row is None:
            raise Refusal(HTTPStatus.CONFLICT, f"There is a {self._name} already.")
        return Reply(message=f"The {self._name} is set.", data=_shown(row))

    def update(self, connection: sqlite3.Connection, call: Call) -> Reply:
        """Other days. 404 where there is no reminder."""
        monitor = ownership.monitor(connection, call.customer, call.path["id"])
        days = _days(call)
        row = connection.execute(_UPDATE, (days, call.now, monitor["id"], self._subject)).fetchone()
        return Reply(message=f"The {self._name} is updated.", data=_shown(self._there(row)))

    def delete(self, connection: sqlite3.Connection, call: Call) -> Reply:
        """No more reminder. 404 where there is none."""
        monitor = ownership.monitor(connection, call.customer, call.path["id"])
        row = self._there(connection.execute(_DELETE, (monitor["id"], self._subject)).fetchone())
        return Reply(message=f"The {self._name} is deleted.", data={"id": row["monitor_id"]})

    def get(self, connection: sqlite3.Connection, call: Call) -> Reply:
        """When one is to be reminded. 404 where there is no reminder."""
        monitor = ownership.monitor(connection, call.customer, call.path["id"])
        row = self._there(connection.execute(_FIND, (monitor["id"], self._subject)).fetchone())
        return Reply(message=f"The {self._name}.", data=_shown(row))

    def _there(self, row: sqlite3.Row | None) -> sqlite3.Row:
        if row is None:
            raise not_found(self._name)
        return row


SSL: Final = _Reminders("ssl", "certificate reminder")
TLD: Final = _Reminders("tld", "domain reminder")


def _days(call: Call) -> str:
    return msgspec.json.encode(read(call, Reminder).days_before).decode()


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["monitor_id"],
        "days_before": msgspec.json.decode(row["days_before"]),
        "created_at": rfc3339(row["created_at"]),
        "updated_at": rfc3339(row["updated_at"]),
    }
