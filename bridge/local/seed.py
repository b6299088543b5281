"""Putting a world into the database, so that the first alarm arrives.

The account and what belongs to it are made once: whoever deletes a part of it keeps it deleted, but an account that
was itself deleted is made again, with what else is missing. Where somebody signed up with its address, that is the
account. Webhooks and heartbeat monitors that the configuration refers to are made whenever they are missing: without
them nothing could be delivered.
"""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec

from bridge.domain.conditions import Condition
from bridge.local.accounts.passwords import Passwords
from bridge.local.storage.database import Database
from bridge.local.times import micros
from bridge.local.world import World
from bridge.pinghome.demo import DEMO_CUSTOMER_ID, DEMO_PASSWORD

_HASH: Final = "SELECT password_hash FROM customers WHERE id = ?"
_HOLDER: Final = """
SELECT customers.id, customers.organisation_id, team_members.team_id
FROM customers LEFT JOIN team_members ON team_members.customer_id = customers.id
WHERE customers.email = ? AND customers.id <> ? ORDER BY team_members.created_at, team_members.team_id LIMIT 1
"""
_FIRING: Final = Condition(key="status", operator="equal", values=("firing",))


async def settle(database: Database, passwords: Passwords, now: datetime, world: World | None) -> None:
    """Make the world where there is one. Where it is not the demo world, see to it that the demo account's
    published password opens nothing: a developer's folder may later be served to others."""
    if world is None or world.customer_id != DEMO_CUSTOMER_ID:
        published = await database.run(lambda connection: _password(connection, DEMO_CUSTOMER_ID))
        if published is not None and await passwords.verify(published, DEMO_PASSWORD):
            await database.run(_retire_demo)
    if world is None:
        return
    adopted = await database.run(lambda connection: _adopted(connection, world, micros(now)))
    if adopted is None and await database.run(lambda connection: _password(connection, world.customer_id)) is None:
        password_hash = await passwords.hash(world.password)
        await database.run(lambda connection: _seed(connection, world, password_hash, micros(now)))
    await database.run(lambda connection: _refer(connection, adopted or world, micros(now)))


def _password(connection: sqlite3.Connection, customer_id: str) -> str | None:
    account = connection.execute(_HASH, (customer_id,)).fetchone()
    found: str | None = None if account is None else account["password_hash"]
    return found


def _adopted(connection: sqlite3.Connection, world: World, now: int) -> World | None:
    """The world of somebody else who has the account's address; None where there is nobody."""
    account = connection.execute(_HOLDER, (world.email, world.customer_id)).fetchone()
    if account is None:
        return None
    adopted = replace(
        world,
        customer_id=account["id"],
        organisation_id=account["organisation_id"],
        team_id=account["team_id"] or str(uuid.uuid4()),
    )
    if account["team_id"] is None:
        _seed_team(connection, adopted, now)
    _seed_monitoring(connection, adopted, now)
    return adopted


def _retire_demo(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE customers SET password_hash = NULL WHERE id = ?", (DEMO_CUSTOMER_ID,))
    connection.execute("DELETE FROM tokens WHERE customer_id = ?", (DEMO_CUSTOMER_ID,))


def _seed(connection: sqlite3.Connection, world: World, password_hash: str, now: int) -> None:
    revived = connection.execute(
        "UPDATE customers SET password_hash = ? WHERE id = ? RETURNING id", (password_hash, world.customer_id)
    ).fetchall()
    if not revived:
        _seed_people(connection, world, password_hash, now)
        _seed_monitoring(connection, world, now)


def _seed_people(connection: sqlite3.Connection, world: World, password_hash: str, now: int) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO organisations VALUES (?, ?, ?)", (world.organisation_id, world.name.capitalize(), now)
    )
    connection.execute(
        "INSERT OR IGNORE INTO customers VALUES (?, ?, ?, ?, 'User', ?, ?)",
        (world.customer_id, world.organisation_id, world.email, world.name.capitalize(), password_hash, now),
    )
    _seed_team(connection, world, now)


def _seed_team(connection: sqlite3.Connection, world: World, now: int) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO teams VALUES (?, ?, ?, ?)", (world.team_id, world.organisation_id, world.name, now)
    )
    connection.execute(
        "INSERT OR IGNORE INTO team_members VALUES (?, ?, 'owner', ?)", (world.team_id, world.customer_id, now)
    )
    connection.execute(
        "INSERT OR IGNORE INTO schedules"
        " VALUES (?, ?, ?, NULL, NULL, '[]', '[]', '[0,1,2,3,4,5,6]', '00:00:00', '24:00:00')",
        (world.team_id, world.customer_id, now),
    )


def _seed_monitoring(connection: sqlite3.Connection, world: World, now: int) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO services VALUES (?, ?, ?, ?)", (world.service_id, world.team_id, world.name, now)
    )
    conditions = msgspec.json.encode([_FIRING]).decode()
    assignees = msgspec.json.encode([{"type": "team", "id": world.team_id}]).decode()
    connection.execute(
        "INSERT OR IGNORE INTO rulesets"
        " VALUES (?, ?, 'webhook', 'team', 'Firing alerts', 'Opened by a firing alert.', NULL, ?, ?, ?, ?)",
        (world.ruleset_id, world.team_id, conditions, assignees, now, now),
    )


def _refer(connection: sqlite3.Connection, world: World, now: int) -> None:
    """The webhooks and monitors by their given ids, as far as the organisation and the service still exist."""
    for webhook_id, name in world.webhooks.items():
        connection.execute(
            "INSERT OR IGNORE INTO webhooks SELECT ?, id, ?, 'The bridge delivers here.', ? FROM organisations"
            " WHERE id = ?",
            (webhook_id, name, now, world.organisation_id),
        )
    for heartbeat_id, name in world.heartbeats.items():
        connection.execute(
            "INSERT OR IGNORE INTO heartbeats"
            " (id, service_id, name, methods, period_seconds, grace_seconds, created_at)"
            ' SELECT ?, id, ?, \'["GET","POST"]\', 60, 60, ? FROM services WHERE id = ?',
            (heartbeat_id, name, now, world.service_id),
        )
