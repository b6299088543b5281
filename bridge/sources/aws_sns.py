"""The envelope of Amazon SNS over HTTP(S), and the copies of it that a Lambda function is given.

Source: AWS documentation, Amazon SNS developer guide, "HTTP/HTTPS notification JSON format". Lambda records
hold the same envelope with `Url` where the HTTP form has `URL`. The signature is the verifier's business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from bridge.domain.errors import Undecoded
from bridge.sources.base import Acknowledge, Confirm, Handshake
from bridge.sources.reading import Message, first_text, mapping, members, parse, text, without_bom

REDACTED: Final = frozenset({"SubscribeURL", "SubscribeUrl", "UnsubscribeURL", "UnsubscribeUrl", "Token"})
"""Whoever holds one of these can subscribe or unsubscribe the endpoint without further proof."""

_NOTIFICATION: Final = "Notification"
_SUBSCRIBE: Final = "SubscriptionConfirmation"
_UNSUBSCRIBE: Final = "UnsubscribeConfirmation"
_NESTING_LIMIT: Final = 3
"""Topics that may have forwarded one message to each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What SNS says about one message. `confirm_url` is only in the two confirmations."""

    kind: str
    message_id: str | None
    topic_arn: str
    message: str | None
    confirm_url: str | None


def envelope(document: object) -> Envelope | None:
    """The envelope, or None where the document is none."""
    fields = mapping(document)
    kind, topic_arn = fields.get("Type"), text(fields.get("TopicArn"))
    if kind not in (_NOTIFICATION, _SUBSCRIBE, _UNSUBSCRIBE) or topic_arn is None:
        return None
    message = fields.get("Message")
    return Envelope(
        kind=str(kind),
        message_id=text(fields.get("MessageId")),
        topic_arn=topic_arn,
        message=message if isinstance(message, str) else None,
        confirm_url=first_text(fields.get("SubscribeURL"), fields.get("SubscribeUrl")),
    )


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
    fields = msgspec.json.decode(without_bom(body), type=dict[str, msgspec.Raw])
    return tuple(bytes(record) for record in msgspec.json.decode(fields["Records"], type=list[msgspec.Raw]))


def unwrap(document: Mapping[str, object], raw: bytes | None = None) -> Message:
    """The message out of its envelopes; a document that has none is its own message.

    The id is the outermost envelope's, the one that redeliveries repeat; the channel is the innermost
    topic, the one that the product itself published to. Raises Undecoded.
    """
    event_id = channel = None
    for _ in range(_NESTING_LIMIT + 1):
        found = envelope(document)
        if found is None:
            return Message(document=document, event_id=event_id, channel=channel, raw=raw)
        event_id, channel = event_id or found.message_id, found.topic_arn
        document = _content(found)
    raise Undecoded(f"SNS envelopes are nested deeper than {_NESTING_LIMIT}")


def _content(found: Envelope) -> Mapping[str, object]:
    if found.kind != _NOTIFICATION:
        raise Undecoded(f"an SNS {found.kind} of {found.topic_arn} holds no alert")
    if found.message is None:
        raise Undecoded(f"the SNS notification of {found.topic_arn} has no Message text")
    if not found.message.lstrip().startswith("{"):
        raise Undecoded(f"the SNS notification of {found.topic_arn} holds plain text, no JSON object")
    return mapping(parse(found.message.encode(), f"the Message of {found.topic_arn}"))
