"""Routes as rulesets of Pinghome and back, as far as the two say the same.

A ruleset is a flat list of conditions that must all hold, and every ruleset sees every event. So `any` and `not` are
exported where a flat list can say them, order and `drop` cannot be said, and what is imported says `continue`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, assert_never

from bridge.domain.alert import Urgency
from bridge.domain.conditions import AllOf, AnyOf, Condition, Not, When, canonical
from bridge.domain.destination import IncidentOf
from bridge.domain.routing import Route
from bridge.domain.words import describe

RULE_TYPE: Final = "webhook"
"""The rule type that sees webhook events; the other, `state-change`, sees monitors."""

_ANY_ALERT: Final = Condition(key="schema", operator="equal", values=("bridge.alert/v1",))
"""What a route without conditions becomes: a ruleset has at least one condition."""

_OPPOSITES: Final = {
    "equal": "not-equal", "not-equal": "equal", "contains": "not-contains", "not-contains": "contains",
    "exists": "not-exists", "not-exists": "exists",
}  # fmt: skip
_MERGEABLE: Final = ("equal", "contains", "starts-with", "ends-with", "matches", "greater-than", "less-than")
"""Operators whose values mean any of them."""


class NotExpressible(ValueError):
    """The other side has no words for it; the text says for what."""


def to_ruleset(route: Route, *, team: str | None = None, urgency: Urgency = Urgency.MEDIUM) -> dict[str, Any]:
    """The body of the API's `POST ruleset`. Team, urgency and assignees of an `incident` target come first.

    Raises NotExpressible.
    """
    if not route.to:
        raise NotExpressible("a ruleset cannot drop")
    incident = next((one for one in route.to if isinstance(one, IncidentOf)), None)
    team_id = incident.target.id if incident else team
    if team_id is None:
        raise NotExpressible("it names no team")
    conditions = [one for when in route.when for one in _flat(when)] or [_ANY_ALERT]
    return {
        "rule_type": RULE_TYPE,
        "conditions": [_written(condition) for condition in conditions],
        "level": "team",
        "team_id": team_id,
        "name": route.name,
        "description": f"The bridge's route {route.name}.",
        "urgency": (incident.urgency if incident and incident.urgency else urgency).value,
        "assignees": list(incident.assignees if incident else ()) or [{"type": "team", "id": team_id}],
    }


def to_route(ruleset: Mapping[str, Any], taken: Sequence[str]) -> dict[str, Any]:
    """The route as the configuration writes it, under a name that is not among `taken`. Raises NotExpressible."""
    if ruleset.get("rule_type") != RULE_TYPE:
        raise NotExpressible(f"rule_type {ruleset.get('rule_type')!r} sees no webhook events")
    conditions = ruleset.get("conditions")
    if not isinstance(conditions, list) or not all(isinstance(one, dict) for one in conditions):
        raise NotExpressible("its conditions are no list of objects")
    when = [{name: one[name] for name in ("type", "key", "operator", "values") if name in one} for one in conditions]
    incident = {name: ruleset[name] for name in ("urgency", "assignees") if ruleset.get(name)}
    return {
        "name": _name(str(ruleset.get("name", "")), taken),
        "when": [one for one in when if one != _written(_ANY_ALERT)],
        "to": [{"incident": {"team": ruleset.get("team_id"), **incident}}],
        "continue": True,
    }


def _flat(when: When) -> Sequence[Condition]:
    match when:
        case Condition():
            return [when]
        case AllOf(members=members):
            return [one for member in members for one in _flat(member)]
        case AnyOf(members=members):
            return [_merged(when, [one for member in members for one in _single(member)])]
        case Not(member=member):
            return _negated(member)
        case _:
            assert_never(when)


def _negated(when: When) -> Sequence[Condition]:
    match when:
        case Condition(operator=operator) if operator in _OPPOSITES:
            return [replace(when, operator=_OPPOSITES[operator])]
        case Not(member=member):
            return _flat(member)
        case AnyOf(members=members):
            return [one for member in members for one in _negated(member)]
        case AllOf(members=(member,)):
            return _negated(member)
        case Condition() | AllOf():
            raise NotExpressible(f"a ruleset has no words for not ({describe(when)})")
        case _:
            assert_never(when)


def _single(when: When) -> Sequence[Condition]:
    flat = _flat(when)
    if len(flat) != 1:
        raise NotExpressible(f"a ruleset has no words for any of several that hold together: {describe(when)}")
    return flat


def _merged(when: AnyOf, members: Sequence[Condition]) -> Condition:
    """One condition with the values of all, where they differ in nothing else."""
    first = members[0]
    if len(members) > 1 and (
        first.operator not in _MERGEABLE or any(replace(one, values=first.values) != first for one in members)
    ):
        raise NotExpressible(f"a ruleset has no words for {describe(when)}")
    return replace(first, values=tuple(value for one in members for value in one.values))


def _written(condition: Condition) -> dict[str, Any]:
    """As the API has it. Its values are texts; `equal` compares numbers in texts as numbers."""
    values = [canonical(value) for value in condition.values]
    return {"type": condition.type, "key": condition.key, "operator": condition.operator, "values": values}


def _name(text: str, taken: Sequence[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:56].strip("-") or "ruleset"
    numbers = ("", *(f"-{number}" for number in range(2, len(taken) + 3)))
    return next(base + number for number in numbers if base + number not in taken)
