"""Sentry's issues: alerts by issue alert rules, changes of an issue's state, errors, and the legacy plugin.

Source: Sentry documentation, integration platform, "Issue alerts", "Issues", "Errors"; captures. An issue alert
never resolves by itself: the issue's own `resolved` has the same identity and ends it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bridge.domain.alert import Action, Alert, Condition, Rel, Resource, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.sources.reading import Message, first_text, labels, mapping, members, text, time, title, web_links

_MEANING: Final = {
    "created": (Status.FIRING, Action.TRIGGER),
    "unresolved": (Status.FIRING, Action.TRIGGER),
    "triggered": (Status.FIRING, Action.TRIGGER),
    "resolved": (Status.RESOLVED, Action.RESOLVE),
    "archived": (Status.SUPPRESSED, Action.INFO),
    "ignored": (Status.SUPPRESSED, Action.INFO),
    # Ownership rules assign by themselves: nobody has looked yet.
    "assigned": (Status.INFO, Action.INFO),
}
SEVERITIES: Final = {
    "fatal": Severity.CRITICAL,
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "info": Severity.INFO,
    "debug": Severity.INFO,
}
"""Sentry's levels of an event."""

_ORGANISATION: Final = re.compile(r"/organizations/([^/?#]+)|^https?://([a-z0-9-]+)\.sentry\.io/(?!api/)")
_ISSUE_PATH: Final = re.compile(r"/(?:issues|groups)/([0-9]+)")


def read(message: Message) -> Sequence[Alert]:
    """The alert of one message about an issue. Raises Undecoded where its state or its issue cannot be read."""
    document = message.document
    data = mapping(document, "data")
    for member, kind in (("event", "sentry-issue-alert"), ("error", "sentry-error")):
        if "action" in document and (event := mapping(data, member)):
            return (_of_event(message, event, kind),)
    if "action" in document and (issue := mapping(data, "issue")):
        return (_of_issue(message, issue),)
    if "culprit" in document and mapping(document, "event"):
        return (_of_plugin(message),)
    return ()


def organisation(*addresses: object) -> str | None:
    """The organisation that an address of Sentry's pages names."""
    found = (_ORGANISATION.search(address) for address in addresses if isinstance(address, str))
    return next((match.group(1) or match.group(2) for match in found if match is not None), None)


def installation(document: Mapping[str, object]) -> str:
    """The id of the integration in its organisation, which every message of it has."""
    return text(mapping(document, "installation").get("uuid")) or ""


def _of_event(message: Message, event: Mapping[str, object], kind: str) -> Alert:
    """An event that an alert rule has picked, or any event at all."""
    data = mapping(message.document, "data")
    in_url = _ISSUE_PATH.search(first_text(event.get("issue_url"), event.get("web_url")) or "")
    issue_id = first_text(event.get("issue_id"), in_url.group(1) if in_url else None)
    rule = text(data.get("triggered_rule"))
    return _alert(
        message,
        event,
        kind=kind,
        word="triggered",
        issue_id=issue_id,
        page=event.get("web_url"),
        started=time(event.get("datetime")) or time(event.get("timestamp")),
        condition=Condition(text=rule) if rule else None,
        more={"rule": rule, "project": event.get("project")},
    )


def _of_issue(message: Message, issue: Mapping[str, object]) -> Alert:
    """The issue's state has changed; an activity alert says `triggered`, and the issue what state it is in."""
    word = (text(message.document.get("action")) or "").casefold()
    state = (text(issue.get("status")) or "").casefold()
    if word == "triggered" and state in ("resolved", "ignored", "archived"):
        word = state
    if word not in _MEANING:
        raise Undecoded(f"the issue's action is not known: {text(message.document.get('action'))!r}")
    project = mapping(issue, "project")
    return _alert(
        message,
        issue,
        kind="sentry-issue",
        word=word,
        issue_id=text(issue.get("id")),
        page=first_text(issue.get("web_url"), issue.get("permalink")),
        started=time(issue.get("firstSeen")),
        condition=None,
        more={"project": first_text(project.get("slug"), project.get("name")), "short_id": issue.get("shortId")},
    )


def _of_plugin(message: Message) -> Alert:
    """The legacy plugin's message: unsigned, and never about an end."""
    document, event = message.document, mapping(message.document, "event")
    rules = ", ".join(found for found in map(text, members(document.get("triggering_rules"))) if found is not None)
    return _alert(
        message,
        {"tags": event.get("tags"), **document},
        kind="sentry-plugin",
        word="triggered",
        issue_id=text(document.get("id")),
        page=document.get("url"),
        started=time(event.get("datetime")) or time(event.get("timestamp")),
        condition=Condition(text=rules) if rules else None,
        more={"project": first_text(document.get("project_slug"), document.get("project"))},
    )


def _alert(
    message: Message,
    subject: Mapping[str, object],
    *,
    kind: str,
    word: str,
    issue_id: str | None,
    page: object,
    started: datetime | None,
    condition: Condition | None,
    more: Mapping[str, object],
) -> Alert:
    if issue_id is None:
        raise Undecoded("the message names no issue")
    status, action = _MEANING[word]
    level = text(subject.get("level"))
    named = first_text(subject.get("title"), subject.get("message"), subject.get("culprit"), f"Sentry issue {issue_id}")
    return Alert(
        type=kind,
        status=status,
        action=action,
        key=f"{installation(message.document)}/issue/{issue_id}",
        title=title(None if status is Status.FIRING else f"{word.capitalize()}:", named),
        severity=SEVERITIES.get((level or "").casefold()),
        severity_raw=level,
        description=text(subject.get("culprit")),
        provider="sentry",
        account=organisation(page, subject.get("issue_url")),
        resource=Resource(id=text(more.get("project")), type="project"),
        condition=condition,
        labels=labels(_tags(subject), more),
        links=web_links((Rel.CONSOLE, page)),
        starts_at=started,
        ends_at=time(message.document.get("timestamp")) if status is Status.RESOLVED else None,
        raw=message.raw,
    )


def _tags(subject: Mapping[str, object]) -> dict[str, str]:
    """`[[name, value], ...]`."""
    pairs = [[text(part) for part in members(tag)] for tag in members(subject.get("tags"))]
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2 and pair[0] is not None and pair[1] is not None}
