"""Cost Anomaly Detection, by SNS and by EventBridge, whose detail is the same.

Source: AWS documentation, AWS Cost Management user guide, "Creating an Amazon SNS topic for anomaly
notifications" and "Using EventBridge with Cost Anomaly Detection". The same anomaly is told again as it
grows. It has no severity; how much money it is stands for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.alert import Alert, Condition, Rel, Resource, Severity
from bridge.domain.conditions import number
from bridge.sources.aws_event import FIRING, Details, Place, alert_of, event_of, key_of, topic_place
from bridge.sources.reading import Message, first_text, labels, mapping, members, text, time, title, web_links

_EVENT: Final = "Anomaly Detected"
_SOURCE: Final = "aws.ce"
_SEVERITIES: Final = ((1000, Severity.HIGH), (100, Severity.MEDIUM), (0, Severity.LOW))
"""From this total impact on, in US dollars."""


def read(message: Message) -> Sequence[Alert]:
    """The alert of one anomaly."""
    event = event_of(message)
    if event is not None and (event.source != _SOURCE or event.kind != _EVENT):
        return ()
    anomaly = event.detail if event is not None else message.document
    anomaly_id = text(anomaly.get("anomalyId"))
    if anomaly_id is None or not ("impact" in anomaly or "monitorArn" in anomaly):
        return ()
    impact = mapping(anomaly, "impact")
    total = number(impact.get("totalImpact"))
    account = first_text(anomaly.get("accountId"), event.account if event else topic_place(message).account)
    causes = [labels(mapping(cause)) for cause in members(anomaly.get("rootCauses"))]
    what = first_text(anomaly.get("dimensionalValue"), anomaly.get("monitorName"), anomaly_id)
    return (
        alert_of(
            message,
            "cost-anomaly",
            FIRING,
            key=key_of(None, "cost-anomaly", account, anomaly_id),
            title=title("Cost anomaly:", what, f"({total:,.2f} USD too much)" if total is not None else None),
            place=Place(account=account),
            details=Details(
                severity=next((named for least, named in _SEVERITIES if total is not None and total >= least), None),
                severity_raw=text(impact.get("totalImpact")),
                description=_description(causes),
                resource=Resource(id=text(anomaly.get("monitorArn")), name=text(anomaly.get("monitorName"))),
                condition=Condition(
                    metric="totalImpact",
                    value=total,
                    unit="USD",
                    text=_spent(impact),
                ),
                labels={
                    "dimension": anomaly.get("dimensionalValue"),
                    "monitor": anomaly.get("monitorName"),
                    "impact_percent": impact.get("totalImpactPercentage"),
                    "score": mapping(anomaly, "anomalyScore").get("currentScore"),
                },
                links=web_links((Rel.CONSOLE, anomaly.get("anomalyDetailsLink"))),
                since=time(anomaly.get("anomalyStartDate")) or (event.time if event else message.sent_at),
            ),
        ),
    )


def _description(causes: Sequence[Mapping[str, str]]) -> str | None:
    lines = [", ".join(f"{name}={value}" for name, value in sorted(cause.items())) for cause in causes]
    return "\n".join(["Root causes:", *lines]) if any(lines) else None


def _spent(impact: Mapping[str, object]) -> str | None:
    actual, expected = number(impact.get("totalActualSpend")), number(impact.get("totalExpectedSpend"))
    if actual is None or expected is None:
        return None
    return f"{actual:,.2f} USD were spent, {expected:,.2f} USD were expected"
