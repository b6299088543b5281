"""arq's connection to Redis, made to survive a restart of it.

arq's main loop ends with the first connection error (python-arq/arq#386), its own settings know no socket
timeout, and its default serialiser is pickle. All three are mended here and not in a Worker subclass, so
that `arq workers.settings.WorkerSettings` has them too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

import msgspec
from arq.connections import ArqRedis
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, ReadOnlyError, RedisError, TimeoutError  # noqa: A004

EXPIRES_EXTRA_MS: Final = 24 * 3600 * 1000

T = TypeVar("T")


class Patience:
    """How long to go on trying: as long as the task that is arq's main loop is wanted.

    On a stop arq cancels that task first, so that nothing then waits for a Redis that may never come back.
    """

    def __init__(self) -> None:
        """Without a task it tries for a few seconds only."""
        self._main: asyncio.Task[Any] | None = None

    def bind(self, main: asyncio.Task[Any] | None) -> None:
        """Name the main loop's task."""
        self._main = main

    def lasts(self) -> bool:
        """Is the main loop still wanted?"""
        return self._main is not None and not self._main.done() and not self._main.cancelling()


class PatientRetry(Retry):
    """Tries again for as long as `lasts` says, then as often as it was told."""

    def __init__(self, lasts: Callable[[], bool]) -> None:
        """`lasts` must be a plain function: redis-py copies this object deeply for each connection."""
        super().__init__(ExponentialBackoff(cap=1.0, base=0.05), 5)
        self._lasts = lasts

    async def call_with_retry(self, do: Callable[[], Awaitable[T]], fail: Callable[[RedisError], Any]) -> T:
        """As redis-py's own, without an end while the worker is wanted."""
        failures = 0
        while True:
            try:
                return await do()
            except self._supported_errors as error:
                failures += 1
                await fail(error)
                if failures > self._retries and not self._lasts():
                    raise
                await asyncio.sleep(self._backoff.compute(failures))


class OpsRedis(ArqRedis):
    """arq's client. Its clean-up deletes a key before it lets us stop cleanly: that must not fail."""

    async def delete(self, *names: Any) -> Any:
        """Delete if Redis is there."""
        with suppress(RedisError, OSError):
            return await super().delete(*names)
        return 0


def ops_pool(url: str, queue: str, patience: Patience) -> OpsRedis:
    """The client for `arq.Worker(redis_pool=...)`."""
    tcp = {} if url.startswith("unix:") else {"socket_keepalive": True}
    # A function, not a bound method: the copy of a method would ask a copy of the patience.
    retry = PatientRetry(lambda: patience.lasts())  # noqa: PLW0108
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=16,
        timeout=5,
        socket_timeout=5,
        socket_connect_timeout=2,
        health_check_interval=15,
        retry=retry,
        retry_on_error=[ConnectionError, TimeoutError, BusyLoadingError, ReadOnlyError],
        **tcp,
    )
    return OpsRedis(
        pool_or_conn=pool,
        job_serializer=serialize,
        job_deserializer=deserialize,
        default_queue_name=queue,
        expires_extra_ms=EXPIRES_EXTRA_MS,
    )


def serialize(job: dict[str, Any]) -> bytes:
    """JSON; what it has no type for (an exception in a result) becomes its repr."""
    return msgspec.json.encode(job, enc_hook=repr)


def deserialize(data: bytes) -> dict[str, Any]:
    """The inverse, as far as arq needs it."""
    job: dict[str, Any] = msgspec.json.decode(data)
    return job
