"""The courier beside the requests: in order, through restarts and through trouble."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bridge.local.app import CLOCK
from bridge.local.messages.courier import AGAIN_AFTER_S, TRIES
from bridge.local.messages.outbox import Posted, listing
from tests.local.carrying import advance, ends, mailbox, message, send, sink, state, tried
from tests.local.fixtures import StartWorld
from tests.local.mailbox import Mailbox
from tests.local.world import World
from tests.support.sink import Sink
from tests.support.wait import wait_until

__all__ = ["mailbox", "sink"]


async def test_who_does_not_answer_in_time_is_tried_again_and_holds_up_nobody(
    world: World, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.local.messages.carriers.TIMEOUT_S", 0.3)
    sink.hold = asyncio.Event()
    slow, other = await send(
        world,
        message("webhook", sink.template.replace("{service}", "slow")),
        message("sms", "+994551234567"),
    )
    await ends(world, other, "kept")
    assert (await world.call("team.list")).status == 200
    await tried(world, slow, 1)
    assert str((await state(world, slow)).detail).startswith("no answer within")
    sink.hold.set()


async def test_an_address_gets_one_message_at_a_time_in_order(world: World, sink: Sink) -> None:
    url = sink.template.replace("{service}", "hook")
    sink.hold = asyncio.Event()
    numbers = await send(world, *(message("webhook", url, document={"n": number}) for number in range(5)))
    await wait_until(lambda: sink.under_way, "the first is under way")
    assert sink.under_way == 1
    sink.hold.set()
    for number in numbers:
        await ends(world, number, "sent")
    assert [json.loads(one.body)["n"] for one in sink.received] == list(range(5))


async def test_what_is_under_way_ends_before_the_courier_does_and_the_rest_waits_for_the_next_start(
    start_world: StartWorld, sink: Sink
) -> None:
    world = await start_world()
    sink.hold = asyncio.Event()
    url = sink.template.replace("{service}", "hook")
    first, second = await send(world, message("webhook", url), message("webhook", url))
    await wait_until(lambda: sink.under_way, "the first is under way")
    restarting = asyncio.ensure_future(start_world())
    await asyncio.sleep(0)
    sink.hold.set()
    world = await restarting
    assert (await ends(world, first, "sent")).attempts == 1
    assert (await ends(world, second, "sent")).attempts == 1
    assert len(sink.received) == 2


async def test_who_is_cut_off_by_a_stop_is_tried_again_after_the_next_start(
    start_world: StartWorld, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.local.messages.courier.GRACE_S", 0.1)
    world = await start_world()
    sink.hold = asyncio.Event()
    (number,) = await send(world, message("webhook", sink.template.replace("{service}", "hook")))
    await wait_until(lambda: sink.under_way, "it is under way")
    world = await start_world()
    posted = await state(world, number)
    assert (posted.state, posted.attempts) == ("waiting", 1)
    sink.hold.set()
    advance(world, seconds=60)
    assert (await ends(world, number, "sent")).attempts == 2


async def test_a_try_that_is_never_written_down_is_counted(start_world: StartWorld, mailbox: Mailbox) -> None:
    world = await start_world(mail_server=mailbox.settings())
    (number,) = await send(world, message("email", "later@example.org", subject="x"))
    await ends(world, number, "sent")

    def cut_off(connection: Any) -> None:
        connection.execute(
            "UPDATE outbox SET state = 'waiting', attempts = 3, detail = NULL, due_at = 0, finished_at = NULL"
        )

    await world.store(cut_off)
    assert (await ends(world, number, "failed")).detail == "The last try was cut off."
    assert len(mailbox.letters) == 1


async def test_what_is_finished_is_forgotten_after_30_days(world: World) -> None:
    (old,) = await send(world, message("sms", "+994551234567"))
    await ends(world, old, "kept")
    advance(world, days=29, hours=23)
    (young,) = await send(world, message("sms", "+994551234567"))
    await ends(world, young, "kept")
    assert len(await world.store(listing)) == 2
    advance(world, hours=1)

    async def left() -> bool:
        return [one.id for one in await world.store(listing)] == [young]

    await wait_until(left, "the old one is forgotten")


async def test_a_fault_of_the_courier_is_a_try_and_not_its_end(
    world: World, sink: Sink, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_arguments: Any) -> Any:
        raise KeyError("inner workings")

    with monkeypatch.context() as patch:
        patch.setattr("bridge.local.messages.courier.web_post", broken)
        (number,) = await send(world, message("webhook", sink.template.replace("{service}", "hook")))
        await tried(world, number, 1)
    assert (await state(world, number)).detail == "An error of the local Pinghome: KeyError."
    advance(world, seconds=60)
    await ends(world, number, "sent")


async def test_after_trouble_with_the_database_it_goes_on(
    world: World, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any) -> Any:
        raise OSError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr("bridge.local.messages.outbox.due", broken)
        (number,) = await send(world, message("webhook", sink.template.replace("{service}", "hook")))
    world.app[CLOCK].wake()
    await ends(world, number, "sent")


async def test_listing_finds_all_of_a_purpose_about_one_thing(world: World) -> None:
    wanted = [message("sms", "1", purpose="test", reference="channel-1", subject=str(n)) for n in range(3)]
    await send(world, *wanted, message("sms", "1", purpose="test", reference="channel-2"))
    arguments: list[dict[str, Any]] = [
        {"purpose": "test", "reference": "channel-1"},
        {"reference": "channel-1"},
        {"purpose": "test", "reference": "channel-1", "channel_value": "1"},
    ]
    for given in arguments:
        find: Callable[..., list[Posted]] = lambda connection, given=given: listing(connection, **given)  # noqa: E731
        assert [one.message.subject for one in await world.store(find)] == ["2", "1", "0"]
    assert len(await world.store(lambda connection: listing(connection, purpose="test", limit=2))) == 2


def test_the_tries_take_five_minutes() -> None:
    assert timedelta(seconds=sum(AGAIN_AFTER_S[: TRIES - 1])) == timedelta(minutes=5)
