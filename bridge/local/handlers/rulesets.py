"""Rulesets: which events open incidents, for whom, and what else then happens."""

from __future__ import annotations

import sqlite3
import uuid
from typing import Any, Final

import msgspec

from bridge.domain.conditions import JSON_CHECK, OPERATORS, BadCondition, Condition, compile_condition
from bridge.local import ownership
from bridge.local.incidents import outages
from bridge.local.reading import read
from bridge.local.replies import Call, Fault, Reply, created, invalid
from bridge.local.times import rfc3339
from bridge.pinghome.systems.ruleset import RulesetActions, RulesetBody
from bridge.pinghome.systems.shared import Condition as GivenCondition

_MINE: Final = """
SELECT rulesets.* FROM team_members JOIN rulesets ON rulesets.team_id = team_members.team_id
WHERE team_members.customer_id = ? ORDER BY rulesets.created_at, rulesets.id
"""
_CREATE: Final = """
INSERT INTO rulesets (id, team_id, rule_type, level, name, description, urgency, conditions, assignees, created_at,
                      updated_at)
VALUES (:id, :team_id, :rule_type, :level, :name, :description, :urgency, :conditions, :assignees, :now, :now)
RETURNING *
"""
_UPDATE: Final = """
UPDATE rulesets SET team_id = :team_id, rule_type = :rule_type, level = :level, name = :name,
    description = :description, urgency = :urgency, conditions = :conditions, assignees = :assignees, updated_at = :now
WHERE id = :id RETURNING *
"""


def list_all(connection: sqlite3.Connection, call: Call) -> Reply:
    """The rulesets of all the customer's teams."""
    rows = connection.execute(_MINE, (call.customer.id,)).fetchall()
    return Reply(message="Rulesets.", data=[_shown(row) for row in rows])


def create(connection: sqlite3.Connection, call: Call) -> Reply:
    """A new ruleset. It applies to the events that come after it."""
    columns = {**_read(connection, call), "id": str(uuid.uuid4())}
    return created("Ruleset created.", _shown(connection.execute(_CREATE, columns).fetchone()))


def update(connection: sqlite3.Connection, call: Call) -> Reply:
    """Replace a ruleset; it keeps its id and its actions."""
    before = ownership.ruleset(connection, call.customer, call.path["id"])
    columns = {**_read(connection, call), "id": before["id"]}
    return Reply(message="Ruleset updated.", data=_shown(connection.execute(_UPDATE, columns).fetchone()))


def delete(connection: sqlite3.Connection, call: Call) -> Reply:
    """Delete a ruleset. Incidents that it opened stay."""
    row = ownership.ruleset(connection, call.customer, call.path["id"])
    connection.execute("DELETE FROM rulesets WHERE id = ?", (row["id"],))
    return Reply(message="Ruleset deleted.", data={"id": row["id"]})


def actions(connection: sqlite3.Connection, call: Call) -> Reply:
    """What a ruleset does when it opens an incident, in order."""
    row = ownership.ruleset(connection, call.customer, call.path["id"])
    return Reply(message="Ruleset actions.", data=outages.of_ruleset(connection, row["id"]))


def update_actions(connection: sqlite3.Connection, call: Call) -> Reply:
    """Replace what a ruleset does. It applies to the incidents that it opens from then on."""
    row = ownership.ruleset(connection, call.customer, call.path["id"])
    wanted = read(call, RulesetActions).actions
    outages.check(connection, call.customer.organisation_id, wanted)
    return Reply(message="Ruleset actions updated.", data=outages.replace(connection, row["id"], wanted))


def _read(connection: sqlite3.Connection, call: Call) -> dict[str, Any]:
    """The columns of a ruleset as it shall be."""
    wanted = read(call, RulesetBody)
    conditions = _conditions(wanted.conditions)
    ownership.team(connection, call.customer, wanted.team_id, named_by="team_id")
    return {
        "team_id": wanted.team_id,
        "rule_type": wanted.rule_type,
        "level": wanted.level,
        "name": wanted.name,
        "description": wanted.description,
        "urgency": wanted.urgency,
        "conditions": msgspec.json.encode(conditions).decode(),
        "assignees": msgspec.json.encode(wanted.assignees or []).decode(),
        "now": call.now,
    }


def _conditions(given: list[GivenCondition]) -> list[Condition]:
    """Raises 422 with all that can never be evaluated."""
    found = [Condition(type=one.type, key=one.key, operator=one.operator, values=tuple(one.values)) for one in given]
    faults = [fault for index, condition in enumerate(found) for fault in _faults(f"conditions[{index}]", condition)]
    if faults:
        raise invalid(*faults)
    return found


def _faults(place: str, condition: Condition) -> list[Fault]:
    """Say which part is wrong: the key is tried alone, what then still fails lies in the values."""
    if condition.type != JSON_CHECK:
        return [Fault(field=f"{place}.type", message=f"must be {JSON_CHECK}")]
    if condition.operator not in OPERATORS:
        return [Fault(field=f"{place}.operator", message=f"must be one of {', '.join(OPERATORS)}")]
    try:
        compile_condition(Condition(key=condition.key, operator="exists"))
    except BadCondition as error:
        return [Fault(field=f"{place}.key", message=str(error))]
    try:
        compile_condition(condition)
    except BadCondition as error:
        return [Fault(field=f"{place}.values", message=str(error))]
    return []


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "rule_type": row["rule_type"],
        "level": row["level"],
        "team_id": row["team_id"],
        "name": row["name"],
        "description": row["description"],
        "urgency": row["urgency"],
        "conditions": msgspec.json.decode(row["conditions"]),
        "assignees": msgspec.json.decode(row["assignees"]),
        "created_at": rfc3339(row["created_at"]),
        "updated_at": rfc3339(row["updated_at"]),
    }
