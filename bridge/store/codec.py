"""Records as MessagePack. The stream field's name carries the version (`d1`, `s1`), so that a worker never
guesses at a record of another release: what it does not know it leaves alone, loudly."""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec

from bridge.domain.delivery import Delivery
from bridge.domain.send import Send, SendRecord
from bridge.pipeline.ports import EventFacts

T = TypeVar("T", Delivery, Send, SendRecord, EventFacts)

DELIVERY_FIELD: Final = b"d1"
SEND_FIELD: Final = b"s1"

_encoder = msgspec.msgpack.Encoder()
_decoders: dict[type[Any], msgspec.msgpack.Decoder[Any]] = {
    kind: msgspec.msgpack.Decoder(kind) for kind in (Delivery, Send, SendRecord, EventFacts)
}


def encode(record: Delivery | Send | SendRecord | EventFacts) -> bytes:
    """A record as bytes. Text that is no Unicode (lone surrogates) was refused before it came here."""
    return _encoder.encode(record)


def decode(kind: type[T], packed: bytes) -> T:
    """The record. Raises msgspec.DecodeError, or ValidationError where fields are missing or of another type."""
    record: T = _decoders[kind].decode(packed)
    return record
