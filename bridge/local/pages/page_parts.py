"""Components and groups of a status page, replaced as a whole. What is given with its id stays what it was."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bridge.local.pages.components import OPERATIONAL, set_status
from bridge.local.replies import Call, Fault, invalid, not_found
from bridge.pinghome.systems.statuspage import Component, Group

COMPONENT_LIMIT: Final = 500
"""Components of one page, in groups and outside: each is some writes in one transaction."""

_MONITOR: Final = """
SELECT monitors.id FROM monitors JOIN services ON services.id = monitors.service_id
JOIN teams ON teams.id = services.team_id WHERE monitors.id = ? AND teams.organisation_id = ?
"""
_COMPONENTS: Final = "SELECT * FROM components WHERE status_page_id = ? ORDER BY position, id"
_GROUPS: Final = "SELECT * FROM component_groups WHERE status_page_id = ? ORDER BY position, id"
_ADD_GROUP: Final = "INSERT INTO component_groups (name, position, id, status_page_id) VALUES (?, ?, ?, ?)"
_MOVE_GROUP: Final = "UPDATE component_groups SET name = ?, position = ? WHERE id = ?"
_ADD: Final = """
INSERT INTO components (id, status_page_id, group_id, name, description, type, status, resource_id, position,
                        created_at)
VALUES (:id, :status_page_id, :group_id, :name, :description, :type, :status, :resource_id, :position, :now)
"""
_CHANGE: Final = """
UPDATE components SET group_id = :group_id, name = :name, description = :description, type = :type,
                      resource_id = :resource_id, position = :position
WHERE id = :id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A component with its group's id, and how a fault in it is named."""

    component: Component
    group_id: str | None
    field: str


def replace(
    connection: sqlite3.Connection,
    call: Call,
    page_id: str,
    components: Sequence[Component] | None,
    groups: Sequence[Group] | None,
) -> None:
    """Make the lists what a page has; a list that is None stays as it is.

    Raises 404 for the id of a component or group that the page does not have and for a monitor that is not the
    organisation's, and 422 for an id that is given twice and for too many components.
    """
    had = {row["id"]: row for row in connection.execute(_COMPONENTS, (page_id,))}
    had_groups = {row["id"] for row in connection.execute(_GROUPS, (page_id,))}
    group_ids = [group.id or str(uuid.uuid4()) for group in groups or ()]
    placed = list(_place(components or (), groups or (), group_ids))
    _check_ids([(f"groups[{index}].id", group.id) for index, group in enumerate(groups or ())], had_groups, "group")
    _check_ids([(f"{one.field}.id", one.component.id) for one in placed], set(had), "component")
    given = {one.component.id for one in placed}
    # By the list that each was in: a list that is None keeps its components, but for those that move to the other.
    left = [(had_id, components if row["group_id"] is None else groups) for had_id, row in had.items()]
    dropped = [had_id for had_id, replaced in left if replaced is not None and had_id not in given]
    added = sum(one.component.id is None for one in placed)
    if len(had) - len(dropped) + added > COMPONENT_LIMIT:
        raise invalid(Fault(field="components", message=f"a page has at most {COMPONENT_LIMIT} components"))
    for one in placed:
        _check_monitor(connection, call, one)
    for position, (group_id, group) in enumerate(zip(group_ids, groups or (), strict=True)):
        if group_id in had_groups:
            connection.execute(_MOVE_GROUP, (group.name, position, group_id))
        else:
            connection.execute(_ADD_GROUP, (group.name, position, group_id, page_id))
    for position, one in enumerate(placed):
        _write(connection, page_id, one, position, call.now)
    for component_id in dropped:
        connection.execute("DELETE FROM components WHERE id = ?", (component_id,))
    for group_id in had_groups.difference(group_ids) if groups is not None else ():
        connection.execute("DELETE FROM component_groups WHERE id = ?", (group_id,))


def shown(connection: sqlite3.Connection, page_id: str) -> dict[str, Any]:
    """`components` (those outside of groups) and `groups` of a page, in the order in which they were given."""
    rows = listed(connection, page_id)
    groups = connection.execute(_GROUPS, (page_id,)).fetchall()
    return {
        "components": [row for row in rows if row["group_id"] is None],
        "groups": [
            {
                "id": group["id"],
                "name": group["name"],
                "components": [row for row in rows if row["group_id"] == group["id"]],
            }
            for group in groups
        ],
    }


def listed(connection: sqlite3.Connection, page_id: str) -> list[dict[str, Any]]:
    """All components of a page."""
    return [
        {
            "id": row["id"],
            "name": row["name"],
            "description": row["description"],
            "status": row["status"],
            "type": row["type"],
            "resource_id": row["resource_id"],
            "group_id": row["group_id"],
        }
        for row in connection.execute(_COMPONENTS, (page_id,))
    ]


def _place(components: Sequence[Component], groups: Sequence[Group], group_ids: Sequence[str]) -> Iterator[_Placed]:
    for index, component in enumerate(components):
        yield _Placed(component=component, group_id=None, field=f"components[{index}]")
    for number, (group_id, group) in enumerate(zip(group_ids, groups, strict=True)):
        for index, component in enumerate(group.components):
            yield _Placed(component=component, group_id=group_id, field=f"groups[{number}].components[{index}]")


def _check_ids(given: Sequence[tuple[str, str | None]], had: set[str], what: str) -> None:
    seen: set[str] = set()
    for field, one in given:
        if one is None:
            continue
        if one not in had:
            raise not_found(f"{what} of the page", named_by=field)
        if one in seen:
            raise invalid(Fault(field=field, message="is given twice"))
        seen.add(one)


def _check_monitor(connection: sqlite3.Connection, call: Call, one: _Placed) -> None:
    resource_id = one.component.resource_id
    if resource_id is None:
        return
    if connection.execute(_MONITOR, (resource_id, call.customer.organisation_id)).fetchone() is None:
        raise not_found("uptime monitor", named_by=f"{one.field}.resource_id")


def _write(connection: sqlite3.Connection, page_id: str, one: _Placed, position: int, now: int) -> str:
    """Add or change one component; returns its id. A status that is left out stays, and begins as operational."""
    component = one.component
    component_id = component.id or str(uuid.uuid4())
    values = {
        "id": component_id,
        "group_id": one.group_id,
        "name": component.name,
        "description": component.description,
        "type": component.type,
        "resource_id": component.resource_id,
        "position": position,
    }
    if component.id is None:
        status = component.status or OPERATIONAL
        connection.execute(_ADD, {**values, "status_page_id": page_id, "status": status, "now": now})
        set_status(connection, component_id, status, now)
    else:
        connection.execute(_CHANGE, values)
        before = connection.execute("SELECT status FROM components WHERE id = ?", (component_id,)).fetchone()
        if component.status is not None and component.status != before["status"]:
            set_status(connection, component_id, component.status, now)
    return component_id
