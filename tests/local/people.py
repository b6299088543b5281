"""People who sign up, and what reaches them."""

from __future__ import annotations

import re
from typing import Any, Final

from bridge.local.messages.outbox import Posted, listing
from tests.local.world import World

PASSWORD: Final = "first-Passw0rd"
JANE: Final = "jane@example.org"


def account(email: str = JANE, **changes: Any) -> dict[str, Any]:
    """Somebody's sign-up."""
    return {"name": "Jane", "surname": "Doe", "email": email, "password": PASSWORD, **changes}


async def letters(world: World, email: str) -> list[Posted]:
    """What was sent to an address, newest first."""
    found: list[Posted] = await world.store(lambda connection: listing(connection, channel_value=email))
    return found


async def code_for(world: World, email: str) -> str:
    """The newest code that was sent to an address."""
    newest = next(posted for posted in await letters(world, email) if posted.message.purpose == "code")
    match = re.search(r"\b\d{6}\b", newest.message.body)
    assert match is not None
    return match[0]


def wrong(code: str) -> str:
    """Another code than this."""
    return f"{(int(code) + 1) % 1_000_000:06}"


async def confirmed(world: World, email: str = JANE) -> dict[str, Any]:
    """Somebody with an account: what the confirmation answered."""
    assert (await world.call("auth.sign_up", json=account(email))).status == 201
    code = await code_for(world, email)
    answer = await world.call("auth.confirm", json={"email": email, "confirmation_code": code})
    assert answer.status == 200
    data: dict[str, Any] = answer.data
    return data


async def token_of(world: World, email: str = JANE, password: str = PASSWORD) -> str:
    """A session of somebody."""
    answer = await world.call("auth.sign_in", json={"email": email, "password": password})
    assert answer.status == 200, answer.json
    token: str = answer.data["access_token"]
    return token


async def newcomer(world: World, email: str = JANE) -> str:
    """The token of somebody who just signed up."""
    await confirmed(world, email)
    return await token_of(world, email)
