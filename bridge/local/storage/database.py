"""One SQLite file, one thread that owns it, and one fsync for everything that waits at the same time.

The promise is that an acknowledged event is on disk. In WAL mode only `synchronous=FULL` keeps it: NORMAL syncs
the log at checkpoints, so a power cut would take back what had been answered. A sync costs milliseconds, and
therefore it is shared: what has queued up while the last group was committed is run in one transaction, each
operation in its own savepoint, and nobody is answered before the one COMMIT.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from bridge.local.storage.migrations import migrate

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

GROUP_LIMIT: Final = 256
"""Operations in one transaction: bounds how long the first of a group waits for the last."""
BUSY_TIMEOUT_S: Final = 5.0
"""How long to wait for another process that holds the file, such as a backup."""


class DatabaseClosed(RuntimeError):
    """The database was closed before the operation could run; nothing was stored."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one operation: `error` is None exactly where its changes are on disk."""

    result: Any = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    answer: asyncio.Future[Any]


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, private to its owner, in the mode that keeps the promise, with the newest schema."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    # Autocommit: transactions are ours alone, the module must not open any behind our back.
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_S, cached_statements=256)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def commit_group(connection: sqlite3.Connection, works: Sequence[Work[Any]]) -> list[Outcome]:
    """Run all operations in one transaction, each in a savepoint, and commit once.

    An operation that raises is rolled back alone. If the transaction itself is lost (disk full, I/O error)
    none has happened, and every outcome says so.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        outcomes = [_attempt(connection, work) for work in works]
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return [Outcome(error=error)] * len(works)
    return outcomes


def _attempt(connection: sqlite3.Connection, work: Work[Any]) -> Outcome:
    connection.execute("SAVEPOINT operation")
    try:
        result = work(connection)
    except Exception as error:
        if not connection.in_transaction:
            # SQLite gave up the whole transaction: the neighbours' work is gone too.
            raise sqlite3.OperationalError(f"the transaction was lost: {error}") from error
        connection.execute("ROLLBACK TO operation")
        connection.execute("RELEASE operation")
        return Outcome(error=error)
    connection.execute("RELEASE operation")
    return Outcome(result=result)


class Database:
    """Runs operations on the file from an event loop. Open it with `open`, close it with `close`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._watchers: set[asyncio.Event] = set()

    async def open(self) -> None:
        """Start the thread and wait until the file is open. Raises what opening raised."""
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[Any] = loop.create_future()
        # A daemon: a process that dies without closing is not kept alive, and loses nothing committed.
        self._thread = threading.Thread(target=self._serve, args=(loop, opened), name="local-pinghome-db", daemon=True)
        self._thread.start()
        await opened

    async def run(self, work: Work[T]) -> T:
        """Run an operation in the database's thread; returns when its changes are on disk.

        Raises what the operation raised, `sqlite3.OperationalError` where the file cannot be written, and
        DatabaseClosed. A caller that is cancelled meanwhile does not undo an operation.
        """
        if self._closed or self._thread is None:
            raise DatabaseClosed("the local Pinghome's database is closed")
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(work, answer))
        return await answer

    def watch(self, changed: asyncio.Event) -> None:
        """Have an event of this event loop set after every commit that changed something."""
        self._watchers.add(changed)

    def unwatch(self, changed: asyncio.Event) -> None:
        """Leave the event alone again."""
        self._watchers.discard(changed)

    async def close(self) -> None:
        """Finish what is queued, commit it, and close the file."""
        self._closed = True
        if self._thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    def _serve(self, loop: asyncio.AbstractEventLoop, opened: asyncio.Future[Any]) -> None:
        try:
            connection = connect(self._path)
        except Exception as error:  # noqa: BLE001 - raised again where `open` waits
            loop.call_soon_threadsafe(_settle, [(opened, Outcome(error=error))])
            return
        with closing(connection):
            loop.call_soon_threadsafe(_settle, [(opened, Outcome())])
            while group := self._next_group():
                before = connection.total_changes
                outcomes = commit_group(connection, [job.work for job in group])
                answers = [job.answer for job in group]
                loop.call_soon_threadsafe(_settle, list(zip(answers, outcomes, strict=True)))
                if connection.total_changes != before:
                    loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        for changed in self._watchers:
            changed.set()

    def _next_group(self) -> list[_Job]:
        """Wait for an operation and take along all that are queued behind it; empty when it is time to stop."""
        group: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            group.append(job)
            if len(group) == GROUP_LIMIT or self._jobs.empty():
                return group
            job = self._jobs.get()
        if group:
            self._jobs.put(None)
        return group


def _settle(answers: Sequence[tuple[asyncio.Future[Any], Outcome]]) -> None:
    for answer, outcome in answers:
        if answer.done():
            continue
        if outcome.error is None:
            answer.set_result(outcome.result)
        else:
            answer.set_exception(outcome.error)
