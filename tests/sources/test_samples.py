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
    ("gcp", "gcp-monitoring", "*.json", 3),
    ("gcp", "gcp-pubsub", "*monitoring*.json", 1),
    ("azure", "azure-monitor-common", "[!f]*.json", 9),
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


def test_the_test_button_of_azure() -> None:
    # Budget samples name no rule, so that only one of the two signs is there.
    for path in _captures("azure-monitor-common", "test-*.json"):
        assert _decoded("azure", path).test is ("budget" not in path.name), path.name
