"""What a webhook event does to incidents.

The API binds no ruleset to a webhook, so every ruleset of type `webhook` of the organisation sees every event; one
whose conditions all hold opens an incident for its team. Where the event is one of the bridge's own alerts
(`bridge.alert/v1`) three kindnesses are added: an unresolved incident of the same `dedup_key` is updated instead of a
second one opened, `action: acknowledge` acknowledges and `action: resolve` resolves whatever is unresolved under the
key. Strict mode has none of them, as the SaaS promises none.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from bridge.domain.alert import Action, Urgency
from bridge.local.incidents import life, outages
from bridge.local.incidents.holds import holds

ALERT_SCHEMA: Final = "bridge.alert/v1"
DEFAULT_URGENCY: Final = Urgency.MEDIUM
"""Where neither the ruleset nor the event states one; the only urgency that the API's texts show."""
NAME_LIMIT: Final = 255

_RULESETS: Final = """
SELECT rulesets.* FROM teams JOIN rulesets ON rulesets.team_id = teams.id AND rulesets.rule_type = 'webhook'
WHERE teams.organisation_id = ? ORDER BY rulesets.created_at, rulesets.id
"""
_OF_RULESET: Final = """
SELECT * FROM incidents
WHERE status <> 'resolved' AND dedup_key = :dedup_key AND team_id = :team_id AND ruleset_id = :ruleset_id
"""
_OF_KEY: Final = """
SELECT * FROM incidents
WHERE status <> 'resolved' AND dedup_key = :dedup_key
  AND team_id IN (SELECT id FROM teams WHERE organisation_id = :organisation_id)
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
    """Apply an event. Returns the incidents it touched: `{"id", "change": opened, updated, acknowledged or resolved}`.

    An event with `test: true` touches none.
    """
    if event.document.get("test") is True:
        return []
    kind = not event.strict and event.dedup_key is not None
    if kind and event.document.get("action") in (Action.ACKNOWLEDGE, Action.RESOLVE):
        return _end(connection, event)
    touched: list[dict[str, str]] = []
    for ruleset in connection.execute(_RULESETS, (event.organisation_id,)).fetchall():
        if holds(ruleset["conditions"], event.document):
            touched += _apply(connection, event, ruleset, update=kind)
    return touched


def _apply(connection: sqlite3.Connection, event: Event, ruleset: sqlite3.Row, *, update: bool) -> list[dict[str, str]]:
    said = event.document if event.is_alert else {}
    name = (_text(said, "title") or ruleset["name"])[:NAME_LIMIT]
    description = _text(said, "description") or ruleset["description"]
    urgency = ruleset["urgency"] or _urgency(said) or DEFAULT_URGENCY
    at = event.received_at
    names = {"dedup_key": event.dedup_key, "team_id": ruleset["team_id"], "ruleset_id": ruleset["id"]}
    known = connection.execute(_OF_RULESET, names).fetchall() if update else []
    if known:
        for row in known:
            life.meet_again(connection, row, name=name, description=description, urgency=urgency, now=at)
        return [{"id": row["id"], "change": "updated"} for row in known]
    new = life.New(
        team_id=ruleset["team_id"],
        webhook_id=event.webhook_id,
        ruleset_id=ruleset["id"],
        dedup_key=event.dedup_key,
        name=name,
        description=description,
        urgency=urgency,
        assignees=msgspec.json.decode(ruleset["assignees"]),
        actions=outages.of_ruleset(connection, ruleset["id"]),
    )
    return [{"id": life.open_new(connection, new, at)["id"], "change": "opened"}]


def _end(connection: sqlite3.Connection, event: Event) -> list[dict[str, str]]:
    """Acknowledge or resolve whatever is unresolved under the alert's key, whoever opened it."""
    names = {"dedup_key": event.dedup_key, "organisation_id": event.organisation_id}
    known = connection.execute(_OF_KEY, names).fetchall()
    if event.document["action"] == Action.RESOLVE:
        for row in known:
            life.resolve(connection, row["id"], event.received_at)
        return [{"id": row["id"], "change": "resolved"} for row in known]
    unseen = [row for row in known if row["status"] == "open"]
    for row in unseen:
        life.acknowledge(connection, row["id"], event.received_at)
    return [{"id": row["id"], "change": "acknowledged"} for row in unseen]


def _text(document: dict[str, Any], name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) and value else None


def _urgency(document: dict[str, Any]) -> str | None:
    value = document.get("urgency")
    return value if isinstance(value, str) and value in tuple(Urgency) else None
