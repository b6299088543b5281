"""Sources of the kind `aws`: whatever AWS sends, unwrapped, recognised and given to its product.

A new product is one import and one entry of `_PRODUCTS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bridge.domain.alert import Alert
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources import aws_cloudwatch, aws_sns
from bridge.sources.base import Handshake
from bridge.sources.reading import Message, Product, first_of, first_text, mapping, parse, parse_or_none, text

_PRODUCTS: Final[Sequence[Product]] = (aws_cloudwatch.read,)
_TEMPORARY_CREDENTIALS: Final = frozenset({"sessionToken", "SessionToken", "SigninToken"})
"""CloudTrail events carry the answer of AssumeRole, temporary credentials included."""


class AwsSource:
    """SNS envelopes, Lambda's copies of them, EventBridge events and bare product messages."""

    redacted = aws_sns.REDACTED | _TEMPORARY_CREDENTIALS

    def handshake(self, request: Request) -> Handshake | None:
        """The confirmation of an SNS subscription, or the notice of its end."""
        return aws_sns.handshake(parse_or_none(request.body))

    def delivery_id(self, request: Request) -> str | None:
        """The SNS MessageId or the EventBridge id. A bare product message has none."""
        document = parse_or_none(request.body)
        return aws_sns.delivery_id(document) or _event_id(document)

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alerts of one request. Raises Undecoded."""
        document = parse(request.body)
        if not aws_sns.is_records(document):
            return _read(aws_sns.unwrap(mapping(document)))
        records = aws_sns.split_records(request.body)
        several = len(records) > 1
        parsed = ((mapping(parse(record), "Sns"), record if several else None) for record in records)
        return [alert for fields, raw in parsed for alert in _read(aws_sns.unwrap(fields, raw))]


def _read(message: Message) -> Sequence[Alert]:
    if alerts := first_of(_PRODUCTS, message):
        return alerts
    document = message.document
    if kind := text(document.get("detail-type")):
        raise Undecoded(f"EventBridge event {kind!r} of {text(document.get('source'))!r} has no decoder")
    known = first_text(document.get("source"), document.get("eventSource"), document.get("Service"))
    raise Undecoded(f"a JSON document of {known!r} has no decoder" if known else "no AWS message that is known")


def _event_id(document: object) -> str | None:
    fields = mapping(document)
    return text(fields.get("id")) if "detail-type" in fields and "detail" in fields else None
