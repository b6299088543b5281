"""Posting messages to the outbox and watching what becomes of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridge.local.app import CLOCK
from bridge.local.messages.outbox import Message, Posted, listing, post
from bridge.local.times import micros
from tests.local.mailbox import Mailbox
from tests.local.world import World
from tests.support.sink import Sink
from tests.support.wait import wait_until


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = await Mailbox().start()
    yield box
    await box.stop()


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    sink = await Sink().start()
    yield sink
    await sink.stop()


def message(channel_type: str, value: str, **changes: Any) -> Message:
    fields: dict[str, Any] = {
        "organisation_id": None,
        "purpose": "notification",
        "reference": None,
        "subject": "CPU of db-1",
        "body": "above 80 %",
        **changes,
    }
    return Message(channel_type=channel_type, channel_value=value, **fields)


async def send(world: World, *messages: Message) -> list[int]:
    now = micros(world.clock())
    numbers: list[int] = await world.store(lambda connection: [post(connection, one, now) for one in messages])
    return numbers


async def state(world: World, number: int) -> Posted:
    found = await world.store(lambda connection: [one for one in listing(connection) if one.id == number])
    assert isinstance(found[0], Posted)
    return found[0]


async def ends(world: World, number: int, expected: str) -> Posted:
    async def finished() -> bool:
        return (await state(world, number)).state != "waiting"

    await wait_until(finished, f"message {number} ends")
    posted = await state(world, number)
    assert (posted.state, posted.finished_at) == (expected, micros(world.clock())), posted.detail
    return posted


async def tried(world: World, number: int, attempts: int) -> None:
    """Wait for the end of a try that was not the last."""

    async def noted() -> bool:
        posted = await state(world, number)
        return posted.attempts == attempts and posted.detail is not None

    await wait_until(noted, f"try {attempts} of message {number}")


def advance(world: World, **by: float) -> None:
    world.clock.advance(**by)
    world.app[CLOCK].wake()
