"""Public keys and confirmations: GETs of URLs that were checked against pinned hosts before they came here."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import Final

import aiohttp
import structlog

from bridge.domain.errors import Unavailable
from bridge.outbound.key_sets import KeySets
from bridge.verify.base import KeyRef

_TIMEOUT: Final = 3.0
_SIZE_LIMIT: Final = 64 * 1024
_CACHED: Final = 64
_FRESH_FOR: Final = 24 * 3600.0
_FAILED_FOR: Final = 10.0
_BUDGET: Final = 10
"""Fetches under way or failed lately, all URLs together: strangers must not make us a load generator."""

log = structlog.get_logger(__name__)


async def get(session: aiohttp.ClientSession, url: str) -> bytes:
    """The body of a 200 within 3 s and 64 KiB, no redirects. Raises Unavailable."""
    try:
        async with asyncio.timeout(_TIMEOUT), session.get(url, allow_redirects=False) as response:
            if response.status != 200:
                raise Unavailable(f"answered {response.status}", code="fetch_failed")
            body = await _capped(response)
    except (TimeoutError, aiohttp.ClientError, ValueError) as error:
        raise Unavailable(type(error).__name__, code="fetch_failed") from error
    return body


async def _capped(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(8192):
        body += chunk
        if len(body) > _SIZE_LIMIT:
            raise Unavailable("the answer is too large", code="fetch_failed")
    return bytes(body)


@dataclass(frozen=True, slots=True)
class _Cached:
    key: bytes
    until: float


class CachedKeys:
    """Implements the port `KeyStore`. Sets of keys have rules of their own, see `KeySets`.

    One fetch at a time a URL; a failure is remembered for 10 s, so that a flood of forged messages costs a
    few fetches; the last known key outlives failures to fetch it anew.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Over the process's client session."""
        self._session = session
        self._sets = KeySets(partial(get, session))
        self._keys: dict[KeyRef, _Cached] = {}
        self._failed: dict[KeyRef, float] = {}
        self._fetches: dict[KeyRef, asyncio.Task[bytes]] = {}

    async def fetch(self, ref: KeyRef) -> bytes:
        """See the port."""
        if ref.kid is not None:
            return await self._sets.fetch(ref)
        now = time.monotonic()
        cached = self._keys.get(ref)
        if cached is not None and now < cached.until:
            return cached.key
        try:
            return await self._refresh(ref, now)
        except Unavailable:
            if cached is not None:
                return cached.key
            raise

    async def _refresh(self, ref: KeyRef, now: float) -> bytes:
        task = self._fetches.get(ref)
        if task is None:
            self._failed = {failed: until for failed, until in self._failed.items() if until > now}
            if ref in self._failed or len(self._failed) + len(self._fetches) >= _BUDGET:
                raise Unavailable("the key could not be fetched a moment ago", code="keys_unavailable")
            task = asyncio.create_task(self._get(ref))
            self._fetches[ref] = task
        # Shielded: a sender that hangs up must not take the key from the others that wait for it.
        return await asyncio.shield(task)

    async def _get(self, ref: KeyRef) -> bytes:
        try:
            key = await get(self._session, ref.url)
        except Unavailable as error:
            self._failed[ref] = time.monotonic() + _FAILED_FOR
            log.warning("key_fetch_failed", url=ref.url, reason=str(error))
            raise Unavailable("the key cannot be fetched", code="keys_unavailable") from error
        finally:
            del self._fetches[ref]
        self._remember(ref, key, time.monotonic())
        return key

    def _remember(self, ref: KeyRef, key: bytes, now: float) -> None:
        """A full cache gives up only what is no longer fresh: keys that strangers name push nothing out."""
        if ref not in self._keys and len(self._keys) >= _CACHED:
            self._keys = {known: cached for known, cached in self._keys.items() if now < cached.until}
        if ref in self._keys or len(self._keys) < _CACHED:
            self._keys[ref] = _Cached(key, now + _FRESH_FOR)


class GetConfirmer:
    """Implements the port `Confirmer`."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Over the process's client session."""
        self._session = session

    async def confirm(self, url: str) -> None:
        """See the port."""
        await get(self._session, url)
