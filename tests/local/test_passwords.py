"""Recovering and changing passwords, and guessing them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bridge.pinghome.demo import DEMO_EMAIL, DEMO_PASSWORD
from tests.local.fixtures import StartWorld
from tests.local.people import JANE, PASSWORD, account, code_for, letters, newcomer, token_of, wrong
from tests.local.world import COLLEAGUE, COLLEAGUE_ID, World

NEW = "second-Passw0rd"
CREDENTIALS = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}
WRONG = {"email": DEMO_EMAIL, "password": "guess"}


async def recovery_code(world: World, email: str = DEMO_EMAIL) -> str:
    assert (await world.call("auth.recover_password", json={"email": email})).status == 200
    return await code_for(world, email)


@pytest.mark.parametrize("where", ["json", "query"])
async def test_a_recovered_password_replaces_the_old_one_and_ends_every_session(world: World, where: str) -> None:
    old = await token_of(world, DEMO_EMAIL, DEMO_PASSWORD)
    code = await recovery_code(world)
    fields: dict[str, Any] = {where: {"email": DEMO_EMAIL, "code": code, "password": NEW}}
    assert (await world.call("auth.reset_password", **fields)).status == 200
    assert (await world.call("auth.sign_in", json=CREDENTIALS)).status == 401
    assert (await world.call("team.list", token=old)).status == 401
    assert await token_of(world, DEMO_EMAIL, NEW)
    again = await world.call("auth.reset_password", **fields)
    assert (again.status, again.fields) == (422, {"code"})


async def test_a_wrong_recovery_code_is_counted(world: World) -> None:
    code = await recovery_code(world)
    reset = {"email": DEMO_EMAIL, "code": wrong(code), "password": NEW}
    for _ in range(5):
        answer = await world.call("auth.reset_password", json=reset)
        assert (answer.status, answer.fields) == (422, {"code"})
    assert (await world.call("auth.reset_password", json={**reset, "code": code})).status == 422
    unknown = await world.call("auth.reset_password", json={**reset, "email": "nobody@example.org"})
    assert unknown.json == answer.json


async def test_a_code_to_sign_up_recovers_nothing(world: World) -> None:
    await world.call("auth.sign_up", json=account())
    code = await code_for(world, JANE)
    answer = await world.call("auth.reset_password", json={"email": JANE, "code": code, "password": NEW})
    assert answer.status == 422


async def test_all_faults_of_a_reset_are_named_and_the_new_password_has_to_be_good(world: World) -> None:
    assert (await world.call("auth.reset_password", json={})).fields == {"email", "code", "password"}
    assert (await world.call("auth.reset_password")).fields == {"email", "code", "password"}
    code = await recovery_code(world)
    answer = await world.call("auth.reset_password", json={"email": DEMO_EMAIL, "code": code, "password": "short"})
    assert (answer.status, answer.fields) == (422, {"password"})


async def test_an_account_without_a_password_cannot_get_one_by_recovery(world: World) -> None:
    email = f"{COLLEAGUE_ID}@example.com"
    assert (await world.call("auth.recover_password", json={"email": email})).status == 200
    assert await letters(world, email) == []


async def test_changing_a_password_keeps_this_session_and_ends_the_others(world: World) -> None:
    this, other = await newcomer(world), await token_of(world)
    change = {"previous_password": PASSWORD, "proposed_password": NEW}
    assert (await world.call("auth.change_password", json=change, token=this)).status == 200
    assert (await world.call("team.list", token=this)).status == 200
    assert (await world.call("team.list", token=other)).status == 401
    assert await token_of(world, password=NEW)
    assert (await world.call("auth.sign_in", json={"email": JANE, "password": PASSWORD})).status == 401


async def test_a_wrong_previous_password_is_422_and_too_many_are_429(world: World) -> None:
    change = {"previous_password": "guess", "proposed_password": NEW}
    for _ in range(10):
        answer = await world.call("auth.change_password", json=change)
        assert (answer.status, answer.fields) == (422, {"previous_password"})
    right = {**change, "previous_password": DEMO_PASSWORD}
    assert (await world.call("auth.change_password", json=right)).status == 429
    world.clock.advance(minutes=15)
    assert (await world.call("auth.change_password", json=right)).status == 200


async def test_a_proposed_password_has_to_be_good(world: World) -> None:
    change = {"previous_password": DEMO_PASSWORD, "proposed_password": "no-digits"}
    answer = await world.call("auth.change_password", json=change)
    assert (answer.status, answer.fields) == (422, {"proposed_password"})


async def test_an_account_without_a_password_cannot_change_it(world: World) -> None:
    change = {"previous_password": DEMO_PASSWORD, "proposed_password": NEW}
    answer = await world.call("auth.change_password", json=change, token=COLLEAGUE)
    assert (answer.status, answer.fields) == (422, {"previous_password"})


@pytest.mark.parametrize("email", [DEMO_EMAIL, "nobody@example.org"])
async def test_after_ten_wrong_passwords_an_address_is_locked_account_or_not(world: World, email: str) -> None:
    open_session = await token_of(world, DEMO_EMAIL, DEMO_PASSWORD)
    for _ in range(10):
        assert (await world.call("auth.sign_in", json={**WRONG, "email": email})).status == 401
    world.clock.advance(minutes=5)
    locked = await world.call("auth.sign_in", json={**CREDENTIALS, "email": email})
    assert (locked.status, locked.headers["Retry-After"]) == (429, "600")
    assert (await world.call("team.list", token=open_session)).status == 200
    world.clock.advance(minutes=10)
    right = await world.call("auth.sign_in", json={**CREDENTIALS, "email": email})
    assert right.status == (200 if email == DEMO_EMAIL else 401)


async def test_many_guesses_at_once_count_like_one_after_the_other(world: World) -> None:
    answers = await asyncio.gather(*(world.call("auth.sign_in", json=WRONG) for _ in range(14)))
    assert sorted(answer.status for answer in answers) == [401] * 10 + [429] * 4
    assert (await world.call("auth.sign_in", json=CREDENTIALS)).status == 429


async def test_the_right_password_begins_the_count_anew_and_the_lock_survives_a_restart(
    start_world: StartWorld,
) -> None:
    world = await start_world()
    for _ in range(9):
        await world.call("auth.sign_in", json=WRONG)
    assert (await world.call("auth.sign_in", json=CREDENTIALS)).status == 200
    for _ in range(10):
        assert (await world.call("auth.sign_in", json=WRONG)).status == 401
    world = await start_world()
    assert (await world.call("auth.sign_in", json=CREDENTIALS)).status == 429


async def test_recovering_the_password_ends_a_lock(world: World) -> None:
    for _ in range(10):
        await world.call("auth.sign_in", json=WRONG)
    code = await recovery_code(world)
    await world.call("auth.reset_password", json={"email": DEMO_EMAIL, "code": code, "password": NEW})
    assert await token_of(world, DEMO_EMAIL, NEW)
