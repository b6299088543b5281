"""All operations of the Pinghome API in one table. The client, the local Pinghome, the command line and the
reference are driven by it.

Source of the facts: the API texts, extracted to `endpoints.json` (a test holds every row against it). The
texts name no operations; the names here are ours, unique within their system.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bridge.pinghome.operation import Operation
from bridge.pinghome.systems import (
    auth,
    billing,
    channels,
    customer,
    heartbeat,
    incident,
    ruleset,
    schedule,
    server,
    service,
    statuspage,
    subscription,
    team,
    uptime_rows,
    webhook,
)

OPERATIONS: Final[tuple[Operation[Any], ...]] = (
    *auth.OPERATIONS,
    *customer.OPERATIONS,
    *channels.OF_CUSTOMER,
    *team.OPERATIONS,
    *channels.OF_TEAM,
    *service.OPERATIONS,
    *uptime_rows.OPERATIONS,
    *server.OPERATIONS,
    *heartbeat.OPERATIONS,
    *ruleset.OPERATIONS,
    *webhook.OPERATIONS,
    *incident.OPERATIONS,
    *schedule.OPERATIONS,
    *statuspage.OPERATIONS,
    *subscription.OPERATIONS,
    *billing.OPERATIONS,
)
"""What the API texts document. Every row is in `endpoints.json`, and every entry there has its row."""

SYSTEMS: Final[Mapping[str, str]] = {
    "auth": "Accounts: signing up, in and out, and passwords.",
    "customer": "Your own account, and the profiles of your organisation.",
    "customer-channels": "The notification channels of a person.",
    "team": "Teams, their members and their invitations.",
    "team-channels": "The notification channels of a team.",
    "service": "Services: what monitors are grouped under.",
    "uptime": "Uptime monitors, their reminders, reports and integrations.",
    "server": "Server monitors and what their agents measure.",
    "heartbeat": "Heartbeat monitors, and the endpoint that jobs report to.",
    "ruleset": "Rulesets: which events open incidents, for whom, and what else then happens.",
    "webhook": "Webhooks: addresses that take any JSON and give it to rulesets.",
    "incident": "Incidents.",
    "schedule": "On-call schedules: entries of team members.",
    "statuspage": "Status pages, their components and groups.",
    "statuspage-subscription": "Subscriptions to status pages.",
    "billing": "Plans, subscriptions to them, and what pays for them.",
}
"""The systems in the order of the API's texts, and what each is about."""

LOCAL_EXTRAS: Final[tuple[Operation[Any], ...]] = incident.LOCAL_EXTRAS

_REMINDERS: Final = (
    (uptime_rows.SET_TLD_REMINDER, "tld"),
    (uptime_rows.UPDATE_TLD_REMINDER, "tld"),
    (uptime_rows.DELETE_TLD_REMINDER, "tld"),
    (uptime_rows.SET_SSL_REMINDER, "ssl"),
    (uptime_rows.UPDATE_SSL_REMINDER, "ssl"),
    (uptime_rows.DELETE_SSL_REMINDER, "ssl"),
)
_REMINDER_PATHS: Final = (
    "/default/v1/resource/{{id}}/{what}/reminder",
    "/default/v1/{{id}}/{what}/reminder",
    "/default/v1/{what}/reminder/{{id}}",
)

ALIASES: Final[tuple[Operation[Any], ...]] = (
    replace(heartbeat.SUBMIT, method="HEAD"),
    replace(heartbeat.SUBMIT, method="POST"),
    # The texts show it on customer-query, their other writes on customer-cmd.
    replace(customer.UPDATE, service="customer-cmd"),
    # The texts' menu and their examples spell the reminders' paths in three ways.
    *(
        replace(row, path=path)
        for row, what in _REMINDERS
        for path in (template.format(what=what) for template in _REMINDER_PATHS)
        if path != row.path
    ),
)
"""Other spellings of rows above that the local Pinghome understands and the client never uses."""

_BY_KEY: Final[Mapping[str, Operation[Any]]] = {row.key: row for row in (*OPERATIONS, *LOCAL_EXTRAS)}


def operation(key: str) -> Operation[Any]:
    """The operation of that name, `webhook.submit`. Raises KeyError for a name that is in no table."""
    return _BY_KEY[key]
