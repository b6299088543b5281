"""Which function answers which operation: one literal, held against the table of operations by a test."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from bridge.local.database import Database
from bridge.local.handlers import (
    auth,
    customers,
    heartbeats,
    incidents,
    rulesets,
    schedules,
    services,
    teams,
    webhooks,
)
from bridge.local.passwords import Passwords
from bridge.local.replies import Call, Reply

Handler = Callable[[sqlite3.Connection, Call], Reply]
"""Runs in the database's thread, inside a savepoint: it must not wait for anything but the database."""
SteppedHandler = Callable[[Database, Passwords, Call], Awaitable[Reply]]
"""Runs on the event loop and goes to the database in steps: for what must wait for something else between them."""

HANDLERS: Final[Mapping[str, Handler]] = {
    "auth.sign_out": auth.sign_out,
    "customer.get": customers.get,
    "heartbeat.create": heartbeats.create,
    "heartbeat.delete": heartbeats.delete,
    "heartbeat.delete_many": heartbeats.delete_many,
    "heartbeat.events": heartbeats.events,
    "heartbeat.get": heartbeats.get,
    "heartbeat.list": heartbeats.list_of_service,
    "heartbeat.submit": heartbeats.submit,
    "heartbeat.update": heartbeats.update,
    "incident.create": incidents.create,
    "incident.health_check": incidents.health_check,
    "incident.list": incidents.list_of_team,
    "incident.update": incidents.update,
    "ruleset.create": rulesets.create,
    "ruleset.delete": rulesets.delete,
    "ruleset.list": rulesets.list_all,
    "ruleset.update": rulesets.update,
    "schedule.create": schedules.create,
    "schedule.delete": schedules.delete,
    "schedule.get": schedules.get_of_customer,
    "service.create": services.create,
    "service.get": services.get,
    "team.list": teams.list_mine,
    "team.members": teams.members,
    "webhook.create": webhooks.create,
    "webhook.events": webhooks.events,
    "webhook.list": webhooks.list_all,
    "webhook.submit": webhooks.submit,
}

STEPPED_HANDLERS: Final[Mapping[str, SteppedHandler]] = {"auth.sign_in": auth.sign_in}
