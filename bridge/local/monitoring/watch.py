"""The watch: sleeps until the next report of a heartbeat is overdue, by the clock of the application."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Final

from bridge.local.clock import Clock
from bridge.local.monitoring import pulse
from bridge.local.storage.database import Database
from bridge.local.times import micros

AT_ONCE: Final = 100
"""Monitors of one round: nobody's request waits behind more."""
_TROUBLE: Final = timedelta(seconds=5)

_log = logging.getLogger(__name__)


class Watch:
    """Looks after the monitors from `start` to `stop`; it wakes on every commit that changes something.

    All it knows is in the database, so that a restart loses nothing: what fell due meanwhile is missing at the start.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._changed = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin. The database must be open."""
        self._database.watch(self._changed)
        self._task = asyncio.create_task(self._run(), name="local-pinghome-watch")

    async def stop(self) -> None:
        """End after the round that is under way. The database must still be open."""
        self._stopping = True
        self._changed.set()
        if self._task is not None:
            await self._task
        self._database.unwatch(self._changed)

    async def _run(self) -> None:
        while not self._stopping:
            try:
                wake_at = await self._round()
            except Exception:  # noqa: BLE001 - logged whole; the heartbeats must go on being watched
                _log.exception("the watch of the local Pinghome cannot look at the heartbeats")
                wake_at = self._clock() + _TROUBLE
            await self._clock.wait_until(wake_at, self._changed)

    async def _round(self) -> datetime | None:
        at = self._clock()
        now = micros(at)
        due = await self._database.run(lambda connection: pulse.miss_overdue(connection, now, AT_ONCE))
        return None if due is None else at + timedelta(microseconds=due - now)
