"""CloudWatch alarms: metric, metric math, anomaly detection, composite and per contributor.

The alarm's ARN is its identity in every spelling, so that an alarm may be sent over several ways at once.
CloudWatch speaks once per transition and reports no severity.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from bridge.domain.alert import Action, Alert, Condition, Link, Resource, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.sources.aws_cloudwatch_wire import Alarm, read_alarm
from bridge.sources.aws_names import arn_part, console_links
from bridge.sources.reading import Message, title

_TYPE: Final = "cloudwatch-alarm"
_CREATION: Final = "Unchecked: Initial alarm creation"
_MEANING: Final = {
    "ALARM": (Status.FIRING, Action.TRIGGER),
    "OK": (Status.RESOLVED, Action.RESOLVE),
    "INSUFFICIENT_DATA": (Status.NO_DATA, Action.INFO),
}
_OPERATORS: Final = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
    "GreaterThanUpperThreshold": "above band",
    "LessThanLowerThreshold": "below band",
    "LessThanLowerOrGreaterThanUpperThreshold": "outside band",
}


def read(message: Message) -> Sequence[Alert]:
    """The alert of one alarm message. Raises Undecoded where the alarm or its state cannot be named."""
    alarm = read_alarm(message)
    if alarm is None:
        return ()
    arn = alarm.arn or _built_arn(alarm)
    status, action = _meaning(alarm)
    firing = status is not Status.RESOLVED
    return (
        Alert(
            type=_TYPE,
            status=status,
            action=action,
            key=_key(alarm, arn),
            global_key=arn is not None,
            title=_title(alarm, arn),
            # A control event is no alarm state: the default severity of alarms must not apply to it.
            severity=Severity.INFO if status is Status.INFO else None,
            severity_raw=alarm.state,
            description=alarm.description,
            provider="aws",
            account=alarm.account or arn_part(arn, 4),
            region=arn_part(arn, 3) or alarm.region,
            event_id=message.event_id or alarm.event_id,
            resource=_resource(alarm, arn),
            condition=_condition(alarm),
            labels=_labels(alarm),
            links=_links(alarm, arn),
            starts_at=alarm.since if firing else alarm.alarmed_since,
            ends_at=None if firing else alarm.since,
            raw=message.raw,
        ),
    )


def _meaning(alarm: Alarm) -> tuple[Status, Action]:
    if alarm.operation is not None:
        return Status.INFO, Action.INFO
    known = _MEANING.get((alarm.state or "").upper())
    if known is None:
        raise Undecoded(f"CloudWatch alarm {alarm.name!r} is in a state that is not known: {alarm.state!r}")
    if alarm.suppressed_by is not None:
        return Status.SUPPRESSED, Action.INFO
    if known[0] is not Status.FIRING and _is_creation(alarm):
        return Status.INFO, Action.INFO
    return known


def _is_creation(alarm: Alarm) -> bool:
    """A new alarm leaves INSUFFICIENT_DATA once: nothing was wrong and nothing is over."""
    if (alarm.reason or "").startswith(_CREATION):
        return True
    before = alarm.previous_state == "INSUFFICIENT_DATA" and (alarm.previous_reason or "").startswith(_CREATION)
    return before and alarm.state == "OK"


def _built_arn(alarm: Alarm) -> str | None:
    if not (alarm.partition and alarm.region and alarm.account and alarm.name):
        return None
    return f"arn:{alarm.partition}:cloudwatch:{alarm.region}:{alarm.account}:alarm:{alarm.name}"


def _key(alarm: Alarm, arn: str | None) -> str:
    identity = arn
    if identity is None:
        if alarm.name is None:
            raise Undecoded("the CloudWatch alarm has neither an ARN nor a name")
        identity = f"cloudwatch/{alarm.account or ''}/{alarm.place or ''}/{alarm.name}"
    return identity if alarm.contributor is None else f"{identity}|{alarm.contributor}"


def _title(alarm: Alarm, arn: str | None) -> str:
    name = alarm.name or (arn or "").split(":alarm:", 1)[-1]
    if alarm.operation is not None:
        return title("CloudWatch alarm configuration", f"{alarm.operation}:", name)
    contributor = ", ".join(f"{key}={value}" for key, value in sorted(alarm.attributes.items()))
    return title(f"{alarm.state}:", name, f"[{contributor}]" if contributor else None)


def _resource(alarm: Alarm, arn: str | None) -> Resource:
    if alarm.composite:
        return Resource(id=arn, type="AWS::CloudWatch::CompositeAlarm", name=alarm.name)
    dimensions = alarm.metric.dimensions or alarm.attributes
    if len(dimensions) == 1:
        return Resource(id=next(iter(dimensions.values())), type=alarm.metric.namespace)
    joined = ",".join(f"{key}={value}" for key, value in sorted(dimensions.items()))
    return Resource(id=joined or None, type=alarm.metric.namespace)


def _condition(alarm: Alarm) -> Condition:
    metric = alarm.metric
    return Condition(
        metric=metric.name,
        operator=_OPERATORS.get(metric.comparison, metric.comparison) if metric.comparison else None,
        threshold=metric.threshold,
        value=metric.value,
        unit=metric.unit,
        text=alarm.reason,
    )


def _labels(alarm: Alarm) -> dict[str, str]:
    stated = {"alarm_name": alarm.name, "suppressed_by": alarm.suppressed_by}
    known = {key: value for key, value in stated.items() if value is not None}
    return {**alarm.tags, **alarm.metric.dimensions, **alarm.attributes, **known}


def _links(alarm: Alarm, arn: str | None) -> tuple[Link, ...]:
    region = arn_part(arn, 3)
    name = alarm.name or (arn or "").split(":alarm:", 1)[-1]
    path = f"cloudwatch/home?region={region}#alarmsV2:alarm/{quote(name, safe='')}"
    return console_links(arn_part(arn, 1), region, path)
