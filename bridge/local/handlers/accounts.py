"""Signing up.

Whoever signs up is no customer until the code that was sent to the address comes back: only then is there an
organisation with a first team of the same name, or a place in the team that had invited the address. A sign-up that is
not confirmed within a day is forgotten, and the address is free again.
"""

from __future__ import annotations

import sqlite3
import uuid
from http import HTTPStatus
from typing import Any, Final

from bridge.local.accounts import codes, membership
from bridge.local.accounts.codes import LIFETIME_SECONDS
from bridge.local.accounts.passwords import Passwords
from bridge.local.messages.outbox import Message, post
from bridge.local.reading import read
from bridge.local.replies import Call, Fault, Refusal, Reply, created, invalid
from bridge.local.storage.database import Database
from bridge.pinghome.systems.auth import AccountConfirmation, AccountEmail, NewAccount

SIGN_UP: Final = "sign-up"
SIGN_UP_SECONDS: Final = 86_400
PASSWORD_LENGTH: Final = 8
NAME_LIMIT: Final = 255

_SIGN_UP: Final = "SELECT * FROM sign_ups WHERE email = ? AND created_at > ?"
# An invitation by e-mail alone proves who was meant. The literal makes SQLite use the index of pending ones.
_INVITED: Final = """
SELECT teams.id, teams.organisation_id FROM invitations JOIN teams ON teams.id = invitations.team_id
WHERE invitations.channel_value = ? AND invitations.status = 'pending' AND invitations.channel_type = 'email'
ORDER BY invitations.created_at, teams.id
"""


async def sign_up(database: Database, passwords: Passwords, call: Call) -> Reply:
    """A new account, once its code is confirmed. 409 for an address that has one, or waits for its code."""
    wanted = read(call, NewAccount)
    check_password(wanted.password, field="password")
    password_hash = await passwords.hash(wanted.password)
    return await database.run(lambda connection: _sign_up(connection, wanted, password_hash, call.now))


def confirm(connection: sqlite3.Connection, call: Call) -> Reply | Refusal:
    """Make a customer of who signed up. Of several invitations the oldest one's organisation counts, with all its
    teams that invited the address."""
    wanted = read(call, AccountConfirmation)
    email = normal(wanted.email)
    given = codes.redeem(connection, SIGN_UP, email, wanted.confirmation_code, call.now, field="confirmation_code")
    if isinstance(given, Refusal):
        return given
    pending = sign_up_of(connection, email, call.now)
    if pending is None:
        return invalid(Fault(field="confirmation_code", message="is wrong or too old"))
    refuse_taken(connection, email)
    connection.execute("DELETE FROM sign_ups WHERE email = ?", (email,))
    return Reply(message="Account confirmed.", data=_settle_in(connection, pending, call.now))


def resend_code(connection: sqlite3.Connection, call: Call) -> Reply:
    """Another code for whoever signed up. The answer is the same for every address."""
    email = normal(read(call, AccountEmail).email)
    codes.slow_down(connection, SIGN_UP, email, call.now)
    if sign_up_of(connection, email, call.now) is not None:
        _send_sign_up_code(connection, email, call.now)
    return Reply(message="If this address waits for its confirmation, a new code was sent.")


def normal(email: str) -> str:
    """An address as it is stored and compared."""
    return email.strip().lower()


def check_password(password: str, *, field: str) -> None:
    """Raises 422 for a password that is too easy to guess."""
    if len(password) < PASSWORD_LENGTH or not (any(map(str.isalpha, password)) and any(map(str.isdigit, password))):
        message = f"must have at least {PASSWORD_LENGTH} characters, among them a letter and a digit"
        raise invalid(Fault(field=field, message=message))


def refuse_taken(connection: sqlite3.Connection, email: str) -> None:
    """Raises 409 for an address that has an account."""
    if connection.execute("SELECT 1 FROM customers WHERE email = ?", (email,)).fetchone() is not None:
        raise _taken("has an account already")


def sign_up_of(connection: sqlite3.Connection, email: str, now: int) -> sqlite3.Row | None:
    """Who signed up with that address and has not confirmed it yet."""
    row: sqlite3.Row | None = connection.execute(_SIGN_UP, (email, now - SIGN_UP_SECONDS * 1_000_000)).fetchone()
    return row


def send_code(
    connection: sqlite3.Connection, *, code: str, email: str, what_for: str, reference: str, now: int
) -> None:
    """Post a code to an address."""
    message = Message(
        organisation_id=None,
        channel_type="email",
        channel_value=email,
        purpose="code",
        reference=reference,
        subject=f"Your Pinghome code to {what_for}",
        body=f"{code} is your code to {what_for}. It is good for {LIFETIME_SECONDS // 60} minutes.\n\n"
        "If you did not ask for it, there is nothing to do.",
    )
    post(connection, message, now)


def _sign_up(connection: sqlite3.Connection, wanted: NewAccount, password_hash: str, now: int) -> Reply:
    email = normal(wanted.email)
    refuse_taken(connection, email)
    if sign_up_of(connection, email, now) is not None:
        raise _taken("waits for its confirmation already")
    codes.slow_down(connection, SIGN_UP, email, now)
    connection.execute("DELETE FROM sign_ups WHERE created_at <= ?", (now - SIGN_UP_SECONDS * 1_000_000,))
    connection.execute(
        "INSERT INTO sign_ups VALUES (?, ?, ?, ?, ?)", (email, wanted.name, wanted.surname, password_hash, now)
    )
    _send_sign_up_code(connection, email, now)
    data = {"email": email, "name": wanted.name, "surname": wanted.surname}
    return created("Account created. Confirm it with the code that was sent to its address.", data)


def _send_sign_up_code(connection: sqlite3.Connection, email: str, now: int) -> None:
    code = codes.issue(connection, SIGN_UP, email, now)
    send_code(connection, code=code, email=email, what_for="confirm your account", reference=email, now=now)


def _settle_in(connection: sqlite3.Connection, pending: sqlite3.Row, now: int) -> dict[str, Any]:
    email, customer_id = pending["email"], str(uuid.uuid4())
    invited = connection.execute(_INVITED, (email,)).fetchall()
    organisation_id = invited[0]["organisation_id"] if invited else str(uuid.uuid4())
    teams = [row["id"] for row in invited if row["organisation_id"] == organisation_id]
    if not invited:
        name = f"{pending['name']} {pending['surname']}"[:NAME_LIMIT]
        teams = [str(uuid.uuid4())]
        connection.execute("INSERT INTO organisations VALUES (?, ?, ?)", (organisation_id, name, now))
        connection.execute("INSERT INTO teams VALUES (?, ?, ?, ?)", (teams[0], organisation_id, name, now))
    connection.execute(
        "INSERT INTO customers (id, organisation_id, email, name, surname, password_hash, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (customer_id, organisation_id, email, pending["name"], pending["surname"], pending["password_hash"], now),
    )
    for team_id in teams:
        membership.join(connection, team_id, customer_id, membership.JOINING if invited else "owner", now)
        connection.execute(
            "UPDATE invitations SET status = 'accepted' WHERE team_id = ? AND channel_value = ?", (team_id, email)
        )
    return {"customer_id": customer_id, "organisation_id": organisation_id, "team_ids": teams}


def _taken(what: str) -> Refusal:
    return Refusal(HTTPStatus.CONFLICT, f"This address {what}.", faults=(Fault(field="email", message=what),))
