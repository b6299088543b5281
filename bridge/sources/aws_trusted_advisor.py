"""Trusted Advisor: one item of a check.

Source: AWS documentation, AWS Support user guide, "Monitoring AWS Trusted Advisor check results with Amazon
EventBridge". An item that is OK ends its warning. Items about no resource (service quotas) are told apart by
what they are about.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bridge.domain.alert import Alert, Resource, Severity
from bridge.domain.errors import Undecoded
from bridge.sources.aws_event import FIRING, INFO, RESOLVED, Details, alert_of, event_of, key_of
from bridge.sources.reading import Message, first_text, mapping, text, title

_KIND: Final = "Trusted Advisor Check Item Refresh Notification"
_OUTCOMES: Final = {"ERROR": FIRING, "WARN": FIRING, "OK": RESOLVED, "INFO": INFO}
_SEVERITIES: Final = {"ERROR": Severity.HIGH, "WARN": Severity.MEDIUM}


def read(message: Message) -> Sequence[Alert]:
    """The alert of one item. Raises Undecoded where the check or its state cannot be named."""
    event = event_of(message)
    if event is None or event.kind != _KIND:
        return ()
    detail, item = event.detail, mapping(event.detail, "check-item-detail")
    check, status = text(detail.get("check-name")), text(detail.get("status"))
    if check is None or status not in _OUTCOMES:
        raise Undecoded(f"the Trusted Advisor check {check!r} is in a state that is not known: {status!r}")
    where = first_text(item.get("Region"), item.get("Region/AZ"))
    limit = None
    if "Limit Name" in item:
        limit = "/".join(filter(None, (where, text(item.get("Service")), text(item.get("Limit Name")))))
    subject = first_text(detail.get("resource_id"), limit, detail.get("uuid"))
    return (
        alert_of(
            message,
            "trusted-advisor-check",
            _OUTCOMES[status],
            key=key_of(None, "trusted-advisor", event.account, check, subject),
            title=title(f"{status}:", check, f"({subject})" if subject else None),
            place=event,
            details=Details(
                severity=_SEVERITIES.get(status),
                severity_raw=status,
                description="\n".join(f"{name}: {value}" for name in sorted(item) if (value := text(item.get(name))))
                or None,
                resource=Resource(id=text(detail.get("resource_id")), name=limit),
                labels={"check": check, "item_region": where},
                since=event.time,
            ),
        ),
    )
