"""What the monitoring tools' kinds promise beyond the kit: members, identities, tests that open nothing, secrets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from bridge.domain.alert import Action, Alert, Rel, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.domain.redact import redact
from bridge.sources import SOURCES
from bridge.sources.alertmanager_wire import fingerprint
from bridge.sources.base import Acknowledge
from tests.sources.kit import HERE, Case, cases, request_of

TEMPLATE = HERE.parents[1] / "config" / "templates" / "datadog.json"
TOOLS = ("alertmanager", "datadog", "grafana", "newrelic", "sentry", "splunk", "uptime-kuma")


def fixture(kind: str, name: str) -> Any:
    return json.loads(Case(kind=kind, name=name).body)


def decode(kind: str, document: object) -> Sequence[Alert]:
    return SOURCES[kind]().decode(request_of(json.dumps(document).encode()))


def one(kind: str, name: str) -> Alert:
    (alert,) = Case(kind=kind, name=name).alerts()
    return alert


def delivery_id(kind: str, document: object, **headers: str) -> str | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return SOURCES[kind]().delivery_id(request_of(json.dumps(document).encode(), named))


@pytest.mark.parametrize("kind", ["alertmanager", "grafana"])
def test_a_group_is_told_apart_with_the_exact_bytes_of_each_member(kind: str) -> None:
    document = fixture(kind, "v4-firing" if kind == "alertmanager" else "unified-firing")
    first = json.dumps(document["alerts"][0], ensure_ascii=False).replace('"status": ', '"extra" : 1.10 ,"status":')
    second = first.replace("firing", "resolved")
    body = f'\ufeff{{"alerts": null, "alerts": [ {first} , {second}], "externalURL": "http://a"}}'.encode()
    alerts = SOURCES[kind]().decode(request_of(body))
    assert [alert.raw for alert in alerts] == [first.encode(), second.encode()]
    assert [alert.action for alert in alerts] == [Action.TRIGGER, Action.RESOLVE]


@pytest.mark.parametrize(("kind", "name"), [("alertmanager", "v4-firing"), ("grafana", "unified-firing")])
def test_a_group_of_one_shows_its_member_like_any_other(kind: str, name: str) -> None:
    """Or a condition on `raw.labels` would hold for one alert and not for two."""
    assert json.loads(one(kind, name).raw or b"") == fixture(kind, name)["alerts"][0]


def test_the_groups_state_is_not_a_members() -> None:
    document = fixture("alertmanager", "v4-group-of-two")
    assert document["status"] == "firing"
    firing, resolved = decode("alertmanager", document)
    assert (firing.action, resolved.action) == (Action.TRIGGER, Action.RESOLVE)
    assert firing.key != resolved.key
    assert (resolved.starts_at, resolved.ends_at) == (
        one("alertmanager", "v4-resolved").starts_at,
        one("alertmanager", "v4-resolved").ends_at,
    )


def test_the_same_labels_in_two_clusters_are_two_problems() -> None:
    here, there = one("alertmanager", "v4-firing"), one("alertmanager", "v4-other-cluster")
    assert here.labels == there.labels
    assert here.key != there.key
    document = fixture("grafana", "unified-firing")
    other = {**document, "orgId": 2}
    assert decode("grafana", other)[0].key != decode("grafana", document)[0].key


def test_one_alert_by_two_receivers_is_one_problem() -> None:
    """It may be routed to both, and its resolve by another one after a change of the routes."""
    document = fixture("alertmanager", "v4-firing")
    assert decode("alertmanager", {**document, "receiver": "other"})[0].key == one("alertmanager", "v4-firing").key
    without = {key: value for key, value in document.items() if key != "externalURL"}
    assert decode("alertmanager", without)[0].key.startswith("bridge/")


def test_labels_are_hashed_as_prometheus_does() -> None:
    """FNV-1a: of nothing its offset basis; the real Alertmanager's are compared in the integration tests."""
    assert fingerprint({}) == "cbf29ce484222325"
    assert fingerprint({"a": "b", "c": "d"}) == fingerprint({"c": "d", "a": "b"})
    assert fingerprint({"a": "bc"}) != fingerprint({"ab": "c"})


def test_the_watchdog_stays_an_alert() -> None:
    alert = one("alertmanager", "v4-watchdog")
    assert (alert.status, alert.severity, alert.severity_raw) == (Status.FIRING, None, "none")


