"""Signing in and out. Tokens are random; only their SHA-256 is stored, so that the file gives none away."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from http import HTTPStatus
from typing import Any, Final

from bridge.local.database import Database
from bridge.local.passwords import Passwords
from bridge.local.replies import Call, Customer, Reply, unauthorized
from bridge.local.validation import Fields

TOKEN_SECONDS: Final = 3600
_ACCOUNT: Final = "SELECT id, organisation_id, email, name, surname, password_hash FROM customers WHERE email = ?"
_HOLDER: Final = """
SELECT customers.id, customers.organisation_id FROM tokens JOIN customers ON customers.id = tokens.customer_id
WHERE tokens.hash = ? AND tokens.expires_at > ?
"""


async def sign_in(database: Database, passwords: Passwords, call: Call) -> Reply:
    """A new access token for an e-mail address and its password.

    The refresh token is there because clients expect one; no operation of the API takes it, so none is stored.
    """
    fields = Fields(call.json_object())
    email, password = fields.text("email"), fields.text("password", limit=1024)
    fields.check()
    account = await database.run(lambda connection: connection.execute(_ACCOUNT, (email.strip().lower(),)).fetchone())
    if not await passwords.verify(account["password_hash"] if account is not None else None, password):
        raise unauthorized("The e-mail address or the password is wrong.")
    token = secrets.token_urlsafe(32)
    await database.run(lambda connection: _remember(connection, token, account["id"], call.now))
    return Reply(message="Signed in.", data=_session(token, account))


def sign_out(connection: sqlite3.Connection, call: Call) -> Reply:
    """Revoke the token that was used."""
    connection.execute("DELETE FROM tokens WHERE hash = ?", (_digest(bearer_token(call) or ""),))
    return Reply(message=None, status=HTTPStatus.NO_CONTENT)


def customer_of(connection: sqlite3.Connection, call: Call) -> Customer:
    """Who holds the request's bearer token. Raises 401 where it is missing, unknown, revoked or expired."""
    token = bearer_token(call)
    row = None if token is None else connection.execute(_HOLDER, (_digest(token), call.now)).fetchone()
    if row is None:
        raise unauthorized()
    return Customer(id=row["id"], organisation_id=row["organisation_id"])


def bearer_token(call: Call) -> str | None:
    """The token of the Authorization header (RFC 6750), or None."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _remember(connection: sqlite3.Connection, token: str, customer_id: str, now: int) -> None:
    connection.execute("DELETE FROM tokens WHERE expires_at <= ?", (now,))
    expires_at = now + TOKEN_SECONDS * 1_000_000
    connection.execute("INSERT INTO tokens VALUES (?, ?, ?)", (_digest(token), customer_id, expires_at))


def _session(token: str, account: sqlite3.Row) -> dict[str, Any]:
    return {
        "access_token": token,
        "refresh_token": secrets.token_urlsafe(32),
        "expires_in": TOKEN_SECONDS,
        "customer": {
            "customer_id": account["id"],
            "email": account["email"],
            "name": account["name"],
            "surname": account["surname"],
            "organisation_id": account["organisation_id"],
        },
    }


def _digest(token: str) -> bytes:
    # A plain hash is enough: a token has 256 random bits, there is nothing to guess.
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
