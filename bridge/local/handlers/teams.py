"""Teams and their members."""

from __future__ import annotations

import sqlite3
from typing import Final

from bridge.local import ownership
from bridge.local.replies import Call, Reply
from bridge.local.times import rfc3339

_MINE: Final = """
SELECT teams.id, teams.name, teams.created_at, mine.role,
       (SELECT count(*) FROM team_members WHERE team_members.team_id = teams.id) AS member_count
FROM team_members AS mine JOIN teams ON teams.id = mine.team_id
WHERE mine.customer_id = ? ORDER BY teams.created_at, teams.id
"""
_MEMBERS: Final = """
SELECT customers.id, customers.email, customers.name, customers.surname, team_members.role, team_members.created_at
FROM team_members JOIN customers ON customers.id = team_members.customer_id
WHERE team_members.team_id = ? ORDER BY team_members.created_at, customers.id
"""


def list_mine(connection: sqlite3.Connection, call: Call) -> Reply:
    """The teams that the customer is a member of."""
    rows = connection.execute(_MINE, (call.customer.id,)).fetchall()
    data = [
        {
            "team_id": row["id"],
            "name": row["name"],
            "member_count": row["member_count"],
            "role": row["role"],
            "created_at": rfc3339(row["created_at"]),
        }
        for row in rows
    ]
    return Reply(message="Teams.", data=data)


def members(connection: sqlite3.Connection, call: Call) -> Reply:
    """The members of a team. A member's id is the customer's: the texts name no other."""
    team = ownership.team(connection, call.customer, call.path["id"])
    rows = connection.execute(_MEMBERS, (team["id"],)).fetchall()
    data = [
        {
            "customer_id": row["id"],
            "team_member_id": row["id"],
            "email": row["email"],
            "name": row["name"],
            "surname": row["surname"],
            "role": row["role"],
            "created_at": rfc3339(row["created_at"]),
        }
        for row in rows
    ]
    return Reply(message="Team members.", data=data)
