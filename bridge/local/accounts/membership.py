"""Roles in a team, and what they allow.

| role | reads, and changes services and rules | invites, changes channels | renames, deletes, changes members |
|---|---|---|---|
| user | yes | | |
| manager | yes | yes | |
| admin | yes | yes | yes, up to admins |
| owner | yes | yes | yes |

Everybody may leave. Nobody gives, takes or changes a role above their own. A team always has an owner.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, Literal

from bridge.local.replies import Refusal, not_found
from bridge.pinghome.systems.team import Role

Right = Literal["invite", "change the channels of", "rename", "delete", "change the members of"]

RANKS: Final[Mapping[str, int]] = {"user": 0, "manager": 1, "admin": 2, "owner": 3}
LOWEST: Final[Mapping[Right, Role]] = {
    "invite": "manager",
    "change the channels of": "manager",
    "rename": "admin",
    "delete": "admin",
    "change the members of": "admin",
}
"""The lowest role that may."""
JOINING: Final[Role] = "user"
"""What somebody is who was invited: an invitation names no role."""

_MEMBER: Final = """
SELECT customers.id, customers.email, customers.name, customers.surname, team_members.role, team_members.created_at
FROM team_members JOIN customers ON customers.id = team_members.customer_id
WHERE team_members.team_id = ? AND team_members.customer_id = ?
"""
_OTHER_OWNER: Final = "SELECT 1 FROM team_members WHERE team_id = ? AND customer_id <> ? AND role = 'owner'"


def require(team: sqlite3.Row, right: Right) -> None:
    """Raises 403 unless the customer's role in that team (`my_role`, as `ownership.team` gives it) is high enough."""
    if RANKS[team["my_role"]] < RANKS[LOWEST[right]]:
        what = "invite to" if right == "invite" else right
        raise Refusal(HTTPStatus.FORBIDDEN, f"Your role does not allow you to {what} this team.")


def require_rank(team: sqlite3.Row, role: str) -> None:
    """Raises 403 for a role above the customer's own in that team."""
    if RANKS[role] > RANKS[team["my_role"]]:
        raise Refusal(HTTPStatus.FORBIDDEN, f"Only an owner may do that with the role {role}.")


def member(connection: sqlite3.Connection, team_id: str, customer_id: str) -> sqlite3.Row:
    """A member of a team. A member's id is the customer's: the texts name no other. Raises 404."""
    row: sqlite3.Row | None = connection.execute(_MEMBER, (team_id, customer_id)).fetchone()
    if row is None:
        raise not_found("member")
    return row


def is_member(connection: sqlite3.Connection, team_id: str, customer_id: str) -> bool:
    """Whether somebody belongs to a team."""
    return connection.execute(_MEMBER, (team_id, customer_id)).fetchone() is not None


def join(connection: sqlite3.Connection, team_id: str, customer_id: str, role: str, now: int) -> None:
    """Make somebody a member."""
    connection.execute("INSERT INTO team_members VALUES (?, ?, ?, ?)", (team_id, customer_id, role, now))


def leave(connection: sqlite3.Connection, team_id: str, customer_id: str) -> None:
    """Make somebody no member any more; their entries in the team's schedule end with it."""
    connection.execute("DELETE FROM team_members WHERE team_id = ? AND customer_id = ?", (team_id, customer_id))


def keep_an_owner(connection: sqlite3.Connection, team_id: str, leaving: sqlite3.Row) -> None:
    """Raises 409 where this member is the team's only owner."""
    if leaving["role"] == "owner" and connection.execute(_OTHER_OWNER, (team_id, leaving["id"])).fetchone() is None:
        raise Refusal(HTTPStatus.CONFLICT, "A team needs an owner: make somebody else one first, or delete the team.")
