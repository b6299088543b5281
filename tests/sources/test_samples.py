"""Real captures, which are not part of the project: every one that a product claims must decode."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.domain.alert import Alert
from bridge.sources import SOURCES
from tests.sources.kit import SAMPLES, request_of

CLAIMED = (
    ("aws", "aws-cloudwatch-sns", "*.json", 5),
    ("aws", "aws-cloudwatch-eventbridge", "*.json", 8),
    ("aws", "aws-cloudwatch-lambda-action", "*.json", 2),
    ("aws", "aws-eventbridge", "*.json", 20),
    ("aws", "aws-sns", "notification-*.json", 3),
    ("aws", "aws-sns-other", "[!b]*.json", 7),
    ("gcp", "gcp-monitoring", "*.json", 3),
    ("gcp", "gcp-pubsub", "*.json", 3),
    ("gcp", "gcp-scc", "*.json", 3),
    ("gcp", "gcp-eventarc", "*structured*.json", 2),
    ("azure", "azure-monitor-common", "[!f]*.json", 9),
    ("azure", "azure-monitor-legacy", "*.json", 7),
    ("azure", "azure-eventgrid", "*.json", 3),
    ("alertmanager", "alertmanager", "*.json", 3),
    ("grafana", "grafana", "*.json", 1),
    ("grafana", "grafana-legacy", "*.json", 3),
    ("newrelic", "newrelic", "*.json", 3),
    ("sentry", "sentry", "*.json", 3),
    ("splunk", "splunk", "*.json", 1),
    ("oracle", "oracle-oci", "*.json", 1),
)


def _captures(folder: str, pattern: str) -> list[Path]:
    if not SAMPLES.is_dir():
        pytest.skip("the real captures are not beside the project")
    return sorted((SAMPLES / folder).glob(pattern))


def _decoded(kind: str, path: Path) -> Alert:
    (alert,) = SOURCES[kind]().decode(request_of(path.read_bytes()))
    return alert


@pytest.mark.parametrize(("kind", "folder", "pattern", "at_least"), CLAIMED, ids=str)
def test_claimed_captures_decode(kind: str, folder: str, pattern: str, at_least: int) -> None:
    captures = _captures(folder, pattern)
    assert len(captures) >= at_least
    for path in captures:
        assert _decoded(kind, path).provider == kind, path.name


def test_one_incident_over_webhook_and_pubsub() -> None:
    (webhook,) = _captures("gcp-monitoring", "metric-closed-*.json")
    (pubsub,) = _captures("gcp-pubsub", "wrapped-monitoring-incident.json")
    assert _decoded("gcp", webhook).key == _decoded("gcp", pubsub).key


def test_the_jobs_of_one_volume_are_one_problem() -> None:
    # One job that went well, two that did not, and a copy of something else.
    (jobs,) = _captures("aws-sns-other", "backup-job-*.json")
    good, failed, expired, copy = SOURCES["aws"]().decode(request_of(jobs.read_bytes()))
    assert [alert.action.value for alert in (good, failed, expired, copy)] == ["resolve", *["trigger"] * 3]
    assert good.key == failed.key == expired.key != copy.key


def test_a_finding_keeps_its_key_as_it_grows() -> None:
    (medium,) = _captures("aws-eventbridge", "guardduty-finding-medium.json")
    (high,) = _captures("aws-eventbridge", "guardduty-finding-high.json")
    assert _decoded("aws", medium).key == _decoded("aws", high).key


def test_the_test_button_of_azure() -> None:
    for path in _captures("azure-monitor-common", "test-*.json"):
        assert _decoded("azure", path).test, path.name
