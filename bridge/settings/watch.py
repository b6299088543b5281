"""The own alarm in the configuration: by which way the bridge tells of its own troubles."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from bridge.settings.values import Duration, Model, NonEmpty, Port, Secret


class EmailSettings(Model):
    """A mail server, and who writes to whom."""

    host: NonEmpty
    port: Port = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: NonEmpty | None = None
    password: Secret | None = None
    sender: NonEmpty
    to: Annotated[tuple[NonEmpty, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _credentials(self) -> Self:
        if (self.user is None) is not (self.password is None):
            raise ValueError("give user and password, or neither")
        if self.password is not None and self.tls == "none":
            raise ValueError("tls: none would send the password in clear")
        return self


class WatchSettings(Model):
    """The bridge's own troubles go out by one way that needs neither Redis nor Pinghome, and always to the log.

    `every`: between two pings of `dead_man_url`, which come only while all is well. `repeat`: how often an open trouble
    is told again. `down_after`: how long every attempt at a destination must have failed. Fewer than `workers` that
    were heard of within `worker_silence` are a trouble.
    """

    webhook: Secret | None = None
    email: EmailSettings | None = None
    dead_man_url: Secret | None = None
    every: Duration = timedelta(minutes=1)
    repeat: Annotated[Duration, Field(ge=timedelta(seconds=10))] = timedelta(hours=4)
    down_after: Duration = timedelta(minutes=5)
    worker_silence: Annotated[Duration, Field(ge=timedelta(seconds=10))] = timedelta(seconds=30)
    workers: Annotated[int, Field(ge=0)] = 1

    @field_validator("webhook", "dead_man_url")
    @classmethod
    def _http(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            parts = urlsplit(url.get_secret_value())
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("begins with https:// or http://, and names a host")
        return url

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.webhook is not None and self.email is not None:
            raise ValueError("give webhook or email, not both")
        return self
