"""The steps between an alert and its sends: facts, severity, words, routes; and what each kind of target is sent."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest

from bridge.domain.alert import Action, Alert, Link, Rel, Severity, Status, Urgency
from bridge.domain.alert import Condition as Cause
from bridge.domain.conditions import Condition
from bridge.domain.destination import HeartbeatOf, IncidentOf, Result
from bridge.domain.enrichment import Always, Enrichment, Facts, Table
from bridge.domain.identity import lane_of
from bridge.domain.routing import CATCH_ALL, Route, Router
from bridge.domain.send import Target, TargetKind
from bridge.domain.severity import Severities, SeverityRule
from bridge.domain.template import Template, Templates
from bridge.pipeline.body import RAW_LIMIT
from bridge.pipeline.plan import Planner, SourceReading
from bridge.pipeline.ports import Plan
from tests.support.fakes import WEBHOOK, FakeSource, alert, clock, delivery

TEAM = Target(kind=TargetKind.INCIDENT, id="de300000-0000-4000-8000-000000000003")
MONITOR = Target(kind=TargetKind.HEARTBEAT, id="de300000-0000-4000-8000-000000000006")
INCIDENT = IncidentOf(target=TEAM)
PULSE = HeartbeatOf(
    target=MONITOR, results={Status.FIRING: Result.FAIL, Status.RESOLVED: Result.COMPLETE, Status.INFO: None}
)
ALL = Route(name="all", when=(), to=(WEBHOOK,))
RESOLVED: dict[str, Any] = {"status": Status.RESOLVED, "action": Action.RESOLVE}
INFO: dict[str, Any] = {"status": Status.INFO, "action": Action.INFO}


def when(key: str, value: str) -> tuple[Condition, ...]:
    """When this key has this value."""
    return (Condition(key=key, operator="equal", values=(value,)),)


def planned(*alerts: Alert, routes: Sequence[Route] = (ALL,), body: bytes = b"{}", **parts: Any) -> Plan:
    """What a message of these alerts becomes."""
    reading = SourceReading(name="shop", kind="aws", source=FakeSource(*alerts), scope="shop")
    return Planner({"shop": reading}, Router(routes), clock, **parts).plan(delivery(body))


def document(plan: Plan) -> dict[str, Any]:
    """The only alert, as it is rendered."""
    (body,) = plan.bodies
    rendered: dict[str, Any] = json.loads(body)
    return rendered


def test_each_step_sees_what_the_ones_before_it_said() -> None:
    """The table knows the tier, the tier makes it critical, the title tells it, and the route goes by the title."""
    plan = planned(
        alert(severity=Severity.LOW),
        routes=[Route(name="told", when=when("title", "critical: disk full"), to=(INCIDENT,)), ALL],
        enrichment=Enrichment([Table(key="source.name", rows={"shop": Facts(labels={"tier": "1"})})]),
        severities=Severities([SeverityRule(when=when("labels.tier", "1"), severity=Severity.CRITICAL)]),
        templates=Templates([Template(title="{{ severity }}: {{ title }}")]),
    )

    (send,), (facts,) = plan.sends, plan.facts.alerts
    assert (facts.route, facts.severity, facts.title) == ("told", "critical", "critical: disk full")
    assert (send.target, send.label) == (TEAM, "critical: disk full")


def test_the_facts_of_the_operator_are_delivered() -> None:
    runbook = Link(rel=Rel.RUNBOOK, href="https://wiki.example.com/disk")
    facts = Facts(service="cart", environment="production", labels={"team": "payments"}, links=(runbook,))

    body = document(planned(alert(), enrichment=Enrichment([Always(facts=facts)])))

    assert (body["service"], body["environment"], body["labels"]) == ("cart", "production", {"team": "payments"})
    assert body["links"] == [{"rel": "runbook", "href": "https://wiki.example.com/disk"}]


def test_what_one_alert_was_told_another_is_not() -> None:
    """The members of a batch share nothing."""
    of_first = Always(facts=Facts(labels={"team": "a"}), when=when("title", "first"))

    plan = planned(alert(key="1", title="first"), alert(key="2"), enrichment=Enrichment([of_first]))

    assert [json.loads(body)["labels"] for body in plan.bodies] == [{"team": "a"}, {}]


def test_a_table_may_go_by_the_raw_message() -> None:
    """Which stays what it was."""
    table = Table(key="raw.cluster", rows={"blue": Facts(environment="production")})

    body = document(planned(alert(), body=b'{"cluster":  "blue"}', enrichment=Enrichment([table])))

    assert (body["environment"], body["raw"]) == ("production", {"cluster": "blue"})


def test_what_conditions_saw_of_a_large_message_does_not_travel() -> None:
    """Its digest does, and nothing unredacted."""
    table = Table(key="raw.cluster", rows={"blue": Facts(environment="production")})
    large = b'{"cluster": "blue", "Token": "s3cret", "filler": "' + b"x" * RAW_LIMIT + b'"}'

    body = document(planned(alert(), body=large, enrichment=Enrichment([table])))

    assert (body["environment"], "raw" in body) == ("production", False)
    assert body["raw_ref"]["bytes"] == len(large)


def test_a_template_that_fails_delivers_the_plain_alert() -> None:
    """At once, by the catch-all, counted: it waits for nobody to mend the template."""
    ticks = itertools.count(0.0, 10.0)

    plan = planned(alert(), templates=Templates([Template(title="{{ title }}")]), timer=lambda: next(ticks))

    assert plan.counts == {"bugs": 1}
    assert (plan.facts.alerts[0].route, plan.facts.alerts[0].action) == (CATCH_ALL, "trigger")
    assert "TemplateTooSlow" in str(plan.facts.undecoded)
    assert [send.target for send in plan.sends] == [WEBHOOK]


def test_the_ledger_knows_the_configuration_and_the_reason() -> None:
    route = Route(name="a", when=when("severity", "high"), to=(WEBHOOK,))

    plan = planned(alert(severity=Severity.HIGH), routes=[route], version="0123456789ab")

    assert plan.facts.config == "0123456789ab"
    assert plan.facts.alerts[0].reason == "conditions hold: severity equal high"


def test_an_incident_is_ordered_in_full() -> None:
    """Everything that the API will be told is frozen in the send."""
    wanted = IncidentOf(
        target=TEAM,
        urgency=Urgency.LOW,
        assignees=({"type": "team", "id": "t"},),
        actions=({"type": "trigger-alerts", "settings": []},),
    )
    told = alert(
        severity=Severity.CRITICAL, description="94 % of 1 TiB", condition=Cause(text="above 90 %"),
        links=(Link(rel=Rel.CONSOLE, href="https://console.example.com"),), labels={"team": "payments"},
    )  # fmt: skip

    plan = planned(told, routes=[Route(name="team", when=(), to=(wanted, WEBHOOK))])

    order = json.loads(plan.sends[0].body)
    assert order == {
        "action": "trigger",
        "name": "disk full",
        "description": "94 % of 1 TiB\n\nWhy: above 90 %\nSeverity: critical\nSource: shop test-alarm\n"
        "Alert: shop:alarm/1\nconsole: https://console.example.com",
        "urgency": "low",
        "at": "2026-11-22T10:00:00Z",
        "assignees": [{"type": "team", "id": "t"}],
        "actions": [{"type": "trigger-alerts", "settings": []}],
    }
    assert json.loads(plan.sends[1].body)["routing"]["team_id"] == TEAM.id
    assert plan.sends[0].lane == lane_of(TEAM, "shop:alarm/1")


def test_without_an_urgency_the_incident_has_that_of_the_alert() -> None:
    plan = planned(alert(severity=Severity.MEDIUM), routes=[Route(name="team", when=(), to=(INCIDENT,))])

    assert json.loads(plan.sends[0].body)["urgency"] == "medium"


def test_a_trigger_and_its_resolve_share_the_incident_s_lane() -> None:
    plan = planned(alert(), alert(**RESOLVED), routes=[Route(name="team", when=(), to=(INCIDENT,))])

    assert [json.loads(send.body)["action"] for send in plan.sends] == ["trigger", "resolve"]
    assert len({send.lane for send in plan.sends}) == 1


@pytest.mark.parametrize(
    ("said", "query"),
    [
        ({}, {"result": "fail", "message": "disk full"}),
        (RESOLVED, {"result": "complete", "message": "disk full"}),
    ],
    ids=["firing", "resolved"],
)
def test_a_heartbeat_reports_the_result_of_the_status(said: dict[str, Any], query: dict[str, str]) -> None:
    """In the lane of the monitor, as the reports of jobs."""
    plan = planned(alert(**said), routes=[Route(name="backup", when=(), to=(PULSE,)), ALL])

    (send,) = plan.sends
    assert (send.target, send.lane, json.loads(send.body)) == (MONITOR, lane_of(MONITOR, ""), query)


def test_a_status_that_is_ignored_is_kept_and_counted() -> None:
    """On purpose: no other route is asked."""
    plan = planned(alert(**INFO), routes=[Route(name="backup", when=(), to=(PULSE,)), ALL])

    assert (plan.sends, plan.counts["dropped"]) == ([], 1)
    assert plan.facts.alerts[0].route == "backup"


def test_a_status_without_a_result_is_routed_on() -> None:
    plan = planned(alert(status=Status.NO_DATA), routes=[Route(name="backup", when=(), to=(PULSE,)), ALL])

    assert [send.target for send in plan.sends] == [WEBHOOK]


def test_a_plain_alert_opens_an_incident_too() -> None:
    """Where the team's incident is all there is, our own bug goes there."""
    source = FakeSource(failure=RuntimeError("bug"))
    reading = SourceReading(name="shop", kind="aws", source=source, scope="shop")
    routes = [Route(name="team", when=when("severity", "nothing"), to=(INCIDENT,))]

    plan = Planner({"shop": reading}, Router(routes), clock).plan(delivery())

    assert [send.target for send in plan.sends] == [TEAM]
    assert json.loads(plan.sends[0].body)["action"] == "trigger"
