"""Hosts the consumers in an arq worker's process, from its start-up to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import structlog

from bridge.settings import Settings
from bridge.settings.reload import Reloader
from bridge.wiring import WorkerParts, build_worker, now

log = structlog.get_logger(__name__)

_RESTART_PAUSE = 1.0


class Host:
    """The consumers of one process. `start` and `stop` are arq's start-up and shutdown."""

    def __init__(self, settings: Settings, reloader: Reloader | None = None) -> None:
        """Nothing is opened before `start`. With a reloader it keeps up with the configuration's file."""
        self._settings = settings
        self._reloader = reloader
        self._stack = AsyncExitStack()
        self._stop = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self.parts: WorkerParts | None = None

    async def start(self) -> None:
        """Open the connections and begin to pull."""
        self.parts = await build_worker(self._stack, self._settings, self._reloader)
        if self._reloader is not None:
            self._reloader.start(self._stack)
        self._loops = [
            asyncio.create_task(self._lasting(run), name=name)
            for name, run in (("planning", self.parts.planning.run), ("delivering", self.parts.delivering.run))
        ]
        log.info("worker_started")

    async def stop(self) -> None:
        """Stop pulling, finish what is under way, give the rest back. Burns no attempt."""
        self._stop.set()
        await asyncio.gather(*self._loops)
        if self.parts is not None:
            grace = self._settings.delivery.grace.total_seconds()
            await asyncio.gather(self.parts.planning.drain(grace), self.parts.delivering.drain(grace))
        await self._stack.aclose()
        log.info("worker_stopped")

    async def promote(self) -> int:
        """Bring back the sends that have come due, as many as workers can take up soon."""
        return await self._parts().upkeep.promote(backlog_limit=8 * self._settings.delivery.concurrency)

    async def tidy(self) -> None:
        """Forget what has expired, and the names of workers that are gone."""
        parts = self._parts()
        forgotten = await parts.upkeep.forget(now())
        swept = await parts.upkeep.sweep(parts.readers)
        if forgotten or swept:
            log.info("tidied", events=forgotten, consumers=swept)

    def note_drift(self, sends: int) -> None:
        """For the audit: how many accepted sends it found in no state at all. 0 ends an alarm."""
        self._parts().watch.note_drift(sends)

    async def test_channels(self) -> None:
        """Test the notification channels whose slots have come, and look what became of earlier tests."""
        runner = self._parts().channel_tests
        if runner is None:
            return
        tick = await runner.tick()
        for row in tick.rows:
            log.info("channel_test", channel=row.channel, kind=row.kind, what=row.what.value, detail=row.detail)
        if tick.held is not None:
            log.info("channel_tests_held", reason=tick.held)

    def _parts(self) -> WorkerParts:
        if self.parts is None:
            raise RuntimeError("the host was not started")
        return self.parts

    async def _lasting(self, run: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
        """A loop that ends by a bug of ours is begun again: a worker that no longer pulls loses pages in silence."""
        while not self._stop.is_set():
            try:
                await run(self._stop)
            except Exception as error:
                log.exception("consumer_bug", error=type(error).__name__)
                await asyncio.sleep(_RESTART_PAUSE)
