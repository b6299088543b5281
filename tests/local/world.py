"""A local Pinghome on a real socket, with people in it whose tokens the tests know."""

from __future__ import annotations

import hashlib
import io
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import web
from aiohttp.test_utils import TestClient

from bridge.local.app import DATABASE
from bridge.local.times import micros
from bridge.pinghome.demo import DEMO_CUSTOMER_ID, DEMO_ORGANISATION_ID, DEMO_TEAM_ID
from bridge.pinghome.endpoints import operation
from bridge.pinghome.operation import AnyOperation

DEMO: Final = "token-of-demo"
COLLEAGUE: Final = "token-of-colleague"
"""Same organisation as the demo customer, member of no team of theirs."""
STRANGER: Final = "token-of-stranger"
"""Another organisation."""
COLLEAGUE_ID: Final = "a0000000-0000-4000-8000-000000000001"
STRANGER_ID: Final = "b0000000-0000-4000-8000-000000000001"
STRANGER_TEAM_ID: Final = "b0000000-0000-4000-8000-000000000002"
_STRANGER_ORGANISATION: Final = "b0000000-0000-4000-8000-000000000003"
UNKNOWN_ID: Final = "ffffffff-0000-4000-8000-000000000000"

HttpClient = TestClient[web.Request, web.Application]


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 22, 12, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Answer:
    """Status, headers and the JSON of one answer."""

    status: int
    headers: Mapping[str, str]
    json: Any

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def fields(self) -> set[str]:
        return {fault["field"] for fault in self.json["errors"]}


@dataclass(frozen=True)
class World:
    """One running local Pinghome."""

    client: HttpClient
    clock: Clock
    app: web.Application

    async def call(
        self,
        which: str | AnyOperation,
        *,
        path: Mapping[str, str] | None = None,
        query: Any = None,
        json: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        token: str | None = DEMO,
    ) -> Answer:
        wanted = operation(which) if isinstance(which, str) else which
        sent = dict(headers or {})
        if wanted.auth and token is not None:
            sent["Authorization"] = f"Bearer {token}"
        url = f"/{wanted.service}{wanted.fill(path or {})}"
        # As a file: aiohttp warns of long bodies given as bytes.
        data = None if body is None else io.BytesIO(body)
        async with self.client.request(wanted.method, url, params=query, json=json, data=data, headers=sent) as answer:
            text = await answer.text()
            return Answer(answer.status, answer.headers, await answer.json() if text else None)

    async def store(self, work: Any) -> Any:
        """Run something in the database, past the API."""
        return await self.app[DATABASE].run(work)


def add_people(connection: sqlite3.Connection, now: datetime) -> None:
    """The colleague, the stranger with a team, and a token for each of the three."""
    at = micros(now)
    connection.execute("INSERT OR IGNORE INTO organisations VALUES (?, 'Other', ?)", (_STRANGER_ORGANISATION, at))
    people = ((COLLEAGUE_ID, DEMO_ORGANISATION_ID), (STRANGER_ID, _STRANGER_ORGANISATION))
    for customer_id, organisation_id in people:
        connection.execute(
            "INSERT OR IGNORE INTO customers VALUES (?, ?, ?, 'Some', 'One', NULL, ?)",
            (customer_id, organisation_id, f"{customer_id}@example.com", at),
        )
    connection.execute(
        "INSERT OR IGNORE INTO teams VALUES (?, ?, 'other', ?)", (STRANGER_TEAM_ID, _STRANGER_ORGANISATION, at)
    )
    connection.execute(
        "INSERT OR IGNORE INTO team_members VALUES (?, ?, 'owner', ?)", (STRANGER_TEAM_ID, STRANGER_ID, at)
    )
    expires_at = micros(now + timedelta(days=365))
    for token, customer_id in ((DEMO, DEMO_CUSTOMER_ID), (COLLEAGUE, COLLEAGUE_ID), (STRANGER, STRANGER_ID)):
        digest = hashlib.sha256(token.encode()).digest()
        connection.execute("INSERT OR IGNORE INTO tokens VALUES (?, ?, ?)", (digest, customer_id, expires_at))


def ruleset(**changes: Any) -> dict[str, Any]:
    """A complete webhook ruleset of the demo team."""
    return {
        "rule_type": "webhook",
        "conditions": [{"type": "json-check", "key": "status", "operator": "equal", "values": ["firing"]}],
        "level": "team",
        "team_id": DEMO_TEAM_ID,
        "name": "Rule",
        "description": "Text",
        "urgency": "low",
        **changes,
    }


def alert(**changes: Any) -> dict[str, Any]:
    """A firing alert of the bridge, as far as the local Pinghome reads it."""
    return {
        "schema": "bridge.alert/v1",
        "id": "0192",
        "action": "trigger",
        "status": "firing",
        "urgency": "high",
        "title": "CPU of db-1 above 80 %",
        "description": "Threshold crossed",
        "dedup_key": "aws-prod:arn:aws:cloudwatch:eu-west-1:1:alarm:cpu",
        "test": False,
        **changes,
    }


def resolve(**changes: Any) -> dict[str, Any]:
    """The end of the same alert."""
    return alert(action="resolve", status="resolved", **changes)
