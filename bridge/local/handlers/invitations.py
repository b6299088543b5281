"""Invitations to a team.

Whoever signs up with an invited e-mail address joins on confirming it. A colleague who has an account in the
organisation joins at once: the API has no way to accept. By text message people are told and no more: nothing ties a
telephone number to a new account, so that such an invitation stays pending. Nothing in the API declines one.
"""

from __future__ import annotations

import re
import sqlite3
from http import HTTPStatus
from typing import Any, Final

from bridge.local import ownership
from bridge.local.accounts import membership
from bridge.local.accounts.limits import too_soon
from bridge.local.messages.outbox import Message, post
from bridge.local.reading import read
from bridge.local.replies import Call, Fault, Refusal, Reply, created, invalid, not_found
from bridge.local.times import rfc3339
from bridge.pinghome.systems.team import Invitation, InvitedAt

REMINDER_SECONDS: Final = 600
"""How long after a message about an invitation the next one may be sent."""

_FORMS: Final = {
    "email": (re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"), "must be an e-mail address"),
    # ITU-T E.164: a plus sign and at most 15 digits.
    "sms": (re.compile(r"\+[1-9][0-9]{6,14}"), "must be a telephone number with its country code, +994551234567"),
}
_OF_TEAM: Final = """
SELECT invitations.*, customers.email, customers.name, customers.surname FROM invitations
LEFT JOIN customers ON customers.id = invitations.sender_id
WHERE invitations.team_id = ?
"""
_LIST: Final = f"{_OF_TEAM} ORDER BY invitations.created_at, invitations.channel_value"
_ONE: Final = f"{_OF_TEAM} AND invitations.channel_value = ?"
_PENDING: Final = "SELECT * FROM invitations WHERE team_id = ? AND channel_value = ? AND status = 'pending'"


def list_of_team(connection: sqlite3.Connection, call: Call) -> Reply:
    """Whom the team invited, oldest first, with what became of it."""
    team = ownership.team(connection, call.customer, call.path["id"])
    rows = connection.execute(_LIST, (team["id"],)).fetchall()
    return Reply(message="Invitations.", data=[_shown(row) for row in rows])


def invite(connection: sqlite3.Connection, call: Call) -> Reply:
    """Invite somebody. 409 for who is invited, or a member, or has an account in another organisation."""
    team = ownership.team(connection, call.customer, call.path["id"])
    membership.require(team, "invite")
    wanted = read(call, Invitation)
    value = _normal(wanted.channel_value)
    form, fault = _FORMS[wanted.channel_type]
    if not form.fullmatch(value):
        raise invalid(Fault(field="channel_value", message=fault))
    if connection.execute(_PENDING, (team["id"], value)).fetchone() is not None:
        raise _conflict("is invited already")
    colleague = _colleague(connection, call, team, value)
    status = "pending" if colleague is None else "accepted"
    connection.execute(
        "INSERT OR REPLACE INTO invitations VALUES (?, ?, ?, ?, ?, ?, ?)",
        (team["id"], value, wanted.channel_type, call.customer.id, status, call.now, call.now),
    )
    if colleague is not None:
        membership.join(connection, team["id"], colleague, membership.JOINING, call.now)
    _tell(connection, call, team, value, wanted.channel_type, joined=colleague is not None)
    return created("Invitation sent.", _shown(connection.execute(_ONE, (team["id"], value)).fetchone()))


def withdraw(connection: sqlite3.Connection, call: Call) -> Reply:
    """Take an invitation back that is still pending."""
    team = ownership.team(connection, call.customer, call.path["id"])
    membership.require(team, "invite")
    row = _pending(connection, team, _normal(read(call, InvitedAt).channel_value))
    connection.execute(
        "DELETE FROM invitations WHERE team_id = ? AND channel_value = ?", (team["id"], row["channel_value"])
    )
    return Reply(message="Invitation withdrawn.", data={"channel_value": row["channel_value"]})


def remind(connection: sqlite3.Connection, call: Call) -> Reply:
    """Send a pending invitation again. 429 within ten minutes of the last time."""
    team = ownership.team(connection, call.customer, call.path["id"])
    membership.require(team, "invite")
    row = _pending(connection, team, _normal(read(call, InvitedAt).channel_value))
    free_at = row["sent_at"] + REMINDER_SECONDS * 1_000_000
    if call.now < free_at:
        raise too_soon(free_at, call.now)
    connection.execute(
        "UPDATE invitations SET sent_at = ? WHERE team_id = ? AND channel_value = ?",
        (call.now, team["id"], row["channel_value"]),
    )
    _tell(connection, call, team, row["channel_value"], row["channel_type"], joined=False)
    data = _shown(connection.execute(_ONE, (team["id"], row["channel_value"])).fetchone())
    return Reply(message="Reminder sent.", data=data)


def _colleague(connection: sqlite3.Connection, call: Call, team: sqlite3.Row, value: str) -> str | None:
    """The account of the organisation that has this address, to join now. Raises 409."""
    row = connection.execute("SELECT id, organisation_id FROM customers WHERE email = ?", (value,)).fetchone()
    if row is None:
        return None
    if row["organisation_id"] != call.customer.organisation_id:
        raise _conflict("has an account in another organisation")
    if membership.is_member(connection, team["id"], row["id"]):
        raise _conflict("is a member already")
    found: str = row["id"]
    return found


def _tell(
    connection: sqlite3.Connection, call: Call, team: sqlite3.Row, value: str, channel_type: str, *, joined: bool
) -> None:
    if joined:
        subject, body = f"You are in the team {team['name']}", f"You are now a member of the team {team['name']}."
    else:
        subject = f"Invitation to the team {team['name']}"
        body = f"You are invited to the team {team['name']} on Pinghome."
        body += " Sign up with this address to join it." if channel_type == "email" else ""
    message = Message(
        organisation_id=call.customer.organisation_id,
        channel_type=channel_type,
        channel_value=value,
        purpose="invitation",
        reference=team["id"],
        subject=subject,
        body=body,
    )
    post(connection, message, call.now)


def _pending(connection: sqlite3.Connection, team: sqlite3.Row, value: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(_PENDING, (team["id"], value)).fetchone()
    if row is None:
        raise not_found("pending invitation", named_by="channel_value")
    return row


def _normal(value: str) -> str:
    return value.strip().lower()


def _conflict(what: str) -> Refusal:
    fault = Fault(field="channel_value", message=what)
    return Refusal(HTTPStatus.CONFLICT, f"This address {what}.", faults=(fault,))


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    sender = None
    if row["sender_id"] is not None:
        sender = {
            "customer_id": row["sender_id"],
            "email": row["email"],
            "name": row["name"],
            "surname": row["surname"],
        }
    return {
        "channel_value": row["channel_value"],
        "channel_type": row["channel_type"],
        "status": row["status"],
        "sender": sender,
        "created_at": rfc3339(row["created_at"]),
        "sent_at": rfc3339(row["sent_at"]),
    }
