"""What the local Pinghome tells people: written in the same transaction as what caused it, sent afterwards.

Handlers `post`; the courier takes from here what is due and writes down what became of it; `listing` reads it. A
message that nobody can be reached with from here (a text message, a call, a push, and e-mail without a mail server) is
kept for whoever runs the local Pinghome to read: its state is `kept`, never `sent`.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import msgspec

Purpose = Literal["code", "invitation", "notification", "test", "subscription"]
State = Literal["waiting", "sent", "failed", "kept"]
Address: TypeAlias = tuple[str, str]
"""A channel's type and value."""

RETENTION_SECONDS: Final = 30 * 86_400
"""How long a message is kept once it is sent, failed or kept."""
LISTED: Final = 100

_POST: Final = """
INSERT INTO outbox (organisation_id, channel_type, channel_value, purpose, reference, subject, body, document, state,
                    attempts, due_at, created_at)
VALUES (:organisation_id, :channel_type, :channel_value, :purpose, :reference, :subject, :body, :document, 'waiting',
        0, :now, :now)
RETURNING id
"""
_BY_REFERENCE: Final = "SELECT * FROM outbox WHERE purpose = ? AND reference = ? ORDER BY id DESC LIMIT ?"
_RECENT: Final = """
SELECT * FROM outbox WHERE id > (SELECT coalesce(max(id), 0) - 1000 FROM outbox)
  AND (:purpose IS NULL OR purpose = :purpose) AND (:reference IS NULL OR reference = :reference)
  AND (:channel_value IS NULL OR channel_value = :channel_value)
ORDER BY id DESC LIMIT :limit
"""
_DUE: Final = """
SELECT * FROM outbox WHERE id IN (
    SELECT min(id) FROM outbox WHERE state = 'waiting' AND due_at <= ? GROUP BY channel_type, channel_value
) ORDER BY due_at, id LIMIT ?
"""
_NEXT: Final = "SELECT due_at FROM outbox WHERE state = 'waiting' AND due_at > ? ORDER BY due_at LIMIT 1"
_CLAIM: Final = "UPDATE outbox SET attempts = attempts + 1, due_at = ? WHERE id = ?"
_FINISH: Final = "UPDATE outbox SET state = ?, detail = ?, due_at = NULL, finished_at = ? WHERE id = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one address.

    `reference` is the id of what it is about (an incident, a channel, an account); `document` is what machines are
    sent (a webhook channel's JSON) in place of `subject` and `body`.
    """

    organisation_id: str | None
    channel_type: str
    channel_value: str
    purpose: Purpose
    reference: str | None
    subject: str
    body: str
    document: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A message in the outbox, with what became of it. Times are in microseconds since 1970.

    `attempts` are the tries that were begun; `detail` says how the last one ended, None where none did.
    """

    id: int
    message: Message
    state: State
    attempts: int
    detail: str | None
    created_at: int
    finished_at: int | None

    @property
    def address(self) -> Address:
        """Whom it goes to."""
        return self.message.channel_type, self.message.channel_value


def post(connection: sqlite3.Connection, message: Message, now: int) -> int:
    """Put a message into the outbox; returns its number. `now` is in microseconds since 1970.

    The courier wakes on the commit: there is nothing else to do.
    """
    document = None if message.document is None else msgspec.json.encode(message.document).decode()
    row = connection.execute(
        _POST,
        {
            "organisation_id": message.organisation_id,
            "channel_type": message.channel_type,
            "channel_value": message.channel_value,
            "purpose": message.purpose,
            "reference": message.reference,
            "subject": message.subject,
            "body": message.body,
            "document": document,
            "now": now,
        },
    ).fetchone()
    number: int = row["id"]
    return number


def listing(
    connection: sqlite3.Connection,
    *,
    purpose: str | None = None,
    reference: str | None = None,
    channel_value: str | None = None,
    limit: int = LISTED,
) -> list[Posted]:
    """Messages, newest first: all of a purpose about one thing where just these two are given, else those that fit
    among the newest thousand."""
    if purpose is not None and reference is not None and channel_value is None:
        rows = connection.execute(_BY_REFERENCE, (purpose, reference, limit))
    else:
        wanted = {"purpose": purpose, "reference": reference, "channel_value": channel_value, "limit": limit}
        rows = connection.execute(_RECENT, wanted)
    return [_posted(row) for row in rows]


def due(connection: sqlite3.Connection, now: int, limit: int) -> list[Posted]:
    """What is to be sent now, the first of each address, the longest due of them first."""
    return [_posted(row) for row in connection.execute(_DUE, (now, limit))]


def next_due(connection: sqlite3.Connection, now: int) -> int | None:
    """When something will be due that is not yet, in microseconds since 1970; None where nothing will."""
    row = connection.execute(_NEXT, (now,)).fetchone()
    return None if row is None else row["due_at"]


def claim(connection: sqlite3.Connection, number: int, again_at: int) -> None:
    """Count a try before it is made. Should its end never be written down, the message is due again at that time."""
    connection.execute(_CLAIM, (again_at, number))


def finish(connection: sqlite3.Connection, number: int, state: State, detail: str, now: int) -> None:
    """Write down what became of a message for good."""
    connection.execute(_FINISH, (state, detail, now, number))


def note(connection: sqlite3.Connection, number: int, detail: str) -> None:
    """Write down how a try ended that is not the last."""
    connection.execute("UPDATE outbox SET detail = ? WHERE id = ?", (detail, number))


def prune(connection: sqlite3.Connection, now: int) -> None:
    """Forget what was finished long ago."""
    connection.execute("DELETE FROM outbox WHERE finished_at <= ?", (now - RETENTION_SECONDS * 1_000_000,))


def _posted(row: sqlite3.Row) -> Posted:
    return Posted(
        id=row["id"],
        message=Message(
            organisation_id=row["organisation_id"],
            channel_type=row["channel_type"],
            channel_value=row["channel_value"],
            purpose=row["purpose"],
            reference=row["reference"],
            subject=row["subject"],
            body=row["body"],
            document=None if row["document"] is None else msgspec.json.decode(row["document"]),
        ),
        state=row["state"],
        attempts=row["attempts"],
        detail=row["detail"],
        created_at=row["created_at"],
        finished_at=row["finished_at"],
    )
