"""Connections to Redis: one pool for commands, one for reads that block.

redis-py 5.3 neither retries nor times out by default; both are set here. The command pool does not retry
blindly: whether a command may run twice is for its caller to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError

from bridge.domain.errors import Unavailable

COMMAND_TIMEOUT: Final = 2.0
"""Seconds that one command may take: a sender's own patience is 1 to 15 s."""

BLOCK_MS: Final = 1000
"""How long a blocking read waits. Shorter than its socket timeout, or a quiet stream looks like a dead server."""

_TRANSIENT: Final = (
    "OOM", "MISCONF", "LOADING", "READONLY", "NOREPLICAS", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "TRYAGAIN",
    "NOAUTH", "NOPERM", "WRONGPASS",
)  # fmt: skip


def command_client(url: str, *, connections: int = 8) -> Redis:
    """For commands that answer at once."""
    return _client(url, connections=connections, timeout=COMMAND_TIMEOUT)


def blocking_client(url: str, *, connections: int = 4) -> Redis:
    """For reads that block up to BLOCK_MS: a connection of their own each."""
    return _client(url, connections=connections, timeout=BLOCK_MS / 1000 + COMMAND_TIMEOUT)


def _client(url: str, *, connections: int, timeout: float) -> Redis:
    # Unix sockets have no TCP options: redis-py refuses the ones that it does not know.
    tcp = {} if url.startswith("unix:") else {"socket_keepalive": True}
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=COMMAND_TIMEOUT,
        socket_timeout=timeout,
        socket_connect_timeout=COMMAND_TIMEOUT / 2,
        health_check_interval=15,
        retry=Retry(NoBackoff(), 0),
        **tcp,
    )
    return Redis(connection_pool=pool)


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
