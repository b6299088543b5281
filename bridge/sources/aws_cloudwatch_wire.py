"""The three spellings of one CloudWatch alarm, read into one record.

Source: AWS documentation, Amazon CloudWatch user guide, "Alarm events and EventBridge", "Notifying users on
alarm changes" and "Invoke a Lambda function from an alarm". The spellings differ in what they state: only
SNS names the operator, only the other two give the data behind the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bridge.domain.conditions import number
from bridge.sources.aws_names import partition_of
from bridge.sources.reading import (
    Message,
    first_text,
    labels,
    mapping,
    members,
    pairs,
    parse_or_none,
    text,
    time,
)

_STATE_CHANGE: Final = "CloudWatch Alarm State Change"
_CONTRIBUTOR_CHANGE: Final = "CloudWatch Alarm Contributor State Change"
_CONFIGURATION_CHANGE: Final = "CloudWatch Alarm Configuration Change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What is measured. Of metric math the expression's label, and the dimensions that its inputs share."""

    namespace: str | None = None
    name: str | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)
    comparison: str | None = None
    threshold: float | None = None
    value: float | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One message about one alarm, in one spelling for all three.

    `place` is the region, or its display name where nothing better is stated: good for identity, never for
    showing. `since` is when the state began, `alarmed_since` when an alarm that is over began. `operation`
    says that the alarm's configuration changed and not its state. `attributes` tell one contributor (one
    series of an alarm over many) from the next.
    """

    name: str | None
    state: str | None
    arn: str | None = None
    partition: str | None = None
    region: str | None = None
    place: str | None = None
    account: str | None = None
    description: str | None = None
    reason: str | None = None
    since: datetime | None = None
    previous_state: str | None = None
    previous_reason: str | None = None
    alarmed_since: datetime | None = None
    contributor: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metric: Metric = field(default_factory=Metric)
    composite: bool = False
    suppressed_by: str | None = None
    operation: str | None = None
    event_id: str | None = None


def read_alarm(message: Message) -> Alarm | None:
    """The alarm, or None where the message is none of CloudWatch's."""
    document = message.document
    if "AlarmName" in document and "NewStateValue" in document:
        return _from_sns(document, message.channel)
    if document.get("detail-type") in (_STATE_CHANGE, _CONTRIBUTOR_CHANGE, _CONFIGURATION_CHANGE):
        return _from_event_bridge(document)
    if "alarmArn" in document and mapping(document, "alarmData"):
        detail = mapping(document, "alarmData")
        return _from_detail(detail, text(document.get("alarmArn")), document, account=document.get("accountId"))
    return None


def _from_sns(document: Mapping[str, object], topic_arn: str | None) -> Alarm:
    trigger = mapping(document, "Trigger")
    topic = (topic_arn or "").split(":")
    partition, region = (topic[1], topic[3]) if len(topic) >= 6 else (None, None)
    return Alarm(
        name=text(document.get("AlarmName")),
        state=text(document.get("NewStateValue")),
        arn=_alarm_arn(document.get("AlarmArn")),
        partition=partition,
        region=region,
        place=text(document.get("Region")),
        account=text(document.get("AWSAccountId")),
        description=text(document.get("AlarmDescription")),
        reason=text(document.get("NewStateReason")),
        since=time(document.get("StateChangeTime")),
        previous_state=text(document.get("OldStateValue")),
        contributor=text(document.get("AlarmContributorId")),
        attributes=labels(mapping(document, "AlarmContributorAttributes")),
        metric=_sns_metric(trigger, mapping(_embedded(document.get("StateReasonData")))),
        composite="AlarmRule" in document,
    )


def _sns_metric(trigger: Mapping[str, object], reason_data: Mapping[str, object]) -> Metric:
    queries = [
        _Query(
            label=first_text(query.get("Label"), query.get("Expression")),
            namespace=text(mapping(query, "MetricStat", "Metric").get("Namespace")),
            name=text(mapping(query, "MetricStat", "Metric").get("MetricName")),
            dimensions=pairs(mapping(query, "MetricStat", "Metric").get("Dimensions")),
            returned=query.get("ReturnData") is not False,
        )
        for query in map(mapping, members(trigger.get("Metrics")))
    ]
    plain = _Query(
        namespace=text(trigger.get("Namespace")),
        name=text(trigger.get("MetricName")),
        dimensions=pairs(trigger.get("Dimensions")),
    )
    return _metric(queries or [plain], trigger, reason_data, names=("ComparisonOperator", "Threshold", "Unit"))


def _from_event_bridge(event: Mapping[str, object]) -> Alarm:
    arns = (_alarm_arn(resource) for resource in members(event.get("resources")))
    arn = next((found for found in arns if found is not None), None)
    operation = None
    if event.get("detail-type") == _CONFIGURATION_CHANGE:
        operation = text(mapping(event, "detail").get("operation")) or "change"
    return _from_detail(mapping(event, "detail"), arn, event, account=event.get("account"), operation=operation)


