"""Webhooks, and the data gateway's endpoint that takes their events."""

from __future__ import annotations

import sqlite3
import uuid
from http import HTTPStatus
from typing import Any, Final

import msgspec

from bridge.local import ownership
from bridge.local.incidents.intake import Event, take_in
from bridge.local.parts import below
from bridge.local.reading import read, read_query
from bridge.local.replies import Call, Refusal, Reply, created, not_found
from bridge.local.times import rfc3339
from bridge.pinghome.endpoints import operation
from bridge.pinghome.systems.shared import Older
from bridge.pinghome.systems.webhook import NewWebhook

KEY_LIMIT: Final = 255
KEY_SECONDS: Final = 24 * 3600
"""How long an Idempotency-Key is remembered."""

_SUBMIT: Final = operation("webhook.submit")
_LIST: Final = "SELECT * FROM webhooks WHERE organisation_id = ? ORDER BY created_at, id"
_EVENTS: Final = """
SELECT * FROM webhook_events WHERE webhook_id = ? AND received_at < ? ORDER BY received_at DESC LIMIT ?
"""
# The time of an event is unique in its webhook, so that `last_received_at` is an exact cursor: two events of the
# same microsecond are told apart by the next one, in the order in which they were taken.
_STORE: Final = """
INSERT INTO webhook_events (webhook_id, received_at, content_type, ip, body)
VALUES (:id, max(:now, coalesce((SELECT max(received_at) + 1 FROM webhook_events WHERE webhook_id = :id), 0)),
        :content_type, :ip, :body)
RETURNING id, received_at
"""
_ANSWERED: Final = """
SELECT answer FROM webhook_answers WHERE webhook_id = ? AND idempotency_key = ? AND expires_at > ?
"""
_REMEMBER: Final = "INSERT OR REPLACE INTO webhook_answers VALUES (?, ?, ?, ?)"
# Two go for each one that comes: what has expired is gone in time, and no single event pays for many.
_FORGET: Final = """
DELETE FROM webhook_answers WHERE (webhook_id, idempotency_key) IN
(SELECT webhook_id, idempotency_key FROM webhook_answers WHERE expires_at <= ? ORDER BY expires_at LIMIT 2)
"""


def create(connection: sqlite3.Connection, call: Call) -> Reply:
    """A new webhook of the organisation."""
    wanted = read(call, NewWebhook)
    row = connection.execute(
        "INSERT INTO webhooks VALUES (?, ?, ?, ?, ?) RETURNING *",
        (str(uuid.uuid4()), call.customer.organisation_id, wanted.name, wanted.description, call.now),
    ).fetchone()
    return created("Webhook created.", _shown(row, call.origin))


def list_all(connection: sqlite3.Connection, call: Call) -> Reply:
    """The organisation's webhooks with their URLs."""
    rows = connection.execute(_LIST, (call.customer.organisation_id,)).fetchall()
    return Reply(message="Webhooks.", data=[_shown(row, call.origin) for row in rows])


def events(connection: sqlite3.Connection, call: Call) -> Reply:
    """What was posted, newest first, bodies exactly as sent; `last_received_at` continues below that time."""
    webhook = ownership.webhook(connection, call.customer, call.path["id"])
    before, limit = below(read_query(call, Older))
    rows = connection.execute(_EVENTS, (webhook["id"], before, limit)).fetchall()
    data = [
        {
            "id": row["id"],
            "content_type": row["content_type"],
            "ip": row["ip"],
            "received_at": rfc3339(row["received_at"]),
            "body": msgspec.Raw(row["body"]),
        }
        for row in rows
    ]
    return Reply(message="Webhook events.", data=data)


def submit(connection: sqlite3.Connection, call: Call) -> Reply:
    """Store an event, then let the organisation's rulesets open, update and resolve incidents.

    A repeated Idempotency-Key gets the first answer again and changes nothing (not in strict mode).
    """
    row = connection.execute("SELECT id, organisation_id FROM webhooks WHERE id = ?", (call.path["id"],)).fetchone()
    if row is None:
        raise not_found("webhook")
    document, key = call.json_object(), _idempotency_key(call)
    if key is not None:
        answered = connection.execute(_ANSWERED, (row["id"], key, call.now)).fetchone()
        if answered is not None:
            return _received(msgspec.Raw(answered["answer"].encode()))
    data = _store(connection, call, row, document)
    if key is not None:
        connection.execute(_FORGET, (call.now,))
        answer = msgspec.json.encode(data).decode()
        connection.execute(_REMEMBER, (row["id"], key, answer, call.now + KEY_SECONDS * 1_000_000))
    return _received(data)


def _store(
    connection: sqlite3.Connection, call: Call, webhook: sqlite3.Row, document: dict[str, Any]
) -> dict[str, Any]:
    content_type = call.headers.get("content-type")
    stored = connection.execute(
        _STORE,
        {"id": webhook["id"], "now": call.now, "content_type": content_type, "ip": call.ip, "body": call.body},
    ).fetchone()
    event = Event(
        organisation_id=webhook["organisation_id"],
        webhook_id=webhook["id"],
        received_at=stored["received_at"],
        document=document,
        strict=call.strict,
    )
    return {
        "id": stored["id"],
        "received_at": rfc3339(stored["received_at"]),
        "content_type": content_type,
        "ip": call.ip,
        "incidents": take_in(connection, event),
    }


def _received(data: Any) -> Reply:
    return Reply(message="Event received.", data=data)


def _idempotency_key(call: Call) -> str | None:
    key = None if call.strict else call.headers.get("idempotency-key")
    if key is not None and len(key) > KEY_LIMIT:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"Idempotency-Key has more than {KEY_LIMIT} characters.")
    return key or None


def _shown(row: sqlite3.Row, origin: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "url": f"{origin}/{_SUBMIT.service}{_SUBMIT.fill({'id': row['id']})}",
        "created_at": rfc3339(row["created_at"]),
    }
