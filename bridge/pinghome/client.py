"""The client of the Pinghome API: httpx over the process's one aiohttp session. The only module that knows httpx.

httpx gives the call's shape, aiohttp the connections (one connector, one resolver, one TLS policy for all of the
bridge). Two traps of `httpx-aiohttp` are dealt with here: it sets no total timeout, and closing its client closes
the session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
import httpx
import msgspec
from httpx_aiohttp import AiohttpTransport

from bridge.pinghome.address import Address
from bridge.pinghome.answers import error_of, read_data
from bridge.pinghome.endpoints import Operation, operation
from bridge.pinghome.errors import Unauthorized, Unavailable

ANSWER_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of an answer that are read before the call is given up: a hundred webhook events may be long."""

Scalar = str | int | float | bool
Query = Mapping[str, Scalar | Sequence[Scalar]]

_SIGN_IN: Final = operation("auth.sign_in")


class _SharedTransport(AiohttpTransport):
    """A transport that does not own its session."""

    async def aclose(self) -> None:
        """Leave the session open: it belongs to the process, the delivery path posts on it too."""


class Pinghome:
    """Calls operations of one Pinghome, signing in when it must.

    `timeout` is in seconds and covers a whole call, from waiting for a connection to the last byte. Without
    `email` and `password` only the operations that need no account can be called.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        address: Address,
        email: str | None = None,
        password: str | None = None,
        timeout: float = 10.0,
    ) -> None:
        self._address = address
        self._email = email
        self._password = password
        self._timeout = timeout
        self._token: str | None = None
        self._renewal: asyncio.Task[str] | None = None
        self._http = httpx.AsyncClient(
            transport=_SharedTransport(client=session, trust_env=False),
            # No httpx timeouts: a short read timeout can stay behind on the kept-alive connection, where the
            # delivery path would meet it (aio-libs/aiohttp#13000). `_send` holds the one deadline.
            timeout=None,  # noqa: S113
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop a sign-in under way and let the connections go back. The session stays open."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.wait([self._renewal])
        await self._http.aclose()

    async def call(
        self,
        which: Operation | str,
        *,
        path: Mapping[str, str] | None = None,
        query: Query | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Carry out one operation and return its data: an object, a list, or None where the answer is empty.

        `query` repeats the key for a list. A call whose token is refused signs in again, once, and is
        repeated. Raises a PinghomeError, or ValueError for a path parameter that is missing.
        """
        wanted = operation(which) if isinstance(which, str) else which
        url = self._address.url(wanted.service, wanted.fill(path or {}))
        request = self._http.build_request(
            wanted.method,
            url,
            params=None if query is None else {name: _query_value(value) for name, value in query.items()},
            headers=dict(headers or {}),
            content=None if json is None else msgspec.json.encode(json),
        )
        if json is not None:
            request.headers["Content-Type"] = "application/json"
        secrets = tuple((path or {}).values())
        if not wanted.auth:
            return await self._send(wanted, request, secrets)
        return await self._send_signed(wanted, request, secrets)

    async def _send_signed(self, wanted: Operation, request: httpx.Request, secrets: tuple[str, ...]) -> Any:
        token = await self._current_token(refused=None)
        try:
            return await self._send(wanted, _signed(request, token), (*secrets, token))
        except Unauthorized:
            token = await self._current_token(refused=token)
        return await self._send(wanted, _signed(request, token), (*secrets, token))

    async def _current_token(self, refused: str | None) -> str:
        """The token all callers share; a new one where there is none or it is the one that was refused.

        Callers that need one at the same time wait for the same sign-in and share its failure: a wrong
        password is tried once, not once a caller.
        """
        if self._token is not None and self._token != refused:
            return self._token
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._sign_in(), name="pinghome-sign-in")
            self._renewal.add_done_callback(self._renewed)
        # Shielded: one caller that gives up must not take the sign-in away from the others.
        return await asyncio.shield(self._renewal)

    def _renewed(self, renewal: asyncio.Task[str]) -> None:
        self._renewal = None
        # Asking for the exception marks it as seen where every caller has been cancelled meanwhile.
        self._token = None if renewal.cancelled() or renewal.exception() is not None else renewal.result()

    async def _sign_in(self) -> str:
        if self._email is None or self._password is None:
            raise Unauthorized(_SIGN_IN.key, "no account: set pinghome.email and pinghome.password")
        data = await self.call(_SIGN_IN, json={"email": self._email, "password": self._password})
        token = data.get("access_token") if isinstance(data, dict) else None
        if not isinstance(token, str) or not token:
            raise Unavailable(_SIGN_IN.key, "the answer has no access_token", status=HTTPStatus.OK)
        return token

    async def _send(self, wanted: Operation, request: httpx.Request, secrets: tuple[str, ...]) -> Any:
        try:
            async with asyncio.timeout(self._timeout):
                response, body = await self._exchange(wanted, request)
        except TimeoutError:
            raise Unavailable(wanted.key, f"nothing within {self._timeout:g} s") from None
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            # Their texts hold URLs, and those hold ids: only the type is repeated, and aiohttp's rather than
            # httpx's, because the transport calls a refused connection a ConnectTimeout.
            raise Unavailable(wanted.key, type(error.__cause__ or error).__name__) from None
        if response.is_success:
            return read_data(wanted.key, response.status_code, body)
        hidden = tuple(secret for secret in (*secrets, self._password, self._email) if secret)
        raise error_of(wanted.key, response.status_code, response.headers, body, hidden)

    async def _exchange(self, wanted: Operation, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        response = await self._http.send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_LIMIT:
                    raise Unavailable(wanted.key, "the answer is too long", status=response.status_code)
        finally:
            await response.aclose()
        return response, bytes(body)


def _signed(request: httpx.Request, token: str) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token}"
    return request


def _query_value(value: Scalar | Sequence[Scalar]) -> Scalar | list[Scalar]:
    return value if isinstance(value, str | int | float | bool) else list(value)
