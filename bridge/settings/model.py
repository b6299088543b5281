"""The shape of the configuration. Every key, its default and its unit; `config/bridge.example.yaml` shows them all."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from bridge.pinghome.address import Address
from bridge.pinghome.connection import Connection
from bridge.pinghome.demo import DEMO_PASSWORD
from bridge.pipeline.verdict import DEFAULT_SCHEDULE
from bridge.settings.channel_tests import ChannelTestSettings
from bridge.settings.conditions import SeveritySettings
from bridge.settings.enrichment import EnrichmentSettings, TemplateSettings
from bridge.settings.routes import RouteSettings
from bridge.settings.sources import SourceSettings
from bridge.settings.values import Duration, Model, Name, NonEmpty, Port, Secret, Secrets, Size, is_loopback
from bridge.settings.verify import SnsVerify
from bridge.settings.watch import WatchSettings

DEV_TOKEN: Final = "dev-token"  # noqa: S105 - the development default, refused on other than loopback addresses


class HeartbeatSettings(Model):
    """A heartbeat that jobs report to the bridge. `id` is Pinghome's heartbeat monitor (a bearer secret)."""

    id: Secret
    token: Secrets | None = None
    open: bool = False

    @model_validator(mode="after")
    def _closed(self) -> Self:
        if (self.token is None) is not self.open:
            raise ValueError("give a token, or say `open: true` if anybody who reaches the bridge may report it")
        return self


class IngressSettings(Model):
    """The public listener. It sheds, with 503, before the store is full: beyond `shed_memory` percent of its memory, or
    `shed_backlog` unfinished messages and sends."""

    host: str = "127.0.0.1"
    port: Port = 8080
    bodies_in_flight: Size = 64 << 20
    shed_memory: Annotated[int, Field(ge=1, le=100)] = 85
    shed_backlog: Annotated[int, Field(ge=1)] | None = None


class AdminSettings(Model):
    """The operators' listener. Without a token it starts on a loopback address only."""

    host: str = "127.0.0.1"
    port: Port = 8081
    token: Secrets | None = None


class RedisSettings(Model):
    """Redis or Valkey. Without a URL, `up` starts its own and the parts use the default port of this machine.

    `allow_unsafe`: start although it may lose what was accepted."""

    url: Secret | None = None
    prefix: Name = "pinghome-bridge"
    allow_unsafe: bool = False

    @field_validator("url")
    @classmethod
    def _schemed(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("begins with redis://, rediss:// or unix://")
        return url

    def address(self) -> str:
        """Where to connect."""
        return self.url.get_secret_value() if self.url else "redis://127.0.0.1:6379/0"


class SmtpSettings(Model):
    """The mail server of the local Pinghome. Without one e-mail is kept in its outbox."""

    host: NonEmpty
    port: Port = 587
    user: NonEmpty | None = None
    password: Secret | None = None
    tls: Literal["starttls", "tls", "none"] = "starttls"
    sender: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]

    @model_validator(mode="after")
    def _login(self) -> Self:
        if (self.user is None) is not (self.password is None):
            raise ValueError("user and password go together")
        if self.password is not None and self.tls == "none" and not is_loopback(self.host):
            raise ValueError("tls: none would send the password in the clear")
        return self


class ControlSettings(Model):
    """`/_local/*` of the local Pinghome, for tests: faults, clock, outbox. Off unless switched on."""

    enabled: bool = False
    token: Secret | None = None

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.enabled and self.token is None:
            raise ValueError("enabled needs a token")
        return self


class PinghomeSettings(Model):
    """The upstream. `url` is a template with `{service}`, or `cloud` for the SaaS."""

    url: str | None = None
    email: str | None = None
    password: Secret | None = None
    host: str = "127.0.0.1"
    port: Port = 8090
    strict: bool = False
    smtp: SmtpSettings | None = None
    control: ControlSettings = ControlSettings()

    @field_validator("url")
    @classmethod
    def _template(cls, url: str | None) -> str | None:
        if url is not None:
            Address(url)
        return url

    def is_demo(self) -> bool:
        """Are these the published credentials of the demo account?"""
        return self.password is not None and self.password.get_secret_value() == DEMO_PASSWORD

    def connection(self) -> Connection:
        """How the API's client reaches it."""
        password = None if self.password is None else self.password.get_secret_value()
        return Connection(url=self.template(), email=self.email, password=password)

    def control_token(self) -> str | None:
        """What guards `/_local/*`; None where it is not served."""
        token = self.control.token if self.control.enabled else None
        return None if token is None else token.get_secret_value()

    def template(self) -> str:
        """Where the API is."""
        return self.url or f"http://{self.host}:{self.port}/{{service}}"


