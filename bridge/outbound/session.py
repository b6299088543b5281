"""The process's one client session. No redirects (each call says so), no proxy environment, no cookies."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Final

import aiohttp

USER_AGENT: Final = "pinghome-bridge"


async def open_session(stack: AsyncExitStack, *, connections: int) -> aiohttp.ClientSession:
    """A session that is closed with the stack.

    No timeouts of aiohttp's own: a small read timeout can stay on a kept-alive connection and hit the next
    request on it (aio-libs/aiohttp#13000). Every caller holds its call in `asyncio.timeout`.
    """
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=30),
        timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        headers={"User-Agent": USER_AGENT},
    )
    return await stack.enter_async_context(session)
