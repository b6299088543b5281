"""The proof of PagerDuty's clients: the `routing_key` inside the event itself.

Source: PagerDuty developer documentation, "Send an Alert Event".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from bridge.domain.errors import Unauthentic, Unreadable
from bridge.domain.request import AuthMethod, Principal, Request
from bridge.verify.base import KeyRef, Keys

_PRINCIPAL: Final = Principal(method=AuthMethod.TOKEN, name="routing key")
_BOM: Final = b"\xef\xbb\xbf"


class _Event(msgspec.Struct, frozen=True):
    routing_key: str = ""


def routing_key(body: bytes) -> str:
    """The key that an event presents. Raises Unreadable where the body holds none."""
    try:
        event = msgspec.json.decode(body.removeprefix(_BOM), type=_Event)
    except (ValueError, RecursionError):
        raise Unreadable("the body is no JSON object with a routing_key") from None
    if not event.routing_key.strip():
        raise Unreadable("'routing_key' is missing or blank")
    return event.routing_key


class RoutingKeyVerifier:
    """Takes events that present one of the source's keys."""

    reads_body = True
    challenge: str | None = None

    def __init__(self, keys: Sequence[str]) -> None:
        """Raises ValueError where there is no key or an empty one."""
        if not keys or not all(keys):
            raise ValueError("at least one routing key is needed, and none may be empty")
        self._digests = tuple(map(_digest, keys))

    def knows(self, key: str) -> bool:
        """Is this one of the keys? Takes the same time for every key."""
        presented, known = _digest(key), False
        for digest in self._digests:
            known |= hmac.compare_digest(presented, digest)
        return known

    def needs(self, request: Request, now: datetime) -> Sequence[KeyRef]:
        """No public key."""
        return ()

    def verify(self, request: Request, keys: Keys, now: datetime) -> Principal:
        """Whoever holds a live key. Raises Unauthentic or Unreadable."""
        if not self.knows(routing_key(request.body)):
            raise Unauthentic("the routing key is not known")
        return _PRINCIPAL


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
