"""Real parts for every test: a Valkey a process, a prefix a test, a scripted Pinghome."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from bridge import logs
from bridge.store.keys import Keys
from tests.support.bridge import Bridge, settings
from tests.support.sink import Sink
from tests.support.valkey import ValkeyServer

logs.configure(level="warning", form="json", process="test")

BOUNDED = {
    "in", "out", "lanes", "due", "due:sends", "dead", "dead:at", "log", "counts",
    "workers", "observed", "gauges", "alarms", "evidence", "evidence:head",
}  # fmt: skip
"""The keys that need no TTL: the table in `bridge.store.keys` says what bounds each."""


@pytest.fixture(scope="session")
def shared_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real server: `REDIS_URL`, or one of our own for this test process."""
    if "REDIS_URL" in os.environ:
        yield os.environ["REDIS_URL"]
        return
    server = ValkeyServer(tmp_path_factory.mktemp("valkey")).start()
    yield server.url
    server.stop()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A server of this test alone, to be killed."""
    server = ValkeyServer(tmp_path / "valkey").start()
    yield server
    server.stop()


@pytest.fixture
def prefix(shared_valkey: str) -> Iterator[str]:
    """A key prefix of this test alone. Afterwards no key may be left that nothing bounds."""
    name = f"test-{secrets.token_hex(6)}"
    yield name
    with redis.Redis.from_url(shared_valkey) as client:
        keys = [key.decode() for key in client.keys(f"{name}:*")]
        leaked = [key for key in keys if key.removeprefix(f"{name}:{{0}}:") not in BOUNDED and client.ttl(key) == -1]
        finished = [key for key in leaked if not _is_open(client, key)]
        if keys:
            client.delete(*keys)
    assert not finished, f"keys without a TTL or a bound: {finished}"


def _is_open(client: redis.Redis, key: str) -> bool:
    """A ledger whose sends are not all done, or a lane that still holds something."""
    if ":event:" in key:
        return int(client.hget(key, "open") or 0) > 0  # type: ignore[arg-type]
    return ":lane:" in key


@pytest.fixture
def keys(prefix: str) -> Keys:
    """The key table of this test."""
    return Keys(prefix)


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    """A scripted Pinghome."""
    scripted = await Sink().start()
    yield scripted
    await scripted.stop()


Start = Callable[..., Awaitable[Bridge]]


@pytest.fixture
async def start(shared_valkey: str, prefix: str, sink: Sink) -> AsyncIterator[Start]:
    """Starts bridges; `start(worker=False, redis_url=..., sources=...)`."""
    started: list[Bridge] = []

    async def starter(*, worker: bool = True, redis_url: str | None = None, **changes: Any) -> Bridge:
        configured = settings(redis_url or shared_valkey, prefix, sink.template, **changes)
        bridge = await Bridge(configured).start(worker=worker)
        started.append(bridge)
        return bridge

    yield starter
    for bridge in reversed(started):
        await bridge.stop()
