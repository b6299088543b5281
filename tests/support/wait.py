"""Waiting for conditions, never for time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


async def wait_until(condition: Callable[[], object], what: str, within: float = 15.0) -> None:
    """Until the condition (a function, or a coroutine function) is true. Fails saying `what` did not happen."""
    try:
        async with asyncio.timeout(within):
            while True:
                value = condition()
                found = await value if isinstance(value, Awaitable) else value
                if found:
                    return
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"within {within} s: {what}") from None
