"""Sources in the configuration: which kind of sender, and how it proves itself."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import Field, field_validator, model_validator

from bridge.domain.alert import Severity
from bridge.settings.mapping import MappingSettings
from bridge.settings.values import Model, Name, NonEmpty, Rate, Secret, Size
from bridge.settings.verify import Verify
from bridge.sources import MAPPED, SOURCES
from bridge.sources.base import Source

BODY_LIMIT: Final = 2 << 20
PUBSUB_BODY_LIMIT: Final = 16 << 20
"""Pub/Sub messages have up to 10 MB, and base64 makes a third more of them."""


class QuotaSettings(Model):
    """How much a source may send to one ingress process: on average `rate`, `burst` at once."""

    rate: Rate
    burst: Annotated[int, Field(ge=1)]


class SourceSettings(Model):
    """One sender, or one group of senders with the same proof.

    `max_body` is 2 MiB unless configured, 16 MiB for kind gcp (Pub/Sub).

    `webhook_origins` may point CloudEvents subscriptions here (their OPTIONS handshake is answered 200).

    `routing_keys` are those that PagerDuty's clients present at /v2/enqueue. `confirmation_hosts` are further
    hosts at which Oracle's subscriptions may be confirmed.
    """

    kind: str
    verify: Verify
    confirm_subscriptions: bool = False
    identity_group: Name | None = None
    default_severity: Severity = Severity.HIGH
    max_body: Size | None = None
    webhook_origins: tuple[NonEmpty, ...] = ()
    confirmation_hosts: tuple[NonEmpty, ...] = ()
    routing_keys: Annotated[tuple[Secret, ...], Field(max_length=1000)] = ()
    mapping: MappingSettings | None = None
    quota: QuotaSettings | None = None

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
        if self.confirm_subscriptions and self.verify.method != "sns" and self.kind != "oracle":
            raise ValueError("confirm_subscriptions needs verify.method sns: others do not prove the topic")
        if self.confirmation_hosts and self.kind != "oracle":
            raise ValueError("confirmation_hosts are for kind oracle; those of SNS are verify.allowed_hosts")
        if self.routing_keys and self.kind != "pagerduty":
            raise ValueError("routing_keys are for kind pagerduty only")
        if self.mapping is not None and self.kind not in MAPPED:
            raise ValueError(f"a mapping is for the kinds {', '.join(sorted(MAPPED))} only")
        return self

    def source(self) -> Source:
        """The reading of what it sends."""
        return MAPPED[self.kind](self.mapping.mapping()) if self.mapping else SOURCES[self.kind]()

    def body_limit(self) -> int:
        """Bytes that a message may have."""
        if self.max_body is not None:
            return self.max_body
        return PUBSUB_BODY_LIMIT if self.kind == "gcp" else BODY_LIMIT
