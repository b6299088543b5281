"""AWS Config: compliance of a resource with a rule, changes of resources, deliveries of snapshots.

Source: AWS documentation, AWS Config developer guide, "Notifications that AWS Config sends to an Amazon SNS
topic" and "Monitoring AWS Config with Amazon EventBridge", whose detail is the same. Only compliance is a
problem of anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bridge.domain.alert import Alert, Resource
from bridge.domain.errors import Undecoded
from bridge.sources.aws_event import (
    FIRING,
    INFO,
    NO_DATA,
    RESOLVED,
    Details,
    Event,
    Key,
    Place,
    alert_of,
    event_of,
    key_of,
    topic_place,
)
from bridge.sources.aws_names import arn_part
from bridge.sources.reading import Message, first_text, mapping, members, text, time, title

_COMPLIANCE: Final = "ComplianceChangeNotification"
_CHANGES: Final = frozenset({"ConfigurationItemChangeNotification", "OversizedConfigurationItemChangeNotification"})
_DELIVERIES: Final = frozenset(
    {
        "ConfigurationHistoryDeliveryCompleted", "ConfigurationSnapshotDeliveryStarted",
        "ConfigurationSnapshotDeliveryCompleted", "ConfigurationSnapshotDeliveryFailed", "ConfigRulesEvaluationStarted",
    }
)  # fmt: skip
_OUTCOMES: Final = {
    "NON_COMPLIANT": FIRING,
    "COMPLIANT": RESOLVED,
    # The resource is gone or the rule is: nothing is out of order any longer.
    "NOT_APPLICABLE": RESOLVED,
    None: RESOLVED,
    "INSUFFICIENT_DATA": NO_DATA,
}


def read(message: Message) -> Sequence[Alert]:
    """The alert of one notification. Raises Undecoded where it names no resource, or an unknown compliance."""
    event = event_of(message)
    document = event.detail if event is not None else message.document
    kind = text(document.get("messageType"))
    if kind == _COMPLIANCE:
        return (_compliance(message, document, event),)
    if kind in _CHANGES:
        return (_change(message, document, event),)
    if kind in _DELIVERIES:
        return (_delivery(message, document, event, kind or ""),)
    return ()


def _compliance(message: Message, document: Mapping[str, object], event: Event | None) -> Alert:
    rule, rule_arn = text(document.get("configRuleName")), text(document.get("configRuleARN"))
    resource_type, resource_id = text(document.get("resourceType")), text(document.get("resourceId"))
    result = mapping(document, "newEvaluationResult")
    compliance = text(result.get("complianceType"))
    if compliance not in _OUTCOMES:
        raise Undecoded(f"the compliance with {rule!r} is not known: {compliance!r}")
    if resource_id is None:
        raise Undecoded("the compliance change names no resource")
    place = _place(message, document, event)
    return alert_of(
        message,
        "config-compliance",
        _OUTCOMES[compliance],
        key=key_of(rule_arn, "config", place.account, place.region, rule, suffix=f"{resource_type}|{resource_id}"),
        title=title(f"{compliance or 'NOT_EVALUATED'}:", resource_type, resource_id, "with", rule or rule_arn),
        place=place,
        details=Details(
            severity_raw=compliance,
            description=text(result.get("annotation")),
            resource=Resource(id=resource_id, type=resource_type),
            labels={
                "config_rule": rule,
                "previous_compliance": mapping(document, "oldEvaluationResult").get("complianceType"),
            },
            since=time(result.get("resultRecordedTime")) or _written(message, document, event),
        ),
    )


def _change(message: Message, document: Mapping[str, object], event: Event | None) -> Alert:
    stated = _item(document.get("configurationItem")) or mapping(document, "configurationItemSummary")
    diff = mapping(document, "configurationItemDiff") or stated
    resource_type, resource_id = text(stated.get("resourceType")), text(stated.get("resourceId"))
    arn, change = first_text(stated.get("arn"), stated.get("ARN")), text(diff.get("changeType"))
    place = _place(message, document, event)
    return alert_of(
        message,
        "config-item-change",
        INFO,
        key=Key(text="/".join(("config", place.account or "", place.region or "", f"{resource_type}|{resource_id}"))),
        title=title("AWS Config:", resource_type, first_text(stated.get("resourceName"), resource_id), change),
        place=Place(
            account=first_text(stated.get("awsAccountId"), stated.get("accountId"), place.account),
            region=first_text(stated.get("awsRegion"), place.region),
        ),
        details=Details(
            resource=Resource(id=arn or resource_id, type=resource_type, name=text(stated.get("resourceName"))),
            labels={
                "change": change,
                "item_status": stated.get("configurationItemStatus"),
                "changed": ",".join(sorted(mapping(diff, "changedProperties"))),
            },
            since=time(stated.get("configurationItemCaptureTime")) or _written(message, document, event),
        ),
    )


def _item(value: object) -> Mapping[str, object]:
    """The configuration item: an object, in AWS's documentation a list of one."""
    return mapping(next(iter(members(value)), value))


def _delivery(message: Message, document: Mapping[str, object], event: Event | None, kind: str) -> Alert:
    place = _place(message, document, event)
    failed = kind.endswith("Failed")
    return alert_of(
        message,
        "config-delivery",
        FIRING if failed else INFO,
        key=Key(text="/".join(("config", place.account or "", place.region or "", "delivery"))),
        title=title("AWS Config:", "".join(f" {char.lower()}" if char.isupper() else char for char in kind).strip()),
        place=place,
        details=Details(
            description=text(document.get("errorMessage")),
            resource=Resource(id=text(document.get("s3ObjectKey")), name=text(document.get("s3Bucket"))),
            labels={"snapshot": document.get("configSnapshotId"), "bucket": document.get("s3Bucket")},
            since=_written(message, document, event),
        ),
    )


def _place(message: Message, document: Mapping[str, object], event: Event | None) -> Place:
    around = event or topic_place(message)
    rule_arn = text(document.get("configRuleARN"))
    return Place(
        account=first_text(document.get("awsAccountId"), arn_part(rule_arn, 4), around.account),
        region=first_text(document.get("awsRegion"), arn_part(rule_arn, 3), around.region),
    )


def _written(message: Message, document: Mapping[str, object], event: Event | None) -> datetime | None:
    stated = first_text(document.get("notificationCreationTime"), document.get("notificationCreateTime"))
    return time(stated) or (event.time if event is not None else message.sent_at)
