"""The chain of evidence, on a real Valkey."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bridge.channels.evidence import Book, Grade, Head, Row, What, broken, link
from bridge.store.evidence import RedisEvidence
from bridge.store.shard import open_shard

NOW = datetime.now(UTC)


@pytest.fixture
async def book(shared_valkey: str, prefix: str) -> AsyncIterator[Book]:
    async with AsyncExitStack() as stack:
        shard = open_shard(stack, shared_valkey, prefix)
        yield Book(RedisEvidence(shard.queries, shard.commit, shard.keys))


def row(channel: str = "a", at: datetime = NOW, what: What = What.TAKEN) -> Row:
    return Row(what=what, at=at, channel=channel)


async def test_rows_of_many_writers_are_one_whole_chain(book: Book) -> None:
    await asyncio.gather(*(book.write(row(str(number))) for number in range(20)))
    rows = await book.rows(NOW - timedelta(days=1))
    assert [one.seq for one in rows] == list(range(1, 21))
    assert {one.channel for one in rows} == {str(number) for number in range(20)}
    assert broken(rows, await book.head()) is None


async def test_a_claim_is_given_once(book: Book) -> None:
    wrote = await asyncio.gather(*(book.write(row(), claim="slot") for _ in range(10)))
    assert len([one for one in wrote if one is not None]) == 1
    assert len(await book.rows(NOW - timedelta(days=1))) == 1


async def test_what_is_past_its_time_is_dropped_and_the_rest_stays_a_chain(book: Book) -> None:
    for days in (500, 404, 402, 1):
        await book.write(row(at=NOW - timedelta(days=days)))
    assert await book.forget(NOW) == 2
    rows = await book.rows(NOW - timedelta(days=600))
    assert [one.seq for one in rows] == [3, 4]
    assert broken(rows, await book.head()) is None


def chain(length: int) -> tuple[list[Row], Head]:
    rows: list[Row] = []
    head = Head()
    for number in range(length):
        rows.append(link(row(str(number)), head))
        head = Head(rows[-1].seq, rows[-1].hash)
    return rows, head


def test_a_later_edit_shows() -> None:
    rows, head = chain(5)
    assert broken(rows, head) is None
    better = msgspec.structs.replace(rows[2], what=What.DELIVERED)
    assert broken([*rows[:2], better, *rows[3:]], head) == "row 3 was changed"
    assert broken([*rows[:2], *rows[3:]], head) == "rows are missing or were put in between 2 and 4"
    assert broken(rows[:-1], head) == "the newest rows after 4 are missing"
    relinked = link(better, Head(rows[1].seq, rows[1].hash))
    assert broken([*rows[:2], relinked, *rows[3:]], head) == "rows are missing or were put in between 3 and 4"


def test_a_request_that_was_taken_is_never_called_more() -> None:
    assert row(what=What.TAKEN).grade is Grade.TAKEN
    assert "not proven" in Grade.TAKEN.words
    assert "not proven" in Grade.ACCEPTED.words
    assert row(what=What.BEGUN).grade is Grade.NOTHING
