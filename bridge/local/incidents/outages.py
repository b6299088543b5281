"""The action `trigger-alerts`: components of status pages that are in an outage while an incident is unresolved."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from bridge.local.pages.components import set_status
from bridge.local.replies import Fault, invalid, not_found
from bridge.pinghome.systems.shared import Action

TRIGGER_ALERTS: Final = "trigger-alerts"

_COMPONENT: Final = """
SELECT components.id, components.status_page_id FROM components
JOIN status_pages ON status_pages.id = components.status_page_id
WHERE components.id = ? AND status_pages.organisation_id = ?
"""
_PAGE: Final = "SELECT id FROM status_pages WHERE id = ? AND organisation_id = ?"
_ACTIONS: Final = "SELECT id, type, settings FROM ruleset_actions WHERE ruleset_id = ? ORDER BY position"
_HOLD: Final = "INSERT OR IGNORE INTO incident_components VALUES (?, ?)"
_LET_GO: Final = "DELETE FROM incident_components WHERE incident_id = ? RETURNING component_id"
_HELD: Final = "SELECT 1 FROM incident_components WHERE component_id = ? LIMIT 1"


def check(connection: sqlite3.Connection, organisation_id: str, actions: Sequence[Action]) -> None:
    """Raises 422 for an action that is unknown or incomplete, 404 for a page or component that is not there."""
    for index, action in enumerate(actions):
        if action.type != TRIGGER_ALERTS:
            raise invalid(Fault(field=f"actions[{index}].type", message=f"must be {TRIGGER_ALERTS}"))
        for place, setting in enumerate(action.settings):
            name = f"actions[{index}].settings[{place}]"
            for field in ("status_page_id", "component_id"):
                if not getattr(setting, field):
                    raise invalid(Fault(field=f"{name}.{field}", message="is required"))
            if connection.execute(_PAGE, (setting.status_page_id, organisation_id)).fetchone() is None:
                raise not_found("status page", named_by=f"{name}.status_page_id")
            found = connection.execute(_COMPONENT, (setting.component_id, organisation_id)).fetchone()
            if found is None or found["status_page_id"] != setting.status_page_id:
                raise not_found("component of that page", named_by=f"{name}.component_id")


def replace(connection: sqlite3.Connection, ruleset_id: str, actions: Sequence[Action]) -> list[dict[str, Any]]:
    """Store the actions of a ruleset in place of those that it has. An action and a setting keep their id, where they
    bring one that the ruleset gave them; they get one else."""
    before = of_ruleset(connection, ruleset_id)
    known = {action["id"] for action in before} | {one["id"] for action in before for one in action["settings"]}
    connection.execute("DELETE FROM ruleset_actions WHERE ruleset_id = ?", (ruleset_id,))
    for position, action in enumerate(actions):
        settings = [
            {
                "id": _id(setting.id, known),
                "status_page_id": setting.status_page_id,
                "component_id": setting.component_id,
            }
            for setting in action.settings
        ]
        connection.execute(
            "INSERT INTO ruleset_actions VALUES (?, ?, ?, ?, ?)",
            (ruleset_id, position, _id(action.id, known), action.type, msgspec.json.encode(settings).decode()),
        )
    return of_ruleset(connection, ruleset_id)


def of_ruleset(connection: sqlite3.Connection, ruleset_id: str) -> list[dict[str, Any]]:
    """The actions of a ruleset, in order."""
    return [
        {"id": row["id"], "type": row["type"], "settings": msgspec.json.decode(row["settings"])}
        for row in connection.execute(_ACTIONS, (ruleset_id,))
    ]


def begin(
    connection: sqlite3.Connection, organisation_id: str, incident_id: str, actions: Iterable[Any], now: int
) -> None:
    """Put the components of an incident's actions into an outage. One that is gone meanwhile is left out."""
    for component_id in _components(actions):
        if connection.execute(_COMPONENT, (component_id, organisation_id)).fetchone() is not None:
            connection.execute(_HOLD, (incident_id, component_id))
            set_status(connection, component_id, "major-outage", now, incident_id=incident_id)


def end(connection: sqlite3.Connection, incident_id: str, now: int) -> None:
    """Let go of the components of an incident; what no other incident holds is operational again."""
    for row in connection.execute(_LET_GO, (incident_id,)).fetchall():
        if connection.execute(_HELD, (row["component_id"],)).fetchone() is None:
            set_status(connection, row["component_id"], "operational", now)


def _components(actions: Iterable[Any]) -> Iterator[str]:
    for action in actions:
        if isinstance(action, dict) and action.get("type") == TRIGGER_ALERTS:
            for setting in action.get("settings") or ():
                if isinstance(setting, dict) and isinstance(found := setting.get("component_id"), str):
                    yield found


def _id(given: str | None, known: set[str]) -> str:
    return given if given in known and given is not None else str(uuid.uuid4())
