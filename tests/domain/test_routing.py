"""Which alert goes where: the first route that matches, and always somewhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.alert import Status
from bridge.domain.conditions import BadCondition, Condition
from bridge.domain.destination import HeartbeatOf, IncidentOf, Result
from bridge.domain.routing import CATCH_ALL, Route, Router, TracingRouter
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


TEAM = IncidentOf(target=Target(kind=TargetKind.INCIDENT, id="team-1"))
PULSE = HeartbeatOf(
    target=Target(kind=TargetKind.HEARTBEAT, id="monitor-1"), results={Status.FIRING: Result.TICK, Status.INFO: None}
)
FIRING = {"severity": "critical", "status": "firing", "action": "trigger"}


def test_a_route_that_continues_adds_those_after_it() -> None:
    """Each target once, in the order of the routes; the first that does not continue is the last."""
    first = Route(name="first", when=(), to=(TWO, ONE), proceed=True)
    second = Route(name="second", when=severity("low"), to=(LAST,), proceed=True)

    decision = Router([first, second, PAGES, REST]).decide({"severity": "critical"})

    assert (decision.route, decision.to) == ("first, pages", (TWO, ONE))
    assert decision.reason == "first: route without conditions; pages: conditions hold: severity equal critical or high"


def test_a_route_that_continues_and_is_the_only_one_is_enough() -> None:
    """The catch-all is for what no route took."""
    decision = Router([Route(name="copy", when=(), to=(ONE,), proceed=True), PAGES]).decide({})

    assert (decision.route, decision.to) == ("copy", (ONE,))


def test_a_drop_after_a_route_that_continued_takes_nothing_away() -> None:
    copy = Route(name="copy", when=(), to=(ONE,), proceed=True)

    assert Router([copy, NOISE, REST]).decide({"severity": "info"}).to == (ONE,)


def test_what_a_target_cannot_take_goes_on() -> None:
    """Information opens no incident, and a status without a result is no heartbeat: others may want it."""
    router = Router([Route(name="team", when=(), to=(TEAM,)), Route(name="pulse", when=(), to=(PULSE,)), REST])

    assert router.decide(FIRING).to == (TEAM,)
    assert router.decide({"status": "info", "action": "info"}).route == "pulse"
    assert router.decide({"status": "suppressed", "action": "info"}).to == (LAST,)
    assert router.decide({"status": "firing", "action": "test"}).to == (LAST,)


def test_of_several_targets_those_are_taken_that_can() -> None:
    both = Route(name="both", when=(), to=(TEAM, ONE, PULSE))

    assert Router([both]).decide(FIRING).to == (TEAM, ONE, PULSE)
    assert Router([both]).decide({"status": "resolved", "action": "info"}).to == (ONE,)


def test_a_heartbeat_catches_nothing() -> None:
    """Nobody would hear of it: the catch-all leads to people."""
    pulse = Route(name="pulse", when=severity("info"), to=(PULSE,))

    assert Router([Route(name="team", when=severity("high"), to=(TEAM,)), pulse]).decide(FIRING).to == (TEAM,)
    with pytest.raises(ValueError, match="no route has a target"):
        Router([pulse])


def test_information_that_only_an_incident_could_catch_is_told_so() -> None:
    decision = Router([Route(name="team", when=severity("high"), to=(TEAM,))]).decide({"action": "info"})

    assert (decision.route, decision.to) == (CATCH_ALL, ())
    assert "opens no incident" in decision.reason


def test_the_team_of_an_incident_is_known() -> None:
    assert Router([Route(name="team", when=(), to=(ONE, TEAM))]).decide(FIRING).team_id == "team-1"
    assert Router([REST]).decide(FIRING).team_id is None


def test_a_long_reason_is_cut() -> None:
    """The ledger keeps one an alert."""
    many = tuple(Condition(key=f"labels.key_{n}", operator="not-exists") for n in range(50))

    assert len(Router([Route(name="many", when=many, to=(ONE,))]).decide({}).reason) == 240


def test_a_trace_tells_every_route_that_was_tried_and_none_after_the_last() -> None:
    team = Route(name="team", when=severity("low"), to=(TEAM,))
    router = TracingRouter([PAGES, team, REST, CRITICAL])

    decision = router.decide({"id": "a1", "severity": "low", "status": "info", "action": "info"})

    told = [(tried.route, tried.took, tried.why) for tried in router.traces["a1"]]
    assert told == [
        ("pages", False, "severity equal critical or high: it is 'low'"),
        ("team", False, "none of its targets takes info (info)"),
        ("rest", True, "route without conditions"),
    ]
    assert decision == Router([PAGES, team, REST]).decide({"severity": "low", "status": "info", "action": "info"})


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
