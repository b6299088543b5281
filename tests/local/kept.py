"""A demo world with one of each thing that keeps state, under the ids that the texts' examples use."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, Final

from msgspec import convert

from bridge.local.accounts.plans import id_of
from bridge.local.pages import components
from bridge.local.pages.status_pages import settings_of
from bridge.local.times import micros
from bridge.pinghome.demo import DEMO_ORGANISATION_ID, DEMO_SERVICE_ID
from bridge.pinghome.systems.statuspage import NewStatuspage
from tests.local.world import World

MONITOR_ID: Final = "c03b02ec-244f-4d2c-8f68-3910071ed5c8"
SERVER_ID: Final = "9bb4505f-6073-4a9b-abd3-cc698f695c7b"
PAGE_ID: Final = "445a5c1f-c0eb-403a-96d7-3976e5dc74ed"
COMPONENT_ID: Final = "445a5c1f-c0eb-403a-96d7-3976e5dc74ed"
"""The texts' example of an action names a page and a component by the same id."""
INTEGRATION: Final = "r276xxt51c23"
DOMAIN: Final = "status.example.com"
COUPON: Final = "25OFF"
VOUCHER: Final = "AAACCCBBDD-CSSSS1"
SUBSCRIPTION_ID: Final = id_of(DEMO_ORGANISATION_ID)

MONITOR, SERVER, PAGE = {"id": MONITOR_ID}, {"id": SERVER_ID}, {"id": PAGE_ID}
COMPONENT, BILLED = {"id": COMPONENT_ID}, {"id": SUBSCRIPTION_ID}
FOLLOWED = {"id": MONITOR_ID, "integration": INTEGRATION}


def prepare(connection: sqlite3.Connection, now: int) -> None:
    """Put them there, past the API, as the API would have them."""
    connection.execute(
        "INSERT INTO monitors VALUES (?, ?, 'web', 'http', 'https://example.com', NULL, '', '[\"eu-central-1\"]',"
        " '{\"conditions\":[]}', TRUE, 'unknown', ?, ?)",
        (MONITOR_ID, DEMO_SERVICE_ID, now, now),
    )
    connection.execute(
        "INSERT INTO servers VALUES (?, ?, 'db-1', '', 'Europe/Berlin', 'line', TRUE, ?, ?)",
        (SERVER_ID, DEMO_SERVICE_ID, now, now),
    )
    connection.execute(
        "INSERT INTO status_pages VALUES (?, ?, 'Page', '', 'prepared', ?, 'public', NULL, ?, TRUE, ?, ?)",
        (
            PAGE_ID,
            DEMO_ORGANISATION_ID,
            DOMAIN,
            json.dumps(settings_of(convert(page(), NewStatuspage))),
            now,
            now,
        ),
    )
    connection.execute(
        "INSERT INTO components VALUES (?, ?, NULL, 'API', NULL, 'resource', 'operational', ?, 0, ?)",
        (COMPONENT_ID, PAGE_ID, MONITOR_ID, now),
    )
    components.set_status(connection, COMPONENT_ID, "operational", now)
    for code in (COUPON, VOUCHER):
        connection.execute("INSERT INTO coupons VALUES (?, 25, NULL, NULL, NULL)", (code,))


async def prepare_world(world: World) -> World:
    """The same for a running world."""
    await world.store(lambda connection: prepare(connection, micros(world.clock())))
    return world


def http_monitor(**changes: Any) -> dict[str, Any]:
    """A complete monitor of a web page."""
    return {
        "name": "web",
        "type": "http",
        "port": "",
        "grace_period": 0,
        "recovery_period": 0,
        "skip_ssl_error": False,
        "not_follow_redirect": False,
        "method": "GET",
        "is_advanced": True,
        "service_id": DEMO_SERVICE_ID,
        "url": "https://example.com",
        "conditions": [{"type": "response-json-check", "key": "ok", "operator": "equal", "values": [True]}],
        "regions": ["eu-central-1"],
        **changes,
    }


def changed_monitor(**changes: Any) -> dict[str, Any]:
    """The fields that a change of a monitor must have."""
    return {
        "name": "web",
        "is_advanced": True,
        "method": "GET",
        "grace_period": 0,
        "recovery_period": 0,
        "skip_ssl_error": False,
        "service_id": DEMO_SERVICE_ID,
        "conditions": [],
        "regions": ["eu-central-1"],
        **changes,
    }


def server(**changes: Any) -> dict[str, Any]:
    """A complete server."""
    return {
        "service_id": DEMO_SERVICE_ID,
        "name": "db-1",
        "description": "",
        "timezone": "Europe/Berlin",
        "chart_type_default": "line",
        **changes,
    }


def page(**changes: Any) -> dict[str, Any]:
    """A complete public page without components."""
    return {
        "name": "Page",
        "description": "",
        "subdomain": "acme",
        "type": "public",
        "components": [],
        "groups": [],
        **changes,
    }


