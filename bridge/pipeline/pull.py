"""Keeping a bounded number of claims under way, from a queue that many workers share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final, Generic, TypeVar

import structlog

from bridge.domain.errors import Unavailable
from bridge.pipeline.ports import ALONE_AFTER, Claim, Queue

T = TypeVar("T")

_LONGEST_PAUSE: Final = 1.0

log = structlog.get_logger(__name__)


class Puller(Generic[T]):
    """Reads only what it has free slots for, so that nothing lies in a worker that another could take.

    Survives the store: while it is away the puller waits, and goes on when it is back.
    """

    def __init__(
        self,
        name: str,
        queue: Queue[T],
        handle: Callable[[Claim[T]], Awaitable[None]],
        *,
        slots: int,
        lease: timedelta,
    ) -> None:
        """`handle` ends every claim; what it leaves unended is recovered after `lease`."""
        self._name = name
        self._queue = queue
        self._handle = handle
        self._slots = slots
        self._recover_every = lease.total_seconds() / 4
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._claims: dict[str, Claim[T]] = {}
        self._freed = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Pull until `stop` is set. What is under way then is left to `drain`."""
        loop = asyncio.get_running_loop()
        opened, recover_at, failures = False, 0.0, 0
        while not stop.is_set():
            try:
                if not opened:
                    await self._queue.open()
                    opened = True
                await self._while_under_way(lambda: len(self._under_way) >= self._slots, stop)
                if loop.time() >= recover_at:
                    if await self._recover(stop):
                        continue  # there may be more, and nobody else is at it
                    recover_at = loop.time() + self._recover_every
                await self._pull()
                if failures:
                    log.info("store_back", queue=self._name, failures=failures)
                failures = 0
            except Unavailable as error:
                if not failures:
                    log.warning("store_away", queue=self._name, reason=str(error))
                failures += 1
                await _pause(stop, _patience(failures))

    async def drain(self, grace: float) -> None:
        """Finish what is under way within `grace` seconds, and give the rest back untouched."""
        if self._under_way:
            await asyncio.wait(self._under_way.values(), timeout=grace)
        tasks, claims = list(self._under_way.values()), list(self._claims.values())
        if not tasks:
            return
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        try:
            await self._queue.release(claims)
            log.info("released", queue=self._name, entries=len(claims))
        except Unavailable as error:
            log.warning("not_released", queue=self._name, entries=len(claims), reason=str(error))

    async def _pull(self) -> None:
        free = self._slots - len(self._under_way)
        for claim in await self._queue.read(free) if free else ():
            self._start(claim)

    async def _recover(self, stop: asyncio.Event) -> bool:
        """Take what dead workers held. True if there may be more."""
        free = self._slots - len(self._under_way)
        claims = await self._queue.recover(free, self._under_way) if free else ()
        for claim in claims:
            log.info("recovered", queue=self._name, entry=claim.entry, deliveries=claim.deliveries)
            if claim.deliveries > ALONE_AFTER:
                await self._quarantine(claim, stop)
            else:
                self._start(claim)
        return bool(claims)

    async def _quarantine(self, claim: Claim[T], stop: asyncio.Event) -> None:
        """Handle a suspect alone, so that whatever dies with it dies by its hand."""
        await self._while_under_way(lambda: bool(self._under_way), stop)
        self._start(claim)
        await self._while_under_way(lambda: claim.entry in self._under_way, stop)

    async def _while_under_way(self, busy: Callable[[], bool], stop: asyncio.Event) -> None:
        """Until something that was under way has ended so that `busy` is false, or the stop."""
        while busy() and not stop.is_set():
            self._freed.clear()
            await _either(self._freed, stop)

    def _start(self, claim: Claim[T]) -> None:
        self._claims[claim.entry] = claim
        self._under_way[claim.entry] = asyncio.create_task(self._run(claim), name=f"{self._name} {claim.entry}")

    async def _run(self, claim: Claim[T]) -> None:
        try:
            await self._handle(claim)
        except Exception as error:
            # Left unended: it is recovered when its lease runs out, and called poison if that repeats.
            log.exception("handling_bug", queue=self._name, entry=claim.entry, error=type(error).__name__)
        finally:
            del self._under_way[claim.entry], self._claims[claim.entry]
            self._freed.set()


def _patience(failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    return float(min(0.05 * 2 ** min(failures, 10), _LONGEST_PAUSE))


async def _either(first: asyncio.Event, second: asyncio.Event) -> None:
    """Until one of the two."""
    waits = [asyncio.ensure_future(event.wait()) for event in (first, second)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def _pause(until: asyncio.Event, seconds: float) -> None:
    """Until the event, or for so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await until.wait()


async def insist(action: Callable[[], Awaitable[T]]) -> T:
    """Repeat until the store has taken it: the far side has already acted, so the result must not be lost."""
    failures = 0
    while True:
        try:
            return await action()
        except Unavailable as error:
            if not failures:
                log.warning("store_away", waiting_to="record a result", reason=str(error))
            failures += 1
            await asyncio.sleep(_patience(failures))
