"""Test messages of senders, as their own test buttons send them. Each becomes an alert that pages nobody."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

Trial = Callable[[datetime], dict[str, Any]]


def _eventbridge(now: datetime) -> dict[str, Any]:
    """A scheduled event: EventBridge's own way to try a rule."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": _iso(now),
        "region": "eu-west-1",
        "resources": ["arn:aws:events:eu-west-1:000000000000:rule/pinghome-bridge-doctor"],
        "detail": {},
    }


def _monitoring(now: datetime) -> dict[str, Any]:
    """The test notification of a webhook channel (Cloud Monitoring, "Manage notification channels")."""
    return {
        "version": "test",
        "incident": {
            "incident_id": uuid.uuid4().hex,
            "scoping_project_id": "pinghome-bridge-doctor",
            "state": "OPEN",
            "started_at": int(now.timestamp()),
            "policy_name": "pinghome-bridge doctor",
            "condition_name": "Test",
            "summary": "Test of pinghome-bridge doctor",
        },
    }


def _cloud_event(now: datetime) -> dict[str, Any]:
    """An event whose type says that it is a test."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "/pinghome-bridge/doctor",
        "type": "pinghome-bridge.doctor.test",
        "time": _iso(now),
        "datacontenttype": "application/json",
        "data": {"title": "Test of pinghome-bridge doctor"},
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


TRIALS: Final[Mapping[str, Trial]] = {"aws": _eventbridge, "cloudevents": _cloud_event, "gcp": _monitoring}
"""By the kind of source. Other kinds have no test message that could be made here."""


def trial(kind: str, now: datetime) -> bytes:
    """A test message as it is posted. Raises KeyError for a kind that has none."""
    return json.dumps(TRIALS[kind](now)).encode()
