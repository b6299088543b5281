"""Every operation of the table, called by the client on the local Pinghome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest

from bridge.pinghome.address import Address
from bridge.pinghome.client import Pinghome
from bridge.pinghome.demo import (
    DEMO_CUSTOMER_ID,
    DEMO_EMAIL,
    DEMO_HEARTBEAT_ID,
    DEMO_PASSWORD,
    DEMO_SERVICE_ID,
    DEMO_TEAM_ID,
    DEMO_WEBHOOK_ID,
)
from bridge.pinghome.endpoints import LOCAL_EXTRAS, OPERATIONS
from bridge.pinghome.errors import Invalid, NotFound, Unauthorized
from tests.local.test_auth import count
from tests.local.world import World, alert, resolve, ruleset


class Recording(Pinghome):
    """The client, remembering which operations were called."""

    called: set[str]

    async def call(self, which: Any, **arguments: Any) -> Any:
        self.called = {*getattr(self, "called", ()), which if isinstance(which, str) else which.key}
        return await super().call(which, **arguments)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def address_of(world: World) -> Address:
    return Address(f"http://127.0.0.1:{world.client.port}/{{service}}")


@pytest.fixture
async def pinghome(world: World, session: aiohttp.ClientSession) -> AsyncIterator[Recording]:
    async with Recording(session, address_of(world), DEMO_EMAIL, DEMO_PASSWORD) as client:
        yield client


async def test_every_operation_can_be_called(pinghome: Recording) -> None:
    await look_around(pinghome)
    await keep_heartbeats(pinghome)
    await handle_events(pinghome)
    await keep_incidents(pinghome)
    await keep_schedules(pinghome)
    assert await pinghome.call("auth.sign_out") is None
    assert pinghome.called == {row.key for row in (*OPERATIONS, *LOCAL_EXTRAS)}


async def look_around(pinghome: Pinghome) -> None:
    profile = await pinghome.call("customer.get", path={"customer_id": DEMO_CUSTOMER_ID})
    assert profile["email"] == DEMO_EMAIL
    assert [team["team_id"] for team in await pinghome.call("team.list")] == [DEMO_TEAM_ID]
    members = await pinghome.call("team.members", path={"id": DEMO_TEAM_ID})
    assert [member["customer_id"] for member in members] == [DEMO_CUSTOMER_ID]
    service = await pinghome.call("service.create", json={"name": "api", "team_id": DEMO_TEAM_ID})
    assert await pinghome.call("service.get", path={"id": service["id"]}) == service


async def keep_heartbeats(pinghome: Pinghome) -> None:
    body = {"name": "backup", "service_id": DEMO_SERVICE_ID}
    ids = [(await pinghome.call("heartbeat.create", json=body))["id"] for _ in range(3)]
    listed = await pinghome.call("heartbeat.list", path={"id": DEMO_SERVICE_ID}, query={"page": 1, "limit": 50})
    assert {monitor["id"] for monitor in listed} == {DEMO_HEARTBEAT_ID, *ids}
    path = {"id": ids[0]}
    await pinghome.call("heartbeat.submit", path=path, query={"result": "fail", "message": "exit 2"})
    assert [event["message"] for event in await pinghome.call("heartbeat.events", path=path)] == ["exit 2"]
    assert (await pinghome.call("heartbeat.update", path=path, json={**body, "name": "new"}))["name"] == "new"
    assert (await pinghome.call("heartbeat.get", path=path))["last_result"] == "fail"
    await pinghome.call("heartbeat.delete", path=path)
    assert await pinghome.call("heartbeat.delete_many", query={"id": ids[1:]}) == {"ids": ids[1:]}


async def handle_events(pinghome: Pinghome) -> None:
    webhook = await pinghome.call("webhook.create", json={"name": "second"})
    assert webhook in await pinghome.call("webhook.list")
    rule = await pinghome.call("ruleset.create", json=ruleset())
    assert rule in await pinghome.call("ruleset.list")
    await pinghome.call("ruleset.update", path={"id": rule["id"]}, json=ruleset(name="renamed"))
    await pinghome.call("ruleset.delete", path={"id": rule["id"]})
    for body in (alert(), resolve()):
        await pinghome.call("webhook.submit", path={"id": webhook["id"]}, json=body)
    events = await pinghome.call("webhook.events", path={"id": webhook["id"]}, query={"limit": 1})
    assert [event["body"] for event in events] == [resolve()]
    incidents = await pinghome.call("incident.list", path={"id": DEMO_TEAM_ID}, query={"status": "resolved"})
    assert [incident["name"] for incident in incidents] == [alert()["title"]]


async def keep_incidents(pinghome: Pinghome) -> None:
    assert "operational" in (await pinghome.call("incident.health_check"))["message"]
    body = {"name": "n", "description": "d", "urgency": "low"}
    incident = await pinghome.call("incident.create", path={"id": DEMO_TEAM_ID}, json=body)
    changed = {**body, "urgency": "high"}
    assert (await pinghome.call("incident.update", path={"id": incident["id"]}, json=changed))["urgency"] == "high"


async def keep_schedules(pinghome: Pinghome) -> None:
    entry = {"team_member_id": DEMO_CUSTOMER_ID, "week_days": [1], "start_time": "09:00", "end_time": "17:00"}
    created = await pinghome.call("schedule.create", path={"id": DEMO_TEAM_ID}, json=entry)
    assert created in await pinghome.call("schedule.get", path={"id": DEMO_CUSTOMER_ID})
    named: Mapping[str, str] = {"team_member_id": DEMO_CUSTOMER_ID, "created_at": created["created_at"]}
    await pinghome.call("schedule.delete", path={"id": DEMO_TEAM_ID}, query=named)


async def test_an_expired_token_is_renewed_once_for_all(world: World, pinghome: Recording) -> None:
    await pinghome.call("team.list")
    world.clock.advance(hours=2)
    await asyncio.gather(*(pinghome.call("team.list") for _ in range(20)))
    # Three tokens of the tests' people and the client's second; its first was purged by the renewal.
    assert await world.store(lambda connection: count(connection, "tokens")) == 4


async def test_the_local_refusals_arrive_as_errors(world: World, session: aiohttp.ClientSession) -> None:
    async with Pinghome(session, address_of(world), DEMO_EMAIL, "wrong-password") as pinghome:
        with pytest.raises(Unauthorized):
            await pinghome.call("team.list")
        with pytest.raises(NotFound):
            await pinghome.call("webhook.submit", path={"id": "unknown"}, json={})
        with pytest.raises(Invalid) as caught:
            await pinghome.call("heartbeat.submit", path={"id": DEMO_HEARTBEAT_ID}, query={"result": "maybe"})
    assert [fault.field for fault in caught.value.fields] == ["result"]


async def test_the_addresses_of_the_data_gateway_are_the_local_ones(
    world: World, session: aiohttp.ClientSession
) -> None:
    address = address_of(world)
    async with session.post(address.webhook_url(DEMO_WEBHOOK_ID), json={}) as answer:
        assert answer.status == 200
    async with session.get(address.heartbeat_url(DEMO_HEARTBEAT_ID)) as answer:
        assert answer.status == 200
