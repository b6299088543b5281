"""Google's ID tokens: Pub/Sub push, Eventarc, Cloud Scheduler, Cloud Tasks.

Sources: Google Cloud documentation, Pub/Sub, "Authentication for push subscriptions"; Google Identity, "OpenID
Connect", section "Validating an ID token" (both spellings of the issuer). Any Google account can have a token made
for any audience, so the service account's address is what proves something, and it must be configured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bridge.domain.errors import Unauthentic
from bridge.domain.request import AuthMethod, Principal
from bridge.verify.jwt import Claims, JwtVerifier

ISSUERS: Final = ("https://accounts.google.com", "accounts.google.com")
KEYS_URL: Final = "https://www.googleapis.com/oauth2/v3/certs"
KEY_HOSTS: Final = frozenset({"www.googleapis.com"})


def oidc_verifier(
    audiences: Sequence[str], emails: Sequence[str], *, issuers: Sequence[str] = ISSUERS, keys_url: str = KEYS_URL
) -> JwtVerifier:
    """Takes tokens of these service accounts for one of these audiences. Raises ValueError where a list is empty."""
    if not emails:
        raise ValueError("at least one e-mail address is needed: any Google account can speak to any audience")
    known = frozenset(email.lower() for email in emails)

    def identify(claims: Claims) -> Principal:
        if not claims.email_verified:
            raise Unauthentic("the token's e-mail address is not verified")
        email = (claims.email or "").lower()
        if email not in known:
            raise Unauthentic("the token is of another account")
        return Principal(method=AuthMethod.OIDC, name=email)

    return JwtVerifier(issuers=issuers, audiences=audiences, keys_url=keys_url, identify=identify)
