"""What the families of the common alert schema say, each in its own alert context.

Metric and log alerts carry Sev0 to Sev4 and an alert id that firing and resolved share. The activity log
and the two health families carry a constant Sev4 and a new id each time: how bad it is, whether it is over
and which problem it is are told by their properties (Azure documentation, "Service health notifications",
"Resource health alerts", "Activity log event schema").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bridge.domain.alert import Condition, Rel, Severity
from bridge.domain.conditions import number
from bridge.sources.reading import first_text, labels, mapping, members, pairs, text

_SEVERITIES: Final = {
    "sev0": Severity.CRITICAL,
    "sev1": Severity.HIGH,
    "sev2": Severity.MEDIUM,
    "sev3": Severity.LOW,
    "sev4": Severity.INFO,
    "info": Severity.INFO,
}
_LEVELS: Final = {
    "critical": Severity.CRITICAL,
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "informational": Severity.INFO,
    "verbose": Severity.INFO,
}
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

_OPERATORS: Final = {
    "greaterthan": ">",
    "greaterthanorequal": ">=",
    "greaterthanorequalto": ">=",
    "lessthan": "<",
    "lessthanorequal": "<=",
    "lessthanorequalto": "<=",
    "equal": "==",
    "equals": "==",
    "equalto": "==",
    "greaterorlessthan": "outside band",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The parts of one message that its family is read from."""

    essentials: Mapping[str, object]
    context: Mapping[str, object]
    custom: Mapping[str, object]
    alert_id: str | None
    target: str | None
    subscription: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What only the family knows.

    `identity` is None where the alert id is the identity. `recovered` says that the problem is over although
    the message says "Fired". `subject` is None where the rule's name says it best.
    """

    type: str
    severity: Severity | None
    severity_raw: str | None
    identity: str | None = None
    recovered: bool = False
    subject: str | None = None
    region: str | None = None
    condition: Condition | None = None
    labels: Mapping[str, object] = field(default_factory=dict)
    links: Sequence[tuple[Rel, object]] = ()


def family_of(facts: Facts) -> Family:
    """The family by its monitoring service; one that is not known has the essentials and what is usual."""
    service = text(facts.essentials.get("monitoringService")) or "alert"
    slug = "-".join(re.findall(r"[a-z0-9]+", service.casefold()))
    if slug.startswith("activity-log"):
        return _activity_log(facts)
    read = _FAMILIES.get(slug)
    return read(facts) if read is not None else _other(facts, f"azure-{slug or 'alert'}")


def _rated(facts: Facts) -> tuple[Severity | None, str | None]:
    stated = text(facts.essentials.get("severity"))
    return _SEVERITIES.get((stated or "").casefold()), stated


def _metric(facts: Facts) -> Family:
    return _criteria(facts, "azure-metric")


def _log(facts: Facts) -> Family:
    return _criteria(facts, "azure-log-v2")


def _criteria(facts: Facts, type_: str) -> Family:
    severity, severity_raw = _rated(facts)
    criteria = [mapping(one) for one in members(mapping(facts.context, "condition").get("allOf"))]
    first = criteria[0] if criteria else {}
    dimensions: dict[str, str] = {}
    for one in criteria:
        dimensions.update(pairs(one.get("dimensions")))
    searches = ("linkToFilteredSearchResultsUI", "linkToSearchResultsUI")
    return Family(
        type=type_,
        severity=severity,
        severity_raw=severity_raw,
        condition=Condition(
            metric=first_text(first.get("metricName"), first.get("metricMeasureColumn"), first.get("webTestName")),
            operator=_operator(first.get("operator")),
            threshold=number(first.get("threshold")),
            value=number(first.get("metricValue")),
            text=text(first.get("searchQuery")),
        ),
        labels={**labels(mapping(facts.context, "properties")), **dimensions},
        links=[(Rel.DASHBOARD, one.get(name)) for one in criteria for name in searches],
    )


def _activity_log(facts: Facts) -> Family:
    context = facts.context
    severity, level = _by_level(context.get("level"))
    operation, status = text(context.get("operationName")), text(context.get("status"))
    told = [part for part in (operation, status) if part is not None]
    return Family(
        type="azure-activity-log",
        severity=severity,
        severity_raw=level,
        condition=Condition(text=" ".join(told) or None),
        labels={
            "operation": operation,
            "operation_status": status,
            "event_source": context.get("eventSource"),
            "correlation_id": context.get("correlationId"),
        },
    )


def _by_level(value: object) -> tuple[Severity | None, str | None]:
    """Activity log levels are words, in some messages the numbers of .NET's EventLevel."""
    level = text(value)
    word = _LEVEL_NUMBERS.get(level or "", level or "")
    return _LEVELS.get(word.casefold()), level


def _service_health(facts: Facts) -> Family:
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


def _resource_health(facts: Facts) -> Family:
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
        condition=Condition(text=text(properties.get("title"))),
        labels={
            "health_status": current,
            "previous_health_status": before,
            "health_event": properties.get("type"),
            "cause": properties.get("cause"),
        },
    )


def _other(facts: Facts, type_: str) -> Family:
    """Log alerts V1, smart detection, budgets, Prometheus and whatever else speaks the common schema."""
    severity, severity_raw = _rated(facts)
    context = facts.context
    links = ("LinkToFilteredSearchResultsUI", "LinkToSearchResults")
    return Family(
        type=type_,
        severity=severity,
        severity_raw=severity_raw,
        subject=text(mapping(context, "AlertData").get("BudgetName")),
        condition=Condition(
            operator=_operator(context.get("Operator")),
            threshold=number(context.get("Threshold")),
            value=number(first_text(context.get("ResultCount"), context.get("expressionValue"))),
            text=first_text(context.get("SearchQuery"), context.get("expression"), context.get("DetectionSummary")),
        ),
        labels={**labels(mapping(context, "labels")), **pairs(context.get("Dimensions"))},
        links=[(Rel.DASHBOARD, context.get(name)) for name in links],
    )


def _operator(value: object) -> str | None:
    stated = text(value)
    return None if stated is None else _OPERATORS.get(stated.replace(" ", "").casefold(), stated)


_FAMILIES: Final[Mapping[str, Callable[[Facts], Family]]] = {
    "log-alerts-v2": _log,
    "platform": _metric,
    "resource-health": _resource_health,
    "resourcehealth": _resource_health,
    "service-health": _service_health,
    "servicehealth": _service_health,
}