DAYS: Final = {"days_before": [1]}
SINCE: Final = {"start_date": "2026-01-01T00:00:00Z", "limit": "4"}
FOLLOWER: Final = {"name": "Down", "status": "open", "integration": INTEGRATION, "type": "statuspageIo", "items": ["a"]}
PARTS: Final[dict[str, Any]] = {
    "components": [
        {"id": COMPONENT_ID, "name": "API", "type": "resource", "status": "major-outage", "resource_id": MONITOR_ID},
        {"name": "Web", "type": "resource"},
    ],
    "groups": [{"name": "Data", "components": [{"name": "DB", "type": "resource"}]}],
}

CALLS: Final[list[tuple[str, dict[str, Any]]]] = [
    ("uptime.create", {"json": http_monitor()}),
    ("uptime.list", {"path": {"id": DEMO_SERVICE_ID}}),
    ("uptime.get", {"path": MONITOR}),
    ("uptime.regions", {"path": MONITOR}),
    ("uptime.ssl", {"path": MONITOR}),
    ("uptime.tld", {"path": MONITOR}),
    ("uptime.update", {"path": MONITOR, "json": changed_monitor()}),
    ("uptime.set_enabled", {"path": MONITOR, "json": {"enabled": False}}),
    ("uptime.state_changes", {"path": MONITOR, "query": SINCE}),
    ("uptime.statistic", {"path": MONITOR, "query": SINCE}),
    ("uptime.set_ssl_reminder", {"path": MONITOR, "json": DAYS}),
    ("uptime.update_ssl_reminder", {"path": MONITOR, "json": DAYS}),
    ("uptime.ssl_reminder", {"path": MONITOR}),
    ("uptime.delete_ssl_reminder", {"path": MONITOR}),
    ("uptime.set_tld_reminder", {"path": MONITOR, "json": DAYS}),
    ("uptime.update_tld_reminder", {"path": MONITOR, "json": DAYS}),
    ("uptime.tld_reminder", {"path": MONITOR}),
    ("uptime.delete_tld_reminder", {"path": MONITOR}),
    ("uptime.create_integration", {"path": MONITOR, "json": FOLLOWER}),
    ("uptime.integrations", {"path": MONITOR}),
    ("uptime.update_integration", {"path": FOLLOWED, "json": {**FOLLOWER, "message": "m"}}),
    ("uptime.delete_integration", {"path": FOLLOWED}),
    ("server.create", {"json": server()}),
    ("server.list", {"path": {"id": DEMO_SERVICE_ID}}),
    ("server.get", {"path": SERVER}),
    ("server.update", {"path": SERVER, "json": server(enabled=True)}),
    ("server.metrics", {"path": SERVER, "query": {"type": "swap-usage", **SINCE}}),
    ("server.delete_many", {"query": {"id": SERVER_ID}}),
    ("statuspage.create", {"json": page(domain="status.example.org", **{**PARTS, "components": []})}),
    ("statuspage.list", {}),
    ("statuspage.get", {"path": PAGE}),
    ("statuspage.unified", {"path": PAGE}),
    ("statuspage.components", {"path": PAGE}),
    ("statuspage.update", {"path": PAGE, "json": page(subdomain="moved", **PARTS)}),
    ("statuspage.component_statistics", {"path": COMPONENT}),
    ("statuspage.update", {"path": PAGE, "json": page(subdomain="moved")}),
    ("statuspage.cname", {"path": {"domain": DOMAIN}}),
    ("statuspage.set_enabled", {"path": PAGE, "json": {"enabled": True}}),
    ("statuspage-subscription.create", {"json": {"channel_type": "email", "channel_value": "a@example.com"}}),
    (
        "statuspage-subscription.create",
        {"json": {"channel_type": "sms", "channel_value": "+4915112345", "status_page_id": PAGE_ID}},
    ),
    ("statuspage-subscription.verify", {"path": {"token": "unknown"}}),
    ("statuspage-subscription.delete", {"path": {"token": "unknown"}}),
    ("statuspage.delete", {"path": PAGE}),
    ("uptime.delete_many", {"query": {"id": MONITOR_ID}}),
    ("uptime.delete", {"path": MONITOR}),
    ("billing.payments", {"path": BILLED}),
    ("billing.proration", {"path": {**BILLED, "product_id": "local"}}),
    ("billing.plan_limits", {"path": {"plan": "local", "version": "1"}}),
    ("billing.update", {"path": BILLED, "json": {"price_id": "p"}}),
    ("billing.cancel", {"path": BILLED}),
    ("billing.reactivate", {"path": BILLED}),
    ("billing.create_purchase_info", {}),
    ("billing.update_plan", {}),
    ("billing.payment_methods", {}),
    ("billing.coupon", {"path": {"code": COUPON}}),
    ("billing.apply_voucher", {"json": {"code": VOUCHER}}),
]
"""A good call of every operation of these systems, in an order in which each finds what it needs, in a prepared world.
The tokens of subscriptions are random: their two operations find nothing, by the same statements."""
