"""Standard Webhooks: a signature over id, time and body.

Source: the Standard Webhooks specification 1.0.0, sections "Signature scheme" and "Verifying webhook authenticity".
Signatures of other versions than `v1` (`v1a` is by a public key) are passed over, as the specification asks.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bridge.domain.errors import Unauthentic
from bridge.domain.request import AuthMethod, Principal, Request
from bridge.verify.base import KeyRef, Keys
from bridge.verify.hmac import TOLERANCE, check_time, matches

_PREFIX: Final = "whsec_"
_VERSION: Final = "v1,"
_SHORTEST: Final = 16
"""Bytes of a secret. The specification asks for 24 to 64; some senders make shorter ones."""

_SIGNATURES: Final = 16


def decode_secret(secret: str) -> bytes:
    """The key in a secret as senders show it: Base64, usually behind `whsec_`. Raises ValueError."""
    try:
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a secret of Standard Webhooks is Base64, usually behind whsec_") from None
    if len(key) < _SHORTEST:
        raise ValueError(f"a secret of Standard Webhooks has at least {_SHORTEST} bytes")
    return key


class StandardWebhooksVerifier:
    """Takes requests that are signed with a live secret and not older, or younger, than the tolerance."""

    reads_body = True
    challenge: str | None = None

    def __init__(self, secrets: Sequence[str], *, tolerance: timedelta = TOLERANCE) -> None:
        """Raises ValueError where there is no secret, or one that is none."""
        if not secrets:
            raise ValueError("at least one secret is needed")
        self._secrets = tuple(map(decode_secret, secrets))
        self._tolerance = tolerance

    def needs(self, request: Request, now: datetime) -> Sequence[KeyRef]:
        """No public key."""
        return ()

    def verify(self, request: Request, keys: Keys, now: datetime) -> Principal:
        """Whoever holds a live secret. Raises Unauthentic."""
        identity, stamp, stated = (_header(request, name) for name in ("id", "timestamp", "signature"))
        check_time(stamp, now, self._tolerance)
        signed = f"{identity}.{stamp}.".encode("utf-8", "surrogatepass") + request.body
        if not matches(self._secrets, signed, _signatures(stated)):
            raise Unauthentic("the signature is wrong")
        return Principal(method=AuthMethod.HMAC, name="standard-webhooks")


def _header(request: Request, name: str) -> str:
    stated = request.headers.get(f"webhook-{name}")
    if not stated:
        raise Unauthentic(f"there is no header webhook-{name}")
    return stated


def _signatures(stated: str) -> list[bytes]:
    found = []
    for part in stated.split(" ")[:_SIGNATURES]:
        if part.startswith(_VERSION):
            try:
                found.append(b64decode(part.removeprefix(_VERSION), validate=True))
            except (binascii.Error, ValueError):
                continue
    return found
