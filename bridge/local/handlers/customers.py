"""Customers: profiles, and the end of an account."""

from __future__ import annotations

import sqlite3
from http import HTTPStatus
from typing import Any, Final

from bridge.local.accounts import codes, plans
from bridge.local.handlers.accounts import normal, refuse_taken, send_code
from bridge.local.reading import read
from bridge.local.replies import Call, Refusal, Reply, not_found
from bridge.pinghome.systems.customer import CustomerName, DeletionReason, Feedback, NewUsername, UsernameCode

USERNAME: Final = "username"

_PROFILE: Final = """
SELECT customers.*, organisations.name AS organisation_name FROM customers
JOIN organisations ON organisations.id = customers.organisation_id
WHERE customers.id = ? AND customers.organisation_id = ?
"""
_TEAMS: Final = """
SELECT teams.id, teams.name, team_members.role FROM team_members JOIN teams ON teams.id = team_members.team_id
WHERE team_members.customer_id = ? ORDER BY teams.id
"""
_OTHERS: Final = "SELECT 1 FROM customers WHERE organisation_id = ? AND id <> ?"
_ONLY_OWNED: Final = """
SELECT teams.id, teams.name,
       (SELECT count(*) FROM team_members WHERE team_members.team_id = teams.id) AS member_count
FROM team_members AS mine JOIN teams ON teams.id = mine.team_id
WHERE mine.customer_id = ? AND mine.role = 'owner' AND NOT EXISTS (
    SELECT 1 FROM team_members AS other
    WHERE other.team_id = teams.id AND other.role = 'owner' AND other.customer_id <> mine.customer_id
)
ORDER BY teams.id
"""


def get(connection: sqlite3.Connection, call: Call) -> Reply:
    """The profile of a customer of the same organisation, with the organisation and the teams."""
    return Reply(message="Customer profile.", data=_profile(connection, call, call.path["customer_id"]))


def update(connection: sqlite3.Connection, call: Call) -> Reply:
    """Change the customer's names."""
    wanted = read(call, CustomerName)
    connection.execute(
        "UPDATE customers SET name = ?, surname = ? WHERE id = ?", (wanted.name, wanted.surname, call.customer.id)
    )
    return Reply(message="Customer updated.", data=_profile(connection, call, call.customer.id))


def delete(connection: sqlite3.Connection, call: Call) -> Reply:
    """Delete the customer's account; all its sessions end. The reason is kept without whose it was.

    With the last account goes the organisation and everything in it: nobody could reach it any more. While there are
    others, a team that has members and no other owner is 409: who shall own it is not for us to say. Teams that have
    nobody else are deleted.
    """
    reason = read(call, DeletionReason).reason
    customer = call.customer
    if connection.execute(_OTHERS, (customer.organisation_id, customer.id)).fetchone() is None:
        _delete_organisation(connection, customer.organisation_id)
    else:
        _delete_own_teams(connection, customer.id)
        connection.execute("DELETE FROM customers WHERE id = ?", (customer.id,))
    _store_words(connection, None, "departure", reason, call.now)
    return Reply(message="Customer deleted.", data={"customer_id": customer.id})


def change_username(connection: sqlite3.Connection, call: Call) -> Reply:
    """Send a code to another e-mail address. The old one holds until the code comes back. 409 where it is taken."""
    email = normal(read(call, NewUsername).email)
    refuse_taken(connection, email)
    codes.slow_down(connection, USERNAME, call.customer.id, call.now)
    code = codes.issue(connection, USERNAME, call.customer.id, call.now, value=email)
    send_code(
        connection,
        code=code,
        email=email,
        what_for="sign in with this address",
        reference=call.customer.id,
        now=call.now,
    )
    return Reply(message="A code was sent to the new address. Confirm it to sign in with it.", data={"email": email})


def confirm_username(connection: sqlite3.Connection, call: Call) -> Reply | Refusal:
    """Sign in with the new e-mail address from now on. Sessions go on."""
    wanted = read(call, UsernameCode)
    given = codes.redeem(connection, USERNAME, call.customer.id, wanted.code, call.now, field="code")
    if isinstance(given, Refusal):
        return given
    email = given.value or ""
    refuse_taken(connection, email)
    connection.execute("UPDATE customers SET email = ? WHERE id = ?", (email, call.customer.id))
    return Reply(message="Username updated.", data=_profile(connection, call, call.customer.id))


def send_feedback(connection: sqlite3.Connection, call: Call) -> Reply:
    """Keep what the customer thinks. Nobody else is told."""
    _store_words(connection, call.customer.id, "feedback", read(call, Feedback).feedback, call.now)
    return Reply(message="Thank you for your feedback.")


def _profile(connection: sqlite3.Connection, call: Call, customer_id: str) -> dict[str, Any]:
    row = connection.execute(_PROFILE, (customer_id, call.customer.organisation_id)).fetchone()
    if row is None:
        raise not_found("customer")
    teams = connection.execute(_TEAMS, (row["id"],)).fetchall()
    return {
        "customer_id": row["id"],
        "email": row["email"],
        "name": row["name"],
        "surname": row["surname"],
        "organisation_id": row["organisation_id"],
        "organisation": {
            "id": row["organisation_id"],
            "name": row["organisation_name"],
            "subscription_id": plans.id_of(row["organisation_id"]),
        },
        "teams": [{"team_id": team["id"], "name": team["name"], "role": team["role"]} for team in teams],
    }


def _delete_own_teams(connection: sqlite3.Connection, customer_id: str) -> None:
    """The teams that have nobody else. Raises 409 for one that would be left without an owner."""
    owned = connection.execute(_ONLY_OWNED, (customer_id,)).fetchall()
    if shared := [team["name"] for team in owned if team["member_count"] > 1]:
        raise Refusal(
            HTTPStatus.CONFLICT,
            f"You are the only owner of {', '.join(shared)}: make somebody else one first, or delete the team.",
        )
    for team in owned:
        connection.execute("DELETE FROM teams WHERE id = ?", (team["id"],))


def _delete_organisation(connection: sqlite3.Connection, organisation_id: str) -> None:
    """Everything that is an organisation's. What names it in later steps of the schema goes by its foreign keys."""
    for statement in (
        "DELETE FROM teams WHERE organisation_id = ?",
        "DELETE FROM webhooks WHERE organisation_id = ?",
        "DELETE FROM customers WHERE organisation_id = ?",
        "DELETE FROM organisations WHERE id = ?",
    ):
        connection.execute(statement, (organisation_id,))


def _store_words(connection: sqlite3.Connection, customer_id: str | None, about: str, words: str, now: int) -> None:
    connection.execute(
        "INSERT INTO feedback (customer_id, about, words, created_at) VALUES (?, ?, ?, ?)",
        (customer_id, about, words, now),
    )
