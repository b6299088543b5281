"""`pinghome-bridge worker`: the consumers, and beside them arq's loop, begun again if it ends by an error."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

import structlog
from arq import Worker
from redis.exceptions import RedisError

from bridge.settings import Settings
from bridge.settings.reload import Reloader
from workers.host import Host
from workers.options import hosted

log = structlog.get_logger(__name__)

_RESTART_PAUSE = 1.0


async def run(settings: Settings, ready: Callable[[], None], reloader: Reloader | None = None) -> None:
    """Until SIGTERM or SIGINT; `ready` is called once it pulls. The consumers outlive every failure of arq's loop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    host = Host(settings, reloader)
    await host.start()
    ready()
    upkeep = asyncio.create_task(_upkeep(settings, host), name="arq")
    await stop.wait()
    upkeep.cancel()
    await asyncio.wait((upkeep,))
    await host.stop()


async def _upkeep(settings: Settings, host: Host) -> None:
    while True:
        worker = Worker(**hosted(settings, host))
        try:
            await worker.async_run()
        except (RedisError, OSError) as error:
            log.warning("arq_loop_ended", error=type(error).__name__)
        finally:
            await worker.close()
        await asyncio.sleep(_RESTART_PAUSE)
