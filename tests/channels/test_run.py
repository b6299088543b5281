"""The runner against a local Pinghome and a real Valkey, with a clock that is moved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta

import pytest

from bridge.channels.evidence import Book, Grade, Row, What, broken
from bridge.channels.plan import Blackout
from bridge.channels.rules import InventoryRules, PersonRules, RunRules
from bridge.channels.run import Runner
from bridge.channels.standing import standings
from bridge.pinghome.client import Pinghome
from bridge.pinghome.connection import Connection
from bridge.pinghome.demo import DEMO_EMAIL, DEMO_PASSWORD, DEMO_TEAM_ID
from bridge.store.evidence import RedisEvidence
from bridge.store.shard import open_shard
from tests.local.carrying import advance
from tests.local.channels import CUSTOMER, EMAIL, SMS, TEAM
from tests.local.fixtures import clock, demo_file, start_world, world
from tests.local.world import DEMO, World
from tests.support.sink import Sink
from tests.support.wait import wait_until

__all__ = ["clock", "demo_file", "start_world", "world"]

MONDAY = datetime(2026, 11, 23, 9, 59, tzinfo=UTC)
ALL = PersonRules(zone="UTC", consent=frozenset({"sms"}))
Make = Callable[..., Runner]


@pytest.fixture
async def book(shared_valkey: str, prefix: str) -> AsyncIterator[Book]:
    async with AsyncExitStack() as stack:
        shard = open_shard(stack, shared_valkey, prefix)
        yield Book(RedisEvidence(shard.queries, shard.commit, shard.keys))


@pytest.fixture
async def make(world: World, book: Book) -> AsyncIterator[Make]:
    """A runner; each is a process of its own, so to speak."""
    url = str(world.client.make_url("/")).rstrip("/") + "/{service}"
    async with AsyncExitStack() as stack:
        pinghome = await stack.enter_async_context(
            Pinghome(Connection(url=url, email=DEMO_EMAIL, password=DEMO_PASSWORD))
        )

        pinghome._token = DEMO  # a year long: every hour of a moved clock would be a sign-in, slow by intent

        def build(*, dry_run: bool | None = False, blackout: Blackout | None = None) -> Runner:
            rules = RunRules(inventory=InventoryRules(default=ALL), blackout=blackout or Blackout(), dry_run=dry_run)
            return Runner(pinghome, book, rules, clock=world.clock)

        yield build


async def all_rows(book: Book) -> list[Row]:
    return await book.rows(datetime(2020, 1, 1, tzinfo=UTC))


def whats(rows: list[Row]) -> list[str]:
    return [row.what.value for row in rows]


async def run_for(world: World, runner: Runner, *, hours: float, step: int = 10) -> None:
    """Tick every `step` minutes."""
    for _ in range(int(hours * 60 / step)):
        world.clock.advance(minutes=step)
        await runner.tick()


async def test_a_week_tests_each_channel_once_within_office_hours(world: World, make: Make, book: Book) -> None:
    await CUSTOMER.verified(world, EMAIL)
    await CUSTOMER.verified(world, SMS)
    await TEAM.verified(world, EMAIL)
    world.clock.now = MONDAY
    await run_for(world, make(), hours=24 * 7, step=30)
    begun = [row for row in await all_rows(book) if row.what is What.BEGUN]
    assert len(begun) == len({row.channel for row in begun}) == 3
    assert all(10 <= row.at.hour < 16 and row.at.weekday() < 5 for row in begun)
    assert broken(await all_rows(book), await book.head()) is None


async def test_a_channel_without_consent_is_never_called(world: World, make: Make, book: Book) -> None:
    await CUSTOMER.verified(world, {"type": "call", "value": "+994551234567"})
    world.clock.now = MONDAY
    runner = make()
    await run_for(world, runner, hours=24 * 7, step=60)
    key = (await runner.inventory()).found[0].channel.key
    assert (await runner.test(key)).put_off == {key: "its owner did not agree to tests by call"}
    assert await all_rows(book) == []


async def test_many_workers_send_one_test(world: World, make: Make, book: Book) -> None:
    priority = await CUSTOMER.verified(world, EMAIL)
    world.clock.now = MONDAY + timedelta(days=4, hours=5, minutes=50)  # Friday, past every slot
    await asyncio.gather(*(make().tick() for _ in range(5)))
    assert len(await CUSTOMER.posted(world, "test", priority)) == 1
    assert whats(await all_rows(book)) == ["begun", "taken"]


@pytest.mark.parametrize("crash_at", ["call", "outcome"])
async def test_a_crash_sends_nothing_twice(
    world: World, make: Make, book: Book, crash_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies before the call, or after it and before its outcome is written."""
    priority = await CUSTOMER.verified(world, EMAIL)
    world.clock.now = MONDAY.replace(hour=12)
    first = make()
    if crash_at == "call":

        async def dies(*_: object) -> Row:
            raise SystemExit

        monkeypatch.setattr(first, "_call", dies)
    else:
        write = book.write

        async def dies_later(row: Row, claim: str | None = None) -> Row | None:
            if row.what is What.TAKEN:
                raise SystemExit
            return await write(row, claim)

        monkeypatch.setattr(book, "write", dies_later)
    key = (await first.inventory()).found[0].channel.key
    with pytest.raises(SystemExit):
        await first.test(key)
    monkeypatch.undo()
    await run_for(world, make(), hours=24 * 3, step=30)
    assert len(await CUSTOMER.posted(world, "test", priority)) == (0 if crash_at == "call" else 1)
    assert whats(await all_rows(book)) == ["begun"]


