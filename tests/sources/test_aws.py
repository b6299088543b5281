"""What AWS's products promise beyond the kit: raw delivery, severities, states, and what must not become one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.alert import Action, Alert, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.sources import SOURCES
from tests.sources.kit import Case, request_of

TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms"
RAW = {"x-amz-sns-rawdelivery": "true", "x-amz-sns-message-id": "raw-1", "x-amz-sns-topic-arn": TOPIC}


def fixture(name: str) -> Any:
    return json.loads(Case(kind="aws", name=name).body)


def decode(document: object, headers: Mapping[str, str] | None = None) -> Alert:
    (alert,) = SOURCES["aws"]().decode(request_of(json.dumps(document).encode(), headers))
    return alert


def delivery_id(body: bytes, headers: Mapping[str, str]) -> str | None:
    return SOURCES["aws"]().delivery_id(request_of(body, headers))


def event(source: str, kind: str, detail: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "event-1",
        "detail-type": kind,
        "source": source,
        "account": "111122223333",
        "region": "eu-west-1",
        "resources": [],
        "detail": detail,
        **more,
    }


def test_raw_delivery_has_its_id_and_topic_in_headers() -> None:
    # An alarm without its ARN needs the topic to be the same problem as over an envelope.
    bare = Case(kind="aws", name="unwrapped-metric-alarm-without-arn").body
    (alert,) = SOURCES["aws"]().decode(request_of(bare, RAW))
    assert (alert.event_id, delivery_id(bare, RAW)) == ("raw-1", "raw-1")
    assert alert.key == decode(fixture("sns-metric-alarm-without-arn")).key


def test_raw_text_is_an_alert_and_bytes_are_not() -> None:
    (alert,) = SOURCES["aws"]().decode(request_of(b"Disk /data is full", RAW))
    assert (alert.type, alert.title, alert.account) == ("sns-text", "Disk /data is full", "111122223333")
    for body in (b"\xff", b" ", b"{", b'{"a": NaN}'):
        with pytest.raises(Undecoded):
            SOURCES["aws"]().decode(request_of(body, RAW))
    with pytest.raises(Undecoded):
        SOURCES["aws"]().decode(request_of(b"Disk /data is full"))


def test_a_forged_header_does_not_make_a_signed_message_look_new() -> None:
    envelope = Case(kind="aws", name="sns-metric-alarm").body
    assert delivery_id(envelope, RAW) == delivery_id(envelope, {}) != "raw-1"
    assert SOURCES["aws"]().decode(request_of(envelope, RAW)) == SOURCES["aws"]().decode(request_of(envelope))


@given(body=st.binary() | st.text().map(str.encode), headers=st.fixed_dictionaries({}, optional={
    name: st.text() for name in ("x-amz-sns-message-id", "x-amz-sns-topic-arn")
}))  # fmt: skip
def test_anything_raw_is_text_or_undecoded(body: bytes, headers: dict[str, str]) -> None:
    try:
        (alert,) = SOURCES["aws"]().decode(request_of(body, {**headers, "x-amz-sns-rawdelivery": "true"}))
    except Undecoded:
        return
    assert alert.key.strip()
    assert 0 < len(alert.title) <= 255


@pytest.mark.parametrize(
    ("number", "severity"),
    [
        (10, Severity.CRITICAL),
        (9, Severity.CRITICAL),
        (8.9, Severity.HIGH),
        (7, Severity.HIGH),
        ("6.9", Severity.MEDIUM),
        (4, Severity.MEDIUM),
        (3.9, Severity.LOW),
        (1, Severity.LOW),
        (0.5, None),
        ("High", None),
        (None, None),
    ],
)
def test_severities_of_guardduty(number: object, severity: Severity | None) -> None:
    finding = fixture("guardduty-finding")
    finding["detail"]["severity"] = number
    assert decode(finding).severity is severity


def test_findings_of_two_accounts_are_two_problems() -> None:
    finding = fixture("guardduty-finding")
    del finding["detail"]["arn"]
    first = decode(finding)
    finding["detail"]["accountId"] = "444455556666"
    assert decode(finding).key != first.key
    assert first.global_key is False


def test_guardduty_and_security_hub_agree_on_a_finding() -> None:
    finding, imported = fixture("guardduty-finding"), fixture("security-hub-failed")
    imported["detail"]["findings"][0]["Id"] = finding["detail"]["arn"]
    assert decode(imported).key == decode(finding).key


def test_each_finding_keeps_its_exact_bytes() -> None:
    case = Case(kind="aws", name="security-hub-custom-action")
    spaced = case.body.replace(b'"SchemaVersion": "2018-10-08"', b'"SchemaVersion" :   "2018-10-08" , "Extra": 1.10')
    first, second = SOURCES["aws"]().decode(request_of(spaced))
    for alert in (first, second):
        assert alert.raw is not None
        assert alert.raw in spaced
        assert b'"Extra": 1.10' in alert.raw


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Workflow": {"Status": "NOTIFIED"}}, Status.FIRING),
        ({"Workflow": {"Status": "RESOLVED"}}, Status.RESOLVED),
        ({"RecordState": "ARCHIVED"}, Status.RESOLVED),
        ({"Compliance": {"Status": "PASSED"}}, Status.RESOLVED),
        ({"Compliance": {"Status": "WARNING"}}, Status.FIRING),
        ({"Compliance": {"Status": "NOT_AVAILABLE"}}, Status.NO_DATA),
        ({"Workflow": {"Status": "SUPPRESSED"}, "RecordState": "ARCHIVED"}, Status.SUPPRESSED),
    ],
)
def test_states_of_security_hub(changes: dict[str, Any], status: Status) -> None:
    imported = fixture("security-hub-failed")
    imported["detail"]["findings"][0].update(changes)
    assert decode(imported).status is status


def test_a_passed_check_is_as_urgent_as_its_failure_may_have_been() -> None:
    # Security Hub calls it informational: a route for what is urgent would never see the end.
    assert decode(fixture("security-hub-passed")).severity is None


@pytest.mark.parametrize(("changes", "action"), [
    ({"status_id": 2}, Action.TRIGGER),
    ({"status_id": 4}, Action.RESOLVE),
    ({"status_id": 5}, Action.RESOLVE),
    ({"status_id": 3}, Action.INFO),
    ({"activity_id": 3}, Action.RESOLVE),
    ({"compliance": {"status_id": 1}}, Action.RESOLVE),
])  # fmt: skip
def test_states_of_ocsf(changes: dict[str, Any], action: Action) -> None:
    imported = fixture("security-hub-ocsf-new")
    imported["detail"]["findings"][0].update(changes)
    assert decode(imported).action is action
    imported["detail"] = imported["detail"]["findings"][0]
    assert decode(imported).action is action


@pytest.mark.parametrize(("category", "severity"), [
    ("issue", Severity.HIGH),
    ("investigation", Severity.MEDIUM),
    ("scheduledChange", Severity.MEDIUM),
    ("accountNotification", Severity.LOW),
    ("surprise", None),
])  # fmt: skip
def test_severities_of_health(category: str, severity: Severity | None) -> None:
    issue = fixture("health-issue-open")
    issue["detail"]["eventTypeCategory"] = category
    assert decode(issue).severity is severity


def test_one_public_event_is_a_problem_of_each_account() -> None:
    issue = fixture("health-issue-open")
    issue["detail"]["affectedAccount"] = "444455556666"
    assert decode(issue).key != decode(fixture("health-issue-open")).key


@pytest.mark.parametrize(
    ("number", "categories", "action", "severity"),
    [
        ("RDS-EVENT-0006", ["availability"], Action.TRIGGER, Severity.MEDIUM),
        ("RDS-EVENT-0089", [], Action.TRIGGER, Severity.HIGH),
        ("RDS-EVENT-9999", ["availability", "failure"], Action.TRIGGER, Severity.HIGH),
        ("RDS-EVENT-0045", ["read replica"], Action.TRIGGER, Severity.HIGH),
        ("RDS-EVENT-0046", ["read replica"], Action.RESOLVE, Severity.HIGH),
        ("RDS-EVENT-0220", ["failure"], Action.INFO, Severity.INFO),
        ("RDS-EVENT-0001", ["backup"], Action.INFO, Severity.INFO),
    ],
)
def test_events_of_rds(number: str, categories: list[str], action: Action, severity: Severity) -> None:
    failure = fixture("rds-failure")
    failure["detail"].update(EventID=number, EventCategories=categories, Message="Something.")
    alert = decode(failure)
    assert (alert.action, alert.severity) == (action, severity)


@pytest.mark.parametrize(
    ("code", "reason", "exit_code", "action"),
    [
        ("TaskFailedToStart", "CannotPullContainerError", None, Action.TRIGGER),
        ("EssentialContainerExited", "Essential container in task exited", 1, Action.TRIGGER),
        ("EssentialContainerExited", "Essential container in task exited", 0, Action.INFO),
        ("ServiceSchedulerInitiated", "Scaling activity initiated by", 137, Action.INFO),
        ("ServiceSchedulerInitiated", "Task failed container health checks", 0, Action.TRIGGER),
        ("UserInitiated", "Task stopped by user", 143, Action.INFO),
        ("SpotInterruption", "Your Spot Task was interrupted.", 143, Action.INFO),
        (None, None, 2, Action.TRIGGER),
    ],
)
def test_which_stopped_tasks_of_ecs_failed(
    code: str | None, reason: str | None, exit_code: int | None, action: Action
) -> None:
    task = fixture("ecs-task-failed")
    task["detail"].update(stopCode=code, stoppedReason=reason, containers=[{"name": "app", "exitCode": exit_code}])
    assert decode(task).action is action
    task["detail"]["lastStatus"] = "DEPROVISIONING"
    assert decode(task).action is Action.INFO


@pytest.mark.parametrize("word", ["STARTED", "RESUMED", "SUPERSEDED", "CANCELED", "STOPPED", "STOPPING", "ABANDONED"])
def test_other_states_of_a_pipeline_end_nothing(word: str) -> None:
    pipeline = fixture("codepipeline-failed")
    pipeline["detail"]["state"] = word
    assert decode(pipeline).action is Action.INFO


def test_an_unknown_compliance_is_undecoded() -> None:
    changed = fixture("config-noncompliant")
    changed["detail"]["newEvaluationResult"]["complianceType"] = "PERHAPS"
    with pytest.raises(Undecoded, match="PERHAPS"):
        decode(changed)
    item = fixture("trusted-advisor-error")
    item["detail"]["status"] = "PERHAPS"
    with pytest.raises(Undecoded, match="PERHAPS"):
        decode(item)


def test_the_state_of_a_backup_is_never_read_from_its_sentence() -> None:
    said = fixture("sns-backup-failed")
    said["MessageAttributes"]["State"]["Value"] = "COMPLETED"
    assert decode(said).action is Action.RESOLVE
    del said["MessageAttributes"]["State"]
    assert decode(said).type == "sns-text"


@pytest.mark.parametrize(("impact", "severity"), [
    (1000, Severity.HIGH),
    (999.99, Severity.MEDIUM),
    (99, Severity.LOW),
    (None, None),
])  # fmt: skip
def test_severities_of_cost_anomalies(impact: float | None, severity: Severity | None) -> None:
    anomaly = fixture("cost-anomaly")
    anomaly["detail"]["impact"]["totalImpact"] = impact
    assert decode(anomaly).severity is severity


def test_the_next_run_of_a_command_ends_nothing() -> None:
    # AWS-RunShellScript runs something else each time.
    failed, good = decode(fixture("ssm-command-failed")), decode(fixture("ssm-command-success"))
    assert (failed.action, good.action) == (Action.TRIGGER, Action.INFO)
    assert failed.key != good.key


@pytest.mark.parametrize(
    "status", ["Delivery Timed Out", "ExecutionTimedOut", "TIMED_OUT", "Failed", "Undeliverable", "AccessDenied"]
)
def test_words_of_failure_in_every_spelling(status: str) -> None:
    command = fixture("ssm-command-failed")
    command["detail"]["status"] = status
    assert decode(command).action is Action.TRIGGER


@pytest.mark.parametrize(
    ("kind", "detail", "action"),
    [
        ("EBS Volume Notification", {"event": "createVolume", "result": "available"}, Action.INFO),
        ("EBS Snapshot Notification", {"result": "failed"}, Action.TRIGGER),
        ("SageMaker Training Job State Change", {"TrainingJobStatus": "Failed"}, Action.TRIGGER),
        ("EMR Cluster State Change", {"state": "TERMINATED_WITH_ERRORS"}, Action.TRIGGER),
        ("EC2 Fleet Error", {"sub-type": "iamFleetRoleInvalid"}, Action.TRIGGER),
        ("ACM Certificate Approaching Expiration", {"DaysToExpiry": 31}, Action.TRIGGER),
        ("Inspector2 Finding", {"severity": "CRITICAL", "status": "CLOSED"}, Action.INFO),
        ("Object Created", {"bucket": {"name": "failed-orders"}}, Action.INFO),
        ("Batch Job State Change", {"status": "SUCCEEDED"}, Action.INFO),
    ],
)
def test_other_events_go_by_their_words(kind: str, detail: dict[str, Any], action: Action) -> None:
    alert = decode(event("aws.other", kind, detail))
    assert (alert.type, alert.action) == ("eventbridge-event", action)
    assert alert.title.startswith(kind)


def test_two_events_about_nothing_are_never_one_problem() -> None:
    failed = event("aws.batch", "Batch Job State Change", {"status": "FAILED"})
    assert decode(failed).key != decode({**failed, "id": "event-2"}).key
    about = {**failed, "resources": ["arn:aws:batch:eu-west-1:111122223333:job/1"]}
    assert decode(about).key == decode({**about, "id": "event-2"}).key
    assert decode(about).key != decode({**about, "account": "444455556666"}).key


def test_two_texts_of_one_subject_are_two_problems() -> None:
    said = fixture("sns-text-with-subject")
    first = decode(said).key
    assert decode({**said, "MessageId": "again"}).key == first
    assert decode({**said, "Message": "Disk /data of web-2 is 93% full."}).key != first


@pytest.mark.parametrize("name", ["sns-auto-scaling-test", "other-scheduled", "guardduty-sample"])
def test_tests_open_nothing(name: str) -> None:
    alert = decode(fixture(name))
    assert (alert.status, alert.action, alert.severity, alert.test) == (Status.INFO, Action.TEST, Severity.INFO, True)


def test_announcements_are_no_pages() -> None:
    alert = decode(fixture("sns-guardduty-announcement"))
    assert (alert.action, alert.severity) == (Action.INFO, Severity.INFO)
    written = {**fixture("sns-guardduty-announcement"), "Message": "News of GuardDuty"}
    assert decode(written).type == "guardduty-announcement"


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("aws.guardduty", "GuardDuty Finding"),
        ("aws.securityhub", "Security Hub Findings - Imported"),
        ("aws.securityhub", "Findings Imported V2"),
        ("aws.health", "AWS Health Event"),
        ("aws.ec2", "EC2 Instance State-change Notification"),
        ("aws.ecs", "ECS Service Action"),
        ("aws.autoscaling", "EC2 Instance Launch Unsuccessful"),
        ("aws.codepipeline", "CodePipeline Pipeline Execution State Change"),
        ("aws.glue", "Glue Job State Change"),
        ("aws.ssm", "Configuration Compliance State Change"),
    ],
)
def test_a_message_that_names_nothing_is_undecoded(source: str, kind: str) -> None:
    with pytest.raises(Undecoded):
        decode(event(source, kind, {}))


def test_the_document_may_be_inside_the_envelope_as_it_is() -> None:
    # AWS's documentation prints it so, and people copy from there.
    said = fixture("sns-config-noncompliant")
    printed = {**said, "Message": json.loads(said["Message"])}
    assert decode(printed) == decode(said)


def test_lambdas_word_for_no_subject_is_none() -> None:
    said = {**fixture("sns-plain-text"), "Subject": "None"}
    assert decode(said).title == "Hello from the console"
