"""Key sets: documents of many keys that their issuer changes at one address (RFC 7517)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from bridge.domain.errors import Unavailable
from bridge.verify.base import KeyRef
from bridge.verify.jwt import signing_keys

_FRESH_FOR: Final = 3600.0
_PAUSE: Final = 60.0
"""A set is asked for anew at most once a minute, whatever ids strangers invent."""

_FIRST_PAUSE: Final = 10.0
"""Where there is no set yet to fall back upon, a failure is tried again sooner."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _KeySet:
    """What is held of one address. Times are of the monotonic clock."""

    document: bytes = b""
    ids: frozenset[str] = frozenset()
    fresh_until: float = 0.0
    not_before: float = 0.0
    failed: bool = False
    fetch: asyncio.Task[None] | None = None


class KeySets:
    """Key sets, an hour each; sooner anew for a key that the set does not have, at most once a minute.

    One fetch at a time an address. A failed fetch, or an answer without a key, leaves the old set in force. The
    addresses are the configuration's, so there are few of them and no stranger adds one.
    """

    def __init__(self, get: Callable[[str], Awaitable[bytes]]) -> None:
        """`get` fetches an address, or raises Unavailable."""
        self._get = get
        self._sets: dict[str, _KeySet] = {}

    async def fetch(self, ref: KeyRef) -> bytes:
        """The set that should hold the key. Raises Unavailable where that cannot be known now."""
        held = self._sets.setdefault(ref.url, _KeySet())
        now = time.monotonic()
        if ref.kid in held.ids and now < held.fresh_until:
            return held.document
        if held.fetch is None and now >= held.not_before:
            held.fetch = asyncio.create_task(self._refresh(ref.url, held))
        if held.fetch is not None:
            # Shielded: a sender that hangs up must not take the keys from the others that wait for them.
            await asyncio.shield(held.fetch)
        if ref.kid in held.ids or (held.ids and not held.failed):
            return held.document
        # A key that nobody knows is a forgery only where the issuer was asked.
        raise Unavailable("the issuer's keys cannot be fetched", code="keys_unavailable")

    async def _refresh(self, url: str, held: _KeySet) -> None:
        try:
            document = await self._get(url)
            ids = _ids(document)
        except Unavailable as error:
            held.failed = True
            held.not_before = time.monotonic() + (_PAUSE if held.ids else _FIRST_PAUSE)
            log.warning("key_fetch_failed", url=url, reason=str(error))
        else:
            now = time.monotonic()
            held.document, held.ids, held.failed = document, ids, False
            held.fresh_until, held.not_before = now + _FRESH_FOR, now + _PAUSE
        finally:
            held.fetch = None


def _ids(document: bytes) -> frozenset[str]:
    ids = frozenset(signing_keys(document))
    if not ids:
        raise Unavailable("the answer holds no signing key", code="fetch_failed")
    return ids
