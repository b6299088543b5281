"""Sources of the kind `sysdig`: webhook channels of Sysdig Monitor, which is IBM Cloud Monitoring too.

Source: Sysdig support, "Notification Channel: Webhook", and Sysdig documentation, "Configure a Webhook
Channel". Times are in microseconds. One message is about one event and names every entity that is concerned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bridge.domain.alert import Action, Alert, Condition, Rel, Resource, Severity, Status
from bridge.domain.conditions import number
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources.base import Handshake
from bridge.sources.reading import first_text, labels, mapping, members, parse, text, time, title, web_links

_TYPE: Final = "sysdig-alert"
_MEANING: Final = {
    "ACTIVE": (Status.FIRING, Action.TRIGGER),
    "OK": (Status.RESOLVED, Action.RESOLVE),
}
_SYSLOG: Final = (
    Severity.CRITICAL, Severity.CRITICAL, Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW,
    Severity.INFO, Severity.INFO,
)  # fmt: skip
"""The number is syslog's, 0 (emergency) to 7 (debug)."""

_WORDS: Final = {
    "high": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
    "info": Severity.INFO,
}
"""What Sysdig shows for the number, and newer versions send beside it."""


class SysdigSource:
    """Alert notifications."""

    redacted: frozenset[str] = frozenset()

    def handshake(self, request: Request) -> Handshake | None:
        """Sysdig has none."""
        return None

    def delivery_id(self, request: Request) -> str | None:
        """Sysdig has none: the event's id is the same when it begins, is told again, and ends."""
        return None

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alert of one notification. Raises Undecoded."""
        document = mapping(parse(request.body))
        alert, event, state = mapping(document, "alert"), mapping(document, "event"), text(document.get("state"))
        if not alert or state is None:
            raise Undecoded("no notification of Sysdig: it has an alert and a state")
        entities = [mapping(entity) for entity in members(document.get("entities"))]
        status, action = _meaning(state, document)
        severity, severity_raw = _severity(alert)
        since, length = _micros(document.get("timestamp")), number(document.get("timespan"))
        name = text(alert.get("name"))
        return (
            Alert(
                type=_TYPE,
                status=status,
                action=action,
                key=_key(alert, event, entities),
                title=title(name or text(alert.get("subject"))) or "Sysdig alert",
                severity=severity,
                severity_raw=severity_raw,
                description=first_text(alert.get("description"), alert.get("body")),
                provider="sysdig",
                resource=_resource(entities, alert),
                condition=_condition(document, entities),
                labels=_labels(document, alert, entities, length),
                links=web_links((Rel.CONSOLE, event.get("url")), (Rel.SOURCE, alert.get("editUrl"))),
                starts_at=since if status is Status.FIRING else None,
                ends_at=since if status is Status.RESOLVED else None,
            ),
        )


def _meaning(state: str, document: Mapping[str, object]) -> tuple[Status, Action]:
    if document.get("resolved") is True:
        return _MEANING["OK"]  # somebody closed it by hand: the condition may well hold still
    known = _MEANING.get(state.upper())
    if known is None:
        raise Undecoded(f"the alert of Sysdig is in a state that is not known: {state!r}"[:200])
    return known


def _key(alert: Mapping[str, object], event: Mapping[str, object], entities: Sequence[Mapping[str, object]]) -> str:
    if event_id := text(event.get("id")):
        return f"event/{event_id}"
    rule = text(alert.get("id")) or text(alert.get("name"))
    if rule is None:
        raise Undecoded("the notification of Sysdig names neither an event nor an alert")
    named = sorted(filter(None, (text(entity.get("entity")) for entity in entities)))
    return "/".join(["alert", rule, text(alert.get("scope")) or "", *named])


def _severity(alert: Mapping[str, object]) -> tuple[Severity | None, str | None]:
    word, level = text(alert.get("severityLabel")), number(alert.get("severity"))
    if word is not None and word.casefold() in _WORDS:
        return _WORDS[word.casefold()], word
    if isinstance(level, int) and 0 <= level < len(_SYSLOG):
        return _SYSLOG[level], str(level)
    return None, word or text(alert.get("severity"))


def _resource(entities: Sequence[Mapping[str, object]], alert: Mapping[str, object]) -> Resource:
    named = [entity for entity in (text(entity.get("entity")) for entity in entities) if entity]
    return Resource(id=first_text(named[0] if len(named) == 1 else ", ".join(named), alert.get("scope")))


def _condition(document: Mapping[str, object], entities: Sequence[Mapping[str, object]]) -> Condition:
    values = [mapping(value) for entity in entities for value in members(entity.get("metricValues"))]
    only = values[0] if len(values) == 1 else {}
    return Condition(
        metric=text(only.get("metric")), value=number(only.get("value")), text=text(document.get("condition"))
    )


def _labels(
    document: Mapping[str, object],
    alert: Mapping[str, object],
    entities: Sequence[Mapping[str, object]],
    length: float | None,
) -> dict[str, str]:
    told = [mapping(fact) for entity in entities for fact in members(entity.get("additionalInfo"))]
    facts = {name: fact.get("value") for fact in told if (name := text(fact.get("metric")))}
    named = {
        "alert_id": alert.get("id"),
        "scope": alert.get("scope"),
        "source": document.get("source"),
        "timespan_s": length / 1e6 if length is not None else None,
    }
    return labels(facts, named)


def _micros(value: object) -> datetime | None:
    found = number(value)
    return None if found is None else time(found / 1e6)
