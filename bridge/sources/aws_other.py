"""Every event of EventBridge that has no product of its own, as a described event.

An event of AWS is information, unless its type or a word of state in its detail tells of a failure. No other event is
known to end it. Scheduled events are EventBridge's way to try a rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.alert import Alert, Resource
from bridge.sources.aws_event import FIRING, INFO, TEST, Details, Event, Key, alert_of, event_of
from bridge.sources.aws_names import arn_part
from bridge.sources.reading import Message, first_text, states_failure, text, title

_SCHEDULED: Final = "Scheduled Event"
_STATES: Final = ("state", "status", "result", "outcome", "severity", "level")
"""Endings of the keys whose words say how it went: `state`, `build-status`, `TrainingJobStatus`, ..."""

_OVER: Final = frozenset({"resolved", "closed", "suppressed", "archived", "succeeded", "success", "completed", "ok"})
_DESCRIPTIONS: Final = ("message", "Message", "description", "reason", "statusReason", "cause", "errorMessage")


def read(message: Message) -> Sequence[Alert]:
    """The alert of any event."""
    event = event_of(message)
    if event is None:
        return ()
    stated = _states(event.detail)
    outcome = TEST if event.kind == _SCHEDULED else FIRING if _failed(event, stated) else INFO
    state = next(iter(stated.values()), None)
    resource = event.resources[0] if event.resources else None
    return (
        alert_of(
            message,
            "eventbridge-scheduled" if outcome is TEST else "eventbridge-event",
            outcome,
            key=_key(event, message),
            title=title(f"{event.kind}:" if state or resource else event.kind, state, _name(resource)),
            place=event,
            details=Details(
                severity_raw=state,
                description=first_text(*(event.detail.get(key) for key in _DESCRIPTIONS)),
                resource=Resource(id=resource, name=_name(resource)),
                labels={"detail_type": event.kind, "event_source": event.source, "state": state},
                since=event.time,
            ),
        ),
    )


def _states(detail: Mapping[str, object]) -> dict[str, str]:
    found = {key: text(value) for key, value in sorted(detail.items()) if key.casefold().endswith(_STATES)}
    return {key: value for key, value in found.items() if value is not None}


def _failed(event: Event, stated: Mapping[str, str]) -> bool:
    if any(word.casefold() in _OVER for word in stated.values()):
        return False
    # What somebody else than AWS puts on a bus, and sends here, is meant for us.
    return not (event.source or "").startswith("aws.") or states_failure(event.kind, *stated.values())


def _key(event: Event, message: Message) -> Key:
    """By what it is about. Where no resource is named, two events are never taken for one problem."""
    about = ",".join(sorted(event.resources)) or message.event_id or ""
    return Key(text="/".join(part or "" for part in (event.source, event.account, event.region, event.kind, about)))


def _name(resource: str | None) -> str | None:
    return arn_part(resource, 5) or resource
