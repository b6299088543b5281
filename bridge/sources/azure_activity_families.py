"""The families of the activity log: what was done in a subscription, and the health of services and resources.

They carry a constant Sev4 and a new alert id each time: how bad it is, whether it is over and which problem it is
are told by their properties. Source: Azure documentation, "Activity log event schema", "Service health
notifications", "Resource health alerts".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bridge.domain.alert import Condition, Rel, Severity
from bridge.sources.azure_facts import Facts, Family
from bridge.sources.reading import first_text, mapping, text

_LEVELS: Final = {
    "critical": Severity.CRITICAL,
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "informational": Severity.INFO,
    "verbose": Severity.INFO,
    "high": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
}
"""Levels of the activity log, the severities of its security events, and the impacts of its recommendations."""

_LEVEL_NUMBERS: Final = {"1": "critical", "2": "error", "3": "warning", "4": "informational", "5": "verbose"}
_INCIDENT_TYPES: Final = {
    "incident": Severity.HIGH,
    "security": Severity.HIGH,
    "actionrequired": Severity.MEDIUM,
    "maintenance": Severity.LOW,
    "informational": Severity.INFO,
}
_HEALTH: Final = {
    "unavailable": Severity.HIGH,
    "degraded": Severity.MEDIUM,
    "unknown": Severity.MEDIUM,
}
_HEALTHY: Final = "available"
_STAGES_OVER: Final = frozenset({"resolved", "rca", "complete", "completed", "canceled", "cancelled"})
"""Stages and statuses of a service event after its end; an RCA is published when the incident is over."""

_EVENT_DESCRIPTION: Final = "Activity Log Event Description"
"""A key of the alert context, spaces included."""

_PROPERTIES: Final = {
    "eventCategory": "category",
    "severity": "threat_severity",
    "threatStatus": "threat_status",
    "compromisedEntity": "compromised_entity",
    "recommendationCategory": "recommendation_category",
    "recommendationImpact": "recommendation_impact",
    "activeAutoscaleProfile": "autoscale_profile",
    "oldInstancesCount": "instances_before",
    "newInstancesCount": "instances",
}
"""Properties of the categories Security, Recommendation and Autoscale that tell what happened, and our labels."""


def activity_log(facts: Facts) -> Family:
    """Administrative, Policy, Autoscale, Security and Recommendation entries."""
    context, properties = facts.context, mapping(facts.context, "properties")
    severity, level = _by_level(properties.get("severity"), properties.get("recommendationImpact"), context)
    operation, status = text(context.get("operationName")), text(context.get("status"))
    told = [part for part in (operation, status) if part is not None]
    return Family(
        type="azure-activity-log",
        severity=severity,
        severity_raw=level,
        identity=_operation(facts),
        description=first_text(
            context.get(_EVENT_DESCRIPTION), context.get("description"), properties.get("description"),
            properties.get("recommendationName"), properties.get("statusMessage"), properties.get("message"),
        ),
        condition=Condition(text=" ".join(told) or None),
        labels={
            "operation": operation,
            "operation_status": status,
            "event_source": context.get("eventSource"),
            "correlation_id": context.get("correlationId"),
            **{label: properties.get(name) for name, label in _PROPERTIES.items()},
        },
        links=[(Rel.CONSOLE, properties.get("recommendationResourceLink"))],
    )  # fmt: skip


def _operation(facts: Facts) -> str | None:
    """One operation on one resource: its entries (Started, Succeeded, Failed) share a correlation id."""
    correlation = text(facts.context.get("correlationId"))
    where = facts.target or (f"/subscriptions/{facts.subscription}" if facts.subscription else None)
    if correlation is None or where is None:
        return None
    return f"{where}/activitylog/{text(facts.context.get('operationName')) or ''}/{correlation}"


def _by_level(threat: object, impact: object, context: Mapping[str, object]) -> tuple[Severity | None, str | None]:
    """Levels are words, in some messages the numbers of .NET's EventLevel. What rates itself is taken at its word."""
    for stated in map(text, (threat, impact, context.get("level"))):
        word = _LEVEL_NUMBERS.get(stated or "", stated or "").casefold()
        if word in _LEVELS:
            return _LEVELS[word], stated
    return None, text(context.get("level"))


def service_health(facts: Facts) -> Family:
    """An event of a service of Azure, one tracking id from its beginning to its root cause analysis."""
    properties = mapping(facts.context, "properties")
    incident_type = text(properties.get("incidentType"))
    stage, status = text(properties.get("stage")), text(facts.context.get("status"))
    tracking_id = text(properties.get("trackingId"))
    identity = None
    if tracking_id is not None:
        events = "providers/Microsoft.ResourceHealth/events"
        identity = f"/subscriptions/{facts.subscription or ''}/{events}/{tracking_id}"
    return Family(
        type="service-health",
        severity=_INCIDENT_TYPES.get((incident_type or "").casefold()),
        severity_raw=incident_type,
        identity=identity,
        recovered=any((word or "").casefold() in _STAGES_OVER for word in (stage, status)),
        subject=text(properties.get("title")),
        region=text(properties.get("region")),
        condition=Condition(text=text(properties.get("title"))),
        labels={
            "incident_type": incident_type,
            "service": properties.get("service"),
            "stage": stage,
            "tracking_id": tracking_id,
            "impact_start": properties.get("impactStartTime"),
        },
    )


def resource_health(facts: Facts) -> Family:
    """The health of one resource, which is the problem's identity."""
    properties = mapping(facts.context, "properties")
    current, before = text(properties.get("currentHealthStatus")), text(properties.get("previousHealthStatus"))
    recovered = (current or "").casefold() == _HEALTHY
    # A recovery is as urgent as what it ends, so that both take the same route at the same pace.
    rated = before if recovered else current
    return Family(
        type="resource-health",
        severity=_HEALTH.get((rated or "").casefold()),
        severity_raw=current,
        identity=facts.target,
        recovered=recovered,
        description=text(properties.get("details")),
        condition=Condition(text=text(properties.get("title"))),
        labels={
            "health_status": current,
            "previous_health_status": before,
            "health_event": properties.get("type"),
            "cause": properties.get("cause"),
        },
    )
