"""How sources prove themselves, in the configuration: one model a method."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from bridge.settings.values import Duration, Model, NonEmpty, Secrets, revealed
from bridge.verify import entra, oidc
from bridge.verify.addresses import check_keys_address
from bridge.verify.base import Verifier
from bridge.verify.entra import Cloud, entra_verifier
from bridge.verify.hmac import TOLERANCE, Algorithm, Encoding, HmacVerifier
from bridge.verify.oidc import oidc_verifier
from bridge.verify.sns import SnsVerifier
from bridge.verify.standard_webhooks import StandardWebhooksVerifier, decode_secret
from bridge.verify.token import BasicVerifier, NoVerifier, TokenVerifier

_HeaderName = Annotated[str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$")]
"""The name of an HTTP header (RFC 9110, section 5.1)."""

_Tolerance = Annotated[Duration, Field(le=timedelta(hours=1))]

_OneOrMore = Annotated[
    tuple[NonEmpty, ...],
    Field(min_length=1),
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
"""One text, or a list of them."""

_Guid = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", to_lower=True)
]
"""As Microsoft writes ids."""


class TokenVerify(Model):
    """A shared secret: Authorization Bearer, X-Bridge-Token, the password of Basic, or `?token=`."""

    method: Literal["token"]
    token: Secrets

    def verifier(self) -> Verifier:
        """As the ingress uses it."""
        return TokenVerifier(revealed(self.token))


class BasicVerify(Model):
    """HTTP Basic with a fixed user."""

    method: Literal["basic"]
    user: NonEmpty
    password: Secrets

    def verifier(self) -> Verifier:
        """As the ingress uses it."""
        return BasicVerifier([(self.user, password) for password in revealed(self.password)])


class HmacVerify(Model):
    """A signature of the body by a shared secret, in a header. With `timestamp_header` the time is signed too."""

    method: Literal["hmac"]
    secret: Secrets
    header: _HeaderName
    timestamp_header: _HeaderName | None = None
    prefix: NonEmpty | None = None
    encoding: Encoding = Encoding.HEX
    algorithm: Algorithm = Algorithm.SHA256
    tolerance: _Tolerance = TOLERANCE

    def verifier(self) -> Verifier:
        """As the ingress uses it."""
        return HmacVerifier(
            revealed(self.secret),
            header=self.header,
            timestamp_header=self.timestamp_header,
            prefix=self.prefix,
            encoding=self.encoding,
            algorithm=self.algorithm,
            tolerance=self.tolerance,
        )


class StandardWebhooksVerify(Model):
    """Standard Webhooks: the headers webhook-id, webhook-timestamp and webhook-signature."""

    method: Literal["standard-webhooks"]
    secret: Secrets
    tolerance: _Tolerance = TOLERANCE

    @model_validator(mode="after")
    def _decodable(self) -> Self:
        for secret in revealed(self.secret):
            decode_secret(secret)
        return self

    def verifier(self) -> Verifier:
        """As the ingress uses it."""
        return StandardWebhooksVerifier(revealed(self.secret), tolerance=self.tolerance)


class SnsVerify(Model):
    """AWS SNS signatures. `topic_arns` are the topics that may speak; anyone can own another."""

    method: Literal["sns"]
    topic_arns: Annotated[tuple[NonEmpty, ...], Field(min_length=1)]
    allowed_hosts: tuple[NonEmpty, ...] = ()
    allow_http: bool = False
    signature_versions: Annotated[tuple[Literal["1", "2"], ...], Field(min_length=1)] = ("1", "2")
    max_age: Annotated[Duration, Field(le=timedelta(hours=24))] = timedelta(hours=2)

    def verifier(self) -> SnsVerifier:
        """As the ingress uses it."""
        return SnsVerifier(
            self.topic_arns,
            allowed_hosts=self.allowed_hosts,
            allow_http=self.allow_http,
            signature_versions=self.signature_versions,
            max_age=self.max_age,
        )


class _KeySetVerify(Model):
    """Tokens that are proven by an issuer's published keys."""

    PINNED: ClassVar[Collection[str]] = ()

    audience: _OneOrMore
    jwks_url: NonEmpty | None = None
    allowed_hosts: tuple[NonEmpty, ...] = ()
    allow_http: bool = False

    @model_validator(mode="after")
    def _pinned(self) -> Self:
        if self.jwks_url is not None:
            check_keys_address(self.jwks_url, self.PINNED, self.allowed_hosts, allow_http=self.allow_http)
        return self


class OidcVerify(_KeySetVerify):
    """Google's ID tokens. `emails` are the service accounts that may speak; anyone can own another."""

    PINNED: ClassVar[Collection[str]] = oidc.KEY_HOSTS

    method: Literal["oidc"]
    emails: Annotated[tuple[NonEmpty, ...], Field(min_length=1)]
    issuer: NonEmpty | None = None

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.issuer is not None and self.jwks_url is None:
            raise ValueError("issuer: needs its jwks_url, since Google's keys prove nothing of another issuer")
        return self

    def verifier(self) -> Verifier:
        """As the ingress uses it."""
        return oidc_verifier(
            self.audience,
            self.emails,
            issuers=oidc.ISSUERS if self.issuer is None else (self.issuer,),
            keys_url=self.jwks_url or oidc.KEYS_URL,
        )


class EntraVerify(_KeySetVerify):
    """Microsoft Entra ID: Azure Monitor's secure webhook, and Event Grid's delivery."""

    PINNED: ClassVar[Collection[str]] = entra.KEY_HOSTS

    method: Literal["entra"]
    tenant: _Guid
    app_ids: Annotated[tuple[_Guid, ...], Field(min_length=1)] = entra.APP_IDS
    roles: Annotated[tuple[NonEmpty, ...], Field(min_length=1)] = entra.ROLES
    cloud: Cloud = Cloud.PUBLIC

    def verifier(self) -> Verifier:
        """As the ingress uses it."""
        return entra_verifier(
            self.tenant,
            self.audience,
            app_ids=self.app_ids,
            roles=self.roles,
            cloud=self.cloud,
            keys_url=self.jwks_url,
        )


class NoVerify(Model):
    """No proof at all: refused without --insecure-dev."""

    method: Literal["none"]

    def verifier(self) -> Verifier:
        """As the ingress uses it."""
        return NoVerifier()


Verify = Annotated[
    TokenVerify | BasicVerify | HmacVerify | StandardWebhooksVerify | SnsVerify | OidcVerify | EntraVerify | NoVerify,
    Field(discriminator="method"),
]
