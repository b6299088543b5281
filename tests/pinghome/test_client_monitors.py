"""Uptime and server monitors by the typed client, on the local Pinghome."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from msgspec.structs import replace

from bridge.pinghome.address import Address
from bridge.pinghome.client import Pinghome
from bridge.pinghome.connection import Connection
from bridge.pinghome.demo import DEMO_EMAIL, DEMO_PASSWORD, DEMO_SERVICE_ID
from bridge.pinghome.errors import Conflict, Invalid, NotFound
from bridge.pinghome.systems.server import MetricPeriod, NewServer, ServerChange
from bridge.pinghome.systems.shared import Condition
from bridge.pinghome.systems.uptime_models import (
    IntegrationChange,
    MonitorChange,
    NewIntegration,
    NewMonitor,
    ReportPeriod,
    StatePeriod,
)
from tests.local.world import World

MONITOR = NewMonitor(
    name="web",
    type="http",
    port="",
    grace_period=1,
    recovery_period=2,
    skip_ssl_error=False,
    not_follow_redirect=False,
    method="GET",
    is_advanced=True,
    service_id=DEMO_SERVICE_ID,
    regions=["eu-central-1"],
    url="https://example.com",
    headers={"X-Key": "1"},
    conditions=[Condition(type="response-json-check", key="ok", operator="equal", values=[True])],
)
SERVER = NewServer(
    service_id=DEMO_SERVICE_ID, name="db-1", description="", timezone="Europe/Berlin", chart_type_default="line"
)


@pytest.fixture
async def pinghome(world: World) -> AsyncIterator[Pinghome]:
    url = Address(f"http://127.0.0.1:{world.client.port}/{{service}}").template
    async with (
        aiohttp.ClientSession() as session,
        Pinghome(Connection(url=url, email=DEMO_EMAIL, password=DEMO_PASSWORD), session) as pinghome,
    ):
        yield pinghome


async def test_a_monitor_lives_and_goes(pinghome: Pinghome) -> None:
    created = await pinghome.uptime.create(MONITOR)
    assert created.id is not None
    assert (created.name, created.url, created.enabled, created.status) == ("web", MONITOR.url, True, "unknown")
    assert (created.extra["headers"], created.extra["recovery_period"]) == ({"X-Key": "1"}, 2)
    change = MonitorChange(
        name="renamed",
        is_advanced=False,
        method="HEAD",
        grace_period=0,
        recovery_period=0,
        skip_ssl_error=True,
        service_id=DEMO_SERVICE_ID,
        conditions=[],
        regions=["us-east-1", "eu-central-1"],
    )
    assert (await pinghome.uptime.update(created.id, change)).name == "renamed"
    assert (await pinghome.uptime.get(created.id)).url == MONITOR.url
    assert [region.id for region in await pinghome.uptime.regions(created.id)] == change.regions
    assert (await pinghome.uptime.delete(created.id)).id == created.id
    with pytest.raises(NotFound):
        await pinghome.uptime.get(created.id)


async def test_a_refusal_names_its_fields(pinghome: Pinghome) -> None:
    with pytest.raises(Invalid) as caught:
        await pinghome.uptime.create(replace(MONITOR, type="tcp", url=None, host="a"))
    assert [fault.field for fault in caught.value.fields] == ["port"]


async def test_all_monitors_of_a_service_come_page_after_page_and_go_at_once(pinghome: Pinghome) -> None:
    ids = {(await pinghome.uptime.create(MONITOR)).id for _ in range(3)}
    assert len(await pinghome.uptime.list(DEMO_SERVICE_ID, page=1, limit=2)) == 2
    assert {monitor.id async for monitor in pinghome.uptime.each(DEMO_SERVICE_ID)} == ids
    await pinghome.uptime.delete_many([one for one in ids if one])
    assert await pinghome.uptime.list(DEMO_SERVICE_ID) == []


async def test_what_was_not_measured_is_none(pinghome: Pinghome) -> None:
    monitor = (await pinghome.uptime.create(MONITOR)).id or ""
    ssl, tld = await pinghome.uptime.ssl(monitor), await pinghome.uptime.tld(monitor)
    assert (ssl.issuer, ssl.expires_at, tld.registrar, tld.expires_at) == (None, None, None, None)
    report = await pinghome.uptime.statistic(monitor, ReportPeriod(interval="minute", limit=4))
    assert (report.uptime, report.response_time, report.points) == (None, None, [])
    await pinghome.uptime.set_enabled(monitor, enabled=False)
    [change] = await pinghome.uptime.state_changes(monitor, StatePeriod(limit=4))
    assert (change.state, change.reason) == ("paused", "switched off")
    assert (await pinghome.uptime.get(monitor)).enabled is False


async def test_reminders(pinghome: Pinghome) -> None:
    monitor = (await pinghome.uptime.create(MONITOR)).id or ""
    await pinghome.uptime.set_ssl_reminder(monitor, [1])
    await pinghome.uptime.set_tld_reminder(monitor, [30])
    with pytest.raises(Conflict):
        await pinghome.uptime.set_ssl_reminder(monitor, [1])
    await pinghome.uptime.update_ssl_reminder(monitor, [1, 7])
    await pinghome.uptime.update_tld_reminder(monitor, [60])
    assert (await pinghome.uptime.ssl_reminder(monitor)).days_before == [1, 7]
    assert (await pinghome.uptime.tld_reminder(monitor)).days_before == [60]
    await pinghome.uptime.delete_ssl_reminder(monitor)
    await pinghome.uptime.delete_tld_reminder(monitor)
    for get in (pinghome.uptime.ssl_reminder, pinghome.uptime.tld_reminder):
        with pytest.raises(NotFound):
            await get(monitor)


async def test_integrations(pinghome: Pinghome) -> None:
    monitor = (await pinghome.uptime.create(MONITOR)).id or ""
    new = NewIntegration(name="Down", status="open", integration="page-1", type="statuspageIo", items=["a"])
    created = await pinghome.uptime.create_integration(monitor, new)
    assert created.id is not None
    change = IntegrationChange(name="Up", status="resolved", message="well", items=[])
    await pinghome.uptime.update_integration(monitor, created.id, change)
    [shown] = await pinghome.uptime.integrations(monitor)
    assert (shown.integration, shown.type, shown.status, shown.message) == (
        "page-1",
        "statuspageIo",
        "resolved",
        "well",
    )
    await pinghome.uptime.delete_integration(monitor, created.id)
    assert await pinghome.uptime.integrations(monitor) == []


async def test_a_server_lives_and_goes(pinghome: Pinghome) -> None:
    created = await pinghome.servers.create(SERVER)
    assert created.id is not None
    assert (created.name, created.timezone, created.enabled) == ("db-1", "Europe/Berlin", True)
    change = ServerChange(
        service_id=DEMO_SERVICE_ID,
        name="db-2",
        description="d",
        timezone="UTC",
        chart_type_default="area",
        enabled=False,
    )
    assert (await pinghome.servers.update(created.id, change)).id == created.id
    shown = await pinghome.servers.get(created.id)
    assert (shown.name, shown.timezone, shown.enabled) == ("db-2", "UTC", False)
    assert [server.id for server in await pinghome.servers.list(DEMO_SERVICE_ID, page=1)] == [created.id]
    assert [server.id async for server in pinghome.servers.each(DEMO_SERVICE_ID)] == [created.id]
    metrics = await pinghome.servers.metrics(created.id, MetricPeriod(type="memory-usage"))
    assert (metrics.type, metrics.points) == ("memory-usage", [])
    await pinghome.servers.delete_many([created.id])
    with pytest.raises(NotFound):
        await pinghome.servers.get(created.id)