def _from_detail(
    detail: Mapping[str, object],
    arn: str | None,
    around: Mapping[str, object],
    *,
    account: object,
    operation: str | None = None,
) -> Alarm:
    state, previous = mapping(detail, "state"), mapping(detail, "previousState")
    configuration = mapping(detail, "configuration")
    region = text(around.get("region"))
    previous_state = text(previous.get("value"))
    return Alarm(
        name=text(detail.get("alarmName")),
        state=text(state.get("value")),
        arn=_alarm_arn(arn),
        partition=partition_of(region),
        region=region,
        place=region,
        account=text(account),
        description=text(configuration.get("description")),
        reason=text(state.get("reason")),
        since=time(around.get("time")) if operation else time(state.get("timestamp")) or time(around.get("time")),
        previous_state=previous_state,
        previous_reason=text(previous.get("reason")),
        alarmed_since=time(previous.get("timestamp")) if previous_state == "ALARM" else None,
        contributor=text(mapping(detail, "alarmContributor").get("id")),
        attributes=labels(mapping(detail, "alarmContributor", "attributes")),
        tags=labels(mapping(detail, "alarmTags")),
        metric=_detail_metric(configuration, mapping(_embedded(state.get("reasonData")))),
        composite="alarmRule" in configuration,
        suppressed_by=_suppressed_by(detail),
        operation=operation,
        event_id=text(around.get("id")),
    )


def _detail_metric(configuration: Mapping[str, object], reason_data: Mapping[str, object]) -> Metric:
    queries = [
        _Query(
            label=first_text(query.get("label"), query.get("expression")),
            namespace=text(mapping(query, "metricStat", "metric").get("namespace")),
            name=text(mapping(query, "metricStat", "metric").get("name")),
            dimensions=labels(mapping(query, "metricStat", "metric", "dimensions")),
            returned=query.get("returnData") is not False,
        )
        for query in map(mapping, members(configuration.get("metrics")))
    ]
    return _metric(queries, configuration, reason_data, names=("comparisonOperator", "threshold", "unit"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Query:
    label: str | None = None
    namespace: str | None = None
    name: str | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)
    returned: bool = True


def _metric(
    queries: Sequence[_Query],
    condition: Mapping[str, object],
    reason_data: Mapping[str, object],
    *,
    names: tuple[str, str, str],
) -> Metric:
    # Of an anomaly alarm both the metric and its band are returned; the metric is the one to show.
    shown = [query for query in queries if query.returned]
    main = next((query for query in shown if query.name), shown[0] if shown else _Query())
    comparison, threshold, unit = (condition.get(name) for name in names)
    stated = number(threshold)
    return Metric(
        namespace=main.namespace or _only(query.namespace for query in queries),
        name=main.name or main.label,
        dimensions=main.dimensions if main.name else _shared([query.dimensions for query in queries if query.name]),
        comparison=text(comparison),
        threshold=stated if stated is not None else number(reason_data.get("threshold")),
        value=_value(reason_data),
        unit=text(unit),
    )


def _value(reason_data: Mapping[str, object]) -> float | None:
    # The order of several bare data points is not documented, so only a single one is taken as the value.
    dated = [
        (moment, number(point.get("value")))
        for point in map(mapping, members(reason_data.get("evaluatedDatapoints")))
        if (moment := time(point.get("timestamp"))) is not None
    ]
    if dated:
        return max(dated, key=lambda point: point[0])[1]
    recent = members(reason_data.get("recentDatapoints"))
    return number(recent[0]) if len(recent) == 1 else None


def _suppressed_by(detail: Mapping[str, object]) -> str | None:
    # EventBridge tells of state changes whose actions were suppressed or muted; SNS would have been silent.
    mute = mapping(detail, "muteDetail") or mapping(detail, "state", "muteDetail")
    muted_by = text(mute.get("mutedByArn")) or ("mute rule" if mute else None)
    return text(mapping(detail, "state").get("actionsSuppressedBy")) or muted_by


def _embedded(value: object) -> object:
    """A JSON document that was written as text inside another one."""
    return parse_or_none(value.encode()) if isinstance(value, str) else value


def _alarm_arn(value: object) -> str | None:
    stated = text(value)
    return stated if stated is not None and stated.startswith("arn:") and ":alarm:" in stated else None


def _only(values: Iterable[str | None]) -> str | None:
    found = {value for value in values if value is not None}
    return found.pop() if len(found) == 1 else None


def _shared(sets: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return dict(sorted(set.intersection(*(set(one.items()) for one in sets)))) if sets else {}
