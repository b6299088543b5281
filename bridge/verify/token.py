"""Proofs by a shared secret that the request carries: a token, a name with a password, or none at all.

Only digests of the secrets are kept, all of them are compared in constant time, and no secret is ever part
of an error or of a principal.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import b64decode
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from bridge.domain.errors import Unauthentic
from bridge.domain.request import AuthMethod, Principal, Request
from bridge.verify.base import KeyRef, Keys

CHALLENGE: Final = 'Basic realm="pinghome-bridge"'
"""Google Cloud Monitoring sends its credentials only after it was asked with this header."""


class TokenVerifier:
    """A token in `Authorization: Bearer`, in `X-Bridge-Token`, as the password of Basic or as `?token=`.

    Several tokens may live at once, so that one can be replaced without a gap.
    """

    reads_body = False
    challenge: str | None = CHALLENGE

    def __init__(self, tokens: Sequence[str], label: str = "token") -> None:
        """`label` names the sender in logs. Raises ValueError where there is no token or an empty one."""
        if not tokens or not all(tokens):
            raise ValueError("at least one token is needed, and none may be empty")
        self._digests = tuple(map(_digest, tokens))
        self._principal = Principal(method=AuthMethod.TOKEN, name=label)

    def needs(self, request: Request, now: datetime) -> Sequence[KeyRef]:
        """No public key."""
        return ()

    def verify(self, request: Request, keys: Keys, now: datetime) -> Principal:
        """Whoever holds a live token. Raises Unauthentic."""
        presented = [_digest(token) for token in _presented(request)]
        if not presented:
            raise Unauthentic("no token was presented")
        known = False
        for one in presented:
            for digest in self._digests:
                known |= hmac.compare_digest(one, digest)
        if not known:
            raise Unauthentic("the token is not known")
        return self._principal


class BasicVerifier:
    """A name and a password in `Authorization: Basic` (RFC 7617). Several pairs may live at once."""

    reads_body = False
    challenge: str | None = CHALLENGE

    def __init__(self, credentials: Sequence[tuple[str, str]]) -> None:
        """Pairs of name and password. Raises ValueError where there is none or a password is empty."""
        if not credentials or not all(password for _, password in credentials):
            raise ValueError("at least one name and password is needed, and no password may be empty")
        self._digests = tuple((_digest(name), _digest(password)) for name, password in credentials)

    def needs(self, request: Request, now: datetime) -> Sequence[KeyRef]:
        """No public key."""
        return ()

    def verify(self, request: Request, keys: Keys, now: datetime) -> Principal:
        """The name that goes with the password. Raises Unauthentic."""
        pair = _basic(request)
        if pair is None:
            raise Unauthentic("no basic credentials were presented")
        name, password = map(_digest, pair)
        known = False
        for right_name, right_password in self._digests:
            # Both are always compared: which half was wrong must not show in the time.
            known |= hmac.compare_digest(name, right_name) & hmac.compare_digest(password, right_password)
        if not known:
            raise Unauthentic("the basic credentials are not known")
        return Principal(method=AuthMethod.BASIC, name=pair[0])


class NoVerifier:
    """Takes everybody. For development, and only where the configuration says so in so many words."""

    reads_body = False
    challenge: str | None = None

    def needs(self, request: Request, now: datetime) -> Sequence[KeyRef]:
        """No public key."""
        return ()

    def verify(self, request: Request, keys: Keys, now: datetime) -> Principal:
        """Nobody in particular."""
        return Principal(method=AuthMethod.NONE, name="anonymous")


def _presented(request: Request) -> Iterator[str]:
    scheme, credentials = _authorization(request)
    if scheme == "bearer":
        yield credentials
    pair = _basic(request)
    if pair is not None:
        yield pair[1]
    for stated in (request.headers.get("x-bridge-token"), request.query.get("token")):
        if stated is not None:
            yield stated


def _authorization(request: Request) -> tuple[str, str]:
    scheme, _, credentials = request.headers.get("authorization", "").strip().partition(" ")
    return scheme.lower(), credentials.strip()


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, credentials = _authorization(request)
    if scheme != "basic":
        return None
    try:
        name, colon, password = b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (name, password) if colon else None


def _digest(secret: str) -> bytes:
    # Header bytes that are no UTF-8 arrive as lone surrogates, which strict encoding would refuse.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