def test_cut_off_members_are_said() -> None:
    assert all(alert.labels["truncated_alerts"] == "3" for alert in Case(
        kind="alertmanager", name="v4-group-of-two").alerts())  # fmt: skip
    assert "truncated_alerts" not in one("alertmanager", "v4-firing").labels


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", Severity.CRITICAL),
        ("PAGE", Severity.CRITICAL),
        ("error", Severity.HIGH),
        ("Warning", Severity.MEDIUM),
        ("notice", Severity.LOW),
        ("info", Severity.INFO),
        ("none", None),
        ("urgent", None),
        (None, None),
    ],
)
def test_severities_of_labels(word: str | None, severity: Severity | None) -> None:
    for kind, name in (("alertmanager", "v4-firing"), ("grafana", "unified-firing")):
        document = fixture(kind, name)
        document["alerts"][0]["labels"]["severity"] = word
        assert decode(kind, document)[0].severity is severity


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("datadog", "test-notification"),
        ("grafana", "legacy-test"),
        ("grafana", "unified-test"),
        ("grafana", "unified-test-own-labels"),
        ("newrelic", "incident-test"),
        ("newrelic", "issue-test"),
        ("sentry", "installation-created"),
        ("uptime-kuma", "test"),
    ],
)
def test_a_test_opens_nothing(kind: str, name: str) -> None:
    alert = one(kind, name)
    assert (alert.status, alert.action, alert.test) == (Status.INFO, Action.TEST, True)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("alertmanager", "minimal"),
        ("grafana", "unified-real-rule-named-testalert"),
        ("newrelic", "issue-real-with-example-address"),
        ("uptime-kuma", "certificate-7-days"),
    ],
)
def test_what_only_looks_like_a_test_pages(kind: str, name: str) -> None:
    assert one(kind, name).action is Action.TRIGGER


def test_a_rule_without_data_is_no_alarm_and_one_with_an_error_is() -> None:
    silent, failed = one("grafana", "unified-no-data"), one("grafana", "unified-error")
    assert (silent.status, silent.action) == (Status.NO_DATA, Action.INFO)
    assert failed.action is Action.TRIGGER
    assert "CPU (DatasourceError)" in failed.title
    assert one("grafana", "unified-no-data-over").action is Action.RESOLVE


def test_grafanas_own_links_come_first() -> None:
    links = one("grafana", "unified-firing").links
    assert [link.rel for link in links] == [
        Rel.DASHBOARD,
        Rel.DASHBOARD,
        Rel.SILENCE,
        Rel.RUNBOOK,
        Rel.SOURCE,
        Rel.CONSOLE,
    ]
    assert one("grafana", "unified-test").links[-1].rel is Rel.CONSOLE


def test_a_value_is_named_only_where_there_is_one() -> None:
    several, single = one("grafana", "unified-firing"), Case(kind="grafana", name="unified-group-of-two").alerts()[0]
    assert several.condition is not None
    assert single.condition is not None
    assert (several.condition.value, single.condition.value) == (None, 88)


def test_the_datadog_template_is_what_is_read() -> None:
    template = json.loads(TEMPLATE.read_text())
    assert template.keys() == fixture("datadog", "triggered").keys()
    with pytest.raises(Undecoded, match="the transition is not known"):
        decode("datadog", template)
    assert delivery_id("datadog", template) is None


def test_a_payload_of_datadog_without_a_state_says_what_to_do() -> None:
    with pytest.raises(Undecoded, match=r"config/templates/datadog\.json"):
        decode("datadog", fixture("datadog", "default-payload"))


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Triggered", Status.FIRING),
        ("Re-Triggered", Status.FIRING),
        ("Warn", Status.FIRING),
        ("Re-Warn", Status.FIRING),
        ("Renotify", Status.FIRING),
        ("No Data", Status.NO_DATA),
        ("Re-No Data", Status.NO_DATA),
        ("RECOVERED", Status.RESOLVED),
    ],
)
def test_transitions_of_datadog(word: str, status: Status) -> None:
    (alert,) = decode("datadog", {**fixture("datadog", "triggered"), "alert_transition": word})
    assert alert.status is status


