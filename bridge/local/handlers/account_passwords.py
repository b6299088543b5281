"""Recovering and changing a password. Either ends the account's other sessions: a password is changed because
somebody else may know it."""

from __future__ import annotations

import sqlite3
from typing import Final

from bridge.local.accounts import codes, limits
from bridge.local.accounts.passwords import Passwords
from bridge.local.handlers import auth
from bridge.local.handlers.accounts import check_password, normal, send_code
from bridge.local.reading import read, read_query
from bridge.local.replies import Call, Fault, Refusal, Reply, invalid, unauthorized
from bridge.local.storage.database import Database
from bridge.pinghome.systems.auth import AccountEmail, PasswordChange, PasswordReset

RECOVERY: Final = "password"

# An account without a password is one that was made to be signed in to by nobody.
_ACCOUNT: Final = "SELECT id FROM customers WHERE email = ? AND password_hash IS NOT NULL"
_PASSWORD: Final = "SELECT email, password_hash FROM customers WHERE id = ?"  # noqa: S105 - a statement
_CHANGE: Final = "UPDATE customers SET password_hash = ? WHERE id = ? AND password_hash = ? RETURNING id"


def recover_password(connection: sqlite3.Connection, call: Call) -> Reply:
    """Send a code for a new password. The answer is the same for every address."""
    email = normal(read(call, AccountEmail).email)
    codes.slow_down(connection, RECOVERY, email, call.now)
    account = connection.execute(_ACCOUNT, (email,)).fetchone()
    if account is not None:
        code = codes.issue(connection, RECOVERY, email, call.now)
        send_code(
            connection, code=code, email=email, what_for="set a new password", reference=account["id"], now=call.now
        )
    return Reply(message="If this address has an account, a code was sent to it.")


async def reset_password(database: Database, passwords: Passwords, call: Call) -> Reply:
    """Set a new password with the code that was sent; all sessions end, and so does a lock.

    The texts list the three fields as query parameters and show them in the body: without a body the query counts.
    """
    wanted = read(call, PasswordReset) if call.body else read_query(call, PasswordReset)
    check_password(wanted.password, field="password")
    password_hash = await passwords.hash(wanted.password)
    outcome = await database.run(lambda connection: _reset(connection, wanted, password_hash, call.now))
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


async def change_password(database: Database, passwords: Passwords, call: Call) -> Reply:
    """Change the customer's password; the session that does it goes on. 422 where the previous one is wrong, 429
    where that happened too often."""
    wanted = read(call, PasswordChange)
    check_password(wanted.proposed_password, field="proposed_password")
    before = await database.run(lambda connection: _current(connection, call))
    if not await passwords.verify(before["password_hash"], wanted.previous_password):
        await database.run(lambda connection: limits.spend(connection, auth.WRONG_PASSWORDS, before["email"], call.now))
        raise _wrong_previous()
    password_hash = await passwords.hash(wanted.proposed_password)
    return await database.run(
        lambda connection: _change(connection, call, before["email"], before["password_hash"], password_hash)
    )


def _reset(connection: sqlite3.Connection, wanted: PasswordReset, password_hash: str, now: int) -> Reply | Refusal:
    email = normal(wanted.email)
    given = codes.redeem(connection, RECOVERY, email, wanted.code, now, field="code")
    if isinstance(given, Refusal):
        return given
    account = connection.execute(_ACCOUNT, (email,)).fetchone()
    if account is None:
        return invalid(Fault(field="code", message="is wrong or too old"))
    connection.execute("UPDATE customers SET password_hash = ? WHERE id = ?", (password_hash, account["id"]))
    connection.execute("DELETE FROM tokens WHERE customer_id = ?", (account["id"],))
    limits.forget(connection, auth.WRONG_PASSWORDS, email)
    return Reply(message="Password updated.")


def _current(connection: sqlite3.Connection, call: Call) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(_PASSWORD, (call.customer.id,)).fetchone()
    if row is None:
        # Deleted since the token was looked at.
        raise unauthorized()
    limits.check(connection, auth.WRONG_PASSWORDS, row["email"], call.now)
    return row


def _change(connection: sqlite3.Connection, call: Call, email: str, before: str, after: str) -> Reply:
    limits.check(connection, auth.WRONG_PASSWORDS, email, call.now)
    # Again by its hash: another change may have come first.
    if connection.execute(_CHANGE, (after, call.customer.id, before)).fetchone() is None:
        raise _wrong_previous()
    connection.execute(
        "DELETE FROM tokens WHERE customer_id = ? AND hash <> ?", (call.customer.id, auth.digest_of_token(call))
    )
    limits.forget(connection, auth.WRONG_PASSWORDS, email)
    codes.forget(connection, RECOVERY, email)
    return Reply(message="Password updated.")


def _wrong_previous() -> Refusal:
    return invalid(Fault(field="previous_password", message="is wrong"))
