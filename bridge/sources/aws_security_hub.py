"""Security Hub: findings in its own format (ASFF) and in OCSF, and the results of insights.

Source: AWS documentation, AWS Security Hub user guide, "EventBridge event formats" (of both products), "AWS
Security Finding Format" and OCSF's finding classes. An event of ASFF holds up to a hundred findings, each a
problem by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from bridge.domain.alert import Alert, Rel, Resource, Severity
from bridge.domain.conditions import number
from bridge.domain.errors import Undecoded
from bridge.sources.aws_event import (
    FIRING,
    INFO,
    NO_DATA,
    RESOLVED,
    SUPPRESSED,
    Details,
    Event,
    Outcome,
    Place,
    alert_of,
    event_of,
    key_of,
)
from bridge.sources.reading import Message, first_text, mapping, members, raw_members, text, time, title, web_links

_ASFF: Final = frozenset({"Security Hub Findings - Imported", "Security Hub Findings - Custom Action"})
_OCSF: Final = "Findings Imported V2"
_INSIGHT: Final = "Security Hub Insight Results"
_LABELS: Final = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
    "INFORMATIONAL": Severity.INFO,
}
_NORMALIZED: Final = ((90, "CRITICAL"), (70, "HIGH"), (40, "MEDIUM"), (1, "LOW"), (0, "INFORMATIONAL"))
_OCSF_SEVERITIES: Final = {
    1: Severity.INFO,
    2: Severity.LOW,
    3: Severity.MEDIUM,
    4: Severity.HIGH,
    5: Severity.CRITICAL,
    6: Severity.CRITICAL,
}
_OCSF_STATUSES: Final = {3: SUPPRESSED, 4: RESOLVED, 5: RESOLVED, 6: RESOLVED}
"""Of `status_id`: suppressed, resolved, archived, deleted. New, in progress and other are open."""

_OCSF_CLOSED: Final = 3
_OCSF_PASSED: Final = 1


def read(message: Message) -> Sequence[Alert]:
    """The alerts of one event. Raises Undecoded where it holds no finding, or one without an id."""
    event = event_of(message)
    if event is None:
        return ()
    if event.kind == _INSIGHT:
        return (_insight(message, event),)
    if event.kind not in _ASFF and event.kind != _OCSF:
        return ()
    one = _ocsf if event.kind == _OCSF else _asff
    found = [mapping(member) for member in members(event.detail.get("findings"))]
    if not found and mapping(event.detail, "finding_info"):
        found = [event.detail]
    if not found:
        raise Undecoded(f"the event {event.kind!r} holds no finding")
    if len(found) == 1:
        return (one(message, event, found[0]),)
    raws = raw_members(message.body or msgspec.json.encode(message.document), "detail", "findings")
    return [one(replace(message, raw=raw), event, finding) for finding, raw in zip(found, raws, strict=True)]


def _asff(message: Message, event: Event, finding: Mapping[str, object]) -> Alert:
    finding_id, severity, outcome = text(finding.get("Id")), _asff_severity(finding), _asff_outcome(finding)
    place = Place(
        account=first_text(finding.get("AwsAccountId"), event.account),
        region=first_text(finding.get("Region"), event.region),
    )
    resources = [mapping(member) for member in members(finding.get("Resources"))]
    resource = resources[0] if resources else {}
    return alert_of(
        message,
        "security-hub-finding",
        outcome,
        key=key_of(finding_id, "security-hub", text(finding.get("ProductArn")), place.account, finding_id),
        title=title(first_text(finding.get("Title"), finding.get("GeneratorId"), "Security Hub finding")),
        place=place,
        details=Details(
            severity=_rated(_LABELS.get(severity or ""), outcome),
            severity_raw=severity,
            description=text(finding.get("Description")),
            resource=Resource(id=text(resource.get("Id")), type=text(resource.get("Type"))),
            labels={
                "product": finding.get("ProductName"),
                "generator": finding.get("GeneratorId"),
                "workflow_status": mapping(finding, "Workflow").get("Status"),
                "compliance_status": mapping(finding, "Compliance").get("Status"),
                "control": mapping(finding, "Compliance").get("SecurityControlId"),
                "action": event.detail.get("actionName"),
            },
            links=web_links(
                (Rel.RUNBOOK, mapping(finding, "Remediation", "Recommendation").get("Url")),
                (Rel.SOURCE, finding.get("SourceUrl")),
            ),
            since=time(finding.get("UpdatedAt")) or event.time,
        ),
    )


def _rated(severity: Severity | None, outcome: Outcome) -> Severity | None:
    """A check that passed is called informational: its end must take the way that its failure took."""
    return None if outcome is RESOLVED and severity is Severity.INFO else severity


def _asff_severity(finding: Mapping[str, object]) -> str | None:
    """The label, or the number from 0 to 100 that older products send instead."""
    stated = mapping(finding, "Severity")
    label = text(stated.get("Label"))
    if label is not None:
        return label.upper()
    level = number(stated.get("Normalized"))
    return next((named for least, named in _NORMALIZED if level is not None and level >= least), None)


def _asff_outcome(finding: Mapping[str, object]) -> Outcome:
    workflow = first_text(mapping(finding, "Workflow").get("Status"), finding.get("WorkflowState"))
    compliance = text(mapping(finding, "Compliance").get("Status"))
    if workflow == "SUPPRESSED":
        return SUPPRESSED
    if workflow == "RESOLVED" or finding.get("RecordState") == "ARCHIVED" or compliance == "PASSED":
        return RESOLVED
    return NO_DATA if compliance == "NOT_AVAILABLE" else FIRING


def _ocsf(message: Message, event: Event, finding: Mapping[str, object]) -> Alert:
    info, cloud = mapping(finding, "finding_info"), mapping(finding, "cloud")
    uid = text(info.get("uid"))
    place = Place(
        account=first_text(mapping(cloud, "account").get("uid"), event.account),
        region=first_text(cloud.get("region"), event.region),
    )
    resources = [mapping(member) for member in members(finding.get("resources"))]
    resource = resources[0] if resources else {}
    outcome = _ocsf_outcome(finding)
    return alert_of(
        message,
        "security-hub-ocsf",
        outcome,
        key=key_of(uid, "security-hub", place.account, place.region, uid),
        title=title(first_text(info.get("title"), finding.get("message"), "Security Hub finding")),
        place=place,
        details=Details(
            severity=_rated(_OCSF_SEVERITIES.get(_whole(finding.get("severity_id"))), outcome),
            severity_raw=first_text(finding.get("severity"), finding.get("severity_id")),
            description=text(info.get("desc")),
            resource=Resource(
                id=text(resource.get("uid")), type=text(resource.get("type")), name=text(resource.get("name"))
            ),
            labels={
                "class": finding.get("class_name"),
                "product": mapping(finding, "metadata", "product").get("name"),
                "finding_status": first_text(finding.get("status"), finding.get("status_id")),
                "compliance_status": mapping(finding, "compliance").get("status"),
            },
            links=web_links((Rel.SOURCE, info.get("src_url")), (Rel.RUNBOOK, _reference(finding))),
            since=time(finding.get("time_dt")) or event.time,
        ),
    )


def _ocsf_outcome(finding: Mapping[str, object]) -> Outcome:
    known = _OCSF_STATUSES.get(_whole(finding.get("status_id")))
    if known is not None:
        return known
    closed = _whole(finding.get("activity_id")) == _OCSF_CLOSED
    passed = _whole(mapping(finding, "compliance").get("status_id")) == _OCSF_PASSED
    return RESOLVED if closed or passed else FIRING


def _whole(value: object) -> int:
    stated = number(value)
    return int(stated) if stated is not None else 0


def _reference(finding: Mapping[str, object]) -> object:
    return next(iter(members(mapping(finding, "remediation").get("references"))), None)


def _insight(message: Message, event: Event) -> Alert:
    """What a person sent off by hand: the groups of an insight, which is no problem by itself."""
    insight = text(event.detail.get("insightArn"))
    return alert_of(
        message,
        "security-hub-insight",
        INFO,
        key=key_of(insight, "security-hub-insight", event.account, event.region, insight or message.event_id),
        title=title("Security Hub insight:", first_text(event.detail.get("insightName"), insight)),
        place=event,
        details=Details(
            description=text(event.detail.get("actionDescription")),
            labels={
                "action": event.detail.get("actionName"),
                "result_type": event.detail.get("resultType"),
                "results": len(members(event.detail.get("insightResults"))),
            },
            since=event.time,
        ),
    )
