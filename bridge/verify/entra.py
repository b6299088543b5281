"""Tokens of Microsoft Entra ID: Azure Monitor's secure webhook, Event Grid's delivery with Entra ID.

Sources: Microsoft's documentation, Azure Monitor, "Configure authentication for Secure webhook"; Event Grid, "Deliver
events to Microsoft Entra protected endpoints"; identity platform, "Access token claims reference" (versions 1.0 and
2.0 differ in `iss` and in the claim that names the caller) and "National clouds". Every app of a tenant can have a
token made for any audience of it: only the caller's id together with a role that an administrator gave it proves
who sent a message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.errors import Unauthentic
from bridge.domain.request import AuthMethod, Principal
from bridge.verify.jwt import Claims, JwtVerifier

APP_IDS: Final = (
    "461e8683-5575-4561-ac7f-899cc907d62a",  # AzNS AAD Webhook: Azure Monitor's action groups
    "4962773b-9cdb-44cf-a8bf-237846a00ab7",  # Microsoft.EventGrid
)
ROLES: Final = ("ActionGroupsSecureWebhook", "AzureEventGridSecureWebhookSubscriber")


class Cloud(StrEnum):
    """Where the tenant is: each of Microsoft's clouds has its own Entra ID."""

    PUBLIC = "public"
    US_GOVERNMENT = "us-government"
    CHINA = "china"


@dataclass(frozen=True, slots=True)
class _Hosts:
    login: str
    issuer_v1: str


_HOSTS: Final[Mapping[Cloud, _Hosts]] = {
    Cloud.PUBLIC: _Hosts("login.microsoftonline.com", "sts.windows.net"),
    Cloud.US_GOVERNMENT: _Hosts("login.microsoftonline.us", "sts.windows.net"),
    Cloud.CHINA: _Hosts("login.partner.microsoftonline.cn", "sts.chinacloudapi.cn"),
}
KEY_HOSTS: Final = frozenset(hosts.login for hosts in _HOSTS.values())


def entra_verifier(
    tenant: str,
    audiences: Sequence[str],
    *,
    app_ids: Sequence[str] = APP_IDS,
    roles: Sequence[str] = ROLES,
    cloud: Cloud = Cloud.PUBLIC,
    keys_url: str | None = None,
) -> JwtVerifier:
    """Takes tokens of one tenant for one of the audiences, of a known app that has one of the roles.

    `tenant` is the directory's GUID. Raises ValueError where a list is empty: any app of the tenant could speak.
    """
    if not app_ids or not roles:
        raise ValueError("app_ids and roles must not be empty: any app of the tenant could speak")
    tenant, hosts = tenant.lower(), _HOSTS[cloud]
    issuer_v1, issuer_v2 = f"https://{hosts.issuer_v1}/{tenant}/", f"https://{hosts.login}/{tenant}/v2.0"
    known = frozenset(app.lower() for app in app_ids)

    def identify(claims: Claims) -> Principal:
        if claims.tid != tenant:
            raise Unauthentic("the token is of another tenant")
        app = ((claims.appid if claims.iss == issuer_v1 else claims.azp) or "").lower()
        if app not in known:
            raise Unauthentic("the token is of another app")
        if not set(roles) & set(claims.roles):
            raise Unauthentic("the token's app has none of the roles")
        return Principal(method=AuthMethod.ENTRA, name=app)

    return JwtVerifier(
        issuers=(issuer_v1, issuer_v2),
        audiences=audiences,
        keys_url=keys_url or f"https://{hosts.login}/{tenant}/discovery/v2.0/keys",
        identify=identify,
    )
