"""Sources of the kind `aws`: whatever AWS sends, unwrapped, recognised and given to its product.

A new product is one import and one entry of `_PRODUCTS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bridge.domain.alert import Alert
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources import (
    aws_auto_scaling,
    aws_backup,
    aws_budgets,
    aws_cloudwatch,
    aws_codepipeline,
    aws_config,
    aws_cost_anomaly,
    aws_dms,
    aws_ec2,
    aws_ecs,
    aws_glue,
    aws_guardduty,
    aws_health,
    aws_other,
    aws_rds,
    aws_security_hub,
    aws_sns,
    aws_ssm,
    aws_text,
    aws_trusted_advisor,
)
from bridge.sources.base import Handshake
from bridge.sources.reading import Message, Product, first_of, first_text, mapping, parse, parse_or_none, text

_PRODUCTS: Final[Sequence[Product]] = (
    aws_cloudwatch.read,
    aws_guardduty.read,
    aws_security_hub.read,
    aws_health.read,
    aws_rds.read,
    aws_ecs.read,
    aws_ec2.read,
    aws_auto_scaling.read,
    aws_codepipeline.read,
    aws_config.read,
    aws_backup.read,
    aws_budgets.read,
    aws_cost_anomaly.read,
    aws_glue.read,
    aws_dms.read,
    aws_ssm.read,
    aws_trusted_advisor.read,
    # Whatever is left: any event of EventBridge, and any text.
    aws_other.read,
    aws_text.read,
)
_TEMPORARY_CREDENTIALS: Final = frozenset({"sessionToken", "SessionToken", "SigninToken"})
"""CloudTrail events carry the answer of AssumeRole, temporary credentials included."""


class AwsSource:
    """SNS envelopes, Lambda's copies of them, raw SNS messages, EventBridge events and bare product messages."""

    redacted = aws_sns.REDACTED | _TEMPORARY_CREDENTIALS

    def handshake(self, request: Request) -> Handshake | None:
        """The confirmation of an SNS subscription, or the notice of its end."""
        return aws_sns.handshake(parse_or_none(request.body))

    def delivery_id(self, request: Request) -> str | None:
        """The SNS MessageId or the EventBridge id. A bare product message has none."""
        return aws_sns.request_id(request) or _event_id(parse_or_none(request.body))

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alerts of one request. Raises Undecoded."""
        unwrapped = aws_sns.raw_delivery(request)
        if unwrapped is not None:
            return _read(unwrapped)
        document = parse(request.body)
        if not aws_sns.is_records(document):
            return _read(aws_sns.unwrap(mapping(document), body=request.body))
        records = aws_sns.split_records(request.body)
        several = len(records) > 1
        parsed = ((mapping(parse(record), "Sns"), record if several else None) for record in records)
        return [alert for fields, raw in parsed for alert in _read(aws_sns.unwrap(fields, raw=raw))]


def _read(message: Message) -> Sequence[Alert]:
    document = message.document
    if alerts := first_of(_PRODUCTS, replace(message, event_id=message.event_id or _event_id(document))):
        return alerts
    known = first_text(document.get("source"), document.get("eventSource"), document.get("Service"))
    raise Undecoded(f"a JSON document of {known!r} has no decoder" if known else "no AWS message that is known")


def _event_id(document: object) -> str | None:
    fields = mapping(document)
    return text(fields.get("id")) if "detail-type" in fields and "detail" in fields else None
