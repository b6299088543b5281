"""New Relic's incidents, as the legacy webhook notification channel sends them.

Source: New Relic documentation, "Notification channels: webhook" (retired); captures. `incident_id` is the
identity, within its account, from opened to closed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.alert import Action, Alert, Condition, Rel, Resource, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.sources.reading import Message, first_text, labels, mapping, members, text, time_ms, title, web_links

_MEANING: Final = {
    "open": (Status.FIRING, Action.TRIGGER),
    "acknowledged": (Status.ACKNOWLEDGED, Action.ACKNOWLEDGE),
    "closed": (Status.RESOLVED, Action.RESOLVE),
}
_SEVERITIES: Final = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
    "info": Severity.INFO,
}
_TEST_POLICY: Final = "New Relic Alert - Test Policy"


def read(message: Message) -> Sequence[Alert]:
    """The alert of one incident. Raises Undecoded where its state or its id cannot be read."""
    incident = message.document
    if not ("incident_id" in incident and "current_state" in incident):
        return ()
    incident_id, state = text(incident.get("incident_id")), text(incident.get("current_state"))
    if incident_id is None:
        raise Undecoded("the incident has no incident_id")
    if (state or "").casefold() not in _MEANING:
        raise Undecoded(f"the incident is in a state that is not known: {state!r}")
    # The channel's test button names a policy of its own, and an incident that does not exist.
    test = incident_id == "0" and incident.get("policy_name") == _TEST_POLICY
    status, action = (Status.INFO, Action.TEST) if test else _MEANING[(state or "").casefold()]
    severity_raw, account = text(incident.get("severity")), text(incident.get("account_id"))
    at = time_ms(incident.get("timestamp"))
    return (
        Alert(
            type="newrelic-incident",
            status=status,
            action=action,
            key=f"{account or ''}/incident/{incident_id}",
            title=_title(incident),
            severity=_SEVERITIES.get((severity_raw or "").casefold()),
            severity_raw=severity_raw,
            description=text(incident.get("details")),
            provider="newrelic",
            account=account,
            resource=_resource(incident),
            condition=Condition(text=text(incident.get("condition_name"))),
            labels=_labels(incident),
            links=web_links(
                (Rel.CONSOLE, incident.get("incident_url")),
                (Rel.RUNBOOK, incident.get("runbook_url")),
                (Rel.SOURCE, incident.get("policy_url")),
            ),
            starts_at=at if status is Status.FIRING else None,
            ends_at=at if status is Status.RESOLVED else None,
            test=test,
            raw=message.raw,
        ),
    )


def _title(incident: Mapping[str, object]) -> str:
    condition, details = text(incident.get("condition_name")), text(incident.get("details"))
    return title(first_text(condition, incident.get("policy_name"), "New Relic incident"), details and f"- {details}")


def _resource(incident: Mapping[str, object]) -> Resource:
    targets = [mapping(target) for target in members(incident.get("targets"))]
    if not targets:
        return Resource()
    named, kind = text(targets[0].get("name")), text(targets[0].get("type"))
    return Resource(id=first_text(targets[0].get("id"), named), type=kind, name=named)


def _labels(incident: Mapping[str, object]) -> dict[str, str]:
    names = ("policy_name", "condition_name", "account_name", "event_type")
    targets = [mapping(target, "labels") for target in members(incident.get("targets"))]
    return labels({name: incident.get(name) for name in names}, *(targets if len(targets) == 1 else ()))
