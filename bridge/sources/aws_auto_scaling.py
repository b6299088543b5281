"""EC2 Auto Scaling: launches, terminations and instance refreshes, by EventBridge and by its SNS notifications.

Source: AWS documentation, Amazon EC2 Auto Scaling user guide, "Amazon EC2 Auto Scaling event reference" and
"Amazon SNS notification options". A success ends the failure of the same kind in the same group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.alert import Alert, Resource, Severity
from bridge.sources.aws_event import (
    FIRING,
    INFO,
    RESOLVED,
    TEST,
    Details,
    Event,
    Outcome,
    Place,
    alert_of,
    event_of,
    key_of,
    topic_place,
)
from bridge.sources.aws_names import arn_part
from bridge.sources.reading import Message, first_text, text, time, title

_EVENTS: Final[Mapping[str, tuple[str, Outcome]]] = {
    "EC2 Instance Launch Successful": ("launch", RESOLVED),
    "EC2 Instance Launch Unsuccessful": ("launch", FIRING),
    "EC2 Instance Terminate Successful": ("terminate", RESOLVED),
    "EC2 Instance Terminate Unsuccessful": ("terminate", FIRING),
    "EC2 Auto Scaling Instance Refresh Started": ("instance-refresh", INFO),
    "EC2 Auto Scaling Instance Refresh Checkpoint Reached": ("instance-refresh", INFO),
    "EC2 Auto Scaling Instance Refresh Succeeded": ("instance-refresh", RESOLVED),
    "EC2 Auto Scaling Instance Refresh Failed": ("instance-refresh", FIRING),
    "EC2 Auto Scaling Instance Refresh Cancelled": ("instance-refresh", INFO),
    "EC2 Instance-launch Lifecycle Action": ("launch", INFO),
    "EC2 Instance-terminate Lifecycle Action": ("terminate", INFO),
    "autoscaling:EC2_INSTANCE_LAUNCH": ("launch", RESOLVED),
    "autoscaling:EC2_INSTANCE_LAUNCH_ERROR": ("launch", FIRING),
    "autoscaling:EC2_INSTANCE_TERMINATE": ("terminate", RESOLVED),
    "autoscaling:EC2_INSTANCE_TERMINATE_ERROR": ("terminate", FIRING),
    "autoscaling:EC2_INSTANCE_LAUNCHING": ("launch", INFO),
    "autoscaling:EC2_INSTANCE_TERMINATING": ("terminate", INFO),
    "autoscaling:TEST_NOTIFICATION": ("test", TEST),
}
_GROUP: Final = ":autoScalingGroup:"


def read(message: Message) -> Sequence[Alert]:
    """The alert of one event or notification. Raises Undecoded where it names no group."""
    event = event_of(message)
    if event is not None:
        if event.kind not in _EVENTS:
            return ()
        arn = next((one for one in event.arns() if _GROUP in one), None)
        return (_alert(message, event.kind, event.detail, arn, event),)
    document = message.document
    kind = first_text(document.get("Event"), document.get("LifecycleTransition"))
    if kind not in _EVENTS or "AutoScalingGroupName" not in document:
        return ()
    arn, topic = text(document.get("AutoScalingGroupARN")), topic_place(message)
    place = Place(
        account=first_text(arn_part(arn, 4), document.get("AccountId"), topic.account),
        region=arn_part(arn, 3) or topic.region,
    )
    return (_alert(message, kind or "", document, arn, place),)


def _alert(message: Message, kind: str, detail: Mapping[str, object], arn: str | None, place: Event | Place) -> Alert:
    problem, outcome = _EVENTS[kind]
    group, instance = text(detail.get("AutoScalingGroupName")), text(detail.get("EC2InstanceId"))
    words = kind.removeprefix("autoscaling:").removeprefix("EC2 Auto Scaling ").removeprefix("EC2 ")
    at = time(detail.get("EndTime")) or time(detail.get("Time")) or message.sent_at
    return alert_of(
        message,
        "auto-scaling-notification" if kind.startswith("autoscaling:") else "auto-scaling-event",
        outcome,
        key=key_of(arn, "auto-scaling", place.account, place.region, group, suffix=problem),
        title=title("Auto Scaling group", f"{group}:", words.replace("_", " ")),
        place=place,
        details=Details(
            severity=Severity.HIGH,
            severity_raw=text(detail.get("StatusCode")),
            description="\n".join(filter(None, (text(detail.get("StatusMessage")), text(detail.get("Cause"))))) or None,
            resource=Resource(id=arn, type="AWS::AutoScaling::AutoScalingGroup", name=group),
            labels={
                "auto_scaling_group": group,
                "instance": instance,
                "activity": detail.get("ActivityId"),
                "instance_refresh": detail.get("InstanceRefreshId"),
                "lifecycle_hook": detail.get("LifecycleHookName"),
            },
            since=at or (place.time if isinstance(place, Event) else None),
        ),
    )
