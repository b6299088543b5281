"""AWS Health: incidents of AWS itself, planned changes, and notices to the account.

Source: AWS documentation, AWS Health user guide, "AWS Health events Amazon EventBridge schema". One event is
told again as it goes on, from a backup region too, and to the organisation's account besides the affected
one; a public event has one ARN for all accounts. Its times are RFC 1123.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.alert import Alert, Resource, Severity
from bridge.sources.aws_event import FIRING, RESOLVED, Details, Place, alert_of, event_of, key_of
from bridge.sources.aws_names import arn_part
from bridge.sources.reading import Message, first_text, mapping, members, text, time, title

_KINDS: Final = frozenset({"AWS Health Event", "AWS Health Abuse Event"})
_SEVERITIES: Final = {
    "issue": Severity.HIGH,
    "investigation": Severity.MEDIUM,
    "scheduledChange": Severity.MEDIUM,
    "accountNotification": Severity.LOW,
}
_CLOSED: Final = "closed"


def read(message: Message) -> Sequence[Alert]:
    """The alert of one event. Raises Undecoded where it has no ARN."""
    event = event_of(message)
    if event is None or event.kind not in _KINDS:
        return ()
    detail = event.detail
    arn, category = text(detail.get("eventArn")), text(detail.get("eventTypeCategory"))
    account = first_text(detail.get("affectedAccount"), event.account)
    closed = text(detail.get("statusCode")) == _CLOSED
    entities = [mapping(member) for member in members(detail.get("affectedEntities"))]
    named = (text(entity.get("entityValue")) for entity in entities)
    affected = [entity for entity in named if entity is not None]
    what = first_text(detail.get("service"), "AWS")
    return (
        alert_of(
            message,
            "health-event",
            RESOLVED if closed else FIRING,
            key=key_of(arn, "health", account, event.region, arn, suffix=account),
            title=title(what, f"{category or 'event'}:", text(detail.get("eventTypeCode"))),
            place=Place(
                account=account,
                region=first_text(detail.get("eventRegion"), arn_part(arn, 3), event.region),
            ),
            details=Details(
                severity=_SEVERITIES.get(category or ""),
                severity_raw=category,
                description=_description(detail),
                resource=Resource(id=",".join(affected) or None, type=what),
                labels={
                    "service": detail.get("service"),
                    "event_type": detail.get("eventTypeCode"),
                    "category": category,
                    "scope": detail.get("eventScopeCode"),
                    "affected": len(affected) or None,
                },
                since=time(detail.get("endTime" if closed else "startTime")) or event.time,
            ),
        ),
    )


def _description(detail: Mapping[str, object]) -> str | None:
    """The English text where there is one: the event says the same in several languages."""
    told = [mapping(member) for member in members(detail.get("eventDescription"))]
    told.sort(key=lambda one: not (text(one.get("language")) or "").startswith("en"))
    return first_text(*(one.get("latestDescription") for one in told))
