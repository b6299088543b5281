"""Events as several senders deliver them: CloudEvents out of headers or documents, batches, and what an event is about.

Source: CloudEvents 1.0.2, "JSON event format" and "HTTP protocol binding". Nothing here raises anything but
Undecoded, and only where it says so.
"""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from bridge.sources.reading import Message, first_text, labels, mapping, parse_or_none, text, time, without_bom

_PREFIX: Final = "ce-"
_REQUIRED: Final = ("id", "source", "type")
"""`specversion` is required as well, but forwarders and Event Grid's own samples leave it out."""

_DATA: Final = frozenset({"data", "data_base64"})
_DESCRIPTION_LIMIT: Final = 4096
"""Characters of a text that nobody described to us; `raw` has the rest."""

_HEADLINES: Final = ("title", "subject", "summary", "message", "name", "displayName", "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudEvent:
    """One event: its attributes by their lower-case names, and its data as JSON or as text (None for bytes)."""

    attributes: Mapping[str, object] = field(default_factory=dict)
    data: object = None

    def attribute(self, name: str) -> str | None:
        """The attribute as text, if it says something."""
        return text(self.attributes.get(name))

    @property
    def delivery_id(self) -> str | None:
        """Source and id, which together are unique (CloudEvents 1.0.2, "id"); None without an id."""
        event_id = self.attribute("id")
        return None if event_id is None else f"{self.attribute('source') or ''}#{event_id}"

    def message(self, raw: bytes | None = None) -> Message:
        """The event as a message; data that is a JSON object written as text is read."""
        content = parse_or_none(self.data.encode("utf-8", "replace")) if isinstance(self.data, str) else self.data
        return Message(
            document=mapping(content),
            event_id=self.attribute("id"),
            channel=self.attribute("source"),
            raw=raw,
            attributes=labels(self.attributes),
            sent_at=time(self.attributes.get("time")),
            plain_text=text(self.data),
        )


def binary(headers: Mapping[str, str], body: bytes) -> CloudEvent | None:
    """The event whose attributes are `ce-` headers and whose data is the body; None where it is none."""
    named = {name.removeprefix(_PREFIX): unquote(value) for name, value in headers.items() if name.startswith(_PREFIX)}
    if any(text(named.get(name)) is None for name in _REQUIRED):
        return None
    return CloudEvent(attributes=named, data=content_of(body))


def structured(document: object) -> CloudEvent | None:
    """The event that a JSON document describes, or None where it is none."""
    fields = mapping(document)
    if any(text(fields.get(name)) is None for name in _REQUIRED):
        return None
    attributes = {name: value for name, value in fields.items() if name not in _DATA}
    return CloudEvent(attributes=attributes, data=_data(fields))


def _data(fields: Mapping[str, object]) -> object:
    encoded = fields.get("data_base64")
    if "data" in fields or not isinstance(encoded, str):
        return fields.get("data")
    try:
        return content_of(b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        return None


def content_of(content: bytes) -> object:
    """Bytes as the JSON or else the text that they hold; None where they are neither."""
    document = parse_or_none(content)
    if document is not None:
        return document
    try:
        return without_bom(content).decode()
    except UnicodeDecodeError:
        return None


def id_of_all(ids: Sequence[str | None]) -> str | None:
    """The one id, or a hash over those of a batch. None where there is none, or a member has none."""
    stated = [one for one in ids if one is not None]
    if not stated or len(stated) != len(ids):
        return None
    # Ids are strangers' text: a lone surrogate must not stop the hash.
    return stated[0] if len(stated) == 1 else hashlib.sha256("\n".join(stated).encode("utf-8", "replace")).hexdigest()


def headline(message: Message) -> str | None:
    """What a message that no product knows says of itself, by the names that people usually choose."""
    named = first_text(*(message.document.get(name) for name in _HEADLINES))
    if named is not None or message.document or message.plain_text is None:
        return named
    return next((line for line in message.plain_text.splitlines() if text(line)), None)


def description(message: Message) -> str | None:
    """What it says at more length, cut to 4096 characters."""
    told = first_text(message.document.get("description"), message.document.get("message"), message.plain_text)
    return told[:_DESCRIPTION_LIMIT] if told is not None else None
