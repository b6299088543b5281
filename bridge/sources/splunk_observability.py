"""Incidents of Splunk Observability Cloud's detectors (SignalFx), as its webhook integration sends them.

Source: Splunk Observability documentation, "Send alert notifications to a webhook" and the integration's default
payload. `incidentId` is shared by start and end; `statusExtended` says more than `status`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.alert import Action, Alert, Condition, Rel, Resource, Severity, Status
from bridge.domain.conditions import number
from bridge.domain.errors import Undecoded
from bridge.sources.reading import Message, first_text, labels, mapping, text, time, time_ms, title, web_links

_MEANING: Final = {
    "anomalous": (Status.FIRING, Action.TRIGGER),
    "ok": (Status.RESOLVED, Action.RESOLVE),
    "manually resolved": (Status.RESOLVED, Action.RESOLVE),
    "stopped": (Status.RESOLVED, Action.RESOLVE),
}
_MANUALLY: Final = "manually resolved"
_SEVERITIES: Final = {
    "critical": Severity.CRITICAL,
    "major": Severity.HIGH,
    "minor": Severity.MEDIUM,
    "warning": Severity.LOW,
    "info": Severity.INFO,
}
"""Five levels there and here, in the same order."""


def read(message: Message) -> Sequence[Alert]:
    """The alert of one incident. Raises Undecoded where its state or its id cannot be read."""
    document = message.document
    if not ("incidentId" in document and ("statusExtended" in document or "detectorId" in document)):
        return ()
    incident_id = text(document.get("incidentId"))
    if incident_id is None:
        raise Undecoded("the notification has no incidentId")
    status, action = _meaning(document)
    organisation, severity_raw = text(document.get("orgId")), text(document.get("severity"))
    at = time(document.get("timestamp")) or time_ms(document.get("timestamp"))
    return (
        Alert(
            type="splunk-observability",
            status=status,
            action=action,
            key=f"{organisation or ''}/incident/{incident_id}",
            title=title(
                first_text(document.get("messageTitle"), document.get("rule"), document.get("detector"))
                or "Splunk detector"
            ),
            severity=_SEVERITIES.get((severity_raw or "").casefold()),
            severity_raw=severity_raw,
            description=first_text(document.get("messageBody"), document.get("description")),
            provider="splunk",
            account=organisation,
            resource=_resource(document),
            condition=_condition(document),
            labels=_labels(document),
            links=web_links(
                (Rel.CONSOLE, document.get("detectorUrl")),
                (Rel.RUNBOOK, document.get("runbookUrl")),
                (Rel.DASHBOARD, document.get("imageUrl")),
            ),
            starts_at=None if status is Status.RESOLVED else at,
            ends_at=at if status is Status.RESOLVED else None,
            raw=message.raw,
        ),
    )


def _meaning(document: Mapping[str, object]) -> tuple[Status, Action]:
    """What was resolved by hand was captured as still anomalous: only its title says so."""
    if (text(document.get("messageTitle")) or "").casefold().startswith(_MANUALLY):
        return _MEANING[_MANUALLY]
    stated = first_text(document.get("statusExtended"), document.get("status"))
    known = _MEANING.get((stated or "").casefold())
    if known is None:
        raise Undecoded(f"the incident is in a state that is not known: {stated!r}")
    return known


def _resource(document: Mapping[str, object]) -> Resource:
    stated = labels(mapping(document, "dimensions"))
    joined = ",".join(f"{name}={value}" for name, value in sorted(stated.items()))
    return Resource(id=joined or None)


def _condition(document: Mapping[str, object]) -> Condition:
    """The signal's value is the first input that has one: thresholds have keys that begin with `_`."""
    inputs = mapping(document, "inputs")
    values = [number(mapping(inputs, name).get("value")) for name in sorted(inputs) if not name.startswith("_")]
    return Condition(
        metric=text(document.get("originatingMetric")),
        value=next((value for value in values if value is not None), None),
        text=first_text(document.get("description"), document.get("detectOnCondition")),
    )


def _labels(document: Mapping[str, object]) -> dict[str, str]:
    named = {name: document.get(name) for name in ("detector", "rule")}
    # A muted alert is sent when its mute ends and it still fires: it is real, and late.
    muted = {"triggered_while_muted": "true"} if document.get("triggeredWhileMuted") is True else {}
    return labels(mapping(document, "dimensions"), named, muted)
