"""Bearer tokens that an issuer signed, as RFC 7519 defines them and RFC 8725 wants them read.

The algorithm, the issuers, the audiences and the address of the keys are configuration. Nothing in a token
chooses any of them: `jku`, `x5u`, `jwk` and the like are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from jwt import PyJWK, PyJWS, PyJWTError

from bridge.domain.errors import Unauthentic
from bridge.domain.request import Principal, Request
from bridge.verify.base import KeyRef, Keys

ALGORITHM: Final = "RS256"
"""What Google and Microsoft sign with. There is no other."""

LEEWAY: Final = timedelta(seconds=60)
"""How far the issuer's clock may be from ours."""

_TOKEN_LIMIT: Final = 8 * 1024
_KID_LIMIT: Final = 256
_JWS: Final = PyJWS(algorithms=[ALGORITHM], options={"enforce_minimum_key_length": True})


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says, as far as it is looked at. Times are in seconds since 1970."""

    iss: str
    aud: str | list[str]
    exp: float
    iat: float
    nbf: float = 0
    email: str | None = None
    email_verified: bool = False
    ver: str | None = None
    tid: str | None = None
    appid: str | None = None
    azp: str | None = None
    roles: list[str] = []


class JwtVerifier:
    """Takes requests with a token of one of the issuers for one of the audiences.

    `identify` judges the claims that are particular to the issuer: it returns the principal, or raises Unauthentic.
    """

    reads_body = False
    challenge: str | None = "Bearer"

    def __init__(
        self,
        *,
        issuers: Sequence[str],
        audiences: Sequence[str],
        keys_url: str,
        identify: Callable[[Claims], Principal],
    ) -> None:
        """`keys_url` is trusted: whoever answers there is the issuer. Raises ValueError without an audience."""
        if not audiences or not all(audiences):
            raise ValueError("at least one audience is needed, and none may be empty")
        self._issuers = frozenset(issuers)
        self._audiences = frozenset(audiences)
        self._keys_url = keys_url
        self._identify = identify

    def needs(self, request: Request, now: datetime) -> Sequence[KeyRef]:
        """The key that the token names, after every check that needs none. Raises Unauthentic."""
        kid, payload = _unproven(_bearer(request))
        self._checked(payload, now)
        return (KeyRef(url=self._keys_url, kid=kid),)

    def verify(self, request: Request, keys: Keys, now: datetime) -> Principal:
        """Whom the token was made for. Raises Unauthentic."""
        token = _bearer(request)
        kid, _ = _unproven(token)
        document = keys.get(KeyRef(url=self._keys_url, kid=kid))
        if document is None:
            raise Unauthentic("the issuer's keys are not at hand")
        key = signing_keys(document).get(kid)
        if key is None:
            raise Unauthentic("the issuer has no key of this id")
        try:
            payload = _JWS.decode(token, PyJWK(dict(key), ALGORITHM), algorithms=[ALGORITHM])
        except PyJWTError as error:
            raise Unauthentic(f"the token's signature is wrong ({type(error).__name__})") from None
        return self._checked(payload, now)

    def _checked(self, payload: bytes, now: datetime) -> Principal:
        try:
            claims = msgspec.json.decode(payload, type=Claims)
        except (ValueError, RecursionError):
            raise Unauthentic("the token's claims cannot be read, or one that is needed is missing") from None
        if claims.iss not in self._issuers:
            raise Unauthentic("the token is of another issuer")
        if self._audiences.isdisjoint([claims.aud] if isinstance(claims.aud, str) else claims.aud):
            raise Unauthentic("the token is for another audience")
        moment, leeway = now.timestamp(), LEEWAY.total_seconds()
        if claims.exp + leeway <= moment:
            raise Unauthentic("the token has expired")
        if max(claims.nbf, claims.iat) - leeway > moment:
            raise Unauthentic("the token is not valid yet")
        return self._identify(claims)


def signing_keys(document: bytes) -> Mapping[str, Mapping[str, Any]]:
    """The RSA keys of a key set (RFC 7517) by their ids, public parts only; none where it is no key set."""
    try:
        members = msgspec.json.decode(document, type=dict[str, Any]).get("keys")
    except (ValueError, RecursionError):
        return {}
    found: dict[str, Mapping[str, Any]] = {}
    for member in members if isinstance(members, list) else ():
        if isinstance(member, dict) and isinstance(kid := member.get("kid"), str) and _signs(member):
            found.setdefault(kid, {"kty": "RSA", "n": member["n"], "e": member["e"]})
    return found


def _signs(key: Mapping[str, Any]) -> bool:
    return (
        key.get("kty") == "RSA"
        and key.get("use", "sig") == "sig"
        and key.get("alg", ALGORITHM) == ALGORITHM
        and isinstance(key.get("n"), str)
        and isinstance(key.get("e"), str)
    )


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Unauthentic("no bearer token was presented")
    if len(token) > _TOKEN_LIMIT or not token.isascii():
        raise Unauthentic("the bearer token is too long, or is no JWT")
    return token


def _unproven(token: str) -> tuple[str, bytes]:
    """The id of the key and the claims, of which nothing is proven yet. Raises Unauthentic."""
    try:
        parts = _JWS.decode_complete(token, options={"verify_signature": False})
    except PyJWTError:
        raise Unauthentic("the bearer token is no JWT") from None
    header: Mapping[str, Any] = parts["header"]
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM:
        raise Unauthentic(f"the token is not signed with {ALGORITHM}")
    if not isinstance(kid, str) or not 0 < len(kid) <= _KID_LIMIT:
        raise Unauthentic("the token does not name its key")
    return kid, parts["payload"]
