"""What single kinds promise beyond the kit: ids, exact bytes, secrets, and the edges of their states."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bridge.domain.alert import Action, Alert, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.sources import SOURCES
from bridge.sources.base import Echo
from tests.sources.kit import Case, cases, request_of


def fixture(kind: str, name: str) -> Any:
    return json.loads(Case(kind=kind, name=name).body)


def decode(kind: str, document: object) -> Alert:
    (alert,) = SOURCES[kind]().decode(request_of(json.dumps(document).encode()))
    return alert


def delivery_id(kind: str, document: object, headers: Mapping[str, str] | None = None) -> str | None:
    return SOURCES[kind]().delivery_id(request_of(json.dumps(document).encode(), headers))


def test_records_keep_the_exact_bytes_of_each_member() -> None:
    first, second = (json.dumps(record) for record in fixture("aws", "records-two-alarms")["Records"])
    spaced = first.replace('"Sns": {', '"Sns" :  {"Extra" : 1.10 ,')
    body = f'{{"Records": null, "Records": [ {spaced} , {second}]}}'.encode()
    alerts = SOURCES["aws"]().decode(request_of(b"\xef\xbb\xbf" + body))
    assert [alert.raw for alert in alerts] == [spaced.encode(), second.encode()]


def test_a_batchs_id_depends_on_every_member() -> None:
    records = fixture("aws", "records-two-alarms")
    whole = delivery_id("aws", records)
    records["Records"][1]["Sns"]["MessageId"] = "other"
    assert delivery_id("aws", records) not in (None, whole)
    del records["Records"][1]["Sns"]["MessageId"]
    assert delivery_id("aws", records) is None
    events = fixture("azure", "event-grid-batch")
    assert delivery_id("azure", events) not in (
        None,
        delivery_id("azure", events[:1]),
        delivery_id("azure", events[1:]),
    )


def test_redelivered_messages_keep_their_id_and_others_have_another() -> None:
    envelope = fixture("aws", "sns-metric-alarm")
    assert delivery_id("aws", {**envelope, "Signature": "other"}) == envelope["MessageId"]
    event = fixture("aws", "eventbridge-metric-alarm")
    assert delivery_id("aws", event) == event["id"]
    assert delivery_id("aws", envelope) != delivery_id("aws", fixture("aws", "sns-metric-ok"))


def test_ids_that_firing_and_resolved_share_are_no_delivery_ids() -> None:
    for kind, name in (("gcp", "webhook-open"), ("azure", "metric-fired"), ("aws", "lambda-metric-alarm")):
        assert delivery_id(kind, fixture(kind, name)) is None


def test_an_unwrapped_push_has_its_id_in_headers() -> None:
    headers = {"x-goog-pubsub-message-id": "7", "x-goog-pubsub-subscription-name": "projects/p/subscriptions/s"}
    incident = fixture("gcp", "webhook-open")
    assert delivery_id("gcp", incident, headers) == "projects/p/subscriptions/s/7"
    assert delivery_id("gcp", incident, {"x-goog-pubsub-message-id": "7"}) == "7"


@pytest.mark.parametrize("kind", SOURCES)
def test_no_known_secret_is_left_in_the_open(kind: str) -> None:
    bearers = {"SubscribeURL", "SubscribeUrl", "UnsubscribeURL", "UnsubscribeUrl", "Token", "validationCode",
               "validationUrl", "claims"}  # fmt: skip
    present = {key for case in cases() if case.kind == kind for key in _keys(json.loads(case.body))}
    assert present & bearers <= SOURCES[kind]().redacted


def _keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()


def test_envelopes_are_unwrapped_but_not_for_ever() -> None:
    message: object = fixture("aws", "unwrapped-metric-alarm")
    envelope = fixture("aws", "sns-metric-alarm")
    for depth in (1, 2, 3):
        message = {**envelope, "Message": json.dumps(message), "MessageId": f"outer-{depth}"}
        assert decode("aws", message).event_id == f"outer-{depth}"
    with pytest.raises(Undecoded, match="nested deeper"):
        decode("aws", {**envelope, "Message": json.dumps(message)})


def test_a_muted_alarm_is_neither_fired_nor_resolved() -> None:
    event = fixture("aws", "eventbridge-metric-ok")
    assert decode("aws", event).action is Action.RESOLVE
    event["detail"]["state"]["actionsSuppressedBy"] = "ExtensionPeriod"
    quiet = decode("aws", event)
    assert (quiet.status, quiet.action) == (Status.SUPPRESSED, Action.INFO)


def test_only_the_creation_of_an_alarm_is_no_recovery() -> None:
    assert decode("aws", fixture("aws", "eventbridge-initial-creation")).status is Status.INFO
    assert decode("aws", fixture("aws", "eventbridge-ok-after-no-data")).status is Status.RESOLVED
    fired = fixture("aws", "eventbridge-initial-creation")
    fired["detail"]["state"].update(value="ALARM", reason="Unchecked: Initial alarm creation")
    assert decode("aws", fired).status is Status.FIRING


def test_the_region_is_never_the_display_name() -> None:
    bare = fixture("aws", "unwrapped-metric-alarm-without-arn")
    assert decode("aws", bare).region is None
    assert decode("aws", bare).global_key is False
    assert decode("aws", fixture("aws", "sns-metric-alarm-without-arn")).region == "eu-west-1"


@pytest.mark.parametrize(
    ("region", "partition", "console"),
    [
        ("eu-west-1", "aws", "https://eu-west-1.console.aws.amazon.com/"),
        ("cn-north-1", "aws-cn", "https://cn-north-1.console.amazonaws.cn/"),
        ("us-gov-west-1", "aws-us-gov", "https://us-gov-west-1.console.amazonaws-us-gov.com/"),
        ("us-iso-east-1", "aws-iso", None),
        ("us-isob-east-1", "aws-iso-b", None),
    ],
)
def test_partitions(region: str, partition: str, console: str | None) -> None:
    event = {**fixture("aws", "eventbridge-metric-alarm"), "region": region, "resources": []}
    alert = decode("aws", event)
    assert alert.key.startswith(f"arn:{partition}:cloudwatch:{region}:111122223333:alarm:")
    assert [link.href.startswith(console or "") for link in alert.links] == ([True] if console else [])


def test_an_alarm_without_any_name_is_undecoded() -> None:
    with pytest.raises(Undecoded, match="neither an ARN nor a name"):
        decode("aws", {"AlarmName": None, "NewStateValue": "ALARM"})


@pytest.mark.parametrize("version", ["test", "TEST"])
def test_a_test_of_google_cloud_opens_nothing(version: str) -> None:
    alert = decode("gcp", {**fixture("gcp", "webhook-open"), "version": version})
    assert (alert.status, alert.action, alert.test) == (Status.INFO, Action.TEST, True)


@pytest.mark.parametrize(
    ("word", "label", "severity"),
    [
        ("Critical", None, Severity.CRITICAL),
        ("Error", "info", Severity.HIGH),
        ("WARNING", None, Severity.MEDIUM),
        ("No severity", None, None),
        ("No severity", "error", Severity.HIGH),
        (None, "Low", Severity.LOW),
        (None, "urgent", None),
        (5, None, None),
    ],
)
def test_severities_of_google_cloud(word: object, label: str | None, severity: Severity | None) -> None:
    document = fixture("gcp", "webhook-open")
    document["incident"].update(severity=word, policy_user_labels={"severity": label})
    assert decode("gcp", document).severity is severity


@pytest.mark.parametrize(
    ("stated", "severity"),
    [
        ("Sev0", Severity.CRITICAL),
        ("Sev1", Severity.HIGH),
        ("Sev2", Severity.MEDIUM),
        ("sev3", Severity.LOW),
        ("Sev4", Severity.INFO),
        ("Sev5", None),
        (None, None),
    ],
)
def test_severities_of_azure(stated: str | None, severity: Severity | None) -> None:
    document = fixture("azure", "metric-fired")
    document["data"]["essentials"]["severity"] = stated
    assert decode("azure", document).severity is severity


@pytest.mark.parametrize(
    ("name", "path", "word", "severity"),
    [
        ("service-health-active", "incidentType", "Incident", Severity.HIGH),
        ("service-health-active", "incidentType", "Security", Severity.HIGH),
        ("service-health-active", "incidentType", "ActionRequired", Severity.MEDIUM),
        ("service-health-active", "incidentType", "Maintenance", Severity.LOW),
        ("service-health-active", "incidentType", "Informational", Severity.INFO),
        ("service-health-active", "incidentType", "Surprise", None),
        ("resource-health-unavailable", "currentHealthStatus", "Unavailable", Severity.HIGH),
        ("resource-health-unavailable", "currentHealthStatus", "Degraded", Severity.MEDIUM),
        ("resource-health-unavailable", "currentHealthStatus", "Unknown", Severity.MEDIUM),
        ("resource-health-available", "previousHealthStatus", "Degraded", Severity.MEDIUM),
        ("activity-log-error", "level", "Critical", Severity.CRITICAL),
        ("activity-log-error", "level", "Warning", Severity.MEDIUM),
        ("activity-log-error", "level", "Informational", Severity.INFO),
        ("activity-log-error", "level", 2, Severity.HIGH),
        ("activity-log-error", "level", "9", None),
    ],
)
def test_health_and_activity_go_by_their_own_words(
    name: str, path: str, word: object, severity: Severity | None
) -> None:
    document = fixture("azure", name)
    context = document["data"]["alertContext"]
    (context if path == "level" else context["properties"])[path] = word
    assert document["data"]["essentials"]["severity"] == "Sev4"
    assert decode("azure", document).severity is severity


@pytest.mark.parametrize("word", ["Resolved", "RCA", "Complete", "Canceled"])
def test_a_service_event_is_over_by_stage_or_status(word: str) -> None:
    for where in ("stage", "status"):
        document = fixture("azure", "service-health-active")
        context = document["data"]["alertContext"]
        (context["properties"] if where == "stage" else context)[where] = word
        assert decode("azure", document).action is Action.RESOLVE


def test_a_test_of_azure_needs_both_signs() -> None:
    both = fixture("azure", "test-metric")
    alert = decode("azure", both)
    assert (alert.status, alert.action, alert.test, alert.key) == (
        Status.INFO,
        Action.TEST,
        True,
        both["data"]["essentials"]["alertId"].casefold(),
    )
    both["data"]["essentials"]["alertRule"] = "cpu"
    assert decode("azure", both).action is Action.TRIGGER
    assert decode("azure", fixture("azure", "real-rule-named-test")).action is Action.TRIGGER


def test_nested_resources_have_their_whole_type() -> None:
    document = fixture("azure", "metric-fired")
    arm_id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/one/databases/orders"
    document["data"]["essentials"]["alertTargetIDs"] = [arm_id]
    resource = decode("azure", document).resource
    assert (resource.type, resource.name) == ("Microsoft.Sql/servers/databases", "orders")


def test_validation_is_found_among_other_events() -> None:
    code = "512D38B6-C7B8-40C8-89FE-F46F9E9622B6"
    for name, more in (("handshake-event-grid", False), ("handshake-event-grid-mixed", True)):
        request = request_of(Case(kind="azure", name=name).body)
        expected = Echo(document={"validationResponse": code}, carries_more=more)
        assert SOURCES["azure"]().handshake(request) == expected
    without = fixture("azure", "handshake-event-grid")
    del without[0]["data"]["validationCode"]
    assert SOURCES["azure"]().handshake(request_of(json.dumps(without).encode())) is None
