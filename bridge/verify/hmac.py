"""Signatures by a shared secret over the body, in a header: Grafana, Sentry, PagerDuty and everybody's own.

| sender | header | signed |
|---|---|---|
| Grafana | `X-Grafana-Alerting-Signature`: hex | the body, or `time:body` where a header for the time is configured |
| Sentry | `Sentry-Hook-Signature`: hex | the body; `Sentry-Hook-Timestamp` is not signed |
| PagerDuty | `X-PagerDuty-Signature`: `v1=` hex, several with commas while a secret is being replaced | the body |

Sources: grafana/alerting `receivers/webhook`; Sentry documentation, integration platform, "Webhooks"; PagerDuty
developer documentation, "Verifying signatures". The algorithm is the operator's word and never the message's.
"""

from __future__ import annotations

import binascii
import hmac
import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bridge.domain.errors import Unauthentic
from bridge.domain.request import AuthMethod, Principal, Request
from bridge.verify.base import KeyRef, Keys

TOLERANCE: Final = timedelta(minutes=5)
"""How far a signed time may be from ours, unless configured."""

_LABELS: Final = ("v1=", "sha256=", "sha512=")
"""What senders write before a signature. It says nothing that is believed."""

_SECONDS: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURES: Final = 16
"""So many signatures of one header are looked at; a sender has two while it replaces a secret."""


class Encoding(StrEnum):
    """How the bytes of a signature are written."""

    HEX = "hex"
    BASE64 = "base64"


class Algorithm(StrEnum):
    """The hash under the HMAC."""

    SHA256 = "sha256"
    SHA512 = "sha512"


class StaleSignature(Unauthentic):
    """A time that is signed, or claims to be, and is too far from ours: an old message, or a wrong clock."""


def check_time(stated: str, now: datetime, tolerance: timedelta) -> None:
    """`stated` is in whole seconds since 1970. Raises Unauthentic unless it is at most `tolerance` from now."""
    if not _SECONDS.fullmatch(stated):
        raise Unauthentic("the time of the signature is no number of seconds")
    age = now.timestamp() - int(stated)
    if abs(age) > tolerance.total_seconds():
        raise StaleSignature(f"the signature is {age:.0f} s old; accepted is {tolerance.total_seconds():.0f} s")


def matches(
    secrets: Sequence[bytes], text: bytes, candidates: Sequence[bytes], algorithm: Algorithm = Algorithm.SHA256
) -> bool:
    """Is one of the candidates the signature by one of the secrets? All pairs are compared, in constant time."""
    right = False
    for secret in secrets:
        digest = hmac.digest(secret, text, algorithm.value)
        for candidate in candidates:
            right |= hmac.compare_digest(candidate, digest)
    return right


class HmacVerifier:
    """Takes requests whose header holds an HMAC of the body by a live secret."""

    reads_body = True
    challenge: str | None = None

    def __init__(
        self,
        secrets: Sequence[str],
        *,
        header: str,
        timestamp_header: str | None = None,
        prefix: str | None = None,
        encoding: Encoding = Encoding.HEX,
        algorithm: Algorithm = Algorithm.SHA256,
        tolerance: timedelta = TOLERANCE,
    ) -> None:
        """With `timestamp_header` its text and a colon are signed before the body, and it must be there.

        `prefix` stands before the signature; `v1=`, `sha256=` and `sha512=` need not be named. Raises ValueError
        where there is no secret or an empty one.
        """
        if not secrets or not all(secrets):
            raise ValueError("at least one secret is needed, and none may be empty")
        self._secrets = tuple(secret.encode("utf-8", "surrogatepass") for secret in secrets)
        self._header = header.lower()
        self._timestamp_header = timestamp_header.lower() if timestamp_header else None
        self._labels = _LABELS if prefix is None else (prefix,)
        self._encoding = encoding
        self._algorithm = algorithm
        self._tolerance = tolerance

    def needs(self, request: Request, now: datetime) -> Sequence[KeyRef]:
        """No public key."""
        return ()

    def verify(self, request: Request, keys: Keys, now: datetime) -> Principal:
        """Whoever holds a live secret. Raises Unauthentic."""
        stated = request.headers.get(self._header)
        if stated is None:
            raise Unauthentic(f"there is no header {self._header}")
        text = self._signed(request, now)
        if not matches(self._secrets, text, list(self._signatures(stated)), self._algorithm):
            raise Unauthentic("the signature is wrong")
        return Principal(method=AuthMethod.HMAC, name=self._header)

    def _signed(self, request: Request, now: datetime) -> bytes:
        if self._timestamp_header is None:
            return request.body
        stated = request.headers.get(self._timestamp_header)
        if stated is None:
            raise Unauthentic(f"there is no header {self._timestamp_header}")
        check_time(stated, now, self._tolerance)
        return stated.encode() + b":" + request.body

    def _signatures(self, stated: str) -> Iterator[bytes]:
        for part in stated.split(",")[:_SIGNATURES]:
            bare = part.strip()
            for label in self._labels:
                bare = bare.removeprefix(label)
            try:
                yield bytes.fromhex(bare) if self._encoding is Encoding.HEX else b64decode(bare, validate=True)
            except (binascii.Error, ValueError):
                continue
