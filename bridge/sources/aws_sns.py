"""The envelope of Amazon SNS over HTTP(S), and the copies of it that a Lambda function is given.

Source: AWS documentation, Amazon SNS developer guide, "HTTP/HTTPS notification JSON format". Lambda records
hold the same envelope with `Url` where the HTTP form has `URL`, and the text "None" for no subject. The
signature is the verifier's business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import msgspec

from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources.base import Acknowledge, Confirm, Handshake
from bridge.sources.reading import (
    Message,
    first_text,
    mapping,
    members,
    parse,
    parse_or_none,
    raw_members,
    text,
    time,
    without_bom,
)

REDACTED: Final = frozenset({"SubscribeURL", "SubscribeUrl", "UnsubscribeURL", "UnsubscribeUrl", "Token"})
"""Whoever holds one of these can subscribe or unsubscribe the endpoint without further proof."""

_NOTIFICATION: Final = "Notification"
_SUBSCRIBE: Final = "SubscriptionConfirmation"
_UNSUBSCRIBE: Final = "UnsubscribeConfirmation"
_RAW: Final = "x-amz-sns-rawdelivery"
_NESTING_LIMIT: Final = 3
"""Topics that may have forwarded one message to each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What SNS says about one message. `confirm_url` is only in the two confirmations.

    `message` is text on the wire; AWS's documentation, and who copies from it, has the document itself.
    `attributes` are not signed.
    """

    kind: str
    message_id: str | None
    topic_arn: str
    message: str | Mapping[str, object] | None
    confirm_url: str | None
    subject: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    sent_at: datetime | None = None


def envelope(document: object) -> Envelope | None:
    """The envelope, or None where the document is none."""
    fields = mapping(document)
    kind, topic_arn = fields.get("Type"), text(fields.get("TopicArn"))
    if kind not in (_NOTIFICATION, _SUBSCRIBE, _UNSUBSCRIBE) or topic_arn is None:
        return None
    message, subject = fields.get("Message"), text(fields.get("Subject"))
    return Envelope(
        kind=str(kind),
        message_id=text(fields.get("MessageId")),
        topic_arn=topic_arn,
        message=message if isinstance(message, str | dict) else None,
        confirm_url=first_text(fields.get("SubscribeURL"), fields.get("SubscribeUrl")),
        subject=None if subject == "None" else subject,
        attributes=_attributes(mapping(fields, "MessageAttributes")),
        sent_at=time(fields.get("Timestamp")),
    )


def _attributes(stated: Mapping[str, object]) -> Mapping[str, str]:
    values = ((name, text(mapping(member).get("Value"))) for name, member in stated.items())
    return {name: value for name, value in values if value is not None}


def handshake(document: object) -> Handshake | None:
    """A subscription to confirm, or the notice of one that ended, which is never followed."""
    found = envelope(document)
    if found is None:
        return None
    if found.kind == _SUBSCRIBE and found.confirm_url is not None:
        return Confirm(url=found.confirm_url, what=f"SNS subscription to {found.topic_arn}")
    if found.kind == _UNSUBSCRIBE:
        return Acknowledge(what=f"SNS subscription to {found.topic_arn} was removed")
    return None


def is_records(document: object) -> bool:
    """Whether this is a Lambda event that holds SNS records."""
    records = members(mapping(document).get("Records"))
    return bool(records) and all(mapping(record, "Sns") for record in records)


def delivery_id(document: object) -> str | None:
    """SNS's own MessageId, which redeliveries repeat; of several records a hash over all of theirs."""
    if not is_records(document):
        found = envelope(document)
        return found.message_id if found else None
    records = members(mapping(document).get("Records"))
    ids = [text(mapping(record, "Sns").get("MessageId")) for record in records]
    stated = [one for one in ids if one is not None]
    if len(stated) != len(ids):
        return None
    return stated[0] if len(stated) == 1 else hashlib.sha256("\n".join(stated).encode()).hexdigest()


def split_records(body: bytes) -> Sequence[bytes]:
    """The exact bytes of each record of a Lambda event, of which `is_records` holds."""
    return raw_members(body, "Records")


def raw_delivery(request: Request) -> Message | None:
    """The message of a subscription with raw message delivery, or None where this is none.

    The body is what was published and nothing else; topic and id are in headers. Nothing of it is signed:
    it can come to a source only whose proof is another one (a token). Raises Undecoded.
    """
    if request.headers.get(_RAW, "").casefold() != "true" or envelope(parse_or_none(request.body)) is not None:
        return None
    topic_arn = text(request.headers.get("x-amz-sns-topic-arn"))
    try:
        content = without_bom(request.body).decode()
    except UnicodeDecodeError:
        raise Undecoded("the raw SNS message is no UTF-8") from None
    return _opened(content, Message(event_id=_raw_id(request), channel=topic_arn))


def request_id(request: Request) -> str | None:
    """SNS's own MessageId of this request, in the body or, with raw delivery, in a header.

    An envelope's own id counts: headers are not signed, and a forged one must not make a copy look new.
    """
    document = parse_or_none(request.body)
    if envelope(document) is None and request.headers.get(_RAW, "").casefold() == "true":
        return _raw_id(request)
    return delivery_id(document)


def _raw_id(request: Request) -> str | None:
    return text(request.headers.get("x-amz-sns-message-id"))


def unwrap(document: Mapping[str, object], *, body: bytes | None = None, raw: bytes | None = None) -> Message:
    """The message out of its envelopes; a document that has none is its own message. `body` is its JSON.

    The id is the outermost envelope's, the one that redeliveries repeat; the channel is the innermost
    topic, the one that the product itself published to. Raises Undecoded.
    """
    message = Message(document=document, body=body, raw=raw)
    for _ in range(_NESTING_LIMIT + 1):
        found = envelope(message.document)
        if found is None:
            return message
        message = _content(found, message)
    raise Undecoded(f"SNS envelopes are nested deeper than {_NESTING_LIMIT}")


def _content(found: Envelope, outer: Message) -> Message:
    if found.kind != _NOTIFICATION:
        raise Undecoded(f"an SNS {found.kind} of {found.topic_arn} holds no alert")
    if found.message is None:
        raise Undecoded(f"the SNS notification of {found.topic_arn} has no Message text")
    within = Message(
        event_id=outer.event_id or found.message_id,
        channel=found.topic_arn,
        raw=outer.raw,
        subject=found.subject,
        attributes=found.attributes,
        sent_at=found.sent_at,
    )
    if isinstance(found.message, str):
        return _opened(found.message, within)
    return replace(within, document=found.message, body=msgspec.json.encode(found.message))


def _opened(content: str, message: Message) -> Message:
    """The message with its content: a JSON object, or else text."""
    if not content.lstrip().startswith("{"):
        if text(content) is None:
            raise Undecoded(f"the SNS message of {message.channel} is empty")
        return replace(message, plain_text=content)
    body = content.encode()
    return replace(message, document=mapping(parse(body, f"the Message of {message.channel}")), body=body)
