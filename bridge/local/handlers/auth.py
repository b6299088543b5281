"""Signing in and out. Tokens are random; only their SHA-256 is stored, so that the file gives none away."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from http import HTTPStatus
from typing import Any, Final

from bridge.local.accounts import limits
from bridge.local.accounts.limits import Limit
from bridge.local.accounts.passwords import Passwords
from bridge.local.handlers import accounts
from bridge.local.reading import read
from bridge.local.replies import Call, Customer, Refusal, Reply, unauthorized
from bridge.local.storage.database import Database
from bridge.pinghome.systems.auth import Credentials

TOKEN_SECONDS: Final = 3600
WRONG_PASSWORDS: Final = Limit(name="wrong password", times=10, seconds=900)
"""Counted by address, whether or not it has an account. An attacker can lock somebody out of signing in for a
while; sessions that are open go on, and a recovered password ends it."""

_ACCOUNT: Final = "SELECT id, organisation_id, email, name, surname, password_hash FROM customers WHERE email = ?"
_HOLDER: Final = """
SELECT customers.id, customers.organisation_id FROM tokens JOIN customers ON customers.id = tokens.customer_id
WHERE tokens.hash = ? AND tokens.expires_at > ?
"""


async def sign_in(database: Database, passwords: Passwords, call: Call) -> Reply:
    """A new access token for an e-mail address and its password.

    An account that is not confirmed yet is 409, as a channel is that is not verified yet (decisions 11): who it is
    has been proved, so that 401 would mislead, and 403 says whose a thing is. Whoever does not know the password is
    not told. The refresh token is there because clients expect one; no operation of the API takes it, so none is
    stored.
    """
    wanted = read(call, Credentials)
    email = accounts.normal(wanted.email)
    account = await database.run(lambda connection: _account(connection, email, call.now))
    proved = await passwords.verify(None if account is None else account["password_hash"], wanted.password)
    outcome = await database.run(lambda connection: _admit(connection, email, account if proved else None, call.now))
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def sign_out(connection: sqlite3.Connection, call: Call) -> Reply:
    """Revoke the token that was used."""
    connection.execute("DELETE FROM tokens WHERE hash = ?", (digest_of_token(call),))
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


def digest_of_token(call: Call) -> bytes:
    """Under which the token of the request is stored."""
    return _digest(bearer_token(call) or "")


def _account(connection: sqlite3.Connection, email: str, now: int) -> sqlite3.Row | None:
    limits.check(connection, WRONG_PASSWORDS, email, now)
    row: sqlite3.Row | None = connection.execute(_ACCOUNT, (email,)).fetchone()
    return row or accounts.sign_up_of(connection, email, now)


def _admit(connection: sqlite3.Connection, email: str, proved: sqlite3.Row | None, now: int) -> Reply | Refusal:
    """Give a token to whoever proved to own the account. What refuses is returned, so that the count of it stays."""
    # Again: of many tries at once only as many count as are allowed one after the other.
    limits.check(connection, WRONG_PASSWORDS, email, now)
    account = proved and connection.execute(_ACCOUNT, (email,)).fetchone()
    if proved and account is None and accounts.sign_up_of(connection, email, now) is not None:
        return Refusal(HTTPStatus.CONFLICT, "The account is not confirmed yet.")
    if proved is None or account is None or account["password_hash"] != proved["password_hash"]:
        limits.spend(connection, WRONG_PASSWORDS, email, now)
        return unauthorized("The e-mail address or the password is wrong.")
    limits.forget(connection, WRONG_PASSWORDS, email)
    token = secrets.token_urlsafe(32)
    _remember(connection, token, account["id"], now)
    return Reply(message="Signed in.", data=_session(token, account))


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