@pytest.mark.parametrize(
    ("priority", "kind", "word", "severity"),
    [
        ("P1", "error", "Triggered", Severity.CRITICAL),
        ("P5", "error", "Triggered", Severity.INFO),
        ("", "error", "Triggered", Severity.HIGH),
        ("", "warning", "Renotify", Severity.MEDIUM),
        ("$ALERT_PRIORITY", "success", "Triggered", None),
        ("P1", "warning", "Warn", Severity.MEDIUM),
        ("P4", "warning", "Re-Warn", Severity.LOW),
        ("", "", "Warn", Severity.MEDIUM),
    ],
)
def test_severities_of_datadog(priority: str, kind: str, word: str, severity: Severity | None) -> None:
    changed = {"alert_priority": priority, "alert_type": kind, "alert_transition": word}
    assert decode("datadog", {**fixture("datadog", "triggered"), **changed})[0].severity is severity


def test_datadogs_event_is_the_message_and_its_cycle_the_problem() -> None:
    triggered, recovered = fixture("datadog", "triggered"), fixture("datadog", "recovered")
    assert delivery_id("datadog", triggered) == delivery_id("datadog", dict(triggered))
    ids = {delivery_id("datadog", fixture("datadog", name)) for name in ("triggered", "recovered", "renotify", "warn")}
    assert len(ids) == 4
    assert None not in ids
    # Should the event's id be shared by start and end after all, nothing is lost.
    assert delivery_id("datadog", {**recovered, "id": triggered["id"]}) != delivery_id("datadog", triggered)
    at_once = {**triggered, "alert_transition": "Recovered"}
    assert delivery_id("datadog", at_once) != delivery_id("datadog", triggered)
    other = decode("datadog", {**triggered, "alert_cycle_key": "2"})[0]
    assert other.key != one("datadog", "triggered").key


def test_ids_that_start_and_end_share_are_no_delivery_ids() -> None:
    for kind in set(TOOLS) - {"datadog"}:
        assert {SOURCES[kind]().delivery_id(request_of(case.body)) for case in cases() if case.kind == kind} == {None}


def test_sentrys_request_id_is_the_message() -> None:
    assert delivery_id("sentry", fixture("sentry", "issue-alert"), request_id="9a7c") == "9a7c"
    assert delivery_id("sentry", fixture("sentry", "issue-alert"), request_id=" ") is None


def test_a_comment_is_taken_and_is_no_alert() -> None:
    comment = fixture("sentry", "handshake-comment")
    source = SOURCES["sentry"]()
    assert source.handshake(request_of(json.dumps(comment).encode())) == Acknowledge(what="Sentry sent a comment")
    with pytest.raises(Undecoded, match="a comment of Sentry is no alert"):
        decode("sentry", comment)
    # An acknowledged message is not stored: whatever names an issue is never taken for a comment.
    for name in ("issue-alert", "issue-created", "error-created", "metric-alert-critical"):
        alert = fixture("sentry", name)
        alert["data"] |= {"comment": "I look at it", "comment_id": "1"}
        assert source.handshake(request_of(json.dumps(alert).encode())) is None


def test_a_sentry_rule_fires_and_its_issue_resolves() -> None:
    assert one("sentry", "issue-alert").action is Action.TRIGGER
    assert one("sentry", "issue-resolved").action is Action.RESOLVE
    assert one("sentry", "activity-alert-resolved").action is Action.RESOLVE
    assert one("sentry", "issue-archived").status is Status.SUPPRESSED
    assert one("sentry", "issue-assigned").action is Action.INFO


def test_what_was_resolved_by_hand_is_over() -> None:
    document = fixture("splunk", "observability-manually-resolved")
    assert document["statusExtended"] == "anomalous"
    assert one("splunk", "observability-manually-resolved").action is Action.RESOLVE


def test_a_maintenance_of_uptime_kuma_neither_fires_nor_resolves() -> None:
    alert = one("uptime-kuma", "maintenance")
    assert (alert.status, alert.action) == (Status.SUPPRESSED, Action.INFO)


@pytest.mark.parametrize("case", [case for case in cases() if case.kind in ("sentry", "uptime-kuma")], ids=str)
def test_no_credential_of_others_travels(case: Case) -> None:
    """The fixtures call each of their secrets `made-up`."""
    source = case.source()
    assert "made-up" not in redact(case.body.decode(), source.redacted)
    if "alerts" in case.expected():
        assert not any("made-up" in repr({**vars_of(alert), "raw": None}) for alert in case.alerts())


def vars_of(alert: Alert) -> dict[str, object]:
    return {name: getattr(alert, name) for name in alert.__slots__}
