"""Sample messages that can be sent: what the three clouds post, with fresh ids and times.

The shapes follow the senders' own documentation; names and account numbers are made up.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

ACCOUNT: Final = "000000000000"
REGION: Final = "eu-west-1"
ALARM: Final = "checkout-cpu-high"
ALARM_ARN: Final = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{ALARM}"
TOPIC_ARN: Final = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
SUBSCRIPTION: Final = "11111111-2222-3333-4444-555555555555"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A message ready to be posted: to which source, with which content type."""

    source: str
    content_type: str
    body: bytes


Builder = Callable[[bool, datetime], Sample]


def build(kind: str, *, firing: bool, now: datetime) -> Sample:
    """The sample of that kind. Raises KeyError for an unknown one."""
    return SAMPLES[kind](firing, now)


def _aws_sns(firing: bool, now: datetime) -> Sample:  # noqa: FBT001 - all builders are alike
    state = "ALARM" if firing else "OK"
    message = {
        "AlarmName": ALARM,
        "AlarmDescription": "CPU of the checkout service",
        "AWSAccountId": ACCOUNT,
        "NewStateValue": state,
        "NewStateReason": "Threshold Crossed: 1 datapoint [91.0] was greater than the threshold (80.0).",
        "StateChangeTime": now.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "Region": "EU (Ireland)",
        "AlarmArn": ALARM_ARN,
        "OldStateValue": "OK" if firing else "ALARM",
        "Trigger": {
            "MetricName": "CPUUtilization",
            "Namespace": "AWS/EC2",
            "StatisticType": "Statistic",
            "Statistic": "AVERAGE",
            "Unit": None,
            "Dimensions": [{"name": "InstanceId", "value": "i-0123456789abcdef0"}],
            "Period": 60,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 80.0,
        },
    }
    envelope = {
        "Type": "Notification",
        "MessageId": str(uuid.uuid4()),
        "TopicArn": TOPIC_ARN,
        "Subject": f'{state}: "{ALARM}" in EU (Ireland)',
        "Message": json.dumps(message),
        "Timestamp": _iso(now),
        "SignatureVersion": "1",
        "Signature": "c2FtcGxl",
        "SigningCertURL": f"https://sns.{REGION}.amazonaws.com/SimpleNotificationService-0000.pem",
        "UnsubscribeURL": f"https://sns.{REGION}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={TOPIC_ARN}:0",
    }
    # SNS says text/plain although it sends JSON.
    return _json("aws", envelope, content_type="text/plain; charset=UTF-8")


