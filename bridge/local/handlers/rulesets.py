"""Rulesets: which events open incidents, and for whom."""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from bridge.domain.alert import Urgency
from bridge.domain.conditions import JSON_CHECK, OPERATORS, BadCondition, Condition, compile_condition
from bridge.local import ownership
from bridge.local.assignees import read_assignees
from bridge.local.replies import Call, Reply, created
from bridge.local.times import rfc3339
from bridge.local.validation import TEXT_LIMIT, Fields

RULE_TYPES: Final = ("state-change", "webhook")
LEVELS: Final = ("team", "organisation", "organization")
"""`team` is in the texts' example; "for both team and organization" in their words about the list."""

_MINE: Final = """
SELECT rulesets.* FROM team_members JOIN rulesets ON rulesets.team_id = team_members.team_id
WHERE team_members.customer_id = ? ORDER BY rulesets.created_at, rulesets.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ruleset:
    team_id: str
    rule_type: str
    level: str
    name: str
    description: str
    urgency: str | None
    conditions: str
    assignees: str


def list_all(connection: sqlite3.Connection, call: Call) -> Reply:
    """The rulesets of all the customer's teams."""
    rows = connection.execute(_MINE, (call.customer.id,)).fetchall()
    return Reply(message="Rulesets.", data=[_shown(row) for row in rows])


def create(connection: sqlite3.Connection, call: Call) -> Reply:
    """A new ruleset. It applies to the events that come after it."""
    wanted = _read(connection, call)
    row = connection.execute(
        "INSERT INTO rulesets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
        (str(uuid.uuid4()), *_columns(wanted), call.now, call.now),
    ).fetchone()
    return created("Ruleset created.", _shown(row))


def update(connection: sqlite3.Connection, call: Call) -> Reply:
    """Replace a ruleset; it keeps its id."""
    before = ownership.ruleset(connection, call.customer, call.path["id"])
    wanted = _read(connection, call)
    row = connection.execute(
        "UPDATE rulesets SET team_id = ?, rule_type = ?, level = ?, name = ?, description = ?, urgency = ?,"
        " conditions = ?, assignees = ?, updated_at = ? WHERE id = ? RETURNING *",
        (*_columns(wanted), call.now, before["id"]),
    ).fetchone()
    return Reply(message="Ruleset updated.", data=_shown(row))


def delete(connection: sqlite3.Connection, call: Call) -> Reply:
    """Delete a ruleset. Incidents that it opened stay."""
    row = ownership.ruleset(connection, call.customer, call.path["id"])
    connection.execute("DELETE FROM rulesets WHERE id = ?", (row["id"],))
    return Reply(message="Ruleset deleted.", data={"id": row["id"]})


def _columns(ruleset: _Ruleset) -> tuple[str | None, ...]:
    """In the order of the table."""
    return (
        ruleset.team_id,
        ruleset.rule_type,
        ruleset.level,
        ruleset.name,
        ruleset.description,
        ruleset.urgency,
        ruleset.conditions,
        ruleset.assignees,
    )


def _read(connection: sqlite3.Connection, call: Call) -> _Ruleset:
    fields = Fields(call.json_object())
    wanted = _Ruleset(
        rule_type=fields.choice("rule_type", RULE_TYPES),
        conditions=msgspec.json.encode(_conditions(fields)).decode(),
        level=fields.choice("level", LEVELS),
        team_id=fields.text("team_id"),
        name=fields.text("name"),
        description=fields.text("description", limit=TEXT_LIMIT, empty=True),
        urgency=_urgency(fields),
        assignees=read_assignees(fields) or "[]",
    )
    fields.check()
    ownership.team(connection, call.customer, wanted.team_id, named_by="team_id")
    return wanted


def _urgency(fields: Fields) -> str | None:
    """Required by the texts; an explicit null is an extra and means: as the event says."""
    if fields.has("urgency"):
        return fields.optional_choice("urgency", tuple(Urgency))
    return fields.choice("urgency", tuple(Urgency))


def _conditions(fields: Fields) -> list[Condition]:
    entries = fields.members("conditions", of=dict, what="objects", required=True)
    return [_condition(fields.nested("conditions", index, entry)) for index, entry in enumerate(entries)]


def _condition(fields: Fields) -> Condition:
    condition = Condition(
        type=fields.choice("type", (JSON_CHECK,)),
        key=fields.text("key", limit=TEXT_LIMIT),
        operator=fields.choice("operator", OPERATORS),
        values=tuple(_values(fields)),
    )
    if condition.type and condition.key and condition.operator:
        _compile(fields, condition)
    return condition


def _values(fields: Fields) -> list[Any]:
    values = fields.array("values")
    if any(isinstance(value, list | dict) for value in values):
        fields.fault("values", "must be an array of strings, numbers, booleans or null")
    return values


def _compile(fields: Fields, condition: Condition) -> None:
    """Say which part is wrong: the key is tried alone first, what then still fails lies in the values."""
    try:
        compile_condition(Condition(key=condition.key, operator="exists"))
    except BadCondition as error:
        fields.fault("key", str(error))
        return
    try:
        compile_condition(condition)
    except BadCondition as error:
        fields.fault("values", str(error))


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
