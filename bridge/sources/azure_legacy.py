"""Azure Monitor alerts outside the common schema: what an action sends whose common schema is not switched on.

Each shape is put into the words of the common schema, so that a problem has the same facts in either, and health
events and activities the same identity. Source: Azure documentation, Azure Monitor, "Non-common alert schema
definitions", "Webhook actions for log alerts", "Autoscale notification webhook payload schema".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bridge.domain.alert import Alert
from bridge.sources.azure_alert import alert_of
from bridge.sources.reading import Message, first_text, mapping, members, pairs, text

Fields = Mapping[str, object]

_OVER: Final = frozenset({"deactivated", "resolved"})
_REDUNDANT: Final = frozenset({"microsoft.resourceId", "microsoft.resourceType"})
"""Dimensions of multi-resource rules that repeat the resource."""


def read(message: Message) -> Sequence[Alert]:
    """The alert of one message. Raises Undecoded where its state or its identity cannot be read."""
    document = _camel(message.document) if "SchemaId" in message.document else message.document
    data = mapping(document, "data")
    schema = (text(document.get("schemaId")) or "").casefold()
    if known := _SCHEMAS.get(schema):
        return (known(message, data or document),)
    # Shapes without a schema's name, the older ones.
    if mapping(document, "context") and "status" in document:
        return (_in_context(message, document),)
    if "AlertRuleName" in document and "SearchQuery" in document:
        return (_log(message, document),)
    return ()


def _in_context(message: Message, data: Fields) -> Alert:
    if mapping(data, "context", "activityLog"):
        return _activity(message, data)
    if "operation" in data:
        return _autoscale(message, data)
    return _metric(message, data)


def _metric(message: Message, data: Fields) -> Alert:
    """`AzureMonitorMetricAlert`, and the classic metric alerts, whose one condition is flat."""
    context = mapping(data, "context")
    condition = mapping(context, "condition")
    criteria = condition if "allOf" in condition else {"allOf": [condition]}
    rule, resource = text(context.get("id")), text(context.get("resourceId"))
    named = first_text(rule, context.get("name")) if resource else rule
    series = [f"{name}={value}" for name, value in _series(criteria)]
    over = (text(data.get("status")) or "").casefold() in _OVER
    return alert_of(
        message,
        essentials={
            **_essentials(context),
            "alertId": "|".join([named, resource or "", *series]) if named else None,
            "severity": context.get("severity"),
            "monitorCondition": data.get("status"),
            "resolvedDateTime" if over else "firedDateTime": context.get("timestamp"),
        },
        context={"condition": criteria, "resourceRegion": context.get("resourceRegion")},
        custom=mapping(data, "properties"),
        service="Platform",
    )


def _series(criteria: Fields) -> Sequence[tuple[str, str]]:
    """The dimensions that tell one time series of a rule from another."""
    found: dict[str, str] = {}
    for one in members(criteria.get("allOf")):
        found.update(pairs(mapping(one).get("dimensions")))
    return sorted((name, value) for name, value in found.items() if name not in _REDUNDANT)


def _activity(message: Message, data: Fields) -> Alert:
    """An entry of the activity log, with those of the two health families."""
    entry = mapping(data, "context", "activityLog")
    properties, subscription = mapping(entry, "properties"), text(entry.get("subscriptionId"))
    if "incidentType" in properties:
        service = "Service Health"
    elif "currentHealthStatus" in properties:
        service = "Resource Health"
    else:
        service = f"Activity Log - {text(entry.get('eventSource')) or ''}"
    event_id = text(entry.get("eventDataId"))
    resource = first_text(entry.get("resourceId"), f"/subscriptions/{subscription}" if subscription else None)
    return alert_of(
        message,
        essentials={
            "alertId": f"/subscriptions/{subscription or ''}/activitylog/{event_id}" if event_id else None,
            "monitorCondition": data.get("status"),
            "alertTargetIDs": [resource],
            "configurationItems": [_last(entry.get("resourceId"))],
            "firedDateTime": entry.get("eventTimestamp"),
            "description": entry.get("description"),
        },
        context=entry,
        custom=mapping(data, "properties"),
        service=service,
    )


def _log(message: Message, data: Fields) -> Alert:
    """A log alert of the first generation, which never resolves."""
    subscription, rule = text(data.get("SubscriptionId")), text(data.get("AlertRuleName"))
    resource = first_text(data.get("ResourceId"), data.get("WorkspaceId"), data.get("ApplicationId"))
    series = [f"{name}={value}" for name, value in sorted(pairs(data.get("Dimensions")).items())]
    return alert_of(
        message,
        essentials={
            "alertId": "|".join([f"/subscriptions/{subscription or ''}/logalerts/{rule}", resource or "", *series])
            if rule
            else None,
            "alertRule": rule,
            "severity": data.get("Severity"),
            "monitorCondition": "Fired",
            "alertTargetIDs": [data.get("ResourceId")],
            "configurationItems": [_last(data.get("ResourceId"))],
            "firedDateTime": first_text(data.get("SearchIntervalEndtimeUtc"), data.get("SearchIntervalEndTimeUtc")),
            "description": data.get("Description"),
        },
        context=data,
        custom={},
        service="Application Insights" if "ApplicationId" in data else "Log Analytics",
    )


def _budget(message: Message, data: Fields) -> Alert:
    subscription = text(data.get("SubscriptionId"))
    account = first_text(subscription, data.get("BillingAccountId"), data.get("EnrollmentNumber"))
    named = [text(data.get(name)) for name in ("BudgetName", "BudgetStartDate", "NotificationThresholdAmount")]
    scope = f"/subscriptions/{subscription}" if subscription else f"/billingaccounts/{account or ''}"
    group = text(data.get("ResourceGroup"))
    where = f"{scope}/resourcegroups/{group}" if group else scope
    return alert_of(
        message,
        essentials={
            "alertId": "/".join([where, "budgets", *(part or "" for part in named)]) if named[0] else None,
            "monitorCondition": "Fired",
        },
        context={"AlertData": data},
        custom={},
        service="CostAlerts",
    )


def _autoscale(message: Message, data: Fields) -> Alert:
    """The notice that autoscale did something; each is its own."""
    context = mapping(data, "context")
    setting, moment = text(context.get("id")), text(context.get("timestamp"))
    return alert_of(
        message,
        essentials={
            **_essentials(context),
            "alertId": f"{setting}|{moment or ''}" if setting else None,
            "severity": data.get("operation"),
            "monitorCondition": data.get("status"),
            "firedDateTime": moment,
        },
        context={
            "details": context.get("details"),
            "properties": {
                "operation": data.get("operation"),
                "instances_before": context.get("oldCapacity"),
                "instances": context.get("newCapacity"),
            },
        },
        custom=mapping(data, "properties"),
        service="Autoscale",
    )


def _essentials(context: Fields) -> Fields:
    """What the contexts of metric alerts and autoscale share."""
    return {
        "alertRule": context.get("name"),
        "alertTargetIDs": [context.get("resourceId")],
        "configurationItems": [context.get("resourceName")],
        "description": first_text(context.get("description"), context.get("details")),
        "investigationLink": context.get("portalLink"),
    }


def _last(arm_id: object) -> str | None:
    return (text(arm_id) or "").rpartition("/")[2] or None


def _camel(document: Fields) -> Fields:
    """The document with names like `schemaId` for those like `SchemaId`; what customers named stays as it is."""
    return {
        key[:1].lower() + key[1:]: value if key == "Properties" else _camel_value(value)
        for key, value in document.items()
    }


def _camel_value(value: object) -> object:
    if isinstance(value, dict):
        return _camel(value)
    return [_camel_value(member) for member in value] if isinstance(value, list) else value


_SCHEMAS: Final[Mapping[str, Callable[[Message, Fields], Alert]]] = {
    "aip budget notification": _budget,
    "azuremonitormetricalert": _metric,
    "microsoft.insights/activitylogs": _activity,
    "microsoft.insights/logalert": _log,
}
