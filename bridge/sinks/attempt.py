"""One HTTP attempt, bounded in time and size, that never raises for what the far side does."""

from __future__ import annotations

import asyncio
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from bridge.domain.redact import REDACTED
from bridge.pipeline.ports import Answer, Clock

_DETAIL: Final = 512
_READ: Final = 2 * _DETAIL
"""More than is kept, so that no half of a secret stands where the text is cut."""
_ANSWER_LIMIT: Final = 64 * 1024
_TEXTUAL: Final = ("text/", "application/json", "application/problem+json")


class Attempter:
    """Makes attempts on the process's client session."""

    def __init__(self, session: aiohttp.ClientSession, *, timeout: timedelta, clock: Clock) -> None:
        """`timeout` covers a whole attempt, from waiting for a connection to the last byte that is read."""
        self._session = session
        self._timeout = timeout.total_seconds()
        self._clock = clock

    async def attempt(self, method: str, url: str, **call: Any) -> Answer:
        """The answer, or the kind of failure. The URL ends in a secret id: it is in nothing that comes back."""
        try:
            async with asyncio.timeout(self._timeout) as deadline:
                response = await self._session.request(
                    method, url, allow_redirects=False, auto_decompress=False, **call
                )
        except TimeoutError:
            return Answer(status=None, detail=f"no answer within {self._timeout:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(status=None, detail=_failure(error))
        async with response:
            detail = await _beginning(response, deadline.when())
        return Answer(
            status=response.status,
            detail=_without_secret(detail, url)[:_DETAIL],
            retry_after=self._retry_after(response),
        )

    def _retry_after(self, response: aiohttp.ClientResponse) -> timedelta | None:
        """Seconds or a date (RFC 9110, 10.2.3); anything else is as good as none."""
        value = response.headers.get("Retry-After", "").strip()
        if value.isascii() and value.isdecimal():
            return timedelta(seconds=min(int(value), 86_400)) if len(value) < 10 else timedelta(days=1)
        try:
            moment = parsedate_to_datetime(value)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            return max(moment - self._clock(), timedelta(0))
        except (ValueError, OverflowError):
            return None


async def _beginning(response: aiohttp.ClientResponse, deadline: float | None) -> str:
    """The beginning of the answer, for people. The status is the answer: a body that breaks off changes nothing.

    The rest is read so that the connection can be used again, unless there is too much of it: then aiohttp
    closes the connection.
    """
    start, read = bytearray(), 0
    try:
        async with asyncio.timeout_at(deadline):
            async for chunk in response.content.iter_any():
                start += chunk[: _READ - len(start)]
                read += len(chunk)
                if read > _ANSWER_LIMIT:
                    break
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        response.close()
    encoded = response.headers.get("Content-Encoding", "identity") != "identity"
    if encoded or not response.content_type.startswith(_TEXTUAL):
        return f"{read} bytes of {response.content_type}" if read else ""
    return start.decode("utf-8", "replace")


def _without_secret(detail: str, url: str) -> str:
    """An answer may quote its URL, whose last part is the webhook's or heartbeat's id."""
    secret = urlsplit(url).path.rpartition("/")[2]
    return detail.replace(secret, REDACTED) if secret else detail


def _failure(error: Exception) -> str:
    """The kind of failure in words that name neither URL nor credentials."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return "TLS failed"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the name cannot be resolved"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection: {error.os_error.strerror or type(error.os_error).__name__}"
    return type(error).__name__
