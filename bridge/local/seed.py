"""The demo world: what a local Pinghome starts with on a developer's machine, so that the first alarm arrives.

It is made once. Whoever deletes a part of it keeps it deleted.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Final

import msgspec

from bridge.domain.conditions import Condition
from bridge.local.database import Database
from bridge.local.passwords import Passwords
from bridge.local.times import micros
from bridge.pinghome.demo import (
    DEMO_CUSTOMER_ID,
    DEMO_EMAIL,
    DEMO_HEARTBEAT_ID,
    DEMO_ORGANISATION_ID,
    DEMO_PASSWORD,
    DEMO_RULESET_ID,
    DEMO_SERVICE_ID,
    DEMO_TEAM_ID,
    DEMO_WEBHOOK_ID,
)

_HASH: Final = "SELECT password_hash FROM customers WHERE id = ?"
_FIRING: Final = Condition(key="status", operator="equal", values=("firing",))


async def settle_demo(database: Database, passwords: Passwords, now: datetime, *, demo: bool) -> None:
    """Make the demo world where it is wanted; where it is not, see to it that its published password opens nothing.

    The second matters for a folder that a developer's `up` has filled and that is later served to others.
    """
    account = await database.run(lambda connection: connection.execute(_HASH, (DEMO_CUSTOMER_ID,)).fetchone())
    if demo:
        if account is None or account["password_hash"] is None:
            password_hash = await passwords.hash(DEMO_PASSWORD)
            await database.run(lambda connection: _seed(connection, password_hash, micros(now)))
    elif account is not None and await passwords.verify(account["password_hash"], DEMO_PASSWORD):
        await database.run(_retire)


def _retire(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE customers SET password_hash = NULL WHERE id = ?", (DEMO_CUSTOMER_ID,))
    connection.execute("DELETE FROM tokens WHERE customer_id = ?", (DEMO_CUSTOMER_ID,))


def _seed(connection: sqlite3.Connection, password_hash: str, now: int) -> None:
    revived = connection.execute(
        "UPDATE customers SET password_hash = ? WHERE id = ? RETURNING id", (password_hash, DEMO_CUSTOMER_ID)
    ).fetchall()
    if not revived:
        _seed_people(connection, password_hash, now)
        _seed_monitoring(connection, now)


def _seed_people(connection: sqlite3.Connection, password_hash: str, now: int) -> None:
    connection.execute("INSERT INTO organisations VALUES (?, 'Demo', ?)", (DEMO_ORGANISATION_ID, now))
    connection.execute(
        "INSERT INTO customers VALUES (?, ?, ?, 'Demo', 'User', ?, ?)",
        (DEMO_CUSTOMER_ID, DEMO_ORGANISATION_ID, DEMO_EMAIL, password_hash, now),
    )
    connection.execute("INSERT INTO teams VALUES (?, ?, 'demo', ?)", (DEMO_TEAM_ID, DEMO_ORGANISATION_ID, now))
    connection.execute("INSERT INTO team_members VALUES (?, ?, 'owner', ?)", (DEMO_TEAM_ID, DEMO_CUSTOMER_ID, now))
    connection.execute(
        "INSERT INTO schedules VALUES (?, ?, ?, NULL, NULL, '[]', '[]', '[0,1,2,3,4,5,6]', '00:00:00', '24:00:00')",
        (DEMO_TEAM_ID, DEMO_CUSTOMER_ID, now),
    )


def _seed_monitoring(connection: sqlite3.Connection, now: int) -> None:
    connection.execute("INSERT INTO services VALUES (?, ?, 'demo', ?)", (DEMO_SERVICE_ID, DEMO_TEAM_ID, now))
    connection.execute(
        "INSERT INTO heartbeats VALUES (?, ?, 'demo-job', '[\"GET\",\"POST\"]', 60, 60, NULL, NULL, ?)",
        (DEMO_HEARTBEAT_ID, DEMO_SERVICE_ID, now),
    )
    connection.execute(
        "INSERT INTO webhooks VALUES (?, ?, 'alerts', 'Where the bridge delivers by default.', ?)",
        (DEMO_WEBHOOK_ID, DEMO_ORGANISATION_ID, now),
    )
    conditions = msgspec.json.encode([_FIRING]).decode()
    assignees = msgspec.json.encode([{"type": "team", "id": DEMO_TEAM_ID}]).decode()
    connection.execute(
        "INSERT INTO rulesets VALUES (?, ?, 'webhook', 'team', 'Firing alerts', 'Opened by a firing alert.', NULL,"
        " ?, ?, ?, ?)",
        (DEMO_RULESET_ID, DEMO_TEAM_ID, conditions, assignees, now, now),
    )
