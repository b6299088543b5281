"""Reading request bodies within limits: each one, and all of them together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import aiohttp
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bridge.domain.errors import Rejected, TooLarge, Unavailable

_READ_TIMEOUT: Final = 10.0


class BadBody(Rejected):
    """The body does not arrive as its headers say: cut off, or packed wrongly."""

    code = "bad_body"


class Bodies:
    """The bytes of all request bodies that are held at one time."""

    def __init__(self, limit: int) -> None:
        """`limit` in bytes; beyond it senders are told to try again."""
        self._limit = limit
        self._held = 0

    @contextmanager
    def reader(self, request: web.Request) -> Iterator[Reader]:
        """Reads the body of one request; it counts as held until the context ends."""
        reader = Reader(request, self)
        try:
            yield reader
        finally:
            self._held -= reader.held

    def hold(self, size: int) -> None:
        """Count bytes. Raises Unavailable where there are too many."""
        if self._held + size > self._limit:
            raise Unavailable("too many bodies are in flight", code="overloaded", retry_after=1)
        self._held += size


class Reader:
    """The body of one request."""

    def __init__(self, request: web.Request, bodies: Bodies) -> None:
        """Counted in `bodies`."""
        self._request = request
        self._bodies = bodies
        self.held = 0

    async def read(self, limit: int) -> bytes:
        """The whole body, unpacked. Raises TooLarge, BadBody, Unavailable."""
        if (self._request.content_length or 0) > limit:
            raise TooLarge(f"a body may have at most {limit} bytes")
        body = bytearray()
        try:
            async with asyncio.timeout(_READ_TIMEOUT):
                async for chunk in self._request.content.iter_any():
                    self._bodies.hold(len(chunk))
                    self.held += len(chunk)
                    body += chunk
                    if len(body) > limit:
                        raise TooLarge(f"a body may have at most {limit} bytes")
        except TimeoutError as error:
            raise Unavailable("the body did not come in time", code="slow_body") from error
        except (web.RequestPayloadError, aiohttp.ClientError, HttpProcessingError, ConnectionError) as error:
            raise BadBody("the body does not arrive as its headers say") from error
        return bytes(body)