async def test_a_429_moves_to_the_next_day(world: World, make: Make, book: Book) -> None:
    priority = await CUSTOMER.verified(world, EMAIL)
    runner = make()
    world.clock.now = MONDAY.replace(hour=12)
    key = (await runner.inventory()).found[0].channel.key
    await CUSTOMER.call(world, "test", {"priority": priority})  # somebody else's, a moment ago
    await runner.test(key)
    assert whats(await all_rows(book)) == ["begun", "limited"]
    await run_for(world, runner, hours=48, step=10)
    begun = [row for row in await all_rows(book) if row.what is What.BEGUN]
    assert [row.at.date() for row in begun] == [date(2026, 11, 23), date(2026, 11, 24)]
    assert begun[1].attempt == 1
    assert "taken" in whats(await all_rows(book))


async def test_what_was_taken_and_not_delivered_is_tried_again_after_15_minutes_and_2_hours(
    world: World, make: Make, book: Book
) -> None:
    sink = await Sink().start()
    assert sink.server is not None
    priority = await TEAM.verified(world, {"type": "webhook", "value": str(sink.server.make_url("/hook"))})
    await sink.stop()
    world.clock.now = MONDAY.replace(hour=11, minute=0)
    runner = make()
    key = (await runner.inventory()).found[0].channel.key
    await runner.test(key)

    async def failed() -> bool:
        advance(world, seconds=10)  # Pinghome itself tries three times before it gives up
        return ((await TEAM.one(world, priority))["last_test"] or {}).get("state") == "failed"

    for minutes in (15, 120):
        await wait_until(failed, "Pinghome gives up")
        await runner.tick()
        world.clock.advance(minutes=minutes - 1)
        await runner.tick()  # not yet
        world.clock.advance(minutes=1)
        await runner.tick()
    begun = [row for row in await all_rows(book) if row.what is What.BEGUN]
    assert [row.attempt for row in begun] == [0, 1, 2]
    known = standings(await all_rows(book))[key]
    assert known.failures == 2
    assert known.grade(world.clock())[0] == Grade.TAKEN
    assert not known.proven(world.clock())


async def test_an_open_incident_holds_everything(world: World, make: Make, book: Book) -> None:
    await CUSTOMER.verified(world, EMAIL)
    body = {"name": "real", "description": "d", "urgency": "high"}
    assert (await world.call("incident.create", path={"id": DEMO_TEAM_ID}, json=body)).status < 300
    world.clock.now = MONDAY + timedelta(days=4, hours=5, minutes=50)
    assert (await make().tick()).held == "an incident is open"
    assert await all_rows(book) == []


async def test_the_first_week_is_a_rehearsal(world: World, make: Make, book: Book) -> None:
    priority = await CUSTOMER.verified(world, EMAIL)
    world.clock.now = MONDAY
    runner = make(dry_run=None)
    await run_for(world, runner, hours=24 * 5, step=60)
    assert await CUSTOMER.posted(world, "test", priority) == []
    assert whats(await all_rows(book)) == ["started", "rehearsed"]
    world.clock.now = MONDAY + timedelta(days=14)
    await run_for(world, runner, hours=24 * 5, step=60)
    assert len(await CUSTOMER.posted(world, "test", priority)) == 1


async def test_a_person_with_many_channels_gets_two_tests_a_week(world: World, make: Make, book: Book) -> None:
    for number in range(5):
        await CUSTOMER.verified(world, {"type": "email", "value": f"pager{number}@example.org"})
    world.clock.now = MONDAY.replace(hour=12)
    runner = make()
    for one in (await runner.inventory()).found:
        await runner.test(one.channel.key)
    begun = [row for row in await all_rows(book) if row.what is What.BEGUN]
    assert len(begun) == 2


async def test_a_member_that_is_gone_is_refused_and_nothing_else_stops(world: World, make: Make, book: Book) -> None:
    priority = await CUSTOMER.verified(world, EMAIL)
    await TEAM.verified(world, EMAIL)
    world.clock.now = MONDAY.replace(hour=12)
    runner = make()
    found = (await runner.inventory()).found
    await CUSTOMER.call(world, "delete_many", query={"priority": str(priority)})
    for one in found:
        await runner.test(one.channel.key)
        world.clock.advance(minutes=2)
    assert sorted(whats(await all_rows(book))) == ["begun", "begun", "refused", "taken"]
