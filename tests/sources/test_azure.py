"""What the kind `azure` promises beyond the kit: legacy schemas, Event Grid's batches and modes, amounts, tests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.domain.alert import Action, Alert, Severity
from bridge.domain.errors import Undecoded
from bridge.sources import SOURCES
from bridge.sources.azure_facts import money
from tests.sources.kit import Case, reading_of, request_of

AZURE = SOURCES["azure"]()


def fixture(name: str) -> Any:
    return json.loads(Case(kind="azure", name=name).body)


def decode(document: object, headers: dict[str, str] | None = None) -> Alert:
    (alert,) = AZURE.decode(request_of(json.dumps(document).encode(), headers))
    return alert


@pytest.mark.parametrize("name", ["cloud-event", "cloud-event-health-unavailable", "cloud-event-common-schema"])
def test_an_event_is_the_same_in_headers_and_structured(name: str) -> None:
    structured = fixture(name)
    data = json.dumps(structured.pop("data")).encode()
    headers = {f"ce-{key}": value for key, value in structured.items()}
    assert reading_of(AZURE, request_of(data, headers)) == Case(kind="azure", name=name).expected()


def test_a_batch_keeps_the_exact_bytes_of_each_event() -> None:
    first, second = (json.dumps(event) for event in fixture("event-grid-batch"))
    body = f"[ {first} ,\n{second}]".encode()
    assert [alert.raw for alert in AZURE.decode(request_of(b"\xef\xbb\xbf" + body))] == [
        first.encode(), second.encode(),
    ]  # fmt: skip


def test_one_bad_event_does_not_cost_the_others() -> None:
    broken = fixture("cloud-event-common-schema")
    broken["data"]["data"]["essentials"]["monitorCondition"] = "Surprised"
    with pytest.raises(Undecoded, match="monitor condition"):
        decode(broken)
    good = fixture("cloud-event-health-unavailable")
    body = json.dumps([broken, 7, None, good]).encode()
    alerts = AZURE.decode(request_of(body))
    assert [alert.type for alert in alerts] == ["event-grid-event"] * 3 + ["resource-health"]
    assert all(alert.action is Action.TRIGGER for alert in alerts)
    assert AZURE.delivery_id(request_of(body)) is None


def test_control_messages_are_no_alerts() -> None:
    for name in ("handshake-event-grid", "handshake-event-grid-deletion"):
        with pytest.raises(Undecoded, match="control"):
            decode(fixture(name))
    mixed = AZURE.decode(request_of(Case(kind="azure", name="handshake-event-grid-mixed").body))
    assert [alert.title for alert in mixed] == [
        "Microsoft.Storage.BlobCreated: /blobServices/default/containers/a/blobs/b.txt"
    ]


def test_events_without_an_id_are_told_apart_by_what_they_say() -> None:
    event = fixture("event-grid-without-id")
    event = event[0] if isinstance(event, list) else event
    key = decode(event).key
    assert decode(dict(reversed(event.items()))).key == key
    assert decode({**event, "eventTime": "2026-03-02T00:00:00Z"}).key != key


def test_a_dead_letter_is_not_the_event_that_it_was() -> None:
    record = fixture("event-grid-dead-letter")
    event = {name: record[name] for name in ("id", "topic", "subject", "eventType", "eventTime", "data")}
    assert decode(record).key == f"{decode(event).key}#dead-letter"
    assert decode(record).type == "event-grid-dead-letter"


@pytest.mark.parametrize(
    ("word", "action"),
    [
        ("Activated", Action.TRIGGER),
        ("activated", Action.TRIGGER),
        ("Deactivated", Action.RESOLVE),
        ("Resolved", Action.RESOLVE),
    ],
)
def test_states_of_the_legacy_schemas(word: str, action: Action) -> None:
    document = fixture("legacy-metric")
    document["data"]["status"] = word
    alert = decode(document)
    assert alert.action is action
    assert (alert.starts_at is None, alert.ends_at is None) == (action is Action.RESOLVE, action is Action.TRIGGER)
    document["data"]["status"] = "Sleeping"
    with pytest.raises(Undecoded, match="Sleeping"):
        decode(document)


@pytest.mark.parametrize(
    ("stated", "severity"),
    [
        ("0", Severity.CRITICAL), (1, Severity.HIGH), ("2", Severity.MEDIUM), ("3", Severity.LOW), ("4", Severity.INFO),
        ("5", None), (None, None),
    ],
)  # fmt: skip
def test_severities_of_the_legacy_schemas(stated: object, severity: Severity | None) -> None:
    document = fixture("legacy-metric")
    document["data"]["context"]["severity"] = stated
    assert decode(document).severity is severity


def test_two_time_series_of_one_legacy_rule_are_two_problems() -> None:
    document = fixture("legacy-metric-dimensions")
    before = decode(document).key
    document["data"]["context"]["condition"]["allOf"][0]["dimensions"] = [{"name": "Disk", "value": "sdb"}]
    assert decode(document).key != before


def test_two_resources_of_one_activity_are_two_problems() -> None:
    document = fixture("activity-log-error")
    before = decode(document).key
    document["data"]["essentials"]["alertTargetIDs"] = ["/subscriptions/s/providers/Microsoft.Web/sites/other"]
    assert decode(document).key != before
    del document["data"]["alertContext"]["correlationId"]
    assert decode(document).key == document["data"]["essentials"]["alertId"].casefold()


def test_security_and_recommendations_rate_themselves() -> None:
    assert decode(fixture("activity-log-security")).severity is Severity.HIGH
    assert decode(fixture("activity-log-recommendation")).severity is Severity.MEDIUM
    document = fixture("activity-log-security")
    document["data"]["alertContext"]["properties"]["severity"] = "Unheard"
    assert decode(document).severity is Severity.INFO


@pytest.mark.parametrize(
    ("stated", "amount"),
    [
        ("$11,111.00", 11111.0), ("$25.00", 25.0), ("8000.0", 8000.0), (1111.32, 1111.32), ("1,050,000", 1050000),
        ("EUR 10", 10), ("1.111,00 €", None), ("", None), (None, None), ("none", None), ("$", None),
    ],
)  # fmt: skip
def test_amounts_of_money(stated: object, amount: float | None) -> None:
    assert money(stated) == amount


@pytest.mark.parametrize("name", ["test-metric", "test-budget", "test-legacy-log"])
def test_a_test_needs_both_signs_in_every_schema(name: str) -> None:
    document = fixture(name)
    assert decode(document).action is Action.TEST
    real = json.loads(json.dumps(document).replace("aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e", "b").replace("11111111-1111-1111-1111-111111111111", "b"))  # fmt: skip  # noqa: E501
    assert decode(real).action is Action.TRIGGER
