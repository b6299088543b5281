"""Teams and their members. Who may do what: `bridge.local.accounts.membership`."""

from __future__ import annotations

import sqlite3
import uuid
from http import HTTPStatus
from typing import Any, Final

from bridge.local import ownership
from bridge.local.accounts import membership
from bridge.local.reading import read
from bridge.local.replies import Call, Refusal, Reply, created
from bridge.local.times import rfc3339
from bridge.pinghome.systems.team import MemberChange, TeamName

_MINE: Final = """
SELECT teams.id, teams.name, teams.created_at, mine.role,
       (SELECT count(*) FROM team_members WHERE team_members.team_id = teams.id) AS member_count
FROM team_members AS mine JOIN teams ON teams.id = mine.team_id
WHERE mine.customer_id = ? ORDER BY teams.created_at, teams.id
"""
_ONE: Final = _MINE.replace("ORDER BY", "AND teams.id = ? ORDER BY")
_MEMBERS: Final = """
SELECT customers.id, customers.email, customers.name, customers.surname, team_members.role, team_members.created_at
FROM team_members JOIN customers ON customers.id = team_members.customer_id
WHERE team_members.team_id = ? ORDER BY team_members.created_at, customers.id
"""


def list_mine(connection: sqlite3.Connection, call: Call) -> Reply:
    """The teams that the customer is a member of."""
    rows = connection.execute(_MINE, (call.customer.id,)).fetchall()
    return Reply(message="Teams.", data=[_team(row) for row in rows])


def create(connection: sqlite3.Connection, call: Call) -> Reply:
    """A new team of the customer's organisation, which they own."""
    wanted = read(call, TeamName)
    team_id = str(uuid.uuid4())
    connection.execute(
        "INSERT INTO teams VALUES (?, ?, ?, ?)", (team_id, call.customer.organisation_id, wanted.name, call.now)
    )
    membership.join(connection, team_id, call.customer.id, "owner", call.now)
    return created("Team created.", _shown(connection, call, team_id))


def update(connection: sqlite3.Connection, call: Call) -> Reply:
    """Rename a team."""
    team = ownership.team(connection, call.customer, call.path["id"])
    membership.require(team, "rename")
    wanted = read(call, TeamName)
    connection.execute("UPDATE teams SET name = ? WHERE id = ?", (wanted.name, team["id"]))
    return Reply(message="Team updated.", data=_shown(connection, call, team["id"]))


def delete(connection: sqlite3.Connection, call: Call) -> Reply:
    """Delete a team and all that is its: services with their monitors, rulesets, incidents, schedules, invitations."""
    team = ownership.team(connection, call.customer, call.path["id"])
    membership.require(team, "delete")
    connection.execute("DELETE FROM teams WHERE id = ?", (team["id"],))
    return Reply(message="Team deleted.", data={"id": team["id"]})


def members(connection: sqlite3.Connection, call: Call) -> Reply:
    """The members of a team."""
    team = ownership.team(connection, call.customer, call.path["id"])
    rows = connection.execute(_MEMBERS, (team["id"],)).fetchall()
    return Reply(message="Team members.", data=[_member(row) for row in rows])


def update_member(connection: sqlite3.Connection, call: Call) -> Reply:
    """Give a member another role, or move them to another team of the organisation, where both are the customer's
    to change. Whoever moves leaves the old team's schedule."""
    team = ownership.team(connection, call.customer, call.path["id"])
    membership.require(team, "change the members of")
    before = membership.member(connection, team["id"], call.path["memberId"])
    wanted = read(call, MemberChange)
    target = ownership.team(connection, call.customer, wanted.new_team_id, named_by="new_team_id")
    membership.require(target, "change the members of")
    membership.require_rank(team, before["role"])
    membership.require_rank(target, wanted.role)
    if target["id"] != team["id"]:
        if membership.is_member(connection, target["id"], before["id"]):
            raise Refusal(HTTPStatus.CONFLICT, "The customer is a member of that team already.")
        membership.keep_an_owner(connection, team["id"], before)
        membership.leave(connection, team["id"], before["id"])
        membership.join(connection, target["id"], before["id"], wanted.role, call.now)
    else:
        if wanted.role != "owner":
            membership.keep_an_owner(connection, team["id"], before)
        connection.execute(
            "UPDATE team_members SET role = ? WHERE team_id = ? AND customer_id = ?",
            (wanted.role, team["id"], before["id"]),
        )
    after = membership.member(connection, target["id"], before["id"])
    return Reply(message="Team member updated.", data={"team_id": target["id"], **_member(after)})


def remove_member(connection: sqlite3.Connection, call: Call) -> Reply:
    """Remove a member. Everybody may remove themselves; their account stays."""
    team = ownership.team(connection, call.customer, call.path["id"])
    leaves = call.path["memberId"] == call.customer.id
    if not leaves:
        membership.require(team, "change the members of")
    gone = membership.member(connection, team["id"], call.path["memberId"])
    membership.require_rank(team, gone["role"])
    membership.keep_an_owner(connection, team["id"], gone)
    membership.leave(connection, team["id"], gone["id"])
    return Reply(message="Team member removed.", data={"team_member_id": gone["id"]})


def _shown(connection: sqlite3.Connection, call: Call, team_id: str) -> dict[str, Any]:
    return _team(connection.execute(_ONE, (call.customer.id, team_id)).fetchone())


def _team(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "team_id": row["id"],
        "name": row["name"],
        "member_count": row["member_count"],
        "role": row["role"],
        "created_at": rfc3339(row["created_at"]),
    }


def _member(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "customer_id": row["id"],
        "team_member_id": row["id"],
        "email": row["email"],
        "name": row["name"],
        "surname": row["surname"],
        "role": row["role"],
        "created_at": rfc3339(row["created_at"]),
    }
