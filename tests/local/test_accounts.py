"""Signing up and confirming."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from bridge.pinghome.demo import DEMO_EMAIL, DEMO_ORGANISATION_ID, DEMO_TEAM_ID
from tests.local.fixtures import StartWorld
from tests.local.people import JANE, PASSWORD, account, code_for, confirmed, letters, newcomer, token_of, wrong
from tests.local.world import DEMO, STRANGER, STRANGER_TEAM_ID, World

CREDENTIALS = {"email": JANE, "password": PASSWORD}


async def confirm(world: World, code: str, email: str = JANE) -> Any:
    return await world.call("auth.confirm", json={"email": email, "confirmation_code": code})


async def test_who_signs_up_and_confirms_has_an_organisation_with_a_team(world: World) -> None:
    token = await newcomer(world)
    teams = (await world.call("team.list", token=token)).data
    assert [(team["name"], team["role"], team["member_count"]) for team in teams] == [("Jane Doe", "owner", 1)]
    service = {"name": "shop", "team_id": teams[0]["team_id"]}
    assert (await world.call("service.create", json=service, token=token)).status == 201
    assert (await world.call("service.create", json=service)).status == 404


async def test_the_password_is_stored_as_a_hash_and_answered_by_nobody(world: World) -> None:
    signed_up = await world.call("auth.sign_up", json=account())
    assert signed_up.data == {"email": JANE, "name": "Jane", "surname": "Doe"}

    def dump(connection: sqlite3.Connection) -> str:
        return "\n".join(connection.iterdump())

    assert PASSWORD not in await world.store(dump)
    await confirm(world, await code_for(world, JANE))
    stored = await world.store(dump)
    assert PASSWORD not in stored
    assert "$argon2id$" in stored


async def test_an_account_that_is_not_confirmed_is_409_for_its_owner_and_401_for_others(world: World) -> None:
    await world.call("auth.sign_up", json=account())
    assert (await world.call("auth.sign_in", json=CREDENTIALS)).status == 409
    assert (await world.call("auth.sign_in", json={**CREDENTIALS, "password": "guess"})).status == 401


async def test_an_address_is_taken_in_any_case_confirmed_or_not(world: World) -> None:
    await world.call("auth.sign_up", json=account())
    waiting = await world.call("auth.sign_up", json=account(JANE.upper()))
    assert (waiting.status, waiting.fields) == (409, {"email"})
    await confirm(world, await code_for(world, JANE))
    taken = await world.call("auth.sign_up", json=account(JANE.capitalize()))
    assert (taken.status, taken.fields) == (409, {"email"})
    assert (await world.call("auth.sign_up", json=account(DEMO_EMAIL))).status == 409


async def test_a_sign_up_that_nobody_confirmed_is_forgotten_after_a_day(world: World) -> None:
    await world.call("auth.sign_up", json=account())
    world.clock.advance(hours=24)
    assert (await world.call("auth.sign_in", json=CREDENTIALS)).status == 401
    assert (await world.call("auth.sign_up", json=account(password="another-0ne"))).status == 201
    await confirm(world, await code_for(world, JANE))
    assert await token_of(world, password="another-0ne")


@pytest.mark.parametrize("password", ["short-1", "only-letters", "12345678-90", "ÄÖÜ-äöü-"])
async def test_a_password_that_is_easy_to_guess_is_refused(world: World, password: str) -> None:
    answer = await world.call("auth.sign_up", json=account(password=password))
    assert (answer.status, answer.fields) == (422, {"password"})
    assert password not in str(answer.json)


async def test_a_wrong_code_is_422_and_five_of_them_spoil_the_right_one(world: World) -> None:
    await world.call("auth.sign_up", json=account())
    code = await code_for(world, JANE)
    for _ in range(5):
        answer = await confirm(world, wrong(code))
        assert (answer.status, answer.fields) == (422, {"confirmation_code"})
    assert (await confirm(world, code)).status == 422
    world.clock.advance(minutes=1)
    await world.call("auth.resend_code", json={"email": JANE})
    assert (await confirm(world, await code_for(world, JANE))).status == 200


async def test_four_wrong_tries_spoil_nothing(world: World) -> None:
    await world.call("auth.sign_up", json=account())
    code = await code_for(world, JANE)
    for _ in range(4):
        await confirm(world, wrong(code))
    assert (await confirm(world, code)).status == 200


async def test_a_code_is_good_for_15_minutes_and_once(world: World) -> None:
    await world.call("auth.sign_up", json=account())
    code = await code_for(world, JANE)
    world.clock.advance(minutes=15)
    assert (await confirm(world, code)).status == 422
    await world.call("auth.resend_code", json={"email": JANE})
    code = await code_for(world, JANE)
    world.clock.advance(minutes=14, seconds=59)
    assert (await confirm(world, code)).status == 200
    assert (await confirm(world, code)).status == 422


async def test_a_code_and_a_count_of_tries_survive_a_restart(start_world: StartWorld) -> None:
    world = await start_world()
    await world.call("auth.sign_up", json=account())
    code = await code_for(world, JANE)
    for _ in range(4):
        await confirm(world, wrong(code))
    world = await start_world()
    await confirm(world, wrong(code))
    assert (await confirm(world, code)).status == 422


@pytest.mark.parametrize("email", [JANE, "nobody@example.org", DEMO_EMAIL])
@pytest.mark.parametrize("key", ["auth.resend_code", "auth.recover_password"])
async def test_the_answer_does_not_tell_who_has_an_account(world: World, key: str, email: str) -> None:
    await world.call("auth.sign_up", json=account())
    world.clock.advance(hours=1)
    first = await world.call(key, json={"email": email})
    assert first.status == 200
    assert email not in str(first.json)
    again = await world.call(key, json={"email": email})
    assert (again.status, again.headers["Retry-After"]) == (429, "60")
    for _ in range(4):
        world.clock.advance(minutes=1)
        assert (await world.call(key, json={"email": email})).json == first.json
    world.clock.advance(minutes=1)
    hourly = await world.call(key, json={"email": email})
    assert (hourly.status, int(hourly.headers["Retry-After"]) > 60) == (429, True)


async def test_a_code_is_sent_again_to_whom_it_concerns_alone(world: World) -> None:
    await world.call("auth.sign_up", json=account())
    world.clock.advance(minutes=1)
    for email in (JANE, "nobody@example.org", DEMO_EMAIL):
        await world.call("auth.resend_code", json={"email": email})
    sent = [len(await letters(world, email)) for email in (JANE, "nobody@example.org", DEMO_EMAIL)]
    assert sent == [2, 0, 0]


async def test_only_the_newest_code_counts(world: World) -> None:
    await world.call("auth.sign_up", json=account())
    old = await code_for(world, JANE)
    world.clock.advance(minutes=1)
    await world.call("auth.resend_code", json={"email": JANE})
    new = await code_for(world, JANE)
    assert new == old or (await confirm(world, old)).status == 422
    assert (await confirm(world, new)).status == 200


async def test_who_was_invited_joins_the_team_that_invited_and_no_organisation_of_their_own(world: World) -> None:
    second = (await world.call("team.create", json={"name": "second"})).data["team_id"]
    invitation = {"channel_value": "Jane@Example.org", "channel_type": "email"}
    for path in ({"id": DEMO_TEAM_ID}, {"id": second}):
        assert (await world.call("team.invite", path=path, json=invitation)).status == 201
        world.clock.advance(seconds=1)
    foreign = {"id": STRANGER_TEAM_ID}
    assert (await world.call("team.invite", path=foreign, json=invitation, token=STRANGER)).status == 201
    joined = await confirmed(world)
    assert joined["organisation_id"] == DEMO_ORGANISATION_ID
    teams = (await world.call("team.list", token=await token_of(world))).data
    assert sorted((team["team_id"], team["role"]) for team in teams) == sorted(
        [(DEMO_TEAM_ID, "user"), (second, "user")]
    )
    for path, token, status in (
        ({"id": DEMO_TEAM_ID}, DEMO, "accepted"),
        ({"id": second}, DEMO, "accepted"),
        (foreign, STRANGER, "pending"),
    ):
        listed = await world.call("team.invitations", path=path, token=token)
        assert [entry["status"] for entry in listed.data] == [status]


async def test_an_invitation_that_was_taken_lets_nobody_in_again(world: World) -> None:
    invitation = {"channel_value": JANE, "channel_type": "email"}
    await world.call("team.invite", path={"id": DEMO_TEAM_ID}, json=invitation)
    token = await newcomer(world)
    assert (await world.call("customer.delete", json={"reason": "r"}, token=token)).status == 200
    assert (await confirmed(world))["organisation_id"] != DEMO_ORGANISATION_ID


async def test_a_withdrawn_invitation_lets_nobody_in(world: World) -> None:
    await world.call("team.invite", path={"id": DEMO_TEAM_ID}, json={"channel_value": JANE, "channel_type": "email"})
    await world.call("team.withdraw_invitation", path={"id": DEMO_TEAM_ID}, json={"channel_value": JANE})
    assert (await confirmed(world))["organisation_id"] != DEMO_ORGANISATION_ID
