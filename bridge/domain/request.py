"""What a sender sent, and who it turned out to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request as bytes and names. Header names are lower case; the body is exactly as sent.

    `query` holds the first value of each parameter. `delivery` is the id that the message was accepted under,
    None while it is being received: what the sender left for us to make up is derived from it.
    """

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    delivery: str | None = None


class AuthMethod(StrEnum):
    """How a sender proved itself, as the normalised alert says it."""

    SNS_SIGNATURE = "sns-signature"
    OIDC = "oidc"
    ENTRA = "entra"
    HMAC = "hmac"
    TOKEN = "token"  # noqa: S105 - the name of a method, no secret
    BASIC = "basic"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who sent a request, as far as its proof says: a topic ARN, a user, a key's label. Never a secret."""

    method: AuthMethod
    name: str
