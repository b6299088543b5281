"""Customers: profiles."""

from __future__ import annotations

import sqlite3
from typing import Final

from bridge.local.replies import Call, Reply, not_found

_PROFILE: Final = """
SELECT customers.*, organisations.name AS organisation_name FROM customers
JOIN organisations ON organisations.id = customers.organisation_id
WHERE customers.id = ? AND customers.organisation_id = ?
"""
_TEAMS: Final = """
SELECT teams.id, teams.name, team_members.role FROM team_members JOIN teams ON teams.id = team_members.team_id
WHERE team_members.customer_id = ? ORDER BY teams.id
"""


def get(connection: sqlite3.Connection, call: Call) -> Reply:
    """The profile of a customer of the same organisation, with the organisation and the teams."""
    row = connection.execute(_PROFILE, (call.path["customer_id"], call.customer.organisation_id)).fetchone()
    if row is None:
        raise not_found("customer")
    teams = connection.execute(_TEAMS, (row["id"],)).fetchall()
    data = {
        "customer_id": row["id"],
        "email": row["email"],
        "name": row["name"],
        "surname": row["surname"],
        "organisation_id": row["organisation_id"],
        "organisation": {"id": row["organisation_id"], "name": row["organisation_name"]},
        "teams": [{"team_id": team["id"], "name": team["name"], "role": team["role"]} for team in teams],
    }
    return Reply(message="Customer profile.", data=data)
