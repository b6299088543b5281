"""Events of the PagerDuty Events API v2, as its clients send them: alerts and changes.

Source: PagerDuty developer documentation, "Send an Alert Event" and "Send a Change Event". A trigger may
leave its `dedup_key` to the receiver; the id that the event is accepted under is then its key, so that
decoding finds the key that the client was told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bridge.domain.alert import Action, Alert, Link, Rel, Resource, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.sources.reading import (
    TITLE_LIMIT,
    Message,
    first_text,
    labels,
    mapping,
    members,
    text,
    time,
    title,
    web_links,
)

REDACTED: Final = frozenset({"routing_key", "service_key"})
"""Whoever holds one may open and resolve incidents of its service."""

_TYPE: Final = "pagerduty-event"
_CHANGE: Final = "pagerduty-change-event"
_KEY_LIMIT: Final = 255
_MEANING: Final = {
    "trigger": (Status.FIRING, Action.TRIGGER),
    "acknowledge": (Status.ACKNOWLEDGED, Action.ACKNOWLEDGE),
    "resolve": (Status.RESOLVED, Action.RESOLVE),
}
_SEVERITIES: Final = {
    "critical": Severity.CRITICAL,
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "info": Severity.INFO,
}
_RELS: Final = {"runbook": Rel.RUNBOOK, "playbook": Rel.RUNBOOK, "dashboard": Rel.DASHBOARD, "silence": Rel.SILENCE}
"""By a word in a link's text; the API has no relation of its own."""


def dedup_key(document: Mapping[str, object]) -> str | None:
    """The key that the client chose."""
    return text(document.get("dedup_key"))


def alert_faults(document: Mapping[str, object]) -> Iterator[str]:
    """What PagerDuty would refuse about an alert event, in its own words."""
    action, payload = text(document.get("event_action")), mapping(document, "payload")
    if action is None:
        yield _missing("event_action")
    elif action not in _MEANING:
        yield _unknown("event_action", "'trigger', 'acknowledge' or 'resolve'")
    key = dedup_key(document)
    if key is None and action in {"acknowledge", "resolve"}:
        yield _missing("dedup_key")
    if len(key or "") > _KEY_LIMIT:
        yield f"'dedup_key' is too long (maximum is {_KEY_LIMIT} characters)"
    if action == "trigger":
        yield from (_missing(f"payload.{name}") for name in _absent(payload, "summary", "source", "severity"))
        stated = text(payload.get("severity"))
        if stated is not None and stated.casefold() not in _SEVERITIES:
            yield _unknown("payload.severity", "'critical', 'warning', 'error' or 'info'")


def change_faults(document: Mapping[str, object]) -> Iterator[str]:
    """What PagerDuty would refuse about a change event."""
    yield from (_missing(f"payload.{name}") for name in _absent(mapping(document, "payload"), "summary"))


def _absent(payload: Mapping[str, object], *names: str) -> Iterator[str]:
    return (name for name in names if text(payload.get(name)) is None)


def _missing(name: str) -> str:
    return f"'{name}' is missing or blank"


def _unknown(name: str, known: str) -> str:
    return f"'{name}' is invalid (must be one of the following: {known})"


def read(message: Message, *, made_key: str | None) -> Sequence[Alert]:
    """The alert of one event. `made_key` stands for a key that the client left out. Raises Undecoded."""
    document = message.document
    if "event_action" in document:
        return (_alert(document, dedup_key(document) or made_key),)
    if "routing_key" in document and mapping(document, "payload"):
        return (_change(document, made_key),)
    return ()


def _alert(document: Mapping[str, object], key: str | None) -> Alert:
    stated = text(document.get("event_action"))
    meaning = _MEANING.get(stated or "")
    if meaning is None:
        raise Undecoded(f"the event_action is not known: {stated!r}"[:200])
    if key is None:
        raise Undecoded("the event has no dedup_key, and was not accepted yet, so that none was made for it")
    status, action = meaning
    payload = mapping(document, "payload")
    summary, stated_severity = text(payload.get("summary")), text(payload.get("severity"))
    happened = time(payload.get("timestamp"))
    return Alert(
        type=_TYPE,
        status=status,
        action=action,
        key=f"event/{key}",
        title=title(summary or f"PagerDuty event {key}") or "PagerDuty event",
        severity=_SEVERITIES.get((stated_severity or "").casefold()),
        severity_raw=stated_severity,
        description=summary if len(summary or "") > TITLE_LIMIT else None,
        provider="pagerduty",
        resource=Resource(id=text(payload.get("source")), name=text(payload.get("component"))),
        labels=_labels(document, payload),
        links=_links(document),
        starts_at=happened if status is Status.FIRING else None,
        ends_at=happened if status is Status.RESOLVED else None,
    )


def _change(document: Mapping[str, object], key: str | None) -> Alert:
    payload = mapping(document, "payload")
    summary = text(payload.get("summary"))
    if summary is None:
        raise Undecoded("the change event has no summary")
    happened = text(payload.get("timestamp")) or ""
    return Alert(
        type=_CHANGE,
        status=Status.INFO,
        action=Action.INFO,
        key=f"change/{key or f'{happened}/{summary}'}",
        title=title(summary) or "PagerDuty change event",
        severity=Severity.INFO,
        description=summary if len(summary) > TITLE_LIMIT else None,
        provider="pagerduty",
        resource=Resource(id=text(payload.get("source"))),
        labels=_labels(document, payload),
        links=_links(document),
        starts_at=time(payload.get("timestamp")),
    )


def _labels(document: Mapping[str, object], payload: Mapping[str, object]) -> dict[str, str]:
    named = {name: payload.get(name) for name in ("source", "component", "group", "class")}
    details = payload.get("custom_details")
    return labels(mapping(details), named, {"client": document.get("client"), "details": text(details)})


def _links(document: Mapping[str, object]) -> tuple[Link, ...]:
    links = [mapping(link) for link in members(document.get("links"))]
    images = [mapping(image) for image in members(document.get("images"))]
    return web_links(
        *((_rel(text(link.get("text")) or ""), link.get("href")) for link in links),
        *((Rel.DASHBOARD, first_text(image.get("href"), image.get("src"))) for image in images),
        (Rel.SOURCE, document.get("client_url")),
    )


def _rel(words: str) -> Rel:
    return next((rel for word, rel in _RELS.items() if word in words.casefold()), Rel.SOURCE)
