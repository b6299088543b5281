"""EC2: the state of an instance, and what befalls Spot Instances.

Source: AWS documentation, Amazon EC2 user guide, "EC2 instance state-change events" and "Spot Instance
interruption notices". The interruption's resource is no ARN ("arn:aws:ec2:us-east-1b:instance/..."), so the
ARN is built from the instance's id. All of one instance is one problem: it stopped, or is about to, and that
is over when it runs again or is gone for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bridge.domain.alert import Alert, Resource, Severity
from bridge.sources.aws_event import FIRING, INFO, RESOLVED, Details, alert_of, event_of, key_of
from bridge.sources.aws_names import console_links, partition_of
from bridge.sources.reading import Message, text, title

_STATE: Final = "EC2 Instance State-change Notification"
_INTERRUPTION: Final = "EC2 Spot Instance Interruption Warning"
_REBALANCE: Final = "EC2 Instance Rebalance Recommendation"
_OUTCOMES: Final = {"stopped": FIRING, "running": RESOLVED, "terminated": RESOLVED}


def read(message: Message) -> Sequence[Alert]:
    """The alert of one event. Raises Undecoded where it names no instance."""
    event = event_of(message)
    if event is None or event.kind not in (_STATE, _INTERRUPTION, _REBALANCE):
        return ()
    instance, state = text(event.detail.get("instance-id")), text(event.detail.get("state"))
    action = text(event.detail.get("instance-action"))
    arn = event.arn("ec2", instance and f"instance/{instance}")
    match event.kind:
        case "EC2 Spot Instance Interruption Warning":
            outcome, what, type_ = FIRING, f"will be interrupted: {action or 'soon'}", "ec2-spot-interruption"
        case "EC2 Instance Rebalance Recommendation":
            outcome, what, type_ = INFO, "may be interrupted: rebalance", "ec2-rebalance"
        case _:
            outcome, what, type_ = _OUTCOMES.get(state or "", INFO), state or "changed", "ec2-instance-state"
    path = f"ec2/home?region={event.region}#InstanceDetails:instanceId={instance}"
    return (
        alert_of(
            message,
            type_,
            outcome,
            key=key_of(arn, "ec2", event.account, event.region, instance),
            title=title("EC2 instance", instance, what),
            place=event,
            details=Details(
                # Most stops are wanted. Who wants to be told of them at all says so by the rule.
                severity=Severity.LOW,
                severity_raw=state or action,
                resource=Resource(id=arn, type="AWS::EC2::Instance", name=instance),
                labels={"instance": instance, "state": state, "instance_action": action},
                links=console_links(partition_of(event.region), event.region, path),
                since=event.time,
            ),
        ),
    )
