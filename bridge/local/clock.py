"""The local Pinghome's time: the machine's, moved where a test asks for it.

Whatever waits for a time of this clock (a retry of the courier, a heartbeat that goes missing) waits here, so that
moving the clock wakes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

_LONGEST: Final = timedelta(hours=1)
"""A wait is cut into parts of this length: the machine's clock may be set meanwhile."""


class Clock:
    """Tells aware times. `base` is the machine's clock, or a test's."""

    def __init__(self, base: Callable[[], datetime]) -> None:
        self._base = base
        self._offset = timedelta()
        self._wakers: set[asyncio.Event] = set()

    def __call__(self) -> datetime:
        """Now."""
        return self._base() + self._offset

    @property
    def offset(self) -> timedelta:
        """How far it has been moved."""
        return self._offset

    def move(self, by: timedelta) -> None:
        """Move it, forward or back, and wake whoever waits. Raises OverflowError past the years of a date."""
        _ = self() + by
        self._offset += by
        self.wake()

    def move_to(self, at: datetime) -> None:
        """Set it to a time, from which it goes on."""
        self.move(at - self())

    def reset(self) -> None:
        """Back to the machine's time."""
        self.move(-self._offset)

    def wake(self) -> None:
        """Have whoever waits look at the time again, because `base` itself was moved."""
        for waker in self._wakers:
            waker.set()

    async def wait_until(self, at: datetime | None, changed: asyncio.Event) -> None:
        """Return at that time, or when the clock was moved, or when `changed` is set; None waits for the latter two.

        Returning does not mean that the time has come: look again. `changed` is cleared.
        """
        self._wakers.add(changed)
        try:
            seconds = None if at is None else max(0.0, min(at - self(), _LONGEST).total_seconds())
            async with asyncio.timeout(seconds):
                await changed.wait()
        except TimeoutError:
            pass
        finally:
            self._wakers.discard(changed)
            changed.clear()


def system() -> datetime:
    """The machine's time, aware."""
    return datetime.now(UTC)
