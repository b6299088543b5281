"""A record of the spool: an accepted message or a heartbeat report, as MessagePack with a version in its tag."""

from __future__ import annotations

from typing import Final

import msgspec

from bridge.domain.delivery import Delivery
from bridge.domain.send import Send
from bridge.pipeline.ports import EventFacts


class Accepted1(msgspec.Struct, frozen=True, tag="d1"):
    """`doubtful`: Redis was asked first and did not say whether it took it."""

    delivery: Delivery
    doubtful: bool = False


class Submitted1(msgspec.Struct, frozen=True, tag="s1"):
    """A heartbeat report."""

    send: Send
    facts: EventFacts


Record = Accepted1 | Submitted1

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final[msgspec.msgpack.Decoder[Record]] = msgspec.msgpack.Decoder(Record)


def encode(record: Record) -> bytes:
    """As it stands in the file."""
    return _encoder.encode(record)


def decode(payload: bytes) -> Record | None:
    """The record, or None for one that this version cannot read."""
    try:
        return _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
