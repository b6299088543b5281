"""Pub/Sub push: the wrapping around a message, in both spellings of its names, and the unwrapped form.

Source: Google Cloud documentation, Pub/Sub, "Push subscriptions" and "Payload unwrapping".
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping

from bridge.domain.errors import Undecoded
from bridge.sources.reading import Message, first_text, mapping, parse, text


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
        message_id = text(headers.get("x-goog-pubsub-message-id"))
        subscription = text(headers.get("x-goog-pubsub-subscription-name"))
    if message_id is None:
        return None
    return f"{subscription}/{message_id}" if subscription else message_id


def unwrap(document: Mapping[str, object]) -> Message:
    """The message inside a push, or the document itself where it is none. Raises Undecoded."""
    if not is_push(document):
        return Message(document=document)
    message = mapping(document, "message")
    data = message.get("data")
    if not isinstance(data, str) or not data:
        raise Undecoded("the Pub/Sub message has no data, only attributes")
    try:
        content = b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise Undecoded("the data of the Pub/Sub message is no base64") from None
    return Message(
        document=mapping(parse(content, "the data of the Pub/Sub message")),
        event_id=first_text(message.get("messageId"), message.get("message_id")),
        channel=text(document.get("subscription")),
    )