def _aws_eventbridge(firing: bool, now: datetime) -> Sample:  # noqa: FBT001
    detail = {
        "alarmName": ALARM,
        "configuration": {
            "description": "CPU of the checkout service",
            "metrics": [
                {
                    "id": "cpu",
                    "metricStat": {
                        "metric": {
                            "namespace": "AWS/EC2",
                            "name": "CPUUtilization",
                            "dimensions": {"InstanceId": "i-0123456789abcdef0"},
                        },
                        "period": 60,
                        "stat": "Average",
                    },
                    "returnData": True,
                }
            ],
        },
        "previousState": {"value": "OK" if firing else "ALARM"},
        "state": {
            "value": "ALARM" if firing else "OK",
            "reason": "Threshold Crossed: 1 datapoint [91.0] was greater than the threshold (80.0).",
            "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        },
    }
    return _aws_event("aws.cloudwatch", "CloudWatch Alarm State Change", detail, [ALARM_ARN], now)


def _aws_guardduty(firing: bool, now: datetime) -> Sample:  # noqa: FBT001
    """GuardDuty never says that a finding is over; one that is archived is the nearest there is."""
    finding, detector = "fedcba9876543210fedcba9876543210", "0123456789abcdef0123456789abcdef"
    detail = {
        "schemaVersion": "2.0",
        "accountId": ACCOUNT,
        "region": REGION,
        "id": finding,
        "arn": f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/{detector}/finding/{finding}",
        "type": "CryptoCurrency:EC2/BitcoinTool.B!DNS",
        "resource": {"resourceType": "Instance", "instanceDetails": {"instanceId": "i-0123456789abcdef0"}},
        "service": {
            "serviceName": "guardduty",
            "eventFirstSeen": _iso(now),
            "eventLastSeen": _iso(now),
            "archived": not firing,
            "count": 1,
        },
        "severity": 8,
        "title": "The EC2 instance i-0123456789abcdef0 is querying a domain name that is associated with Bitcoin.",
        "description": "The EC2 instance i-0123456789abcdef0 is querying a domain name of a mining pool.",
    }
    return _aws_event("aws.guardduty", "GuardDuty Finding", detail, [], now)


def _aws_codepipeline(firing: bool, now: datetime) -> Sample:  # noqa: FBT001
    pipeline = "shop-release"
    detail = {
        "pipeline": pipeline,
        "execution-id": str(uuid.uuid4()),
        "state": "FAILED" if firing else "SUCCEEDED",
        "version": 3.0,
    }
    arn = f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:{pipeline}"
    return _aws_event("aws.codepipeline", "CodePipeline Pipeline Execution State Change", detail, [arn], now)


def _aws_event(source: str, kind: str, detail: Mapping[str, Any], resources: list[str], now: datetime) -> Sample:
    return _json(
        "aws",
        {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": kind,
            "source": source,
            "account": ACCOUNT,
            "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": REGION,
            "resources": resources,
            "detail": detail,
        },
    )


def _gcp_incident(firing: bool, now: datetime) -> dict[str, Any]:  # noqa: FBT001
    second = int(now.timestamp())
    return {
        "incident": {
            "incident_id": "0.demo1234567890",
            "scoping_project_id": "demo-project",
            "scoping_project_number": 123456789012,
            "url": "https://console.cloud.google.com/monitoring/alerting/incidents/0.demo1234567890?project=demo-project",
            "started_at": second - 60,
            "ended_at": None if firing else second,
            "state": "open" if firing else "closed",
            "summary": "Request latency of api-frontend is above 2 s.",
            "observed_value": "2.7",
            "threshold_value": "2",
            "severity": "Error",
            "resource": {"type": "cloud_run_revision", "labels": {"project_id": "demo-project"}},
            "resource_name": "api-frontend",
            "resource_type_display_name": "Cloud Run Revision",
            "metric": {"type": "run.googleapis.com/request_latencies", "displayName": "Request latency"},
            "policy_name": "api latency",
            "condition_name": "p99 above 2 s",
            "documentation": {"content": "See the runbook.", "mime_type": "text/markdown"},
        },
        "version": "1.2",
    }


def _gcp(firing: bool, now: datetime) -> Sample:  # noqa: FBT001
    return _json("gcp", _gcp_incident(firing, now))


def _gcp_pubsub(firing: bool, now: datetime) -> Sample:  # noqa: FBT001
    data = base64.b64encode(json.dumps(_gcp_incident(firing, now)).encode()).decode()
    message_id = str(uuid.uuid4().int >> 64)
    message = {"data": data, "messageId": message_id, "message_id": message_id, "publishTime": _iso(now)}
    return _json("gcp", {"message": message, "subscription": "projects/demo-project/subscriptions/alerts"})


def _azure(firing: bool, now: datetime) -> Sample:  # noqa: FBT001
    provider = "providers/microsoft.compute/virtualmachines/web-1"
    target = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/shop/{provider}"
    return _json(
        "azure",
        {
            "schemaId": "azureMonitorCommonAlertSchema",
            "data": {
                "essentials": {
                    "alertId": f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts/demo",
                    "alertRule": "web-1 CPU",
                    "severity": "Sev1",
                    "signalType": "Metric",
                    "monitorCondition": "Fired" if firing else "Resolved",
                    "monitoringService": "Platform",
                    "alertTargetIDs": [target],
                    "configurationItems": ["web-1"],
                    "originAlertId": "demo-origin",
                    "firedDateTime": _iso(now),
                    "resolvedDateTime": None if firing else _iso(now),
                    "description": "CPU of web-1 is above 80 percent",
                    "essentialsVersion": "1.0",
                    "alertContextVersion": "1.0",
                },
                "alertContext": {
                    "conditionType": "SingleResourceMultipleMetricCriteria",
                    "condition": {
                        "windowSize": "PT5M",
                        "allOf": [
                            {
                                "metricName": "Percentage CPU",
                                "metricNamespace": "Microsoft.Compute/virtualMachines",
                                "operator": "GreaterThan",
                                "threshold": "80",
                                "timeAggregation": "Average",
                                "dimensions": [],
                                "metricValue": 93.5,
                            }
                        ],
                    },
                },
                "customProperties": None,
            },
        },
    )


def _json(source: str, document: Mapping[str, Any], *, content_type: str = "application/json") -> Sample:
    return Sample(source=source, content_type=content_type, body=json.dumps(document).encode())


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


SAMPLES: Final[Mapping[str, Builder]] = {
    "aws-codepipeline": _aws_codepipeline,
    "aws-eventbridge": _aws_eventbridge,
    "aws-guardduty": _aws_guardduty,
    "aws-sns": _aws_sns,
    "azure-monitor": _azure,
    "gcp-monitoring": _gcp,
    "gcp-pubsub": _gcp_pubsub,
}
ALIASES: Final = {
    "aws": "aws-sns",
    "azure": "azure-monitor",
    "cloudwatch": "aws-sns",
    "codepipeline": "aws-codepipeline",
    "eventbridge": "aws-eventbridge",
    "gcp": "gcp-monitoring",
    "guardduty": "aws-guardduty",
    "pubsub": "gcp-pubsub",
}
"""A cloud's name stands for its usual sample, a product's for its own."""
