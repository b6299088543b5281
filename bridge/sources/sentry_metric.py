"""Sentry's metric alerts: `critical`, `warning` and `resolved` of one incident.

Source: Sentry documentation, integration platform, "Metric alerts". `metric_alert.id` is shared by all three.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.alert import Action, Alert, Condition, Rel, Resource, Severity, Status
from bridge.domain.conditions import number
from bridge.domain.errors import Undecoded
from bridge.sources.reading import Message, first_text, labels, mapping, members, text, time, title, web_links
from bridge.sources.sentry_issue import installation, organisation

_MEANING: Final = {
    "critical": (Status.FIRING, Action.TRIGGER),
    "warning": (Status.FIRING, Action.TRIGGER),
    "resolved": (Status.RESOLVED, Action.RESOLVE),
}
_SEVERITIES: Final = {"critical": Severity.CRITICAL, "warning": Severity.MEDIUM}
_OPERATORS: Final = {"0": ">", "1": "<"}


def read(message: Message) -> Sequence[Alert]:
    """The alert of one incident. Raises Undecoded where its state or its id cannot be read."""
    document, data = message.document, mapping(message.document, "data")
    alert, word = mapping(data, "metric_alert"), text(document.get("action"))
    if not alert or "action" not in document:
        return ()
    alert_id = text(alert.get("id"))
    if alert_id is None:
        raise Undecoded("the metric alert has no id")
    if (word or "").casefold() not in _MEANING:
        raise Undecoded(f"the metric alert's action is not known: {word!r}")
    status, action = _MEANING[(word or "").casefold()]
    rule = mapping(alert, "alert_rule")
    return (
        Alert(
            type="sentry-metric-alert",
            status=status,
            action=action,
            key=f"{installation(document)}/metric-alert/{alert_id}",
            title=title(
                first_text(data.get("description_title"), alert.get("title"), rule.get("name")) or "Sentry metric alert"
            ),
            severity=_SEVERITIES.get((word or "").casefold()),
            severity_raw=word,
            description=text(data.get("description_text")),
            provider="sentry",
            account=organisation(data.get("web_url")),
            resource=Resource(id=", ".join(_projects(alert)) or None, type="project"),
            condition=_condition(rule, word, text(data.get("description_text"))),
            labels=labels({"rule": rule.get("name"), "environment": rule.get("environment")}),
            links=web_links((Rel.CONSOLE, data.get("web_url"))),
            starts_at=time(alert.get("date_started")),
            ends_at=time(alert.get("date_closed")) if status is Status.RESOLVED else None,
            raw=message.raw,
        ),
    )


def _projects(alert: Mapping[str, object]) -> list[str]:
    return [found for found in map(text, members(alert.get("projects"))) if found is not None]


def _condition(rule: Mapping[str, object], word: str | None, said: str | None) -> Condition:
    """Of the rule's thresholds that of the trigger which the message is about."""
    triggers = [mapping(trigger) for trigger in members(rule.get("triggers"))]
    own = next((trigger for trigger in triggers if trigger.get("label") == word), {})
    return Condition(
        metric=text(rule.get("aggregate")),
        operator=_OPERATORS.get(text(rule.get("threshold_type")) or ""),
        threshold=number(own.get("alert_threshold")),
        text=said,
    )
