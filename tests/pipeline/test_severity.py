"""Severity on the way of an alert: the sender's word, the operator's words and rules, the source's default."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.domain.alert import Action, Severity, Status
from bridge.domain.conditions import Condition
from bridge.domain.errors import Undecoded
from bridge.domain.routing import Route, Router
from bridge.domain.send import Target, TargetKind
from bridge.domain.severity import Severities, SeverityRule
from bridge.pipeline.plan import Planner, SourceReading
from bridge.pipeline.ports import Plan
from bridge.sources.base import Source
from tests.support.fakes import WEBHOOK, FakeSource, alert, clock, delivery

LOW = Target(kind=TargetKind.WEBHOOK, id="7f3c1d4e-0000-4000-8000-000000000002")
QUIET = Route(name="quiet", when=(Condition(key="severity", operator="equal", values=("low",)),), to=(LOW,))
ALL = Route(name="all", when=(), to=(WEBHOOK,))


def rule(severity: Severity, key: str, *values: str, operator: str = "equal") -> SeverityRule:
    """A rule of one condition."""
    return SeverityRule(when=(Condition(key=key, operator=operator, values=values),), severity=severity)


def plan(source: Source, *rules: SeverityRule, words: dict[Severity, list[str]] | None = None, **other: Any) -> Plan:
    """What becomes of one message."""
    reading = SourceReading(name="shop", kind="aws", scope="shop", source=source)
    return Planner({"shop": reading}, Router([QUIET, ALL]), clock, Severities(rules, words or {})).plan(
        delivery(**other)
    )


def body(planned: Plan) -> dict[str, Any]:
    """Of the only send."""
    (send,) = planned.sends
    found: dict[str, Any] = json.loads(send.body)
    return found


def test_a_rule_stands_above_what_the_sender_said() -> None:
    """Severity and urgency follow it; what was said stays to be seen."""
    planned = plan(
        FakeSource(alert(severity=Severity.LOW, severity_raw="minor", labels={"tier": "1"})),
        rule(Severity.CRITICAL, "labels.tier", "1"),
    )

    assert (body(planned)["severity"], body(planned)["urgency"]) == ("critical", "high")
    assert body(planned)["severity_raw"] == "minor"
    assert planned.facts.alerts[0].severity == "critical"
    assert planned.counts == {"severity_by_rule": 1}


def test_routes_see_what_a_rule_decided() -> None:
    """Else the page would go where its old severity goes."""
    planned = plan(FakeSource(alert(severity=Severity.HIGH)), rule(Severity.LOW, "title", "disk", operator="contains"))

    assert planned.facts.alerts[0].route == "quiet"
    assert body(planned)["urgency"] == "low"


def test_a_rule_may_look_into_the_raw_message() -> None:
    """As a route may."""
    source = FakeSource(alert(severity=None))
    by_raw = rule(Severity.MEDIUM, "raw.priority", "P3")

    assert body(plan(source, by_raw, body=b'{"priority": "P3"}'))["severity"] == "medium"
    assert body(plan(source, by_raw, body=b"no JSON"))["severity"] == "high"


def test_what_a_rule_or_a_word_maps_is_not_unmapped() -> None:
    """The counter says what is left to do."""
    source = FakeSource(alert(severity=None, severity_raw="Disaster"))

    assert plan(source).counts == {"severity_unmapped": 1}
    assert plan(source, rule(Severity.HIGH, "severity_raw", "Disaster")).counts == {"severity_by_rule": 1}
    by_word = plan(source, words={Severity.CRITICAL: ["disaster"]})
    assert (by_word.counts, body(by_word)["severity"]) == ({}, "critical")


def test_a_word_does_not_overrule_the_sources_own_table() -> None:
    """Words are for what the source does not know. A rule is what overrules."""
    source = FakeSource(alert(severity=Severity.MEDIUM, severity_raw="warning"))

    assert body(plan(source, words={Severity.CRITICAL: ["warning"]}))["severity"] == "medium"


def test_a_resolve_is_as_bad_as_its_trigger() -> None:
    """And not counted twice as unmapped."""
    firing = alert(severity=None, severity_raw="P7", labels={"tier": "1"})
    resolved = alert(
        severity=None, severity_raw="P7", labels={"tier": "1"}, status=Status.RESOLVED, action=Action.RESOLVE
    )
    by_label = rule(Severity.CRITICAL, "labels.tier", "1")

    assert (
        body(plan(FakeSource(firing), by_label))["severity"] == body(plan(FakeSource(resolved), by_label))["severity"]
    )
    assert plan(FakeSource(resolved)).counts == {}


def test_a_plain_alert_has_rules_too_unless_we_failed_on_it() -> None:
    """What nobody decodes may still be ranked by its raw text; what we have a bug on goes the surest way."""
    by_text = rule(Severity.LOW, "raw", "nightly", operator="contains")

    unread = plan(FakeSource(failure=Undecoded("what is this")), by_text, body=b"nightly job")
    failed = plan(FakeSource(failure=ZeroDivisionError()), by_text, body=b"nightly job")

    assert (body(unread)["severity"], unread.facts.alerts[0].route) == ("low", "quiet")
    assert body(failed)["severity"] == "high"


def test_an_unmapped_word_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Somebody has to map it; a sender without any word is only counted."""
    plan(FakeSource(alert(severity=None, severity_raw="Disaster" * 20)))
    assert "severity_unmapped" in caplog.text
    assert f"'word': '{'Disaster' * 8}'" in caplog.text

    caplog.clear()
    plan(FakeSource(alert(severity=None)))
    assert "severity_unmapped" not in caplog.text
