"""Pub/Sub push: the wrapping around a message in both spellings of its names, the unwrapped form, and any message.

Source: Google Cloud documentation, Pub/Sub, "Push subscriptions" and "Payload unwrapping". An unwrapped message
is its bare content: what tells of it are headers, and these only where the subscription writes metadata.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bridge.domain.alert import Action, Alert, Status
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources.events_reading import content_of, description, headline
from bridge.sources.gcp_reading import project_in, rated
from bridge.sources.reading import Message, first_text, labels, mapping, text, time, title

_TYPE: Final = "pubsub-message"
_ID_HEADER: Final = "x-goog-pubsub-message-id"
_SUBSCRIPTION_HEADER: Final = "x-goog-pubsub-subscription-name"
_TIME_HEADER: Final = "x-goog-pubsub-publish-time"


def is_push(document: object) -> bool:
    """Whether this is a wrapped push. Its data may be absent: attributes alone are a valid message."""
    message = mapping(document, "message")
    return any(key in message for key in ("data", "attributes", "messageId", "message_id"))


def delivery_id(document: object, headers: Mapping[str, str]) -> str | None:
    """Pub/Sub's id of the message, which is unique within its topic, with the subscription that sent it.

    An unwrapped push has both only in headers, and only where the subscription writes metadata.
    """
    if is_push(document):
        message = mapping(document, "message")
        message_id = first_text(message.get("messageId"), message.get("message_id"))
        subscription = text(mapping(document).get("subscription"))
    else:
        message_id = text(headers.get(_ID_HEADER))
        subscription = text(headers.get(_SUBSCRIPTION_HEADER))
    if message_id is None:
        return None
    return f"{subscription}/{message_id}" if subscription else message_id


def unwrap(message: Message) -> Message:
    """The message inside a push, or the message itself where it is none. Raises Undecoded.

    The outermost wrapping's id stays the message's: it is what a redelivery repeats.
    """
    if not is_push(message.document):
        return message
    inner = mapping(message.document, "message")
    return replace(
        _with_content(_content(inner)),
        event_id=message.event_id or first_text(inner.get("messageId"), inner.get("message_id")),
        channel=text(message.document.get("subscription")) or message.channel,
        attributes=labels(mapping(inner, "attributes")),
        sent_at=time(first_text(inner.get("publishTime"), inner.get("publish_time"))),
    )


def unwrapped(request: Request) -> Message | None:
    """The message of an unwrapped push with metadata, or None. Its attributes are headers among others."""
    message_id = text(request.headers.get(_ID_HEADER))
    if message_id is None:
        return None
    return replace(
        _with_content(request.body),
        event_id=message_id,
        channel=text(request.headers.get(_SUBSCRIPTION_HEADER)),
        attributes=request.headers,
        sent_at=time(request.headers.get(_TIME_HEADER)),
    )


def read(message: Message) -> Sequence[Alert]:
    """Whatever else came through Pub/Sub, described by what it says of itself: each message its own problem."""
    if message.event_id is None:
        return ()
    subscription = (message.channel or "").rpartition("/")[2]
    severity, severity_raw = rated(message.attributes.get("severity"), message.document.get("severity"))
    return (
        Alert(
            type=_TYPE,
            status=Status.FIRING,
            action=Action.TRIGGER,
            key=f"{message.channel}/{message.event_id}" if message.channel else message.event_id,
            title=title(headline(message) or f"Message of the Pub/Sub subscription {subscription or '(not named)'}"),
            severity=severity,
            severity_raw=severity_raw,
            description=description(message),
            provider="gcp",
            account=project_in(message.channel),
            event_id=message.event_id,
            labels={name: value for name, value in message.attributes.items() if name not in _TRANSPORT},
            starts_at=message.sent_at,
            raw=message.raw,
        ),
    )


_TRANSPORT: Final = frozenset(
    {_ID_HEADER, _SUBSCRIPTION_HEADER, _TIME_HEADER, "x-goog-pubsub-ordering-key", "content-type", "user-agent"}
)
"""Headers of an unwrapped push that are no attributes of its message."""


def _content(message: Mapping[str, object]) -> bytes:
    data = message.get("data")
    if not isinstance(data, str):
        return b""
    try:
        return b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise Undecoded("the data of the Pub/Sub message is no base64") from None


def _with_content(content: bytes) -> Message:
    read = content_of(content)
    return Message(document=mapping(read), plain_text=text(read))
