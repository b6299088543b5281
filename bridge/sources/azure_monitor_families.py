"""What the families of Azure Monitor's alerts say, each in its own alert context.

Metric and log alerts carry Sev0 to Sev4 and an alert id that firing and resolved share. Source: Azure
documentation, Azure Monitor, "Common alert schema", "Alert context fields".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from bridge.domain.alert import Condition, Rel
from bridge.domain.conditions import number
from bridge.sources.azure_activity_families import activity_log, resource_health, service_health
from bridge.sources.azure_facts import Facts, Family, money, operator, rated
from bridge.sources.reading import first_text, labels, mapping, members, pairs, text


def family_of(facts: Facts) -> Family:
    """The family by its monitoring service; one that is not known has the essentials and what is usual."""
    slug = "-".join(re.findall(r"[a-z0-9]+", facts.service.casefold()))
    if slug.startswith("activity-log"):
        return activity_log(facts)
    read = _FAMILIES.get(slug)
    return read(facts) if read is not None else _other(facts, f"azure-{slug or 'alert'}")


def _metric(facts: Facts) -> Family:
    return _criteria(facts, "azure-metric")


def _log(facts: Facts) -> Family:
    return _criteria(facts, "azure-log-v2")


def _criteria(facts: Facts, type_: str) -> Family:
    severity, severity_raw = rated(facts.essentials.get("severity"))
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
            operator=operator(first.get("operator")),
            threshold=number(first.get("threshold")),
            value=number(first.get("metricValue")),
            unit=text(first.get("metricUnit")),
            text=text(first.get("searchQuery")),
        ),
        region=text(facts.context.get("resourceRegion")),
        labels={**labels(mapping(facts.context, "properties")), **dimensions, "web_test": first.get("webTestName")},
        links=[(Rel.DASHBOARD, one.get(name)) for one in criteria for name in searches],
    )


def _log_v1(facts: Facts) -> Family:
    """The retired log alerts, flat and in capitals, which old rules still send; they never resolve."""
    context = facts.context
    severity, severity_raw = rated(facts.essentials.get("severity"))
    links = ("LinkToFilteredSearchResultsUI", "LinkToSearchResults")
    return Family(
        type=f"azure-{'-'.join(facts.service.casefold().split())}",
        severity=severity,
        severity_raw=severity_raw,
        condition=Condition(
            operator=operator(first_text(context.get("Operator"), context.get("AlertThresholdOperator"))),
            threshold=number(first_text(context.get("Threshold"), context.get("AlertThresholdValue"))),
            value=number(context.get("ResultCount")),
            text=text(context.get("SearchQuery")),
        ),
        labels={**pairs(context.get("Dimensions")), "alert_type": context.get("AlertType")},
        links=[(Rel.DASHBOARD, context.get(name)) for name in links],
    )


def _prometheus(facts: Facts) -> Family:
    severity, severity_raw = rated(facts.essentials.get("severity"))
    annotations = mapping(facts.context, "annotations")
    return Family(
        type="azure-prometheus",
        severity=severity,
        severity_raw=severity_raw,
        description=first_text(annotations.get("description"), annotations.get("summary")),
        condition=Condition(
            value=number(facts.context.get("expressionValue")), text=text(facts.context.get("expression"))
        ),
        labels=mapping(facts.context, "labels"),
        links=[(Rel.RUNBOOK, annotations.get("runbook_url")), (Rel.DASHBOARD, annotations.get("dashboard_url"))],
    )


def _smart_detector(facts: Facts) -> Family:
    context = facts.context
    severity, severity_raw = rated(facts.essentials.get("severity"))
    return Family(
        type="azure-smartdetector",
        severity=severity,
        severity_raw=severity_raw,
        description=text(context.get("DetectionSummary")),
        condition=Condition(
            value=number(context.get("DetectedValue")),
            text=text(context.get("DetectionSummary")),
        ),
        labels={
            "smart_detector": context.get("SmartDetectorName"),
            "detected_value": context.get("DetectedValue"),
            "normal_value": context.get("NormalValue"),
        },
    )


def _cost(facts: Facts) -> Family:
    """Budgets, which say no severity; amounts are texts with a currency sign."""
    data = mapping(facts.context, "AlertData")
    severity, severity_raw = rated(facts.essentials.get("severity"))
    forecast = (text(data.get("ThresholdType")) or "").casefold().startswith("forecast")
    spent = data.get("ForecastedTotalForPeriod") if forecast else None
    return Family(
        type="azure-costalerts",
        severity=severity,
        severity_raw=severity_raw,
        subject=text(data.get("BudgetName")),
        condition=Condition(
            metric="forecast cost" if forecast else "cost",
            operator=">",
            threshold=money(data.get("NotificationThresholdAmount")),
            value=money(first_text(spent, data.get("SpentAmount"), data.get("SpendingAmount"))),
            unit=text(data.get("Unit")),
            text=_told(data),
        ),
        labels={
            "budget": data.get("BudgetName"),
            "budget_amount": first_text(data.get("BudgetThreshold"), data.get("Budget")),
            "threshold_type": data.get("ThresholdType"),
            "resource_group": data.get("ResourceGroup"),
        },
    )


def _told(data: Mapping[str, object]) -> str | None:
    spent, limit = (
        first_text(data.get("SpentAmount"), data.get("SpendingAmount")),
        data.get("NotificationThresholdAmount"),
    )
    return f"{spent} spent, the threshold is {text(limit)}" if spent is not None and text(limit) is not None else None


def _other(facts: Facts, type_: str) -> Family:
    """Whatever else speaks the common schema."""
    severity, severity_raw = rated(facts.essentials.get("severity"))
    return Family(
        type=type_,
        severity=severity,
        severity_raw=severity_raw,
        condition=Condition(text=first_text(facts.context.get("details"), facts.context.get("description"))),
        labels={**labels(mapping(facts.context, "properties")), **labels(mapping(facts.context, "labels"))},
    )


_FAMILIES: Final[Mapping[str, Callable[[Facts], Family]]] = {
    "application-insights": _log_v1,
    "costalerts": _cost,
    "log-alerts-v2": _log,
    "log-analytics": _log_v1,
    "platform": _metric,
    "prometheus": _prometheus,
    "resource-health": resource_health,
    "resourcehealth": resource_health,
    "service-health": service_health,
    "servicehealth": service_health,
    "smartdetector": _smart_detector,
}
