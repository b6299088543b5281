"""Telling people of incidents: one message to each channel of those who respond, and of the team."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, NamedTuple

import msgspec

from bridge.local.messages import outbox
from bridge.local.times import rfc3339, written

Change = Literal["opened", "raised", "resolved"]

_WORDS: Final = {"opened": "OPEN", "raised": "RAISED", "resolved": "RESOLVED"}
_CHANNELS: Final = """
SELECT type, value FROM channels
WHERE owner_kind = ? AND owner_id = ? AND enabled = 1 AND verified_at IS NOT NULL ORDER BY priority
"""
_ACCOUNT: Final = "SELECT email FROM customers WHERE id = ?"
_TEAM: Final = "SELECT name, organisation_id FROM teams WHERE id = ?"


class _Address(NamedTuple):
    type: str
    value: str


def notify(connection: sqlite3.Connection, incident: sqlite3.Row, change: Change, now: int) -> None:
    """Post a message to every usable channel of the incident's responders and of its team, each address once.

    A responder without a usable channel is written to at the account's address. `now` is in microseconds since 1970.
    """
    team = connection.execute(_TEAM, (incident["team_id"],)).fetchone()
    subject = f"[{_WORDS[change]}] {incident['name']}"
    body, document = _body(incident, team["name"]), _document(incident, team["name"], change)
    for address in _addresses(connection, incident):
        message = outbox.Message(
            organisation_id=team["organisation_id"],
            channel_type=address.type,
            channel_value=address.value,
            purpose="notification",
            reference=incident["id"],
            subject=subject,
            body=body,
            document=document,
        )
        outbox.post(connection, message, now)


def _addresses(connection: sqlite3.Connection, incident: sqlite3.Row) -> Iterable[_Address]:
    def found() -> Iterator[_Address]:
        for responder in msgspec.json.decode(incident["responders"]):
            own = _channels(connection, "customer", responder["customer_id"])
            yield from own or _account(connection, responder["customer_id"])
        yield from _channels(connection, "team", incident["team_id"])

    return dict.fromkeys(found())


def _channels(connection: sqlite3.Connection, kind: str, owner_id: str) -> list[_Address]:
    return [_Address(row["type"], row["value"]) for row in connection.execute(_CHANNELS, (kind, owner_id))]


def _account(connection: sqlite3.Connection, customer_id: str) -> list[_Address]:
    return [_Address("email", row["email"]) for row in connection.execute(_ACCOUNT, (customer_id,))]


def _body(incident: sqlite3.Row, team: str) -> str:
    facts = [
        f"Team: {team}",
        f"Urgency: {incident['urgency']}",
        f"Status: {incident['status']}",
        f"Opened: {rfc3339(incident['opened_at'])}",
    ]
    if incident["resolved_at"] is not None:
        facts.append(f"Resolved: {rfc3339(incident['resolved_at'])}")
    return "\n".join(filter(None, (incident["description"], "\n".join(facts))))


def _document(incident: sqlite3.Row, team: str, change: Change) -> dict[str, Any]:
    """What a webhook channel is sent."""
    return {
        "event": f"incident.{change}",
        "incident": {
            "id": incident["id"],
            "name": incident["name"],
            "description": incident["description"],
            "urgency": incident["urgency"],
            "status": incident["status"],
            "team": team,
            "team_id": incident["team_id"],
            "opened_at": rfc3339(incident["opened_at"]),
            "resolved_at": written(incident["resolved_at"]),
        },
    }
