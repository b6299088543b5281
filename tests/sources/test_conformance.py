"""What every source must do, whoever sends: one kit over all kinds and all their cases.

`REWRITE_GOLDENS=1` writes the expected files anew; read the difference before keeping it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.domain.alert import Action, Alert, Status
from bridge.domain.errors import Undecoded
from bridge.sources import SOURCES
from tests.sources.kit import Case, cases, reading_of, request_of

CASES = list(cases())
DECODED = [case for case in CASES if "alerts" in case.expected()]

# One problem each: every case of a line must have the same key, over spellings and from start to end.
SAME_PROBLEM: Sequence[tuple[str, Sequence[str]]] = (
    (
        "aws",
        (
            "sns-metric-alarm",
            "sns-metric-ok",
            "sns-metric-alarm-without-arn",
            "sns-metric-insufficient-data",
            "sns-initial-creation",
            "sns-eventbridge-metric-alarm",
            "unwrapped-metric-alarm",
            "records-metric-alarm",
            "eventbridge-metric-alarm",
            "eventbridge-metric-alarm-bare",
            "eventbridge-metric-ok",
            "eventbridge-metric-muted",
            "eventbridge-configuration-delete",
            "lambda-metric-alarm",
            "lambda-metric-ok",
        ),
    ),
    ("aws", ("sns-math-alarm", "eventbridge-math-alarm")),
    ("aws", ("sns-composite-alarm", "eventbridge-composite-alarm", "eventbridge-composite-suppressed")),
    ("aws", ("sns-contributor-alarm", "eventbridge-contributor-alarm")),
    ("aws", ("guardduty-finding", "guardduty-finding-again", "guardduty-archived")),
    ("aws", ("security-hub-failed", "security-hub-passed", "security-hub-suppressed", "sns-security-hub-two-findings")),
    ("aws", ("security-hub-ocsf-new", "security-hub-ocsf-resolved", "security-hub-ocsf-suppressed")),
    ("aws", ("health-issue-open", "health-issue-backup-region", "health-issue-closed")),
    ("aws", ("rds-failover-started", "rds-failover-completed", "sns-rds-failover-completed")),
    ("aws", ("rds-failure", "sns-rds-failure")),
    (
        "aws",
        ("ecs-task-failed", "ecs-task-unhealthy", "ecs-placement-failure", "ecs-start-impaired", "ecs-steady-state"),
    ),
    ("aws", ("ecs-deployment-failed", "ecs-deployment-completed")),
    ("aws", ("ec2-stopped", "ec2-spot-interruption", "ec2-running")),
    (
        "aws",
        (
            "auto-scaling-launch-failed",
            "auto-scaling-launch-successful",
            "sns-auto-scaling-launch-error",
            "sns-auto-scaling-launch",
        ),
    ),
    ("aws", ("auto-scaling-refresh-failed", "auto-scaling-refresh-succeeded")),
    ("aws", ("codepipeline-failed", "codepipeline-succeeded", "sns-codestar-pipeline-failed")),
    ("aws", ("codepipeline-stage-failed", "codepipeline-stage-succeeded")),
    ("aws", ("codepipeline-action-failed", "codepipeline-action-succeeded")),
    (
        "aws",
        (
            "sns-config-noncompliant",
            "config-noncompliant",
            "sns-config-compliant",
            "sns-config-rule-gone",
            "config-insufficient-data",
        ),
    ),
    ("aws", ("backup-failed", "backup-completed", "sns-backup-failed", "sns-backup-expired", "sns-backup-completed")),
    ("aws", ("sns-budget-actual", "sns-budget-actual-again")),
    ("aws", ("cost-anomaly", "sns-cost-anomaly")),
    ("aws", ("glue-job-failed", "glue-job-late", "glue-job-succeeded")),
    ("aws", ("glue-crawler-failed", "glue-crawler-succeeded")),
    ("aws", ("dms-task-failed", "dms-task-started")),
    ("aws", ("sns-dms-task-failed", "sns-dms-task-started")),
    ("aws", ("ssm-command-failed", "ssm-invocation-failed", "sns-ssm-command-failed")),
    ("aws", ("ssm-window-failed", "ssm-window-success")),
    ("aws", ("ssm-noncompliant", "ssm-compliant")),
    ("aws", ("ssm-association-failed", "ssm-association-success")),
    ("aws", ("trusted-advisor-error", "trusted-advisor-ok")),
    ("aws", ("trusted-advisor-limit-warn", "trusted-advisor-limit-ok")),
    ("azure", ("metric-fired", "metric-resolved")),
    ("azure", ("log-v2-fired", "log-v2-resolved")),
    ("azure", ("prometheus-fired", "prometheus-resolved")),
    (
        "azure",
        (
            "resource-health-unavailable",
            "resource-health-available",
            "legacy-resource-health-unavailable",
            "legacy-resource-health-available",
            "cloud-event-health-unavailable",
            "event-grid-health-available",
        ),
    ),
    ("azure", ("service-health-active", "service-health-resolved", "service-health-rca", "legacy-service-health")),
    ("azure", ("activity-log-started", "activity-log-error", "legacy-activity-log")),
    ("azure", ("legacy-metric", "legacy-metric-deactivated", "legacy-metric-pascal-case")),
    ("azure", ("legacy-classic-metric", "legacy-classic-metric-resolved")),
    ("azure", ("legacy-log", "legacy-log-with-schema")),
    ("gcp", ("webhook-open", "webhook-closed", "pubsub-open", "pubsub-closed", "eventarc-pubsub-closed")),
    (
        "gcp",
        ("scc-active", "scc-v2-active", "scc-muted", "scc-inactive", "scc-remediated", "pubsub-scc-inactive"),
    ),
    ("gcp", ("eventarc-audit-log", "pubsub-audit-log")),
    ("gcp", ("v1.1-open", "v1.1-acknowledged", "v1.1-closed")),
    ("alertmanager", ("v4-firing", "v4-resolved", "v4-no-fingerprint")),
    ("datadog", ("triggered", "recovered", "renotify", "warn", "no-data")),
    ("grafana", ("unified-firing", "unified-resolved")),
    ("grafana", ("unified-no-data", "unified-no-data-over")),
    ("grafana", ("legacy-alerting", "legacy-ok", "legacy-no-data", "legacy-paused", "legacy-pending")),
    (
        "newrelic",
        (
            "issue-created",
            "issue-activated",
            "issue-acknowledged",
            "issue-priority-changed",
            "issue-deactivated",
            "issue-closed",
        ),
    ),
    ("newrelic", ("incident-open", "incident-acknowledged", "incident-closed")),
    (
        "sentry",
        (
            "issue-alert",
            "error-created",
            "issue-created",
            "issue-unresolved",
            "issue-assigned",
            "issue-archived",
            "issue-resolved",
            "activity-alert-resolved",
        ),
    ),
    ("sentry", ("metric-alert-critical", "metric-alert-warning", "metric-alert-resolved")),
    (
        "splunk",
        ("observability-anomalous", "observability-ok", "observability-stopped", "observability-manually-resolved"),
    ),
    ("uptime-kuma", ("down", "up", "pending", "maintenance")),
    ("uptime-kuma", ("certificate-14-days", "certificate-7-days")),
    (
        "cloudevents",
        ("structured-triggered", "structured-resolved", "structured-base64", "structured-json-in-text", "batch-one"),
    ),
    ("cloudevents", ("structured-status-in-data-firing", "structured-status-in-data")),
    ("dynatrace", ("open", "resolved", "merged")),
    ("generic", ("firing", "resolved", "acknowledged", "no-data", "muted")),
    ("oracle", ("alarm-firing", "alarm-repeat", "alarm-ok", "alarm-reset")),
    ("pagerduty", ("webhook-triggered", "webhook-acknowledged", "webhook-resolved", "webhook-note")),
    ("pagerduty", ("event-trigger", "event-acknowledge", "event-resolve")),
    ("sysdig", ("active", "ok", "closed-by-hand")),
    ("sysdig", ("active-without-event", "ok-without-event")),
    ("zabbix", ("problem", "recovery", "acknowledged", "comment")),
)
_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_NASTY: Sequence[object] = (
    None, True, 0, -1, 10**400, 1e308, "", " ", "\x00", "\U0001f525" * 400, "arn:", "arn:::::::", "/subscriptions/",
    "https://[", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1e400", "9" * 4299, [], {}, [[]], [{}],
    {"": ""},
)  # fmt: skip
_BOUNDED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # two shared cores


@pytest.mark.parametrize("case", CASES, ids=str)
def test_reads_as_expected(case: Case) -> None:
    reading = reading_of(case.source(), request_of(case.body))
    if os.environ.get("REWRITE_GOLDENS") == "1":
        case.expected_path.write_text(json.dumps(reading, indent=2, ensure_ascii=False) + "\n")
    assert reading == case.expected()


def test_every_kind_has_cases_and_every_expectation_a_case() -> None:
    assert {case.kind for case in CASES} == set(SOURCES)
    for kind in SOURCES:
        folder = CASES[0].expected_path.parents[1] / kind
        expected = {path.name.removesuffix(".expected.json") for path in folder.glob("*.expected.json")}
        assert expected == {case.name for case in CASES if case.kind == kind}


def test_the_list_of_kinds_is_sorted() -> None:
    assert list(SOURCES) == sorted(SOURCES)


@pytest.mark.parametrize(("kind", "names"), SAME_PROBLEM, ids=lambda value: value if isinstance(value, str) else "")
def test_one_problem_has_one_key(kind: str, names: Sequence[str]) -> None:
    found = {name: Case(kind=kind, name=name).alerts()[0] for name in names}
    assert {name: alert.key for name, alert in found.items()} == dict.fromkeys(names, found[names[0]].key)
    assert len({alert.global_key for alert in found.values()}) == 1


def test_other_problems_have_other_keys() -> None:
    firsts = [Case(kind=kind, name=names[0]).alerts()[0].key for kind, names in SAME_PROBLEM]
    assert len(set(firsts)) == len(firsts)


@pytest.mark.parametrize("case", DECODED, ids=str)
def test_alerts_keep_the_vocabularys_promises(case: Case) -> None:
    alerts = case.alerts()
    assert alerts
    for alert in alerts:
        _check(alert)
        assert alert.raw is not None or len(alerts) == 1


def _check(alert: Alert) -> None:
    assert alert.key.strip()
    assert 0 < len(alert.title) <= 255
    assert alert.title.isprintable()
    assert alert.test == (alert.action is Action.TEST)
    assert (alert.status is Status.FIRING) == (alert.action is Action.TRIGGER)
    assert (alert.status is Status.RESOLVED) == (alert.action is Action.RESOLVE)
    for moment in (alert.starts_at, alert.ends_at):
        assert moment is None or str(moment.tzinfo) == "UTC"
    assert all(link.href.startswith(("https://", "http://")) for link in alert.links)
    assert all(isinstance(text, str) for pair in alert.labels.items() for text in pair)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_order_of_keys_does_not_matter(case: Case) -> None:
    turned = json.dumps(_turned(json.loads(case.body))).encode()
    expected = reading_of(case.source(), request_of(case.body))
    found = reading_of(case.source(), request_of(turned))
    for reading in (expected, found):
        for alert in reading.get("alerts", []):
            del alert["raw"]
    assert found == expected


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    return [_turned(member) for member in value] if isinstance(value, list) else value


@pytest.mark.parametrize("kind", SOURCES)
@given(body=st.binary())
@_BOUNDED
def test_arbitrary_bytes_are_undecoded(kind: str, body: bytes) -> None:
    source, request = SOURCES[kind](), request_of(body)
    with pytest.raises(Undecoded):
        source.decode(request)
    assert source.handshake(request) is None
    assert source.delivery_id(request) is None


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize(
    "body",
    [
        b"", b"\xff\xfe{", b"\xef\xbb\xbf", b"null", b"0", b'"text"', b"[]", b"{}", b"[null]", b"[[]]", b"NaN",
        b'{"a": NaN}', b'{"a": Infinity}', b'{"a": 1e400}', b'{"a": ' + b"9" * 5000 + b"}", b'{"a": "\\ud800"}',
        b'"\xed\xa0\x80"', b"[" * 100_000, b"[" * 40 + b"]" * 40, b'{"a":' * 100_000, b"{} {}", b"Type=Notification",
    ],
    ids=range(22),
)  # fmt: skip
def test_hostile_bytes_are_undecoded(kind: str, body: bytes) -> None:
    source, request = SOURCES[kind](), request_of(body)
    with pytest.raises(Undecoded):
        source.decode(request)
    assert source.handshake(request) is None
    assert source.delivery_id(request) is None


@pytest.mark.parametrize("kind", SOURCES)
@given(
    document=_ANY_JSON,
    headers=st.dictionaries(st.sampled_from(["x-goog-pubsub-message-id", "request-id", "x"]), st.text()),
)
@_BOUNDED
def test_arbitrary_json_raises_only_undecoded(kind: str, document: object, headers: dict[str, str]) -> None:
    body = json.dumps(document).encode()
    _read(SOURCES[kind](), body, headers)


@given(case=st.sampled_from(CASES), data=st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example], max_examples=300)
def test_mutated_cases_raise_only_undecoded(case: Case, data: st.DataObject) -> None:
    document = json.loads(case.body)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(_paths(document)))
        document = _replaced(document, path, data.draw(st.sampled_from(_NASTY) | _ANY_JSON))
    _read(case.source(), json.dumps(document).encode(), {})


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_single_broken_value_raises_anything_else(case: Case) -> None:
    document = json.loads(case.body)
    inner = _embedded(document)
    for path in _paths(document):
        for value in _NASTY:
            _read(case.source(), json.dumps(_replaced(document, path, value)).encode(), {})
    if inner is not None:
        within, rewrap = inner
        for path in _paths(within):
            for value in _NASTY:
                _read(case.source(), json.dumps(rewrap(_replaced(within, path, value))).encode(), {})


def _embedded(document: Any) -> tuple[Any, Callable[[Any], Any]] | None:
    """The JSON that SNS carries as text, and how to put another one into its place."""
    try:
        return json.loads(document["Message"]), lambda inner: {**document, "Message": json.dumps(inner)}
    except (KeyError, TypeError, ValueError):
        return None


def _read(source: Any, body: bytes, headers: dict[str, str]) -> None:
    request = request_of(body, headers)
    source.handshake(request)
    delivery_id = source.delivery_id(request)
    assert delivery_id is None or (isinstance(delivery_id, str) and delivery_id)
    try:
        alerts = source.decode(request)
    except Undecoded:
        return
    assert alerts
    for alert in alerts:
        _check(alert)


def _paths(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [at]
    if isinstance(value, dict):
        found += [path for key, member in value.items() for path in _paths(member, (*at, key))]
    elif isinstance(value, list):
        found += [path for index, member in enumerate(value) for path in _paths(member, (*at, index))]
    return found


def _replaced(value: Any, path: tuple[str | int, ...], new: object) -> Any:
    if not path:
        return new
    changed: Any = value.copy()
    changed[path[0]] = _replaced(value[path[0]], path[1:], new)
    return changed
