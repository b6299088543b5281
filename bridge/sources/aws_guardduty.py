"""GuardDuty findings, attack sequences of Extended Threat Detection among them, and product announcements.

Source: AWS documentation, Amazon GuardDuty user guide, "Processing findings with EventBridge", "Severity
levels", "Sample findings" and "Subscribing to SNS announcements". GuardDuty sends a finding again as its
count grows, with the same id; it never says that one is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from bridge.domain.alert import Alert, Condition, Link, Resource, Severity
from bridge.domain.conditions import number
from bridge.domain.errors import Undecoded
from bridge.sources.aws_event import (
    FIRING,
    INFO,
    SUPPRESSED,
    TEST,
    Details,
    Event,
    Key,
    Outcome,
    Place,
    alert_of,
    event_of,
    key_of,
    topic_place,
)
from bridge.sources.aws_names import console_links, partition_of
from bridge.sources.reading import Message, first_text, mapping, members, text, time, title

_FINDING: Final = "GuardDuty Finding"
_ANNOUNCEMENTS: Final = ":GuardDutyAnnouncements"
_SEVERITIES: Final = ((9, Severity.CRITICAL), (7, Severity.HIGH), (4, Severity.MEDIUM), (1, Severity.LOW))
"""From this number on; the scale ends at 10."""

_RESOURCES: Final = (
    ("instanceDetails", "instanceId"),
    ("accessKeyDetails", "userName"),
    ("s3BucketDetails", "name"),
    ("eksClusterDetails", "name"),
    ("ecsClusterDetails", "name"),
    ("lambdaDetails", "functionName"),
    ("rdsDbInstanceDetails", "dbInstanceIdentifier"),
)


def read(message: Message) -> Sequence[Alert]:
    """The alert of a finding or of an announcement. Raises Undecoded where the finding has no id."""
    event = event_of(message)
    if event is not None and event.kind == _FINDING:
        return (_finding(message, event),)
    if (message.channel or "").endswith(_ANNOUNCEMENTS):
        return (_announcement(message),)
    return ()


def _finding(message: Message, event: Event) -> Alert:
    finding, service = event.detail, mapping(event.detail, "service")
    place = Place(account=first_text(finding.get("accountId"), event.account), region=event.region)
    finding_id, level, count = text(finding.get("id")), number(finding.get("severity")), number(service.get("count"))
    if finding_id is None:
        raise Undecoded("the GuardDuty finding has no id")
    signals = members(mapping(service, "detection", "sequence").get("signals"))
    return alert_of(
        message,
        "guardduty-finding",
        _outcome(service),
        # Security Hub calls the same finding by this ARN.
        key=key_of(text(finding.get("arn")), "guardduty", place.account, place.region, finding_id),
        title=title(first_text(finding.get("title"), finding.get("type"), "GuardDuty finding")),
        place=place,
        details=Details(
            severity=next((named for least, named in _SEVERITIES if level is not None and level >= least), None),
            severity_raw=text(finding.get("severity")),
            description=text(finding.get("description")),
            resource=_resource(mapping(finding, "resource")),
            condition=Condition(metric="count", value=count) if count is not None else None,
            labels={
                "finding_type": finding.get("type"),
                "count": service.get("count"),
                "last_seen": service.get("eventLastSeen"),
                "signals": len(signals) or None,
            },
            links=_links(event, finding_id),
            since=time(service.get("eventFirstSeen")) or time(finding.get("createdAt")) or event.time,
        ),
    )


def _outcome(service: Mapping[str, object]) -> Outcome:
    if mapping(service, "additionalInfo").get("sample") is True:
        return TEST
    # Archived by a suppression rule: nobody was told of it.
    return SUPPRESSED if service.get("archived") is True else FIRING


def _resource(stated: Mapping[str, object]) -> Resource:
    kind = text(stated.get("resourceType"))
    for details, name in _RESOURCES:
        found = stated.get(details)
        first = mapping(found[0] if isinstance(found, list) and found else found)
        if (named := text(first.get(name))) is not None:
            return Resource(id=first_text(first.get("arn"), named), type=kind, name=named)
    return Resource(type=kind)


def _links(event: Event, finding_id: str) -> tuple[Link, ...]:
    path = f"guardduty/home?region={event.region}#/findings?search=id%3D{quote(finding_id, safe='')}"
    return console_links(partition_of(event.region), event.region, path)


def _announcement(message: Message) -> Alert:
    """News of new findings and features: no problem of anybody."""
    kind = text(message.document.get("type")) or "news"
    about = [
        first_text(one.get("findingType"), one.get("featureDescription"))
        for _, value in sorted(message.document.items())
        for one in map(mapping, members(value))
    ]
    return alert_of(
        message,
        "guardduty-announcement",
        INFO,
        key=Key(text=f"{message.channel}|{message.event_id or kind}", unique=True),
        title=title("GuardDuty announcement", f"{kind}:", *about) if any(about) else f"GuardDuty announcement {kind}",
        place=topic_place(message),
        details=Details(description=message.plain_text, since=message.sent_at),
    )
