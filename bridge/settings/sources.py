"""Sources in the configuration: which kind of sender, and how it proves itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from bridge.domain.alert import Severity
from bridge.settings.values import Duration, Model, Name, NonEmpty, Secrets, Size
from bridge.sources import SOURCES

BODY_LIMIT: Final = 2 << 20
PUBSUB_BODY_LIMIT: Final = 16 << 20
"""Pub/Sub messages have up to 10 MB, and base64 makes a third more of them."""


class TokenVerify(Model):
    """A shared secret: Authorization Bearer, X-Bridge-Token, the password of Basic, or `?token=`."""

    method: Literal["token"]
    token: Secrets


class BasicVerify(Model):
    """HTTP Basic with a fixed user."""

    method: Literal["basic"]
    user: NonEmpty
    password: Secrets


class SnsVerify(Model):
    """AWS SNS signatures. `topic_arns` are the topics that may speak; anyone can own another."""

    method: Literal["sns"]
    topic_arns: Annotated[tuple[NonEmpty, ...], Field(min_length=1)]
    allowed_hosts: tuple[NonEmpty, ...] = ()
    allow_http: bool = False
    signature_versions: Annotated[tuple[Literal["1", "2"], ...], Field(min_length=1)] = ("1", "2")
    max_age: Annotated[Duration, Field(le=timedelta(hours=24))] = timedelta(hours=2)


class NoVerify(Model):
    """No proof at all: refused without --insecure-dev."""

    method: Literal["none"]


Verify = Annotated[TokenVerify | BasicVerify | SnsVerify | NoVerify, Field(discriminator="method")]


class SourceSettings(Model):
    """One sender, or one group of senders with the same proof.

    `max_body` is 2 MiB unless configured, 16 MiB for kind gcp (Pub/Sub).

    `webhook_origins` may point CloudEvents subscriptions here (their OPTIONS handshake is answered 200).
    """

    kind: str
    verify: Verify
    confirm_subscriptions: bool = False
    identity_group: Name | None = None
    default_severity: Severity = Severity.HIGH
    max_body: Size | None = None
    webhook_origins: tuple[NonEmpty, ...] = ()

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in SOURCES:
            raise ValueError(f"unknown kind; this version knows {', '.join(sorted(SOURCES))}")
        return kind

    @field_validator("default_severity")
    @classmethod
    def _not_info(cls, severity: Severity) -> Severity:
        if severity is Severity.INFO:
            raise ValueError("an unknown severity is never info: an alert nobody understands may be the worst")
        return severity

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.verify.method == "sns" and self.kind != "aws":
            raise ValueError("verify.method sns proves messages of kind aws only")
        if self.confirm_subscriptions and self.verify.method != "sns":
            raise ValueError("confirm_subscriptions needs verify.method sns: others do not prove the topic")
        return self

    def body_limit(self) -> int:
        """Bytes that a message may have."""
        if self.max_body is not None:
            return self.max_body
        return PUBSUB_BODY_LIMIT if self.kind == "gcp" else BODY_LIMIT
