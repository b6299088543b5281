"""Whom an incident goes to: its assignees, a team among them by who of it is on call now.

Nobody is never an answer: a team of which nobody is on call, or whose schedule has no meaning, is its owners.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import msgspec

from bridge.domain import oncall

Reason = Literal["on call", "assigned", "fallback: owners"]

RULES: Final = oncall.Rules(zone="UTC")
"""Teams have no zone of their own: schedules are in UTC."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ENTRIES: Final = "SELECT * FROM schedules WHERE team_id = ?"
_OWNERS: Final = """
SELECT customer_id FROM team_members WHERE team_id = ?
ORDER BY role <> 'owner', role <> 'admin', created_at, customer_id
"""
_OWNER_COUNT: Final = "SELECT count(*) FROM team_members WHERE team_id = ? AND role = 'owner'"
_TEAM: Final = """
SELECT one.id FROM teams AS mine JOIN teams AS one ON one.organisation_id = mine.organisation_id
WHERE mine.id = ? AND one.id = ?
"""
_CUSTOMER: Final = """
SELECT customers.id FROM teams JOIN customers ON customers.organisation_id = teams.organisation_id
WHERE teams.id = ? AND customers.id = ?
"""


@dataclass(frozen=True, slots=True)
class Responder:
    """One who is told of an incident, and why."""

    customer_id: str
    reason: Reason


def responders(
    connection: sqlite3.Connection, team_id: str, assignees: Sequence[dict[str, Any]], now: int
) -> list[Responder]:
    """The people behind the assignees of a team's incident, each once; without any, those of the team itself.

    Assignees that are not of the team's organisation are nobody. `now` is in microseconds since 1970.
    """
    found = [person for assignee in assignees for person in _behind(connection, team_id, assignee, now)]
    found = found or _of_team(connection, team_id, now)
    return list({person.customer_id: person for person in reversed(found)}.values())[::-1]


def _behind(connection: sqlite3.Connection, team_id: str, assignee: dict[str, Any], now: int) -> list[Responder]:
    match assignee:
        case {"type": "team", "id": str(wanted)}:
            row = connection.execute(_TEAM, (team_id, wanted)).fetchone()
            return [] if row is None else _of_team(connection, wanted, now)
        case {"type": "customer", "id": str(wanted)}:
            row = connection.execute(_CUSTOMER, (team_id, wanted)).fetchone()
            return [] if row is None else [Responder(wanted, "assigned")]
        case _:
            return []


def _of_team(connection: sqlite3.Connection, team_id: str, now: int) -> list[Responder]:
    on_call = on_duty(connection, team_id, now)
    if on_call:
        return [Responder(customer_id, "on call") for customer_id in on_call]
    ranked = [row["customer_id"] for row in connection.execute(_OWNERS, (team_id,))]
    # A team always has an owner; should it have none all the same, its first member is told.
    owners = max(1, connection.execute(_OWNER_COUNT, (team_id,)).fetchone()[0])
    return [Responder(customer_id, "fallback: owners") for customer_id in ranked[:owners]]


def on_duty(connection: sqlite3.Connection, team_id: str, now: int) -> tuple[str, ...]:
    """The members of a team who are on call by its schedule. `now` is in microseconds since 1970."""
    documents = [_document(row) for row in connection.execute(_ENTRIES, (team_id,))]
    at = _EPOCH + timedelta(microseconds=now)
    entries = oncall.read(documents, RULES).entries
    return oncall.compile(entries, RULES, (at, at + timedelta(seconds=1))).who(at)


def _document(row: sqlite3.Row) -> dict[str, Any]:
    """An entry in the API's words."""
    lists = {name: msgspec.json.decode(row[name]) for name in ("months_of_year", "weeks_of_month", "week_days")}
    created_at = _EPOCH + timedelta(microseconds=row["created_at"])
    return {**dict(row), **lists, "created_at": created_at.isoformat()}
