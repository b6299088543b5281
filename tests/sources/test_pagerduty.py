"""What PagerDuty's two directions promise beyond the kit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bridge.domain.alert import Action, Alert, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.sources.pagerduty import PagerDutySource
from bridge.sources.pagerduty_events import alert_faults, change_faults
from tests.sources.kit import Case, request_of


def fixture(name: str) -> Any:
    return json.loads(Case(kind="pagerduty", name=name).body)


def decode(document: object, delivery: str | None = None) -> Alert:
    request = replace(request_of(json.dumps(document).encode()), delivery=delivery)
    (alert,) = PagerDutySource().decode(request)
    return alert


def test_a_key_that_the_client_left_out_is_the_delivery() -> None:
    event = fixture("event-trigger-without-key")

    assert decode(event, "delivery-1").key == "event/delivery-1"
    assert decode({**event, "dedup_key": " "}, "delivery-1").key == "event/delivery-1"
    assert decode({**event, "dedup_key": "own"}, "delivery-1").key == "event/own"
    assert decode(fixture("change"), "delivery-1").key == "change/delivery-1"
    with pytest.raises(Undecoded, match="no dedup_key"):
        decode(event)


@pytest.mark.parametrize("name", ["event-trigger", "event-trigger-without-key", "event-acknowledge", "event-resolve"])
def test_what_pagerduty_would_take_has_no_fault(name: str) -> None:
    assert list(alert_faults(fixture(name))) == []


def test_what_pagerduty_would_refuse_has() -> None:
    assert list(alert_faults({})) == ["'event_action' is missing or blank"]
    assert len(list(alert_faults({"event_action": "trigger", "payload": [], "dedup_key": "x" * 300}))) == 4
    assert list(alert_faults({"event_action": ["trigger"]})) != []
    assert list(change_faults(fixture("change"))) == []
    assert list(change_faults({"payload": {"summary": ""}})) == ["'payload.summary' is missing or blank"]


@pytest.mark.parametrize(
    ("priority", "urgency", "severity", "word"),
    [
        ("P1", "low", Severity.CRITICAL, "P1"),
        ("sev-2", "high", Severity.HIGH, "sev-2"),
        ("P5", "high", Severity.INFO, "P5"),
        ("P9", "low", Severity.LOW, "low"),
        (None, "high", Severity.HIGH, "high"),
        (None, None, None, None),
        ("Launch blocker", None, None, "Launch blocker"),
    ],
)
def test_the_priority_counts_before_the_urgency(
    priority: str | None, urgency: str | None, severity: Severity | None, word: str | None
) -> None:
    document = fixture("webhook-triggered")
    document["event"]["data"].update(priority=priority and {"summary": priority}, urgency=urgency)

    alert = decode(document)

    assert (alert.severity, alert.severity_raw) == (severity, word)


@pytest.mark.parametrize(
    ("kind", "status", "action"),
    [
        ("incident.unacknowledged", Status.FIRING, Action.TRIGGER),
        ("incident.reassigned", Status.INFO, Action.INFO),
        ("incident.status_update_published", Status.INFO, Action.INFO),
        ("incident.something.new", Status.INFO, Action.INFO),
    ],
)
def test_only_what_changes_the_state_changes_the_state(kind: str, status: Status, action: Action) -> None:
    document = fixture("webhook-triggered")
    document["event"]["event_type"] = kind

    assert (decode(document).status, decode(document).action) == (status, action)


def test_the_routing_key_is_redacted() -> None:
    assert "routing_key" in PagerDutySource.redacted
