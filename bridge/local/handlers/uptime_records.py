"""What is known of an uptime monitor's target: nothing yet, and each answer says so."""

from __future__ import annotations

import sqlite3
from typing import Final

from bridge.local import ownership
from bridge.local.parts import DEFAULT_LIMIT, bounds
from bridge.local.reading import read_query
from bridge.local.replies import Call, Reply
from bridge.local.times import rfc3339
from bridge.pinghome.systems.uptime_models import ReportPeriod, StatePeriod

_STATES: Final = """
SELECT * FROM monitor_states WHERE monitor_id = ? AND changed_at BETWEEN ? AND ? ORDER BY changed_at DESC LIMIT ?
"""


def ssl(connection: sqlite3.Connection, call: Call) -> Reply:
    """The certificate: every value is null, because no certificate has been looked at."""
    row = ownership.monitor(connection, call.customer, call.path["id"])
    data = {"id": row["id"], "issuer": None, "subject": None, "expires_at": None, "checked_at": None}
    return Reply(message="The certificate has not been checked.", data=data)


def tld(connection: sqlite3.Connection, call: Call) -> Reply:
    """The domain's registration: every value is null, because no registry has been asked."""
    row = ownership.monitor(connection, call.customer, call.path["id"])
    data = {"id": row["id"], "registrar": None, "expires_at": None, "checked_at": None}
    return Reply(message="The domain has not been checked.", data=data)


def statistic(connection: sqlite3.Connection, call: Call) -> Reply:
    """How a monitor did: no points and no averages, because nothing has been measured."""
    row = ownership.monitor(connection, call.customer, call.path["id"])
    period = read_query(call, ReportPeriod)
    bounds(period)
    data = {"id": row["id"], "interval": period.interval, "uptime": None, "response_time": None, "points": []}
    return Reply(message="Nothing has been measured.", data=data)


def state_changes(connection: sqlite3.Connection, call: Call) -> Reply:
    """The changes of a monitor's state, newest first. Switching it on and off are the only ones there can be yet."""
    row = ownership.monitor(connection, call.customer, call.path["id"])
    period = read_query(call, StatePeriod)
    rows = connection.execute(_STATES, (row["id"], *bounds(period), period.limit or DEFAULT_LIMIT)).fetchall()
    data = [
        {"state": change["state"], "changed_at": rfc3339(change["changed_at"]), "reason": change["reason"]}
        for change in rows
    ]
    return Reply(message="State changes.", data=data)
