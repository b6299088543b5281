"""A customer's own account."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from bridge.pinghome.demo import (
    DEMO_CUSTOMER_ID,
    DEMO_EMAIL,
    DEMO_HEARTBEAT_ID,
    DEMO_ORGANISATION_ID,
    DEMO_PASSWORD,
    DEMO_TEAM_ID,
    DEMO_WEBHOOK_ID,
)
from bridge.pinghome.endpoints import ALIASES, operation
from bridge.pinghome.operation import AnyOperation
from tests.local.fixtures import StartWorld
from tests.local.people import JANE, PASSWORD, account, code_for, confirmed, letters, newcomer, token_of, wrong
from tests.local.world import COLLEAGUE, COLLEAGUE_ID, World

REASON = {"reason": "poor-features"}
ME = {"customer_id": DEMO_CUSTOMER_ID}
JOHN = {"name": "John", "surname": "Smith"}


async def rows(world: World, statement: str) -> list[tuple[Any, ...]]:
    def read(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in connection.execute(statement)]

    found: list[tuple[Any, ...]] = await world.store(read)
    return found


@pytest.mark.parametrize(
    "row", [operation("customer.update"), *(row for row in ALIASES if row.key == "customer.update")]
)
async def test_names_change_on_both_hosts(world: World, row: AnyOperation) -> None:
    answer = await world.call(row, json=JOHN)
    assert (answer.status, answer.data["name"], answer.data["surname"]) == (200, "John", "Smith")
    assert (await world.call("customer.get", path=ME)).data == answer.data


@pytest.mark.parametrize("key", ["customer.update", "auth.sign_up"])
async def test_faults_are_named_all_at_once(world: World, key: str) -> None:
    body = {**account(), "name": " ", "surname": 1}
    assert (await world.call(key, json=body)).fields == {"name", "surname"}


async def test_feedback_is_kept(world: World) -> None:
    assert (await world.call("customer.send_feedback", json={"feedback": "Good experience"})).status == 200
    stored = await rows(world, "SELECT customer_id, about, words FROM feedback")
    assert stored == [(DEMO_CUSTOMER_ID, "feedback", "Good experience")]


async def test_a_username_changes_once_the_new_address_is_confirmed(world: World) -> None:
    asked = await world.call("customer.change_username", json={"email": "New@Example.org"})
    assert (asked.status, asked.data) == (200, {"email": "new@example.org"})
    assert await token_of(world, DEMO_EMAIL, DEMO_PASSWORD)
    assert await letters(world, DEMO_EMAIL) == []
    code = await code_for(world, "new@example.org")
    refused = await world.call("customer.confirm_username", json={"code": wrong(code)})
    assert (refused.status, refused.fields) == (422, {"code"})
    of_another = await world.call("customer.confirm_username", json={"code": code}, token=COLLEAGUE)
    assert of_another.status == 422
    done = await world.call("customer.confirm_username", json={"code": code})
    assert (done.status, done.data["email"]) == (200, "new@example.org")
    assert await token_of(world, "new@example.org", DEMO_PASSWORD)
    old = await world.call("auth.sign_in", json={"email": DEMO_EMAIL, "password": DEMO_PASSWORD})
    assert old.status == 401


async def test_wrong_codes_for_a_username_are_counted(world: World) -> None:
    await world.call("customer.change_username", json={"email": JANE})
    code = await code_for(world, JANE)
    for _ in range(5):
        await world.call("customer.confirm_username", json={"code": wrong(code)})
    assert (await world.call("customer.confirm_username", json={"code": code})).status == 422


async def test_an_address_that_is_taken_is_409_when_asked_and_when_confirmed(world: World) -> None:
    taken = await world.call("customer.change_username", json={"email": f"{COLLEAGUE_ID}@example.com"})
    assert (taken.status, taken.fields) == (409, {"email"})
    await world.call("customer.change_username", json={"email": JANE})
    code = await code_for(world, JANE)
    await confirmed(world)
    assert (await world.call("customer.confirm_username", json={"code": code})).status == 409
    too_soon = await world.call("customer.change_username", json={"email": "other@example.org"})
    assert (too_soon.status, too_soon.headers["Retry-After"]) == (429, "60")


async def test_a_recovery_code_of_an_address_that_was_given_up_is_worth_nothing(world: World) -> None:
    await world.call("auth.recover_password", json={"email": DEMO_EMAIL})
    recovery = await code_for(world, DEMO_EMAIL)
    await world.call("customer.change_username", json={"email": JANE})
    await world.call("customer.confirm_username", json={"code": await code_for(world, JANE)})
    for email in (DEMO_EMAIL, JANE):
        reset = {"email": email, "code": recovery, "password": "second-Passw0rd"}
        assert (await world.call("auth.reset_password", json=reset)).status == 422


async def test_with_the_last_account_goes_the_organisation_and_everything_in_it(world: World) -> None:
    token = await newcomer(world)
    team = (await world.call("team.list", token=token)).data[0]["team_id"]
    await world.call("service.create", json={"name": "shop", "team_id": team}, token=token)
    webhook = (await world.call("webhook.create", json={}, token=token)).data["id"]
    await world.call(
        "team.invite",
        path={"id": team},
        json={"channel_value": "x@example.org", "channel_type": "email"},
        token=token,
    )
    assert (await world.call("customer.delete", json=REASON, token=token)).status == 200
    assert (await world.call("team.list", token=token)).status == 401
    assert (await world.call("webhook.submit", path={"id": webhook}, json={})).status == 404
    assert (await world.call("auth.sign_in", json={"email": JANE, "password": PASSWORD})).status == 401
    for statement in (
        f"SELECT 1 FROM teams WHERE id = '{team}'",  # noqa: S608 - the test's own id
        "SELECT 1 FROM services WHERE name = 'shop'",
        "SELECT 1 FROM organisations WHERE name = 'Jane Doe'",
        "SELECT 1 FROM invitations",
        "SELECT 1 FROM outbox WHERE purpose = 'invitation'",
    ):
        assert await rows(world, statement) == []
    assert await rows(world, "SELECT customer_id, about, words FROM feedback") == [(None, "departure", "poor-features")]
    assert await confirmed(world)


async def test_the_only_owner_of_a_team_with_others_is_409_until_somebody_else_owns_it(world: World) -> None:
    colleague = {"channel_value": f"{COLLEAGUE_ID}@example.com", "channel_type": "email"}
    await world.call("team.invite", path={"id": DEMO_TEAM_ID}, json=colleague)
    alone = (await world.call("team.create", json={"name": "alone"})).data["team_id"]
    refused = await world.call("customer.delete", json=REASON)
    assert (refused.status, "demo" in refused.json["message"]) == (409, True)
    assert (await world.call("team.members", path={"id": alone})).status == 200

    path = {"id": DEMO_TEAM_ID, "memberId": COLLEAGUE_ID}
    await world.call("team.update_member", path=path, json={"role": "owner", "new_team_id": DEMO_TEAM_ID})
    assert (await world.call("customer.delete", json=REASON)).status == 200
    assert (await world.call("team.list")).status == 401
    teams = (await world.call("team.list", token=COLLEAGUE)).data
    assert [(team["team_id"], team["member_count"]) for team in teams] == [(DEMO_TEAM_ID, 1)]
    assert (await world.call("team.members", path={"id": alone}, token=COLLEAGUE)).status == 404
    assert [entry["id"] for entry in (await world.call("webhook.list", token=COLLEAGUE)).data] == [DEMO_WEBHOOK_ID]


async def test_a_reason_is_needed(world: World) -> None:
    assert (await world.call("customer.delete", json={})).fields == {"reason"}
    assert (await world.call("customer.delete")).status == 400
    assert (await world.call("team.list")).status == 200


@pytest.mark.parametrize("others", [True, False])
async def test_a_seeded_account_that_was_deleted_is_there_again_after_a_restart(
    start_world: StartWorld,
    others: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    world = await start_world(people=others)
    if not others:
        token = await token_of(world, DEMO_EMAIL, DEMO_PASSWORD)
        assert (await world.call("customer.delete", json=REASON, token=token)).status == 200
    else:
        assert (await world.call("customer.delete", json=REASON)).status == 200
    world = await start_world(people=False)
    token = await token_of(world, DEMO_EMAIL, DEMO_PASSWORD)
    assert [team["team_id"] for team in (await world.call("team.list", token=token)).data] == [DEMO_TEAM_ID]
    assert (await world.call("heartbeat.submit", path={"id": DEMO_HEARTBEAT_ID})).status == 200


async def test_an_account_that_took_the_seeded_address_is_not_in_the_way_of_a_start(start_world: StartWorld) -> None:
    world = await start_world(demo=False, people=False)
    await confirmed(world, DEMO_EMAIL)
    world = await start_world(people=False)
    token = await token_of(world, DEMO_EMAIL)
    assert (await world.call("team.list", token=token)).data[0]["name"] == "Jane Doe"
    assert (await world.call("customer.get", path=ME, token=token)).status == 404
    assert (await world.call("webhook.submit", path={"id": DEMO_WEBHOOK_ID}, json={})).status == 200
    assert (await world.call("heartbeat.get", path={"id": DEMO_HEARTBEAT_ID}, token=token)).status == 200
    assert await rows(world, f"SELECT 1 FROM organisations WHERE id = '{DEMO_ORGANISATION_ID}'") == []  # noqa: S608
    assert (await world.call("team.list", token=token)).data[0]["member_count"] == 1


async def test_an_account_without_a_team_that_took_the_seeded_address_gets_one(start_world: StartWorld) -> None:
    world = await start_world(demo=False, people=False)
    token = await newcomer(world, DEMO_EMAIL)
    team = (await world.call("team.list", token=token)).data[0]["team_id"]
    await world.call("team.delete", path={"id": team}, token=token)
    world = await start_world(people=False)
    teams = (await world.call("team.list", token=token)).data
    assert [(team["name"], team["role"]) for team in teams] == [("demo", "owner")]
    assert (await world.call("heartbeat.get", path={"id": DEMO_HEARTBEAT_ID}, token=token)).status == 200
