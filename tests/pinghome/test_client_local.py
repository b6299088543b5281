"""Every operation, called by its typed method on a local Pinghome in which there is one of everything."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, get_args, get_type_hints

import aiohttp
import msgspec
import pytest

from bridge.pinghome.address import Address
from bridge.pinghome.client import Pinghome
from bridge.pinghome.connection import Connection
from bridge.pinghome.demo import DEMO_EMAIL, DEMO_HEARTBEAT_ID, DEMO_PASSWORD, DEMO_WEBHOOK_ID
from bridge.pinghome.endpoints import LOCAL_EXTRAS, OPERATIONS
from bridge.pinghome.errors import Invalid, NotFound, Unauthorized
from bridge.pinghome.operation import AnyOperation, Request
from bridge.pinghome.systems.base import System
from bridge.pinghome.systems.shared import Action
from tests.local.prepared import NOTHING_TO_FIND, Good, Prepared
from tests.local.test_auth import count
from tests.local.world import World

ATTRIBUTES: Final = {
    "customer": "customers",
    "customer-channels": "customer_channels",
    "team": "teams",
    "team-channels": "team_channels",
    "service": "services",
    "server": "servers",
    "heartbeat": "heartbeats",
    "ruleset": "rulesets",
    "webhook": "webhooks",
    "incident": "incidents",
    "schedule": "schedules",
    "statuspage": "statuspages",
    "statuspage-subscription": "subscriptions",
}
"""Where the client has a system, if not under its own name."""
RENAMED: Final = {"ids": "id", "priorities": "priority"}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def pinghome(world: World, session: aiohttp.ClientSession) -> AsyncIterator[Pinghome]:
    async with Pinghome(connection_to(world), session) as client:
        yield client


def connection_to(world: World, password: str = DEMO_PASSWORD) -> Connection:
    return Connection(url=address_of(world).template, email=DEMO_EMAIL, password=password)


def address_of(world: World) -> Address:
    return Address(f"http://127.0.0.1:{world.client.port}/{{service}}")


def system_of(pinghome: Pinghome, row: AnyOperation) -> System:
    found = getattr(pinghome, ATTRIBUTES.get(row.system, row.system))
    assert isinstance(found, System)
    return found


def arguments_of(method: Any, row: AnyOperation, call: Good) -> tuple[list[str], dict[str, Any]]:
    """The good call in the words of the method's signature."""
    hints = get_type_hints(method)
    given = {**lists_split(call.query), **(call.body or {})}
    named: dict[str, Any] = {}
    for name in list(inspect.signature(method).parameters)[len(row.parameters) :]:
        kinds = (hints[name], *get_args(hints[name])) if name != "actions" else ()
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Request)), None)
        if model is not None:
            named[name] = msgspec.convert(given, model)
        elif row.body is dict:
            named[name] = call.body
        elif RENAMED.get(name, name) in given:
            named[name] = given[RENAMED.get(name, name)]
    if "actions" in named:
        named["actions"] = msgspec.convert(named["actions"], list[Action])
    return [(call.path or {})[name] for name in row.parameters], named


def lists_split(query: Mapping[str, Any] | None) -> dict[str, Any]:
    found = dict(query or {})
    for name in ("id", "include_types", "exclude_types"):
        if isinstance(found.get(name), str):
            found[name] = found[name].split(",")
    if isinstance(found.get("priority"), str):
        found["priority"] = [int(part) for part in found["priority"].split(",")]
    return found


@pytest.mark.parametrize("row", [*OPERATIONS, *LOCAL_EXTRAS], ids=lambda row: row.key)
async def test_every_operation_has_a_typed_method_that_works(
    whole: World, prepared: Prepared, session: aiohttp.ClientSession, row: AnyOperation
) -> None:
    async with Pinghome(connection_to(whole), session) as pinghome:
        method = getattr(system_of(pinghome, row), row.name)
        if row.key in NOTHING_TO_FIND:
            with pytest.raises(NotFound):
                await method("25OFF")
            return
        path, named = arguments_of(method, row, prepared.calls()[row.key])
        answer = await method(*path, **named)
    if row.many:
        assert all(isinstance(entry, row.answer) for entry in answer)
    else:
        assert isinstance(answer, row.answer)


async def test_an_expired_token_is_renewed_once_for_all(world: World, session: aiohttp.ClientSession) -> None:
    async with Pinghome(connection_to(world), session) as pinghome:
        await pinghome.teams.list()
        world.clock.advance(hours=2)
        await asyncio.gather(*(pinghome.teams.list() for _ in range(20)))
        # Three tokens of the tests' people and the client's second; its first was purged by the renewal.
        assert await world.store(lambda connection: count(connection, "tokens")) == 4
    assert await world.store(lambda connection: count(connection, "tokens")) == 3


async def test_the_local_refusals_arrive_as_errors(world: World, session: aiohttp.ClientSession) -> None:
    async with Pinghome(connection_to(world, password="wrong-password"), session) as pinghome:
        with pytest.raises(Unauthorized):
            await pinghome.teams.list()
        with pytest.raises(NotFound):
            await pinghome.webhooks.submit("unknown", {})
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
