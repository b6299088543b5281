from __future__ import annotations

import sqlite3

from bridge.local.app import PASSWORDS
from bridge.pinghome.demo import (
    DEMO_CUSTOMER_ID,
    DEMO_EMAIL,
    DEMO_PASSWORD,
    DEMO_RULESET_ID,
    DEMO_WEBHOOK_ID,
)
from tests.local.fixtures import StartWorld
from tests.local.world import World

CREDENTIALS = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}


async def test_without_demo_there_is_nothing(start_world: StartWorld) -> None:
    world = await start_world(demo=False, people=False)
    assert (await world.call("auth.sign_in", json=CREDENTIALS)).status == 401
    assert (await world.call("webhook.submit", path={"id": DEMO_WEBHOOK_ID}, json={})).status == 404


async def test_the_demo_world_is_made_once_and_what_was_deleted_stays_deleted(start_world: StartWorld) -> None:
    before = await start_world()
    await before.call("ruleset.delete", path={"id": DEMO_RULESET_ID})
    kept = await dump(before)
    assert await dump(await start_world(people=False)) == kept


async def test_the_published_password_opens_nothing_where_demo_is_off(start_world: StartWorld) -> None:
    world = await start_world(people=False)
    token = (await world.call("auth.sign_in", json=CREDENTIALS)).data["access_token"]
    world = await start_world(demo=False, people=False)
    assert (await world.call("auth.sign_in", json=CREDENTIALS)).status == 401
    assert (await world.call("team.list", token=token)).status == 401
    world = await start_world(people=False)
    assert (await world.call("auth.sign_in", json=CREDENTIALS)).status == 200


async def test_a_password_that_is_not_the_published_one_keeps_working(start_world: StartWorld) -> None:
    world = await start_world()
    own_hash = await world.app[PASSWORDS].hash("own-Passw0rd!")
    await world.store(
        lambda connection: (
            connection.execute(
                "UPDATE customers SET password_hash = ? WHERE id = ?", (own_hash, DEMO_CUSTOMER_ID)
            ).rowcount
        )
    )
    world = await start_world(demo=False)
    assert (await world.call("auth.sign_in", json={"email": DEMO_EMAIL, "password": "own-Passw0rd!"})).status == 200


async def dump(world: World) -> list[str]:
    def lines(connection: sqlite3.Connection) -> list[str]:
        return list(connection.iterdump())

    found: list[str] = await world.store(lines)
    return found
