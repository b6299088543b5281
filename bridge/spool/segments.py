"""The spool's files: records that are framed by a mark, their length and a checksum.

    segment   "PHBSPL1\\n" record*
    record    mark (4 bytes)  length (u32, little endian)  CRC-32 of length and payload (u32)  payload

A crash may cut the last record off: it was never answered, and reading stops there. A record in the middle that
does not verify is damage; reading goes on at the next mark that leads a good record, and says how much it left out.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

MAGIC: Final = b"PHBSPL1\n"
_MARK: Final = b"\xf5SP\xff"
"""Begins and ends with bytes that no UTF-8 text holds, so that a body seldom looks like a frame."""
_HEAD: Final = struct.Struct("<4sII")
_LENGTH: Final = struct.Struct("<I")
OVERHEAD: Final = _HEAD.size


@dataclass(slots=True)
class Contents:
    """What a segment holds. `damaged`: bytes before the last good record that are none. `torn`: those after it."""

    payloads: list[bytes] = field(default_factory=list)
    damaged: int = 0
    torn: int = 0


def frame(payload: bytes) -> bytes:
    """One record as it stands in the file."""
    return _HEAD.pack(_MARK, len(payload), _checksum(payload)) + payload


def read(data: bytes) -> Contents:
    """Everything that can be read in a segment, in order. Raises nothing, whatever the bytes are."""
    contents, place = Contents(), len(MAGIC) if data.startswith(MAGIC) else 0
    for begin, end, payload in _records(data, place):
        contents.damaged += begin - place
        contents.payloads.append(payload)
        place = end
    contents.torn = len(data) - place
    return contents


def _records(data: bytes, place: int) -> Iterator[tuple[int, int, bytes]]:
    while (begin := data.find(_MARK, place)) >= 0:
        payload = _payload(data, begin)
        if payload is None:
            place = begin + 1
            continue
        place = begin + OVERHEAD + len(payload)
        yield begin, place, payload


def _payload(data: bytes, begin: int) -> bytes | None:
    if len(data) - begin < OVERHEAD:
        return None
    _, length, checksum = _HEAD.unpack_from(data, begin)
    payload = data[begin + OVERHEAD : begin + OVERHEAD + length]
    return payload if len(payload) == length and _checksum(payload) == checksum else None


def _checksum(payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(_LENGTH.pack(len(payload))))
