"""What an arq worker is made of here. Given to `arq.Worker` as keywords, so that a misspelt one raises."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import Any, Final

from arq import cron
from arq.cron import CronJob

from bridge.settings import Settings
from bridge.settings.reload import Reloader
from workers.host import Host
from workers.jobs import HOST, promote, test_channels, tidy
from workers.pool import EXPIRES_EXTRA_MS, Patience, deserialize, ops_pool, serialize

_JOB_TIMEOUT: Final = 30
_EVERY_SECOND: Final = set(range(60))
_CHANNEL_TESTS_TIMEOUT: Final = 55  # before the next one begins: six tests and their evidence
_EVERY_TEN_SECONDS: Final = set(range(7, 60, 10))

Hook = Callable[[dict[str, Any]], Awaitable[None]]


JOB_WAIT_S: Final = 5
"""How long a stop waits for upkeep under way, which takes milliseconds."""


def hosting(settings: Settings, reloader: Reloader | None = None) -> dict[str, Any]:
    """For a worker that arq runs: arq starts the consumers and stops them."""

    async def start(ctx: dict[str, Any]) -> None:
        ctx[HOST] = Host(settings, reloader)
        await ctx[HOST].start()

    async def stop(ctx: dict[str, Any]) -> None:
        await ctx[HOST].stop()

    # Without the wait a signal in the middle of an upkeep job ends arq's own command with a traceback.
    return {**_options(settings, start=start, stop=stop), "job_completion_wait": JOB_WAIT_S}


def hosted(settings: Settings, host: Host) -> dict[str, Any]:
    """For a worker inside a process that hosts the consumers already: it may come and go."""

    async def start(ctx: dict[str, Any]) -> None:
        ctx[HOST] = host

    return {**_options(settings, start=start, stop=None), "handle_signals": False}


def _options(settings: Settings, *, start: Hook, stop: Hook | None) -> dict[str, Any]:
    patience = Patience()

    async def on_startup(ctx: dict[str, Any]) -> None:
        patience.bind(asyncio.current_task())  # arq awaits this inside its main task
        await start(ctx)

    # arq knows its jobs by name alone, whatever their queue: two bridges on one Redis need names of their own.
    prefix = settings.redis.prefix
    queue = f"{prefix}:ops"
    often: dict[str, Any] = {"timeout": _JOB_TIMEOUT, "max_tries": 1, "keep_result": 0, "microsecond": 0}
    return {
        "cron_jobs": [
            cron(promote, name=f"{prefix}:promote.v1", second=_EVERY_SECOND, **often),
            *_channel_tests(settings, often),
            cron(tidy, name=f"{prefix}:tidy.v1", second=_EVERY_TEN_SECONDS, **often),
        ],
        "queue_name": queue,
        "redis_pool": ops_pool(settings.redis.address(), queue, patience),
        "on_startup": on_startup,
        "on_shutdown": stop,
        "max_jobs": 8,
        "job_timeout": _JOB_TIMEOUT,
        "keep_result": 60,
        "poll_delay": 0.5,
        "max_tries": 1000,  # every restart burns a try, and after the last one arq drops the job without a word
        "health_check_interval": 10,
        "expires_extra_ms": EXPIRES_EXTRA_MS,
        "job_serializer": serialize,
        "job_deserializer": deserialize,
        "timezone": UTC,
        "log_results": False,
    }


def _channel_tests(settings: Settings, often: dict[str, Any]) -> list[CronJob]:
    """Every minute, where they are switched on."""
    if not settings.channel_tests.enabled:
        return []
    name = f"{settings.redis.prefix}:test_channels.v1"
    return [cron(test_channels, name=name, second=3, **often | {"timeout": _CHANNEL_TESTS_TIMEOUT})]
