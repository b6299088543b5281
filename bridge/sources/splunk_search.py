"""Saved searches of Splunk Enterprise and Splunk Cloud, as the webhook alert action sends them.

Source: Splunk documentation, "Use a webhook alert action". The message holds the first row of the result only, all
of it as text; there is no severity, no id of the message, and nothing is ever sent when the problem is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from bridge.domain.alert import Action, Alert, Condition, Rel, Resource, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.sources.reading import Message, first_text, labels, mapping, text, time, title, web_links

_SEVERITIES: Final = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
    "info": Severity.INFO,
    "informational": Severity.INFO,
}
"""The words of Splunk's own severities, where the search puts one into a field `severity` or `urgency`."""

_INTERNAL: Final = ("_", "date_")
_NOISE: Final = frozenset({"linecount", "punct", "timestartpos", "timeendpos"})
"""Fields that Splunk adds to each event for itself."""


def read(message: Message) -> Sequence[Alert]:
    """The alert of one result. Raises Undecoded where the search has no name."""
    document, result = message.document, mapping(message.document, "result")
    if not ("search_name" in document and "sid" in document and "result" in document):
        return ()
    name, app, host = text(document.get("search_name")), text(document.get("app")), text(result.get("host"))
    if name is None:
        raise Undecoded("the alert has no search_name: it is no saved search")
    server, event = _server(document), text(result.get("_raw"))
    severity_raw = first_text(result.get("severity"), result.get("urgency"))
    return (
        Alert(
            type="splunk-search",
            status=Status.FIRING,
            action=Action.TRIGGER,
            # Of each row its host: two hosts in one search are two problems.
            key="/".join((server or "", app or "", name, *([host] if host else []))),
            title=title(name, f"on {host}" if host else None),
            severity=_SEVERITIES.get((severity_raw or "").casefold()),
            severity_raw=severity_raw,
            provider="splunk",
            account=server,
            resource=Resource(id=host, type="host" if host else None, name=host),
            condition=None if event is None else Condition(text=event),
            labels=_labels(document, result),
            links=web_links((Rel.CONSOLE, document.get("results_link"))),
            starts_at=time(result.get("_time")),
            raw=message.raw,
        ),
    )


def _server(document: Mapping[str, object]) -> str | None:
    try:
        return urlsplit(text(document.get("results_link")) or "").netloc or None
    except ValueError:
        return None


def _labels(document: Mapping[str, object], result: Mapping[str, object]) -> dict[str, str]:
    kept = {name: value for name, value in result.items() if not name.startswith(_INTERNAL) and name not in _NOISE}
    return labels(kept, {name: document.get(name) for name in ("search_name", "app", "owner")})