class DeliverySettings(Model):
    """How sends are delivered. `lease`: after this silence a worker loses what it held.

    `spool`: while the store cannot take an alert, this node's disk does, in `spool_dir`, within the two bounds.
    """

    timeout: Duration = timedelta(seconds=15)
    concurrency: Annotated[int, Field(ge=1, le=1024)] = 64
    schedule: Annotated[tuple[Duration, ...], Field(min_length=1, max_length=100)] = DEFAULT_SCHEDULE
    lease: Duration = timedelta(seconds=45)
    grace: Duration = timedelta(seconds=20)
    duplicate_window: Annotated[Duration, Field(ge=timedelta(seconds=1))] = timedelta(hours=24)
    spool: bool = False
    spool_dir: NonEmpty = ".bridge/spool"
    spool_bytes: Size = 256 << 20
    spool_entries: Annotated[int, Field(ge=1)] = 100_000

    @model_validator(mode="after")
    def _lease_outlasts_attempt(self) -> Self:
        if self.lease < 2 * self.timeout:
            raise ValueError("lease: at least twice the timeout, or slow sends would be delivered twice")
        return self


class RetentionSettings(Model):
    """How long, and how many of, the ledgers and raw bodies of events are kept once all their sends are delivered.

    `events` bounds what the history may take of the store's memory: about 3 KB each for a message of 1 KB.
    `incidents` is how long the id of an incident is remembered after it was last updated.
    """

    delivered: Duration = timedelta(days=3)
    events: Annotated[int, Field(ge=1)] = 50_000
    incidents: Annotated[Duration, Field(ge=timedelta(hours=1))] = timedelta(days=30)


class LoggingSettings(Model):
    """`auto`: for people on a terminal, JSON lines otherwise."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"


class Settings(Model):
    """The whole configuration."""

    ingress: IngressSettings = IngressSettings()
    admin: AdminSettings = AdminSettings()
    redis: RedisSettings = RedisSettings()
    pinghome: PinghomeSettings = PinghomeSettings()
    sources: dict[Name, SourceSettings] = Field(default_factory=dict)
    routes: Annotated[tuple[RouteSettings, ...], Field(min_length=1)]
    severity: SeveritySettings = SeveritySettings()
    enrichment: tuple[EnrichmentSettings, ...] = ()
    templates: tuple[TemplateSettings, ...] = ()
    heartbeats: dict[Name, HeartbeatSettings] = Field(default_factory=dict)
    delivery: DeliverySettings = DeliverySettings()
    retention: RetentionSettings = RetentionSettings()
    watch: WatchSettings = WatchSettings()
    channel_tests: ChannelTestSettings = ChannelTestSettings()
    logging: LoggingSettings = LoggingSettings()

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        names = [route.name for route in self.routes]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"routes: names are given twice: {', '.join(twice)}")
        for name, source in self.sources.items():
            if isinstance(source.verify, SnsVerify) and source.verify.max_age > self.delivery.duplicate_window:
                raise ValueError(f"sources.{name}.verify.max_age: longer than delivery.duplicate_window allows replays")
        routing_keys = [key.get_secret_value() for source in self.sources.values() for key in source.routing_keys]
        if len(set(routing_keys)) < len(routing_keys):
            raise ValueError("sources: a routing key is given twice; it must say which source is meant")
        if not any(route.route().pages() for route in self.routes):
            raise ValueError("routes: none has a webhook or an incident, so no alert could ever get out")
        return self

    def development_credentials(self) -> list[str]:
        """The keys that hold published credentials. They may live on loopback addresses only."""
        held: dict[str, Secrets | None] = {"admin.token": self.admin.token}
        for name, source in self.sources.items():
            for key in ("token", "password", "secret"):
                held[f"sources.{name}.verify.{key}"] = getattr(source.verify, key, None)
            held[f"sources.{name}.routing_keys"] = source.routing_keys
        held |= {f"heartbeats.{name}.token": heartbeat.token for name, heartbeat in self.heartbeats.items()}
        found = [key for key, secrets in held.items() if secrets and _has_dev_token(secrets)]
        found += [f"sources.{n}.verify.method" for n, s in self.sources.items() if s.verify.method == "none"]
        if self.pinghome.url is None and self.pinghome.is_demo():
            found.append("pinghome.password")
        if self.pinghome.control_token() == DEV_TOKEN:
            found.append("pinghome.control.token")
        return found

    def public_listeners(self) -> list[str]:
        """The listeners that other machines can reach."""
        listeners = {"ingress": self.ingress.host, "admin": self.admin.host, "pinghome": self.pinghome.host}
        return [name for name, host in listeners.items() if not is_loopback(host)]


def _has_dev_token(secrets: tuple[SecretStr, ...]) -> bool:
    return any(secret.get_secret_value() == DEV_TOKEN for secret in secrets)
