"""Systems Manager: commands, automations, associations, maintenance windows and compliance.

Source: AWS documentation, AWS Systems Manager user guide, "Reference: Amazon EventBridge event patterns and
types for Systems Manager" and "Monitoring Systems Manager status changes using Amazon SNS notifications". A
command and an automation are run once: nothing ends their failure, for the next run may do something else.
What comes again by itself (a window, an association, compliance) is ended by its next success.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.domain.alert import Alert, Resource
from bridge.sources.aws_event import (
    FIRING,
    INFO,
    RESOLVED,
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
from bridge.sources.reading import Message, first_text, is_word, states_failure, text, title


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """How the events of one detail-type are read: which keys of the detail name the thing, most general first."""

    type: str
    what: str
    status: str
    names: tuple[str, ...]
    ends: bool = False


_COMMAND: Final = _Kind(type="ssm-command", what="command", status="status", names=("command-id", "instance-id"))
_WINDOW: Final = _Kind(
    type="ssm-maintenance-window", what="maintenance window", status="status", names=("window-id",), ends=True
)
_TASK: Final = _Kind(
    type="ssm-maintenance-window", what="maintenance window", status="status",
    names=("window-id", "window-task-id", "window-target-id"), ends=True,
)  # fmt: skip
_AUTOMATION: Final = _Kind(
    type="ssm-automation", what="automation", status="Status", names=("Definition", "ExecutionId", "StepName")
)
_ASSOCIATION: Final = _Kind(
    type="ssm-association", what="association", status="status", names=("association-id", "instance-id"), ends=True
)
_COMPLIANCE: Final = _Kind(
    type="ssm-compliance", what="compliance", status="compliance-status",
    names=("resource-type", "resource-id", "compliance-type"), ends=True,
)  # fmt: skip
_KINDS: Final[Mapping[str, _Kind]] = {
    "EC2 Command Status-change Notification": _COMMAND,
    "EC2 Command Invocation Status-change Notification": _COMMAND,
    "EC2 Automation Execution Status-change Notification": _AUTOMATION,
    "EC2 Automation Step Status-change Notification": _AUTOMATION,
    "EC2 State Manager Association State Change": _ASSOCIATION,
    "EC2 State Manager Instance Association State Change": _ASSOCIATION,
    "Maintenance Window Execution State-change Notification": _WINDOW,
    "Maintenance Window Task Execution State-change Notification": _TASK,
    "Maintenance Window Task Target Invocation State-change Notification": _TASK,
    "Configuration Compliance State Change": _COMPLIANCE,
}
_FAILED: Final = frozenset({"undeliverable", "terminated", "invalidplatform", "accessdenied", "noncompliant"})
"""Besides the words that tell of a failure anyhow."""

_GOOD: Final = frozenset({"success", "compliant"})


def read(message: Message) -> Sequence[Alert]:
    """The alert of one event, or of a command's notification by SNS. Raises Undecoded where it names nothing."""
    event = event_of(message)
    if event is not None:
        kind = _KINDS.get(event.kind)
        return () if kind is None else (_alert(message, kind, event.detail, event),)
    document = message.document
    if "commandId" not in document or "documentName" not in document:
        return ()
    spelled = {
        "command-id": document.get("commandId"),
        "document-name": document.get("documentName"),
        "instance-id": document.get("instanceId"),
        "status": first_text(document.get("status"), document.get("detailedStatus")),
    }
    return (_alert(message, _COMMAND, spelled, topic_place(message)),)


def _alert(message: Message, kind: _Kind, detail: Mapping[str, object], place: Event | Place) -> Alert:
    named = [found for name in kind.names if (found := text(detail.get(name))) is not None]
    arns = place.arns() if isinstance(place, Event) else ()
    if kind is _COMMAND and len(named) == 1 and arns:
        # This event has the instance among its resources only.
        named.append((arn_part(arns[0], 5) or "").rpartition("/")[2])
    status = text(detail.get(kind.status))
    shown = first_text(detail.get("document-name"), detail.get("Definition"), *named)
    return alert_of(
        message,
        kind.type,
        _outcome(kind, status),
        key=key_of(None, kind.type, place.account, place.region, "|".join(named) or None),
        title=title("Systems Manager", kind.what, f"{shown}:", status, _others(named, shown)),
        place=place,
        details=Details(
            severity_raw=status,
            description=text(detail.get("status-details")),
            resource=Resource(id=arns[0] if arns else next(iter(named), None), name=shown),
            labels={
                "status": status,
                "document": first_text(detail.get("document-name"), detail.get("Definition")),
                **{name.casefold().replace("-", "_"): detail.get(name) for name in kind.names},
            },
            since=place.time if isinstance(place, Event) else message.sent_at,
        ),
    )


def _outcome(kind: _Kind, status: str | None) -> Outcome:
    if states_failure(status) or is_word(status, _FAILED):
        return FIRING
    return RESOLVED if kind.ends and is_word(status, _GOOD) else INFO


def _others(named: Sequence[str], shown: str | None) -> str | None:
    rest = [name for name in named[1:] if name != shown]
    return f"({', '.join(rest)})" if rest else None
