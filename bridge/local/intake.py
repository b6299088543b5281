"""What a webhook event does to incidents.

The API binds no ruleset to a webhook, so every ruleset of type `webhook` of the organisation sees every event; one
whose conditions all hold opens an incident for its team. Where the event is one of the bridge's own alerts
(`bridge.alert/v1`) two kindnesses are added: an open incident of the same `dedup_key` is updated instead of a
second one opened, and `action: resolve` resolves whatever is open under the key. Strict mode has neither, as the
SaaS promises neither.
"""

from __future__ import annotations

import functools
import sqlite3
import uuid
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from bridge.domain.alert import Action, Urgency
from bridge.domain.conditions import Condition, Predicate, compile_all

ALERT_SCHEMA: Final = "bridge.alert/v1"
DEFAULT_URGENCY: Final = Urgency.MEDIUM
"""Where neither the ruleset nor the event states one; the only urgency that the API's texts show."""
NAME_LIMIT: Final = 255

_RULESETS: Final = """
SELECT rulesets.* FROM teams JOIN rulesets ON rulesets.team_id = teams.id AND rulesets.rule_type = 'webhook'
WHERE teams.organisation_id = ? ORDER BY rulesets.created_at, rulesets.id
"""
_OPEN: Final = """
INSERT INTO incidents VALUES (:id, :team_id, :webhook_id, :ruleset_id, :dedup_key, :name, :description, :urgency,
                              :assignees, '[]', 'open', 1, :now, :now, NULL)
"""
_UPDATE: Final = """
UPDATE incidents SET name = :name, description = :description, urgency = :urgency, occurrences = occurrences + 1,
                     updated_at = :now
WHERE status = 'open' AND dedup_key = :dedup_key AND team_id = :team_id AND ruleset_id = :ruleset_id
RETURNING id
"""
_RESOLVE: Final = """
UPDATE incidents SET status = 'resolved', resolved_at = :now, updated_at = :now
WHERE status = 'open' AND dedup_key = :dedup_key
  AND team_id IN (SELECT id FROM teams WHERE organisation_id = :organisation_id)
RETURNING id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One stored event of a webhook. `received_at` is in microseconds since 1970."""

    organisation_id: str
    webhook_id: str
    received_at: int
    document: dict[str, Any]
    strict: bool

    @property
    def is_alert(self) -> bool:
        """Whether the bridge sent it, in its own words."""
        return self.document.get("schema") == ALERT_SCHEMA

    @property
    def dedup_key(self) -> str | None:
        """The identity of the alert's problem, None for any other event."""
        key = self.document.get("dedup_key") if self.is_alert else None
        return key if isinstance(key, str) and key else None


def take_in(connection: sqlite3.Connection, event: Event) -> list[dict[str, str]]:
    """Apply an event. Returns the incidents it touched: `{"id", "change": opened, updated or resolved}`.

    An event with `test: true` touches none.
    """
    if event.document.get("test") is True:
        return []
    kind = not event.strict and event.dedup_key is not None
    if kind and event.document.get("action") == Action.RESOLVE:
        return _resolve(connection, event)
    touched: list[dict[str, str]] = []
    for ruleset in connection.execute(_RULESETS, (event.organisation_id,)).fetchall():
        if _holds(ruleset["conditions"], event.document):
            touched += _apply(connection, event, ruleset, update=kind)
    return touched


def _apply(connection: sqlite3.Connection, event: Event, ruleset: sqlite3.Row, *, update: bool) -> list[dict[str, str]]:
    incident = _incident(event, ruleset)
    updated = connection.execute(_UPDATE, incident).fetchall() if update else []
    if updated:
        return [{"id": row["id"], "change": "updated"} for row in updated]
    connection.execute(_OPEN, incident)
    return [{"id": incident["id"], "change": "opened"}]


def _resolve(connection: sqlite3.Connection, event: Event) -> list[dict[str, str]]:
    rows = connection.execute(
        _RESOLVE,
        {"now": event.received_at, "dedup_key": event.dedup_key, "organisation_id": event.organisation_id},
    ).fetchall()
    return [{"id": row["id"], "change": "resolved"} for row in rows]


def _incident(event: Event, ruleset: sqlite3.Row) -> dict[str, Any]:
    said = event.document if event.is_alert else {}
    return {
        "id": str(uuid.uuid4()),
        "team_id": ruleset["team_id"],
        "webhook_id": event.webhook_id,
        "ruleset_id": ruleset["id"],
        "dedup_key": event.dedup_key,
        "name": (_text(said, "title") or ruleset["name"])[:NAME_LIMIT],
        "description": _text(said, "description") or ruleset["description"],
        "urgency": ruleset["urgency"] or _urgency(said) or DEFAULT_URGENCY,
        "assignees": ruleset["assignees"],
        "now": event.received_at,
    }


def _text(document: dict[str, Any], name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) and value else None


def _urgency(document: dict[str, Any]) -> str | None:
    value = document.get("urgency")
    return value if isinstance(value, str) and value in tuple(Urgency) else None


def _holds(conditions: str, document: dict[str, Any]) -> bool:
    try:
        return _predicate(conditions)(document)
    except RecursionError:
        # A body nested nearly as deep as the parser allows: too deep to be compared, not too deep to be kept.
        return False


@functools.lru_cache(maxsize=1024)
def _predicate(conditions: str) -> Predicate:
    """Compiled once for each text: a changed ruleset has another text, so that nothing needs to be dropped."""
    return compile_all(msgspec.json.decode(conditions, type=list[Condition]))
