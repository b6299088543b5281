"""Reading request bodies within limits: each one, and all of them together."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import aiohttp
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bridge.domain.errors import Rejected, TooLarge, Unavailable

_READ_TIMEOUT: Final = 10.0

_PLAIN: Final = ("", "identity")
_PACKED: Final = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
"""Content encodings (RFC 9110, section 8.4.1) and zlib's word for each format."""

_STEP: Final = 64 * 1024
"""So much is unpacked before the limits are asked again."""


class BadBody(Rejected):
    """The body does not arrive as its headers say: cut off, or packed wrongly."""

    code = "bad_body"


class UnknownEncoding(Rejected):
    """The body is packed in a way that cannot be undone here. No sender that is known packs bodies at all."""

    status = 415
    code = "unknown_encoding"


class _Unpacker:
    """Undoes gzip and deflate in small steps. Ours and not aiohttp's, which takes half a body for a whole one."""

    def __init__(self, wbits: int) -> None:
        """zlib's word for the format."""
        self._stream = zlib.decompressobj(wbits)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """What comes out. Raises BadBody."""
        # Output that did not fit comes with the input that is left: both formats end in a checksum after all of it.
        while chunk:
            try:
                part = self._stream.decompress(chunk, _STEP)
            except zlib.error as error:
                raise BadBody("the body is not packed as its headers say") from error
            if self._stream.unused_data:
                raise BadBody("there is more than one packed body")
            yield part
            chunk = self._stream.unconsumed_tail

    def end(self) -> None:
        """Raises BadBody where the body is cut off."""
        if not self._stream.eof:
            raise BadBody("the packed body is cut off")


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
        """The whole body, unpacked. Raises TooLarge, UnknownEncoding, BadBody, Unavailable."""
        unpacker = self._unpacker()
        if (self._request.content_length or 0) > limit:
            raise TooLarge(f"a body may have at most {limit} bytes")
        body = bytearray()
        try:
            async with asyncio.timeout(_READ_TIMEOUT):
                async for chunk in self._request.content.iter_any():
                    for part in unpacker.feed(chunk) if unpacker else (chunk,):
                        self._bodies.hold(len(part))
                        self.held += len(part)
                        body += part
                        if len(body) > limit:
                            raise TooLarge(f"a body may have at most {limit} bytes")
        except TimeoutError as error:
            raise Unavailable("the body did not come in time", code="slow_body") from error
        except (web.RequestPayloadError, aiohttp.ClientError, HttpProcessingError, ConnectionError) as error:
            raise BadBody("the body does not arrive as its headers say") from error
        if unpacker:
            unpacker.end()
        return bytes(body)

    def _unpacker(self) -> _Unpacker | None:
        encoding = self._request.headers.get("Content-Encoding", "").strip().lower()
        if encoding in _PLAIN:
            return None
        if encoding not in _PACKED:
            raise UnknownEncoding("a body comes as it is, or packed with gzip or deflate")
        return _Unpacker(_PACKED[encoding])
