"""A stand-in for an issuer of tokens: its own keys, its key set, and tokens that it signed.

The serialisation is written out here once more, by RFC 7515, so that a mistake in the verifier's library would show.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

AUDIENCE = "https://bridge.example.com/v1/alerts/gcp"
EMAIL = "alerts@shop-prod.iam.gserviceaccount.com"
TENANT = "8f2b1c34-5d67-4e89-9abc-0123456789ab"
APP_URI = "api://8f2b1c34-5d67-4e89-9abc-0123456789ab/bridge"
ACTION_GROUPS = "461e8683-5575-4561-ac7f-899cc907d62a"
EVENT_GRID = "4962773b-9cdb-44cf-a8bf-237846a00ab7"

Claims = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key of an issuer, by its id."""

    kid: str
    private: rsa.RSAPrivateKey

    def jwk(self, **changes: Any) -> dict[str, Any]:
        """The public half, as a key set holds it."""
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
            "n": _number(numbers.n), "e": _number(numbers.e),
        } | changes  # fmt: skip


@cache
def signing_key(kid: str = "key-1", bits: int = 2048) -> SigningKey:
    """The key of this id; made once, since that is slow."""
    return SigningKey(kid, rsa.generate_private_key(65537, bits))


def key_set(*keys: SigningKey) -> bytes:
    """The document that an issuer publishes."""
    return json.dumps({"keys": [key.jwk() for key in keys]}).encode()


def google_claims(now: datetime, **changes: Any) -> Claims:
    """What Pub/Sub's token says. A change to None leaves the claim out."""
    at = int(now.timestamp())
    claims = {
        "iss": "https://accounts.google.com",
        "aud": AUDIENCE,
        "azp": "113774264463038321964",
        "sub": "113774264463038321964",
        "email": EMAIL,
        "email_verified": True,
        "iat": at,
        "exp": at + 3600,
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


def entra_claims(now: datetime, version: str = "1.0", **changes: Any) -> Claims:
    """What the token of Azure Monitor's secure webhook says, in either version."""
    at = int(now.timestamp())
    first = version == "1.0"
    claims = {
        "iss": f"https://sts.windows.net/{TENANT}/" if first else f"https://login.microsoftonline.com/{TENANT}/v2.0",
        "aud": APP_URI,
        "tid": TENANT,
        "ver": version,
        "appid" if first else "azp": ACTION_GROUPS,
        "roles": ["ActionGroupsSecureWebhook"],
        "iat": at,
        "nbf": at,
        "exp": at + 3900,
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


def token(claims: Claims | bytes, key: SigningKey | None = None, **header: Any) -> str:
    """A signed token, as it stands behind `Bearer`. Header members may be added, changed, or left out by None."""
    key = key or signing_key()
    stated: Mapping[str, Any] = {"alg": "RS256", "kid": key.kid, "typ": "JWT"} | header
    head = json.dumps({name: value for name, value in stated.items() if value is not None}).encode()
    body = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    signed = f"{url64(head)}.{url64(body)}"
    signature = key.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{url64(signature)}"


def url64(data: bytes) -> str:
    """Base64 for URLs without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def google_token(now: datetime | None = None, key: SigningKey | None = None, **changes: Any) -> str:
    """A good token of Google's, but for the changes."""
    return token(google_claims(now or datetime.now(UTC), **changes), key)


def _number(value: int) -> str:
    return url64(value.to_bytes((value.bit_length() + 7) // 8, "big"))
