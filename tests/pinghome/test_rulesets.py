"""A rule on its way to Pinghome and back says the same, or is not moved."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.alert import Urgency
from bridge.domain.conditions import AllOf, AnyOf, Condition, Not, When, compile_all
from bridge.domain.destination import IncidentOf
from bridge.domain.routing import Route
from bridge.domain.send import Target, TargetKind
from bridge.pinghome.rulesets import NotExpressible, to_route, to_ruleset
from bridge.settings.routes import RouteSettings
from tests.local.world import ruleset
from tests.support.fakes import BOUNDED, WEBHOOK

KEYS = ("severity", "labels.team")
VALUES = ("high", "low", "1", 1, 2.5, True)

conditions = st.builds(
    lambda key, operator, values: Condition(key=key, operator=operator, values=tuple(values)),
    st.sampled_from(KEYS),
    st.sampled_from(("equal", "not-equal", "contains", "not-contains", "starts-with", "greater-than")),
    st.lists(st.sampled_from(VALUES), min_size=1, max_size=3),
) | st.builds(
    lambda key, operator: Condition(key=key, operator=operator),
    st.sampled_from(KEYS),
    st.sampled_from(("exists", "not-exists")),
)
whens: st.SearchStrategy[When] = st.recursive(
    conditions,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(lambda members: AllOf(members=tuple(members)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda members: AnyOf(members=tuple(members)))
        | inner.map(lambda member: Not(member=member))
    ),
    max_leaves=5,
)
scalars = st.sampled_from((*VALUES, "other", None, "highest"))
documents = st.fixed_dictionaries(
    {"schema": st.just("bridge.alert/v1")},
    optional={"severity": scalars, "labels": st.fixed_dictionaries({}, optional={"team": scalars})},
)


def route(*when: When, **changes: Any) -> Route:
    """A route to a webhook."""
    return Route(**({"name": "pages", "when": when, "to": (WEBHOOK,)} | changes))


def read(conditions: list[dict[str, Any]]) -> list[When]:
    """A ruleset's conditions as Pinghome would read them."""
    return [Condition(**one | {"values": tuple(one.get("values", ()))}) for one in conditions]


@BOUNDED
@given(st.lists(whens, max_size=3), documents)
def test_what_is_exported_holds_for_the_same_alerts(when: list[When], document: dict[str, Any]) -> None:
    """Or it is refused."""
    try:
        exported = to_ruleset(route(*when), team="t")
    except NotExpressible:
        return
    assert exported["conditions"]
    assert compile_all(read(exported["conditions"]))(document) is compile_all(when)(document)


@BOUNDED
@given(st.lists(conditions, max_size=3), documents)
def test_what_is_imported_again_holds_for_the_same_alerts(when: list[When], document: dict[str, Any]) -> None:
    """A flat list can always be moved."""
    imported = RouteSettings.model_validate(to_route(to_ruleset(route(*when), team="t"), ())).route()

    assert compile_all(imported.when)(document) is compile_all(when)(document)


def test_the_incident_of_a_route_says_for_whom() -> None:
    incident = IncidentOf(
        target=Target(kind=TargetKind.INCIDENT, id="team-1"),
        urgency=Urgency.HIGH,
        assignees=({"type": "team", "id": "team-2"},),
    )
    high = Condition(key="severity", operator="equal", values=("high",))

    exported = to_ruleset(route(high, to=(WEBHOOK, incident)), team="other")

    assert exported == {
        "rule_type": "webhook",
        "conditions": [{"type": "json-check", "key": "severity", "operator": "equal", "values": ["high"]}],
        "level": "team",
        "team_id": "team-1",
        "name": "pages",
        "description": "The bridge's route pages.",
        "urgency": "high",
        "assignees": [{"type": "team", "id": "team-2"}],
    }


def test_a_route_without_an_incident_goes_to_the_team_that_is_named() -> None:
    exported = to_ruleset(route(), team="team-1", urgency=Urgency.LOW)

    assert (exported["team_id"], exported["urgency"]) == ("team-1", "low")
    assert exported["assignees"] == [{"type": "team", "id": "team-1"}]
    with pytest.raises(NotExpressible, match="names no team"):
        to_ruleset(route())


SEVERE = Condition(key="severity", operator="equal", values=("high",))
TEAM = Condition(key="labels.team", operator="equal", values=("a",))


@pytest.mark.parametrize(
    ("impossible", "reason"),
    [
        (route(to=()), "cannot drop"),
        (route(AnyOf(members=(SEVERE, TEAM))), "any of"),
        (route(Not(member=AllOf(members=(SEVERE, TEAM)))), "not"),
        (route(Not(member=Condition(key="a", operator="starts-with", values=("b",)))), "not"),
        (route(AnyOf(members=(Not(member=SEVERE), Not(member=TEAM)))), "any of"),
        (route(AnyOf(members=(AllOf(members=(SEVERE, TEAM)), SEVERE))), "hold together"),
    ],
)
def test_what_a_ruleset_cannot_say_is_refused(impossible: Route, reason: str) -> None:
    with pytest.raises(NotExpressible, match=reason):
        to_ruleset(impossible, team="t")


def test_any_of_one_key_becomes_its_values() -> None:
    either = AnyOf(members=(SEVERE, Condition(key="severity", operator="equal", values=("critical", 1))))

    (condition,) = to_ruleset(route(either), team="t")["conditions"]

    assert condition["values"] == ["high", "critical", "1"]


def test_a_ruleset_becomes_a_route_that_lets_the_others_speak_too() -> None:
    """Every ruleset sees every event."""
    assert to_route(ruleset(name="Firing: DB & Co."), ["firing-db-co"]) == {
        "name": "firing-db-co-2",
        "when": [{"type": "json-check", "key": "status", "operator": "equal", "values": ["firing"]}],
        "to": [{"incident": {"team": ruleset()["team_id"], "urgency": "low"}}],
        "continue": True,
    }


@pytest.mark.parametrize("text", ["", "!!!", "Ü", "x" * 300, "a b  c"])
def test_every_name_becomes_one_that_routes_may_have(text: str) -> None:
    RouteSettings.model_validate(to_route(ruleset(name=text), []))


@pytest.mark.parametrize("bad", [{"rule_type": "state-change"}, {"conditions": None}, {"conditions": ["a"]}])
def test_what_sees_no_alerts_is_not_imported(bad: dict[str, Any]) -> None:
    with pytest.raises(NotExpressible):
        to_route(ruleset(**bad), [])
