"""Ids and keys: each derived from what it names, so that a retry or a replay makes the same one again."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

from bridge.domain.alert import Alert
from bridge.domain.delivery import DeliveryId
from bridge.domain.send import Target

KEY_LIMIT = 255
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_delivery_id(now: datetime, entropy: int) -> DeliveryId:
    """An id that sorts by time: UUID version 7 (RFC 9562) from milliseconds and 80 bits of `entropy`."""
    milliseconds = (now - _EPOCH) // timedelta(milliseconds=1)
    return DeliveryId(_uuid((milliseconds << 80) | (entropy & ((1 << 80) - 1)), version=7))


def delivery_time_ms(delivery_id: str) -> int | None:
    """The time inside an id of `new_delivery_id`, in milliseconds since 1970, or None for another id."""
    try:
        value = uuid.UUID(delivery_id)
    except ValueError:
        return None
    return value.int >> 80 if value.version == 7 else None


def dedup_key(scope: str, key: str) -> str:
    """The public identity of a problem: the source's scope and the provider's key, at most 255 characters.

    The scope keeps one source from speaking for another's problems; sources share it only when they are
    configured with the same `identity_group`. A longer key keeps a readable prefix and ends in a sha256.
    """
    full = f"{scope}:{key}"
    if len(full) <= KEY_LIMIT:
        return full
    digest = hashlib.sha256(full.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{full[: KEY_LIMIT - len(digest) - 1]}~{digest}"


def alert_id(delivery_id: DeliveryId, alert: Alert) -> str:
    """The alert's id: from its delivery, its problem and its state, never from its place in a list."""
    return _derive(delivery_id, alert.key, alert.status, alert.action)


def send_id(of_alert: str, target: str) -> str:
    """The id of one alert on its way to one target."""
    return _derive(of_alert, target)


def lane_of(target: Target, key: str) -> str:
    """What must stay in order: one problem (or one heartbeat) on its way to one target."""
    digest = hashlib.blake2b(f"{target.kind}:{target.id}\0{key}".encode("utf-8", "surrogatepass"), digest_size=12)
    return digest.hexdigest()


def _derive(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return _uuid(int.from_bytes(digest.digest()[:16], "big"), version=8)


def _uuid(value: int, *, version: int) -> str:
    value = (value & ~(0xF << 76)) | (version << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(uuid.UUID(int=value))
