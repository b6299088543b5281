"""What the kind `gcp` promises beyond the kit: the modes of its transports, states, thresholds and identities."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from bridge.domain.alert import Action, Alert, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.sources import SOURCES
from tests.sources.kit import SAMPLES, Case, reading_of, request_of

GCP = SOURCES["gcp"]()


def fixture(name: str) -> Any:
    return json.loads(Case(kind="gcp", name=name).body)


def decode(document: object, headers: dict[str, str] | None = None) -> Alert:
    (alert,) = GCP.decode(request_of(json.dumps(document).encode(), headers))
    return alert


def inner(push: Any) -> bytes:
    return base64.b64decode(push["message"]["data"])


@pytest.mark.parametrize(
    "name", ["eventarc-audit-log", "eventarc-pubsub-closed", "eventarc-pubsub-text", "eventarc-storage"]
)
def test_an_event_is_the_same_in_headers_and_structured(name: str) -> None:
    structured = fixture(name)
    data = json.dumps(structured.pop("data")).encode()
    headers = {f"ce-{key}": quote(value, safe="/:. ") for key, value in structured.items()}
    assert reading_of(GCP, request_of(data, headers)) == Case(kind="gcp", name=name).expected()


def test_an_event_in_headers_may_carry_any_bytes() -> None:
    headers = {"ce-id": "1", "ce-source": "//shop", "ce-type": "com.example.broken", "ce-specversion": "1.0"}
    for body in (b"", b"\xff\xfe", b"plain", b"[1]", b"null"):
        (alert,) = GCP.decode(request_of(body, headers))
        assert (alert.type, alert.key, alert.action) == ("eventarc-event", "//shop#1", Action.TRIGGER)
    assert GCP.delivery_id(request_of(b"\xff", headers)) == "//shop#1"


def test_an_unwrapped_push_is_read_as_the_wrapped_one() -> None:
    push = fixture("pubsub-scc-inactive")
    message, headers = push["message"], {"x-goog-pubsub-subscription-name": push["subscription"]}
    headers |= {"x-goog-pubsub-message-id": message["messageId"], "content-type": "application/json"}
    request = request_of(inner(push), headers)
    assert reading_of(GCP, request) == Case(kind="gcp", name="pubsub-scc-inactive").expected()


def test_an_unwrapped_budget_is_named_by_its_headers() -> None:
    push = fixture("pubsub-budget-exceeded")
    headers = {name.lower(): value for name, value in push["message"]["attributes"].items()}
    headers |= {"x-goog-pubsub-message-id": "900011", "x-goog-pubsub-subscription-name": push["subscription"]}
    (alert,) = GCP.decode(request_of(inner(push), headers))
    assert alert == decode(push)


def test_an_unwrapped_text_is_described() -> None:
    headers = {"x-goog-pubsub-message-id": "7", "team": "shop", "x-goog-pubsub-publish-time": "2026-03-01T10:00:00Z"}
    (alert,) = GCP.decode(request_of(b"db-1 is full\nreally", headers))
    assert (alert.type, alert.key, alert.title) == ("pubsub-message", "7", "db-1 is full")
    assert (alert.description, alert.labels) == ("db-1 is full\nreally", {"team": "shop"})
    assert alert.starts_at is not None


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b"null", b"{}", b'{"incident": []}', b'{"a": NaN}'])
def test_whatever_pubsub_carries_is_a_page(data: bytes) -> None:
    push = fixture("pubsub-open")
    push["message"]["data"] = base64.b64encode(data).decode()
    alert = decode(push)
    assert (alert.type, alert.action, alert.severity) == ("pubsub-message", Action.TRIGGER, None)
    del push["message"]["messageId"]
    push["message"].pop("message_id", None)
    with pytest.raises(Undecoded):
        decode(push)


def test_a_long_text_is_cut_and_raw_has_the_rest() -> None:
    push = fixture("pubsub-text")
    push["message"]["data"] = base64.b64encode(b"x" * 10_000).decode()
    alert = decode(push)
    assert (len(alert.title), len(alert.description or "")) == (255, 4096)


@pytest.mark.parametrize(
    ("stated", "meaning"),
    [
        ({}, (Status.FIRING, Action.TRIGGER)),
        ({"state": "INACTIVE"}, (Status.RESOLVED, Action.RESOLVE)),
        ({"mute": "MUTED"}, (Status.SUPPRESSED, Action.INFO)),
        ({"mute": "UNDEFINED"}, (Status.FIRING, Action.TRIGGER)),
        ({"mute": "MUTED", "state": "INACTIVE"}, (Status.RESOLVED, Action.RESOLVE)),
    ],
)
def test_states_of_findings(stated: dict[str, str], meaning: tuple[Status, Action]) -> None:
    document = fixture("scc-active")
    document["finding"].update(stated)
    alert = decode(document)
    assert (alert.status, alert.action) == meaning


def test_a_finding_is_remediated_only_if_the_mark_is_of_its_last_change() -> None:
    document = fixture("scc-remediated")
    assert decode(document).action is Action.RESOLVE
    document["finding"]["eventTime"] = "2026-03-02T00:00:00Z"
    assert decode(document).action is Action.TRIGGER
    for broken in (None, "", "never", 0):
        document["finding"].update(eventTime=broken, securityMarks={"marks": {"sra-remediated-event-time": broken}})
        assert decode(document).action is Action.TRIGGER


@pytest.mark.parametrize(
    ("stated", "older", "severity"),
    [
        ("CRITICAL", None, Severity.CRITICAL),
        ("HIGH", "low", Severity.HIGH),
        ("MEDIUM", None, Severity.MEDIUM),
        ("LOW", None, Severity.LOW),
        ("SEVERITY_UNSPECIFIED", "High", Severity.HIGH),
        ("SEVERITY_UNSPECIFIED", None, None),
        (None, None, None),
    ],
)
def test_severities_of_findings(stated: str | None, older: str | None, severity: Severity | None) -> None:
    document = fixture("scc-active")
    document["finding"].update(severity=stated, sourceProperties={"SeverityLevel": older})
    assert decode(document).severity is severity


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("EMERGENCY", Severity.CRITICAL),
        ("ALERT", Severity.CRITICAL),
        ("CRITICAL", Severity.CRITICAL),
        ("ERROR", Severity.HIGH),
        ("WARNING", Severity.MEDIUM),
        ("NOTICE", Severity.LOW),
        ("INFO", Severity.INFO),
        ("DEBUG", Severity.INFO),
        ("DEFAULT", None),
    ],
)
def test_severities_of_log_entries(word: str, severity: Severity | None) -> None:
    document = fixture("eventarc-audit-log")
    document["data"]["severity"] = word
    assert decode(document).severity is severity


def test_a_budget_pages_only_where_a_threshold_is_exceeded() -> None:
    quiet, exceeded, both, forecast = (
        decode(fixture(f"pubsub-budget-{name}")) for name in ("quiet", "exceeded", "both", "forecast")
    )
    assert (quiet.status, quiet.action, quiet.severity) == (Status.INFO, Action.INFO, Severity.INFO)
    assert {alert.action for alert in (exceeded, both, forecast)} == {Action.TRIGGER}
    assert len({alert.key for alert in (quiet, exceeded, both, forecast)}) == 4


def test_a_budget_of_the_next_month_is_another_problem() -> None:
    push = fixture("pubsub-budget-exceeded")
    later = {**json.loads(inner(push)), "costIntervalStart": "2026-04-01T00:00:00Z", "costAmount": 950.0}
    before = decode(push)
    push["message"]["data"] = base64.b64encode(json.dumps(later).encode()).decode()
    assert decode(push).key != before.key
    same = {**later, "costIntervalStart": "2026-03-01T00:00:00Z"}
    push["message"]["data"] = base64.b64encode(json.dumps(same).encode()).decode()
    assert decode(push).key == before.key


def test_a_threshold_of_null_is_none() -> None:
    document = {**fixture("budget-without-attributes"), "alertThresholdExceeded": None}
    assert decode(document).action is Action.INFO


def test_errors_of_one_group_are_one_problem_whatever_the_links_query() -> None:
    document = fixture("error-reporting")
    before = decode(document)
    document["group_info"]["detail_link"] = "https://console.cloud.google.com/errors/CNabc123?time=PT1H"
    document["event_info"]["log_message"] = "another one"
    assert decode(document).key == before.key
    document["group_info"]["detail_link"] = "https://["
    assert decode(document).key == "shop-prod/cart/TypeError: cannot read 'price' of undefined"
    document.update(exception_info={"type": ""}, event_info={})
    with pytest.raises(Undecoded, match="neither a link"):
        decode(document)


def test_each_log_entry_is_its_own_problem_unless_logging_groups_them() -> None:
    document = fixture("eventarc-audit-log")
    before = decode(document).key
    document["data"]["insertId"] = "other"
    assert decode(document).key != before
    document["data"]["operation"] = {"id": "op-1", "first": True}
    first = decode(document).key
    document["data"].update(insertId="last", operation={"id": "op-1", "last": True})
    assert decode(document).key == first


@pytest.mark.parametrize(
    ("name", "kind"),
    [("absence", "absence"), ("log-match", "matched-log"), ("promql", "promql"), ("uptime", "threshold")],
)
def test_an_incident_says_which_kind_of_condition_it_is(name: str, kind: str) -> None:
    assert decode(fixture(f"webhook-{name}-open")).labels["condition_kind"] == kind


def test_events_whose_data_alone_was_captured_are_described_by_their_headers() -> None:
    path = SAMPLES / "gcp-eventarc" / "firebase-alert-data-only.json"
    if not path.is_file():
        pytest.skip("the real captures are not beside the project")
    kind = "google.firebase.firebasealerts.alerts.v1.published"
    headers = {"ce-id": "1", "ce-type": kind, "ce-source": "//firebasealerts.googleapis.com/projects/42"}
    (alert,) = GCP.decode(request_of(path.read_bytes(), headers))
    assert (alert.account, alert.title.split(":")[0]) == ("42", kind)
