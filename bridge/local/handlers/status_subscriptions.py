"""Subscriptions to status pages. They take no account: a token that goes to the address names a subscription.

Whoever asks learns nothing of others: a known address is answered like a new one. Only the token's hash is stored.
Telling subscribers of what happens on a page is not done here.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import uuid
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from bridge.local.accounts import channel_values
from bridge.local.messages import outbox
from bridge.local.messages.outbox import Message
from bridge.local.reading import read
from bridge.local.replies import Call, Fault, Reply, created, invalid, not_found
from bridge.pinghome.systems.subscription import DELETE, VERIFY, NewSubscription

AGAIN_SECONDS: Final = 900
"""An unverified address is sent another token at most this often, so that nobody is flooded in another's name."""

_PAGE: Final = "SELECT * FROM status_pages WHERE id = ? AND enabled"
_FIND: Final = """
SELECT * FROM status_page_subscriptions
WHERE channel_value = ? AND channel_type = ? AND coalesce(status_page_id, '') = ?
"""
_WRITE: Final = """
INSERT INTO status_page_subscriptions (id, status_page_id, channel_value, channel_type, token_hash, sent_at, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (channel_value, channel_type, coalesce(status_page_id, '')) DO UPDATE SET
    token_hash = excluded.token_hash, sent_at = excluded.sent_at
RETURNING id
"""
_VERIFY: Final = """
UPDATE status_page_subscriptions SET verified_at = coalesce(verified_at, ?) WHERE token_hash = ? RETURNING *
"""
_DELETE: Final = "DELETE FROM status_page_subscriptions WHERE token_hash = ? RETURNING *"


def create(connection: sqlite3.Connection, call: Call) -> Reply:
    """Subscribe to one page, or to all public ones; a token goes to the address."""
    wanted = read(call, NewSubscription)
    wanted = replace(wanted, channel_value=channel_values.normal(wanted.channel_type, wanted.channel_value))
    if wrong := channel_values.fault_of(wanted.channel_type, wanted.channel_value):
        raise invalid(Fault(field="channel_value", message=wrong))
    page = _page(connection, wanted.status_page_id)
    address = (wanted.channel_value, wanted.channel_type)
    found = connection.execute(_FIND, (*address, wanted.status_page_id or "")).fetchone()
    if found is None or _may_send_again(found, call.now):
        token = secrets.token_urlsafe(32)
        values = (str(uuid.uuid4()), wanted.status_page_id, *address, _digest(token), call.now, call.now)
        row = connection.execute(_WRITE, values).fetchone()
        outbox.post(connection, _message(wanted, page, row["id"], token), call.now)
    data = {"channel_type": wanted.channel_type, "channel_value": wanted.channel_value}
    return created("Unless the address is verified already, a message with a token is on its way to it.", data)


def verify(connection: sqlite3.Connection, call: Call) -> Reply:
    """Confirm a subscription; doing so again changes nothing."""
    row = connection.execute(_VERIFY, (call.now, _digest(call.path["token"]))).fetchone()
    return Reply(message="Subscription verified.", data=_shown(row))


def delete(connection: sqlite3.Connection, call: Call) -> Reply:
    """End a subscription, verified or not."""
    row = connection.execute(_DELETE, (_digest(call.path["token"]),)).fetchone()
    return Reply(message="Subscription deleted.", data=_shown(row))


def _page(connection: sqlite3.Connection, page_id: str | None) -> sqlite3.Row | None:
    """The page; 404 for one that is hidden, and 422 for one that takes no subscriptions."""
    if page_id is None:
        return None
    row: sqlite3.Row | None = connection.execute(_PAGE, (page_id,)).fetchone()
    if row is None:
        raise not_found("status page", named_by="status_page_id")
    if msgspec.json.decode(row["settings"])["subscription_enabled"] is False:
        raise invalid(Fault(field="status_page_id", message="is a page that takes no subscriptions"))
    return row


def _may_send_again(found: sqlite3.Row, now: int) -> bool:
    return found["verified_at"] is None and now - found["sent_at"] >= AGAIN_SECONDS * 1_000_000


def _message(wanted: NewSubscription, page: sqlite3.Row | None, subscription_id: str, token: str) -> Message:
    """The token and what to do with it. No host is named: the request's is whatever its anonymous sender says."""
    filled = {"token": token}
    verify_path, delete_path = (f"/{row.service}{row.fill(filled)}" for row in (VERIFY, DELETE))
    name = "all status pages" if page is None else " ".join(page["name"].split())
    return Message(
        organisation_id=None if page is None else page["organisation_id"],
        channel_type=wanted.channel_type,
        channel_value=wanted.channel_value,
        purpose="subscription",
        reference=subscription_id,
        subject=f"Confirm your subscription to {name}",
        body=f"Somebody asked for news of {name} to be sent here. Your token: {token}\n"
        f"Confirm it: PUT {verify_path}\nEnd it: DELETE {delete_path}\n",
        document={"type": "subscription", "token": token, "verify": verify_path, "delete": delete_path},
    )


def _digest(token: str) -> bytes:
    # A plain hash is enough: a token has 256 random bits, there is nothing to guess.
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _shown(row: sqlite3.Row | None) -> dict[str, Any]:
    if row is None:
        raise not_found("subscription")
    return {"id": row["id"], "channel_type": row["channel_type"], "channel_value": row["channel_value"]}
