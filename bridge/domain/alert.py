"""The normalised alert: what a sender said about one problem, in our words.

A source makes an `Alert`; the pipeline adds what only the bridge knows (source name, times, routing) when
it renders the body of schema `bridge.alert/v1`. Facts that the sender did not state are None or absent;
nothing is invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """The state that the sender reports."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    SUPPRESSED = "suppressed"
    NO_DATA = "no_data"
    INFO = "info"


class Action(StrEnum):
    """What the receiver is asked to do."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    INFO = "info"
    TEST = "test"


class Severity(StrEnum):
    """How bad it is, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Urgency(StrEnum):
    """How fast a person must look. Only low urgency may ever be deferred."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


_URGENCY = {
    Severity.CRITICAL: Urgency.HIGH,
    Severity.HIGH: Urgency.HIGH,
    Severity.MEDIUM: Urgency.MEDIUM,
    Severity.LOW: Urgency.LOW,
    Severity.INFO: Urgency.LOW,
}


def urgency_of(severity: Severity) -> Urgency:
    """Critical and high are high, medium is medium, low and info are low."""
    return _URGENCY[severity]


class Rel(StrEnum):
    """What a link leads to."""

    CONSOLE = "console"
    RUNBOOK = "runbook"
    DASHBOARD = "dashboard"
    SILENCE = "silence"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where to look next."""

    rel: Rel
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """The thing that has the problem, in its provider's own words."""

    id: str | None = None
    type: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Why it fired. Numbers are in `unit` if the sender named one."""

    metric: str | None = None
    operator: str | None = None
    threshold: float | None = None
    value: float | None = None
    unit: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What one message says about one problem.

    `type` is the recognised message shape (`cloudwatch-alarm`, `azure-metric`, ...). `key` is the identity
    of the problem inside its provider: equal for firing and resolved and over all spellings, never the
    title alone; the pipeline scopes it to the source (`identity.dedup_key`). `global_key` says that the
    provider itself makes it unique in the world (an ARN): only such keys may be shared between the sources
    of one identity group. `severity` is None where the
    sender's word has no mapping: the source's default then applies, never info. `raw` is the member's own
    JSON where one request carries several alerts, None where the whole body is this alert.
    """

    type: str
    status: Status
    action: Action
    key: str
    title: str
    global_key: bool = False
    severity: Severity | None = None
    severity_raw: str | None = None
    description: str | None = None
    provider: str | None = None
    account: str | None = None
    region: str | None = None
    event_id: str | None = None
    resource: Resource = field(default_factory=Resource)
    condition: Condition | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    test: bool = False
    raw: bytes | None = None
