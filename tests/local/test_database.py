from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.local.storage.database import GROUP_LIMIT, Database, DatabaseClosed, commit_group, connect
from bridge.local.storage.migrations import MIGRATIONS, NewerSchema
from bridge.pinghome.demo import DEMO_WEBHOOK_ID
from tests.local.world import World


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "pinghome.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    database = Database(path)
    await database.open()
    yield database
    await database.close()


def add(name: str, connection: sqlite3.Connection) -> str:
    connection.execute("INSERT INTO organisations VALUES (?, ?, 0)", (name, name))
    return name


def names(connection: sqlite3.Connection) -> list[str]:
    return [row["id"] for row in connection.execute("SELECT id FROM organisations ORDER BY id")]


async def hold(database: Database) -> tuple[threading.Event, asyncio.Task[object]]:
    """Keep the database's thread busy, so that what follows queues up into one group."""
    started, release = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work(_connection: sqlite3.Connection) -> None:
        loop.call_soon_threadsafe(started.set)
        release.wait(10)

    task: asyncio.Task[object] = asyncio.create_task(database.run(work))
    await started.wait()
    return release, task


async def test_what_waits_together_is_committed_once(database: Database) -> None:
    statements: list[str] = []
    await database.run(lambda connection: connection.set_trace_callback(statements.append))
    release, held = await hold(database)
    waiting = [
        asyncio.create_task(database.run(lambda connection, name=f"{number:03}": add(name, connection)))  # type: ignore[misc]
        for number in range(100)
    ]
    await asyncio.sleep(0)
    statements.clear()
    release.set()
    await held
    assert await asyncio.gather(*waiting) == [f"{number:03}" for number in range(100)]
    assert statements.count("COMMIT") == 2
    assert len(await database.run(names)) == 100


async def test_one_that_fails_does_not_hurt_its_neighbours(database: Database, path: Path) -> None:
    def half(connection: sqlite3.Connection) -> None:
        add("half", connection)
        raise ValueError("after a write")

    release, held = await hold(database)
    works = [lambda c: add("a", c), half, lambda c: add("a", c), lambda c: add("b", c)]
    waiting = [asyncio.create_task(database.run(work)) for work in works]
    await asyncio.sleep(0)
    release.set()
    await held
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [str, ValueError, sqlite3.IntegrityError, str]
    assert await database.run(names) == ["a", "b"]


async def test_many_posts_at_once_are_all_stored_and_a_bad_one_is_refused_alone(world: World) -> None:
    bodies = [b"[]" if number == 150 else b'{"number":%d}' % number for number in range(300)]
    answers = await asyncio.gather(
        *(world.call("webhook.submit", path={"id": DEMO_WEBHOOK_ID}, body=body) for body in bodies)
    )
    assert [answer.status for answer in answers] == [400 if body == b"[]" else 200 for body in bodies]
    stored = await world.store(
        lambda connection: {bytes(row["body"]) for row in connection.execute("SELECT body FROM webhook_events")}
    )
    assert stored == set(bodies) - {b"[]"}


async def test_what_was_answered_can_be_read_by_another_connection(database: Database, path: Path) -> None:
    await database.run(lambda connection: add("a", connection))
    other = sqlite3.connect(path)
    try:
        assert other.execute("SELECT id FROM organisations").fetchall() == [("a",)]
    finally:
        other.close()


async def test_closing_finishes_what_is_queued_and_refuses_what_follows(path: Path) -> None:
    database = Database(path)
    await database.open()
    release, held = await hold(database)
    waiting = [
        asyncio.create_task(database.run(lambda connection, name=f"{number:03}": add(name, connection)))  # type: ignore[misc]
        for number in range(GROUP_LIMIT + 5)
    ]
    await asyncio.sleep(0)
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    release.set()
    await asyncio.gather(held, closing, *waiting)
    with pytest.raises(DatabaseClosed):
        await database.run(names)
    again = Database(path)
    await again.open()
    assert len(await again.run(names)) == GROUP_LIMIT + 5
    await again.close()


async def test_a_caller_that_gives_up_does_not_stop_the_thread(database: Database) -> None:
    release, held = await hold(database)
    given_up = asyncio.create_task(database.run(lambda connection: add("a", connection)))
    await asyncio.sleep(0)
    given_up.cancel()
    release.set()
    await held
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert await database.run(names) == ["a"]


async def test_a_file_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "not.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        await Database(tmp_path / "not.db").open()


def test_a_lost_transaction_fails_the_whole_group(path: Path) -> None:
    connection = connect(path)

    def lose(connection: sqlite3.Connection) -> None:
        connection.execute("ROLLBACK")
        raise sqlite3.OperationalError("disk I/O error")

    try:
        outcomes = commit_group(connection, [lambda c: add("a", c), lose, lambda c: add("b", c)])
        assert [str(outcome.error) for outcome in outcomes] == ["the transaction was lost: disk I/O error"] * 3
        assert names(connection) == []
        assert [outcome.error for outcome in commit_group(connection, [lambda c: add("c", c)])] == [None]
    finally:
        connection.close()


def test_the_file_keeps_the_promise_and_is_private(path: Path) -> None:
    connection = connect(path)
    try:
        pragmas = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
        assert pragmas == PRAGMAS
    finally:
        connection.close()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL
    "foreign_keys": 1,
    "busy_timeout": 5000,
    "user_version": len(MIGRATIONS),
}


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    connect(path).close()
    raw = sqlite3.connect(path)
    raw.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    raw.close()
    with pytest.raises(NewerSchema):
        connect(path)
