"""Which alert goes where: the first route that matches, and always somewhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.conditions import BadCondition, Condition
from bridge.domain.routing import CATCH_ALL, Route, Router
from bridge.domain.send import Target, TargetKind
from tests.support.fakes import BOUNDED

ONE, TWO, LAST = (Target(kind=TargetKind.WEBHOOK, id=f"webhook-{n}") for n in ("one", "two", "last"))


def severity(*values: str) -> tuple[Condition, ...]:
    """When the severity is one of these."""
    return (Condition(key="severity", operator="equal", values=values),)


PAGES = Route(name="pages", when=severity("critical", "high"), to=(ONE, TWO))
CRITICAL = Route(name="critical", when=severity("critical"), to=(TWO,))
NOISE = Route(name="noise", when=severity("info"), to=())
REST = Route(name="rest", when=(), to=(LAST,))


def test_the_first_route_that_matches_wins() -> None:
    """A later one that matches too is not asked."""
    decision = Router([PAGES, CRITICAL, REST]).decide({"severity": "critical"})

    assert (decision.route, decision.to) == ("pages", (ONE, TWO))
    assert "conditions hold" in decision.reason


def test_the_order_is_that_of_the_configuration() -> None:
    """Turned round, the other one wins."""
    assert Router([CRITICAL, PAGES, REST]).decide({"severity": "critical"}).route == "critical"


def test_a_route_without_conditions_takes_what_is_left() -> None:
    """And says so."""
    decision = Router([PAGES, REST]).decide({"severity": "low"})

    assert (decision.route, decision.reason) == ("rest", "route without conditions")


def test_a_route_without_targets_drops() -> None:
    """On purpose, so nothing catches it."""
    decision = Router([NOISE, REST]).decide({"severity": "info"})

    assert (decision.route, decision.to) == ("noise", ())


def test_what_no_route_takes_goes_to_the_last_route_with_a_target() -> None:
    """There is always a way out, and the reason names it."""
    decision = Router([PAGES, CRITICAL, NOISE]).decide({"severity": "low"})

    assert (decision.route, decision.to) == (CATCH_ALL, (TWO,))
    assert decision.reason == "no route matched; targets of 'critical'"


def test_the_catch_all_can_be_asked_for() -> None:
    """Our own bugs go by it, with their reason."""
    decision = Router([PAGES, NOISE]).catch_all("the decoder failed")

    assert (decision.route, decision.to) == (CATCH_ALL, (ONE, TWO))
    assert decision.reason.startswith("the decoder failed;")


@pytest.mark.parametrize("routes", [[], [NOISE]], ids=["none", "only drops"])
def test_a_router_without_any_target_is_refused(routes: list[Route]) -> None:
    """No alert could ever get out."""
    with pytest.raises(ValueError, match="no route has a target"):
        Router(routes)


def test_a_condition_that_cannot_be_evaluated_is_refused_at_once() -> None:
    """Not when the first alert comes."""
    with pytest.raises(BadCondition):
        Router([Route(name="a", when=(Condition(key="a[", operator="exists"),), to=(ONE,))])


@pytest.mark.parametrize(("key", "reads"), [("raw.incident.state", True), ("severity", False)])
def test_a_router_knows_whether_it_reads_the_raw_message(key: str, *, reads: bool) -> None:
    """Parsing it again costs; it is done only where a condition asks."""
    route = Route(name="a", when=(Condition(key=key, operator="exists"),), to=(ONE,))

    assert Router([route]).reads_raw is reads


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
EVERYTHING = [
    Route(name="text", when=(Condition(key="title", operator="matches", values=("^a+b",)),), to=(ONE,)),
    Route(name="number", when=(Condition(key="length(labels)", operator="greater-than", values=(2,)),), to=(ONE,)),
    Route(name="deep", when=(Condition(key="labels.*.x[0]", operator="contains", values=(1, "y")),), to=()),
    Route(name="sorted", when=(Condition(key="sort(keys(source))", operator="equal", values=("[]",)),), to=(TWO,)),
]


@BOUNDED
@given(st.fixed_dictionaries({}, optional={"title": json_values, "labels": json_values, "source": json_values}))
def test_every_document_gets_a_decision(document: dict[str, Any]) -> None:
    """Strangers write most of it."""
    decision = Router(EVERYTHING).decide(document)

    assert decision.to or decision.route == "deep"
