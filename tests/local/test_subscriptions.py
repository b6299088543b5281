"""Subscriptions to status pages take no account: a token that goes to the address names them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.local.kept import PAGE, PAGE_ID, prepare_world
from tests.local.world import UNKNOWN_ID, Answer, World

EMAIL = {"channel_type": "email", "channel_value": "reader@example.com"}


async def subscribe(world: World, **changes: Any) -> Answer:
    return await world.call("statuspage-subscription.create", json={**EMAIL, **changes})


async def sent(world: World) -> list[dict[str, Any]]:
    rows = await world.store(
        lambda connection: connection.execute(
            "SELECT * FROM outbox WHERE purpose = 'subscription' ORDER BY id"
        ).fetchall()
    )
    return [dict(row) for row in rows]


async def tokens(world: World) -> list[str]:
    return [json.loads(message["document"])["token"] for message in await sent(world)]


async def verify(world: World, token: str) -> int:
    return (await world.call("statuspage-subscription.verify", path={"token": token})).status


async def delete(world: World, token: str) -> int:
    return (await world.call("statuspage-subscription.delete", path={"token": token})).status


async def test_a_token_is_sent_verifies_and_ends_a_subscription(world: World) -> None:
    assert (await subscribe(world)).status == 201
    [message] = await sent(world)
    [token] = await tokens(world)
    assert (message["channel_type"], message["channel_value"]) == ("email", "reader@example.com")
    assert token in message["body"]
    assert [await verify(world, token), await verify(world, token)] == [200, 200]
    assert [await delete(world, token), await delete(world, token), await verify(world, token)] == [200, 404, 404]


async def test_the_paths_in_the_message_work_and_name_no_host(world: World) -> None:
    await subscribe(world)
    links = json.loads((await sent(world))[0]["document"])
    async with world.client.put(links["verify"]) as answer:
        assert answer.status == 200
    async with world.client.delete(links["delete"]) as answer:
        assert answer.status == 200


async def test_only_a_hash_of_the_token_is_stored(world: World) -> None:
    await subscribe(world)
    [token] = await tokens(world)
    row = await world.store(lambda connection: connection.execute("SELECT * FROM status_page_subscriptions").fetchone())
    assert all(token.encode() not in str(value).encode() for value in tuple(row))


async def test_a_known_address_is_answered_like_a_new_one_and_not_flooded(world: World) -> None:
    first = await subscribe(world)
    again = await subscribe(world)
    assert (again.status, again.json) == (first.status, first.json)
    assert len(await sent(world)) == 1
    world.clock.advance(minutes=15)
    assert (await subscribe(world)).json == first.json
    old, new = await tokens(world)
    assert [await verify(world, old), await verify(world, new)] == [404, 200]
    world.clock.advance(minutes=15)
    assert (await subscribe(world)).json == first.json
    assert len(await sent(world)) == 2
    assert await delete(world, new) == 200


async def test_a_page_and_all_pages_are_two_subscriptions(world: World) -> None:
    await prepare_world(world)
    assert (await subscribe(world)).status == 201
    assert (await subscribe(world, status_page_id=PAGE_ID)).status == 201
    assert [message["subject"] for message in await sent(world)] == [
        "Confirm your subscription to all status pages",
        "Confirm your subscription to Page",
    ]
    await world.call("statuspage.delete", path=PAGE)
    every, one = await tokens(world)
    assert [await verify(world, every), await verify(world, one)] == [200, 404]


async def test_a_page_that_is_not_there_or_hidden_or_takes_none_is_refused(world: World) -> None:
    await prepare_world(world)
    for wrong in (UNKNOWN_ID, PAGE_ID):
        await world.call("statuspage.set_enabled", path=PAGE, json={"enabled": False})
        answer = await subscribe(world, status_page_id=wrong)
        assert (answer.status, answer.fields) == (404, {"status_page_id"})
    await world.call("statuspage.set_enabled", path=PAGE, json={"enabled": True})
    body = {"name": "P", "description": "", "subdomain": "p", "type": "public", "subscription_enabled": False}
    assert (await world.call("statuspage.update", path=PAGE, json=body)).status == 200
    answer = await subscribe(world, status_page_id=PAGE_ID)
    assert (answer.status, answer.fields) == (422, {"status_page_id"})
    assert await sent(world) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"channel_type": "pigeon"}, "channel_type"),
        ({"channel_type": None}, "channel_type"),
        ({"channel_value": ""}, "channel_value"),
        ({"channel_value": "nobody"}, "channel_value"),
        ({"channel_value": "a@example.com\nBcc: b@example.com"}, "channel_value"),
        ({"channel_type": "sms"}, "channel_value"),
        ({"channel_type": "webhook", "channel_value": "file:///etc/passwd"}, "channel_value"),
    ],
)
async def test_an_address_that_cannot_be_is_named(world: World, body: dict[str, Any], field: str) -> None:
    answer = await subscribe(world, **body)
    assert (answer.status, answer.fields) == (422, {field})


@pytest.mark.parametrize(
    ("kind", "value"),
    [("sms", "+4915112345678"), ("webhook", "https://example.com/h"), ("slack", "https://hooks.example.com/x")],
)
async def test_other_channels_are_taken(world: World, kind: str, value: str) -> None:
    assert (await subscribe(world, channel_type=kind, channel_value=value)).status == 201
    assert len(await sent(world)) == 1
