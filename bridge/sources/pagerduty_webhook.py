"""PagerDuty's webhooks, version 3: what became of an incident.

Source: PagerDuty developer documentation, "Webhooks: Overview". The incident's id is its identity; notes,
responders and status updates carry it in `data.incident`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.alert import Action, Alert, Rel, Resource, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.sources.reading import Message, first_text, labels, mapping, members, text, time, title, web_links

_TYPE: Final = "pagerduty-incident"
_PING: Final = "pagey.ping"
_MEANING: Final = {
    "incident.triggered": (Status.FIRING, Action.TRIGGER),
    "incident.reopened": (Status.FIRING, Action.TRIGGER),
    "incident.unacknowledged": (Status.FIRING, Action.TRIGGER),
    "incident.acknowledged": (Status.ACKNOWLEDGED, Action.ACKNOWLEDGE),
    "incident.resolved": (Status.RESOLVED, Action.RESOLVE),
    _PING: (Status.INFO, Action.TEST),
}
"""Every other event (a note, a new responder, a changed service) changes no state: it is told, and that is all."""

_PRIORITY: Final = re.compile(r"(?:P|SEV-?)([1-5])", re.IGNORECASE)
_PRIORITIES: Final = dict(zip("12345", Severity, strict=True))
_URGENCIES: Final = {"high": Severity.HIGH, "low": Severity.LOW}
_ACCOUNT: Final = re.compile(r"https://([a-z0-9-]+)(?:\.[a-z]{2})?\.pagerduty\.com/", re.IGNORECASE)


def delivery_id(document: object) -> str | None:
    """The event's own id."""
    event = mapping(document, "event")
    return text(event.get("id")) if text(event.get("event_type")) is not None and "data" in event else None


def read(message: Message) -> Sequence[Alert]:
    """The alert of one webhook. Raises Undecoded where it does not name what it is about."""
    event = mapping(message.document, "event")
    kind, data = text(event.get("event_type")), mapping(event, "data")
    if kind is None or "data" not in event:
        return ()
    status, action = _MEANING.get(kind, (Status.INFO, Action.INFO))
    subject = mapping(data, "incident") or data
    severity, severity_raw = _severity(data)
    since, happened = time(data.get("created_at")), time(event.get("occurred_at"))
    address = text(subject.get("html_url"))
    account = _account(address)
    return (
        Alert(
            type=_TYPE,
            status=status,
            action=action,
            key=_key(kind, subject, account),
            title=_title(kind, subject),
            severity=Severity.INFO if status is Status.INFO else severity,
            severity_raw=severity_raw,
            description=first_text(data.get("content"), data.get("message")),
            provider="pagerduty",
            account=account,
            event_id=message.event_id,
            resource=Resource(
                id=text(mapping(data, "service").get("id")),
                type="service" if mapping(data, "service") else None,
                name=text(mapping(data, "service").get("summary")),
            ),
            labels=_labels(kind, data),
            links=web_links((Rel.CONSOLE, address)),
            starts_at=since or (happened if status is Status.FIRING else None),
            ends_at=happened if status is Status.RESOLVED else None,
            test=action is Action.TEST,
        ),
    )


def _key(kind: str, subject: Mapping[str, object], account: str | None) -> str:
    if kind == _PING:
        return "ping"
    resource, found = kind.split(".", 1)[0], text(subject.get("id"))
    if found is None:
        raise Undecoded(f"the PagerDuty event {kind!r} does not say which {resource} it is about")
    return "/".join(filter(None, (resource, account, found)))


def _title(kind: str, subject: Mapping[str, object]) -> str:
    named = first_text(subject.get("title"), subject.get("summary"), subject.get("message"), subject.get("id"))
    return title(named if kind in _MEANING and kind != _PING else f"{kind}: {named or 'test'}")


def _severity(incident: Mapping[str, object]) -> tuple[Severity | None, str | None]:
    """By the incident's priority, whose names an account may change; else by its urgency."""
    priority, urgency = text(mapping(incident, "priority").get("summary")), text(incident.get("urgency"))
    if found := _PRIORITY.fullmatch((priority or "").strip()):
        return _PRIORITIES[found.group(1)], priority
    return _URGENCIES.get((urgency or "").casefold()), urgency or priority


def _account(address: str | None) -> str | None:
    found = _ACCOUNT.match(address or "")
    return found.group(1) if found else None


def _labels(kind: str, data: Mapping[str, object]) -> dict[str, str]:
    teams = [text(mapping(team).get("summary")) for team in members(data.get("teams"))]
    named = {
        "event_type": kind,
        "incident_key": data.get("incident_key"),
        "incident_number": data.get("number"),
        "service": mapping(data, "service").get("summary"),
        "escalation_policy": mapping(data, "escalation_policy").get("summary"),
        "priority": mapping(data, "priority").get("summary"),
        "teams": ",".join(team for team in teams if team),
        "resolve_reason": mapping(data, "resolve_reason").get("type"),
    }
    return labels(named)
