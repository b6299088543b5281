"""Connections to Redis: for transitions, for queries, and for reads that block.

redis-py 5.3 neither retries nor times out by default; both are set here, each client as its commands bear it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, NoScriptError, RedisError, ResponseError  # noqa: A004

from bridge.domain.errors import Unavailable

COMMAND_TIMEOUT: Final = 2.0
"""Seconds that one command may take: a sender's own patience is 1 to 15 s."""

BLOCK_MS: Final = 500
"""How long a blocking read waits. Shorter than its socket timeout, or a quiet stream looks like a dead server."""

_TRANSIENT: Final = (
    "OOM", "MISCONF", "LOADING", "READONLY", "NOREPLICAS", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "TRYAGAIN",
    "NOAUTH", "NOPERM", "WRONGPASS",
)  # fmt: skip


def transition_client(url: str) -> Redis:
    """For the transitions. A pipeline whose outcome is unknown is never sent a second time."""
    return _client(url, connections=4, timeout=COMMAND_TIMEOUT, again=0)


def query_client(url: str) -> Redis:
    """For commands that answer at once and may run twice: once more where a connection turns out to be stale."""
    return _client(url, connections=8, timeout=COMMAND_TIMEOUT, again=1)


def blocking_client(url: str) -> Redis:
    """For reads that block up to BLOCK_MS: a connection of their own each."""
    return _client(url, connections=4, timeout=BLOCK_MS / 1000 + COMMAND_TIMEOUT, again=0)


def _client(url: str, *, connections: int, timeout: float, again: int) -> Redis:
    # Unix sockets have no TCP options: redis-py refuses the ones that it does not know.
    tcp = {} if url.startswith("unix:") else {"socket_keepalive": True}
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=COMMAND_TIMEOUT,
        socket_timeout=timeout,
        socket_connect_timeout=COMMAND_TIMEOUT / 2,
        health_check_interval=15,
        retry=Retry(NoBackoff(), again),
        retry_on_error=[ConnectionError] if again else [],
        **tcp,
    )
    return Redis.from_pool(pool)  # and so the pool is closed with the client


@contextmanager
def unavailable() -> Iterator[None]:
    """Turn whatever Redis or the way to it may raise into Unavailable, so that senders get 503 and try again."""
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise as_unavailable(error) from error


def as_unavailable(error: BaseException) -> Unavailable:
    """The reason in words that name no address and no credential."""
    if isinstance(error, ResponseError) and not isinstance(error, NoScriptError):
        text = str(error)
        word = next((word for word in _TRANSIENT if word in text), None)
        return Unavailable(f"the store refused: {word or text[:120]}", code="store_unavailable")
    return Unavailable(f"the store cannot be reached: {type(error).__name__}", code="store_unavailable")


async def execute(redis: Redis, *command: str | bytes | int) -> Any:
    """One command whose reply redis-py's own types get wrong."""
    return await redis.execute_command(*command)  # type: ignore[no-untyped-call]
