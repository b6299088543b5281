"""Uptime monitors: what is asked and answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from bridge.pinghome.operation import END, Answer, Limit, Name, NotNegative, Request, Text, about, also
from bridge.pinghome.systems.shared import (
    Condition,
    Period,
)

Headers = dict[str, str] | str
"""The texts show an object once and its JSON as a string once."""


class NewMonitor(Request, frozen=True, kw_only=True):
    """What is checked, how, and from where. Periods are in minutes.

    `url` is for the types that speak HTTP, `host` for the others; one of the two is required.
    """

    name: Annotated[Name, about("The name of the monitor.")]
    type: Annotated[Literal["http", "tcp", "udp", "ping", "dns"], about("What is spoken; http is in the texts.")]
    port: Annotated[str, Meta(max_length=5, pattern=rf"^\d*{END}"), about("The port; empty for the protocol's own.")]
    grace_period: Annotated[NotNegative, about("Failing this long before it counts as down.")]
    recovery_period: Annotated[NotNegative, about("Well this long before it counts as up.")]
    skip_ssl_error: Annotated[bool, about("Take any certificate.")]
    not_follow_redirect: Annotated[bool, about("Judge the first answer.")]
    method: Annotated[Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], about("HTTP method.")]
    is_advanced: Annotated[bool, about("Whether method, body, headers and conditions are used.")]
    service_id: Annotated[Name, about("The service it belongs to.")]
    regions: Annotated[list[Name], Meta(min_length=1, max_length=50), about("Where it is checked from.")]
    url: Annotated[str, Meta(max_length=2048), about("The address, for HTTP.")] | None = None
    host: Annotated[str, Meta(max_length=255), about("The host, for the rest.")] | None = None
    data: Annotated[Text, about("What to send.")] | None = None
    maintenance_cron_expression: Annotated[str, Meta(max_length=255), about("When maintenance begins.")] | None = None
    maintenance_duration: Annotated[NotNegative, about("How long it takes.")] | None = None
    body: Annotated[Text, about("The body to send.")] | None = None
    headers: Annotated[Headers, about("Headers to send, an object or its JSON.")] | None = None
    conditions: Annotated[list[Condition], about("What the answer must fulfil; required for http.")] | None = None


class MonitorChange(Request, frozen=True, kw_only=True):
    """A monitor as it shall be. What it checks stays."""

    name: Annotated[Name, about("The name of the monitor.")]
    is_advanced: Annotated[bool, about("Whether method, body, headers and conditions are used.")]
    method: Annotated[Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], about("HTTP method.")]
    grace_period: Annotated[NotNegative, about("Failing this long before it counts as down.")]
    recovery_period: Annotated[NotNegative, about("Well this long before it counts as up.")]
    skip_ssl_error: Annotated[bool, about("Take any certificate.")]
    service_id: Annotated[Name, about("The service it belongs to.")]
    conditions: Annotated[list[Condition], about("What the answer must fulfil.")]
    regions: Annotated[list[Name], Meta(min_length=1, max_length=50), about("Where it is checked from.")]
    maintenance_cron_expression: Annotated[str, Meta(max_length=255), about("When maintenance begins.")] | None = None
    maintenance_duration: Annotated[NotNegative, about("How long it takes.")] | None = None
    body: Annotated[Text, about("The body to send.")] | None = None
    headers: Annotated[Headers, about("Headers to send, an object or its JSON.")] | None = None
    data: Annotated[Text, about("What to send.")] | None = None


class Reminder(Request, frozen=True, kw_only=True):
    """When to remind."""

    days_before: Annotated[
        list[Annotated[int, Meta(ge=1, le=3650)]], Meta(min_length=1, max_length=20), about("Days before it expires.")
    ]


class ReportPeriod(Period, frozen=True, kw_only=True):
    """Which part of a report, and how fine."""

    interval: Annotated[Name, about("minute, hour or day.")] | None = None
    limit: Annotated[Limit, about("How many at most.")] | None = None


class StatePeriod(Period, frozen=True, kw_only=True):
    """Which part of the history."""

    limit: Annotated[Limit, about("How many at most.")] | None = None


class NewIntegration(Request, frozen=True, kw_only=True):
    """A page of another provider that follows the monitor."""

    name: Annotated[Name, about("The name of the incident there.")]
    status: Annotated[Name, about("The status of the incident there.")]
    integration: Annotated[Name, about("The id of the page there.")]
    type: Annotated[Name, about("The provider, for instance statuspageIo.")]
    items: Annotated[list[Name], about("The components there.")]


class IntegrationChange(Request, frozen=True, kw_only=True):
    """An integration as it shall be."""

    name: Annotated[Name, about("The name of the incident there.")]
    status: Annotated[Name, about("The status of the incident there.")]
    message: Annotated[Text, about("What the incident there says.")]
    items: Annotated[list[Name], about("The components there.")]


class Monitor(Answer, frozen=True, kw_only=True):
    """An uptime monitor."""

    id: Annotated[str | None, also("resource_id")] = None
    name: str | None = None
    type: str | None = None
    url: str | None = None
    host: str | None = None
    service_id: str | None = None
    enabled: Annotated[bool | None, also("is_enabled")] = None
    status: str | None = None
    created_at: str | None = None


class Region(Answer, frozen=True, kw_only=True):
    """A place that checks."""

    id: Annotated[str | None, also("region", "code")] = None
    name: str | None = None


class Expiry(Answer, frozen=True, kw_only=True):
    """A certificate or a domain and when it ends."""

    issuer: str | None = None
    subject: str | None = None
    registrar: str | None = None
    expires_at: Annotated[str | None, also("expiration_date")] = None


class ReminderSettings(Answer, frozen=True, kw_only=True):
    """When a reminder is sent."""

    days_before: list[int] | None = None


class Report(Answer, frozen=True, kw_only=True):
    """How a monitor did. `points` is empty where nothing has been measured."""

    uptime: float | None = None
    response_time: float | None = None
    points: list[dict[str, Any]] | None = None


class StateChange(Answer, frozen=True, kw_only=True):
    """A monitor went from one state to another."""

    state: Annotated[str | None, also("status")] = None
    changed_at: Annotated[str | None, also("created_at")] = None
    reason: str | None = None


class Integration(Answer, frozen=True, kw_only=True):
    """A page of another provider that follows the monitor."""

    id: str | None = None
    integration: str | None = None
    type: str | None = None
    name: str | None = None
    status: str | None = None
    message: str | None = None
    items: list[str] | None = None
