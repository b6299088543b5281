from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from bridge.local.storage.database import Database
from bridge.pinghome.demo import DEMO_CUSTOMER_ID, DEMO_EMAIL, DEMO_ORGANISATION_ID, DEMO_PASSWORD
from tests.local.world import World

CREDENTIALS = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}


async def test_signing_in_gives_a_token_that_works_until_signing_out(world: World) -> None:
    session = (await world.call("auth.sign_in", json=CREDENTIALS)).data
    assert session["expires_in"] == 3600
    assert session["customer"] == {
        "customer_id": DEMO_CUSTOMER_ID,
        "email": DEMO_EMAIL,
        "name": "Demo",
        "surname": "User",
        "organisation_id": DEMO_ORGANISATION_ID,
    }
    token = session["access_token"]
    assert (await world.call("team.list", token=token)).status == 200
    signed_out = await world.call("auth.sign_out", token=token)
    assert (signed_out.status, signed_out.json) == (204, None)
    assert (await world.call("team.list", token=token)).status == 401


async def test_a_token_expires_after_an_hour_and_is_then_forgotten(world: World) -> None:
    token = (await world.call("auth.sign_in", json=CREDENTIALS)).data["access_token"]
    world.clock.advance(seconds=3599)
    assert (await world.call("team.list", token=token)).status == 200
    world.clock.advance(seconds=1)
    assert (await world.call("team.list", token=token)).status == 401
    await world.call("auth.sign_in", json=CREDENTIALS)
    assert await world.store(lambda connection: count(connection, "tokens")) == 3 + 1


async def test_only_a_digest_of_the_token_is_stored(world: World) -> None:
    token = (await world.call("auth.sign_in", json=CREDENTIALS)).data["access_token"]

    def dump(connection: sqlite3.Connection) -> str:
        return "\n".join(connection.iterdump())

    stored = await world.store(dump)
    assert token not in stored
    assert DEMO_PASSWORD not in stored


@pytest.mark.parametrize(
    "credentials",
    [
        {**CREDENTIALS, "password": "wrong"},
        {**CREDENTIALS, "email": "nobody@example.com"},
        {**CREDENTIALS, "email": "a0000000-0000-4000-8000-000000000001@example.com"},
    ],
    ids=["wrong password", "unknown address", "account without a password"],
)
async def test_wrong_credentials_are_401_in_the_same_words(world: World, credentials: dict[str, str]) -> None:
    answer = await world.call("auth.sign_in", json=credentials)
    assert answer.status == 401
    assert answer.json == {"message": "The e-mail address or the password is wrong.", "errors": []}


async def test_the_address_is_taken_in_any_case(world: World) -> None:
    answer = await world.call("auth.sign_in", json={**CREDENTIALS, "email": DEMO_EMAIL.upper()})
    assert answer.status == 200


async def test_verifying_a_password_does_not_hold_the_database(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    run = Database.run

    async def watched(self: Database, work: Any) -> Any:
        seen.append("database")
        return await run(self, work)

    async def verify(*_arguments: Any) -> bool:
        seen.append("verify")
        return True

    monkeypatch.setattr(Database, "run", watched)
    monkeypatch.setattr("bridge.local.accounts.passwords.Passwords.verify", verify)
    await world.call("auth.sign_in", json=CREDENTIALS)
    # The courier goes to the database too, but not before something was written.
    assert seen[:3] == ["database", "verify", "database"]


def count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - the tests' own words
