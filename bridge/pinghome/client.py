"""The client of the Pinghome API: httpx over the process's one aiohttp session. The only module that knows httpx.

    async with Pinghome(settings) as pinghome:
        for member in await pinghome.teams.members(team_id): ...

httpx gives the call's shape, aiohttp the connections (one connector, one resolver, one TLS policy for all of the
bridge). Two traps of `httpx-aiohttp` are dealt with here: it sets no total timeout, and closing its client closes
the session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
import httpx
import msgspec
import stamina
from httpx_aiohttp import AiohttpTransport

from bridge.pinghome.address import Address
from bridge.pinghome.answers import error_of, read_data
from bridge.pinghome.connection import Configured, Connection
from bridge.pinghome.endpoints import operation
from bridge.pinghome.errors import NotFound, PinghomeError, RateLimited, Unauthorized, Unavailable
from bridge.pinghome.operation import AnyOperation
from bridge.pinghome.systems.auth import Auth
from bridge.pinghome.systems.base import Query, Scalar
from bridge.pinghome.systems.billing import Billing
from bridge.pinghome.systems.channels import customer_channels, team_channels
from bridge.pinghome.systems.customer import Customers
from bridge.pinghome.systems.heartbeat import Heartbeats
from bridge.pinghome.systems.incident import Incidents
from bridge.pinghome.systems.ruleset import Rulesets
from bridge.pinghome.systems.schedule import Schedules
from bridge.pinghome.systems.server import Servers
from bridge.pinghome.systems.service import Services
from bridge.pinghome.systems.statuspage import Statuspages
from bridge.pinghome.systems.subscription import Subscriptions
from bridge.pinghome.systems.team import Teams
from bridge.pinghome.systems.uptime import Uptime
from bridge.pinghome.systems.webhook import Webhooks

ANSWER_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of an answer that are read before the call is given up: a hundred webhook events may be long."""

_SIGN_IN: Final = operation("auth.sign_in")


_SIGN_OUT: Final = operation("auth.sign_out")
SIGN_OUT_SECONDS: Final = 3.0
"""How long closing waits for the token to be revoked: it expires anyway."""
TRIES: Final = 3
"""Attempts of an idempotent call."""
RETRY_WAIT_S: Final = 0.2
PATIENCE_S: Final = 20.0
"""The longest `Retry-After` that a call waits for; a longer one is the caller's to plan with."""


class _SharedTransport(AiohttpTransport):
    """A transport that does not own its session."""

    async def aclose(self) -> None:
        """Leave the session open: whoever opened it closes it, the delivery path may post on it too."""


class Pinghome:
    """Calls operations of one Pinghome, signing in when it must and out when it is closed.

    Without `session` it opens one of its own. Without an e-mail address and a password only the operations that need
    no account can be called. Raises BadAddress for a URL that is none.
    """

    def __init__(self, settings: Connection | Configured, session: aiohttp.ClientSession | None = None) -> None:
        connection = settings if isinstance(settings, Connection) else settings.connection()
        self._address = Address(connection.url)
        self._email = connection.email
        self._password = connection.password
        self._timeout = connection.timeout
        self._given = session
        self._own: aiohttp.ClientSession | None = None
        self._client: httpx.AsyncClient | None = None
        self._token: str | None = None
        self._renewal: asyncio.Task[str] | None = None
        self.auth = Auth(self)
        self.customers = Customers(self)
        self.customer_channels = customer_channels(self)
        self.teams = Teams(self)
        self.team_channels = team_channels(self)
        self.services = Services(self)
        self.uptime = Uptime(self)
        self.servers = Servers(self)
        self.heartbeats = Heartbeats(self)
        self.rulesets = Rulesets(self)
        self.webhooks = Webhooks(self)
        self.incidents = Incidents(self)
        self.schedules = Schedules(self)
        self.statuspages = Statuspages(self)
        self.subscriptions = Subscriptions(self)
        self.billing = Billing(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Sign out, stop a sign-in under way and let the connections go back. A given session stays open."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.wait([self._renewal])
        if (token := self._token) is not None:
            self._token = None
            with suppress(PinghomeError, TimeoutError):
                async with asyncio.timeout(SIGN_OUT_SECONDS):
                    await self._send(_SIGN_OUT, _signed(self._request(_SIGN_OUT), token), (token,))
        if self._client is not None:
            await self._client.aclose()
        if self._own is not None:
            await self._own.close()

    @property
    def _http(self) -> httpx.AsyncClient:
        """Made at the first call: an aiohttp session belongs to the running loop."""
        if self._client is None:
            session = self._given
            if session is None:
                session = self._own = aiohttp.ClientSession(
                    timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None),
                    cookie_jar=aiohttp.DummyCookieJar(),
                )
            self._client = httpx.AsyncClient(
                transport=_SharedTransport(client=session, trust_env=False),
                # No httpx timeouts: a short read timeout can stay behind on the kept-alive connection, where the
                # delivery path would meet it (aio-libs/aiohttp#13000). `_send` holds the one deadline.
                timeout=None,  # noqa: S113
                follow_redirects=False,
                trust_env=False,
            )
        return self._client

    async def call(
        self,
        which: AnyOperation | str,
        *,
        path: Mapping[str, str] | None = None,
        query: Query | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Carry out one operation and return its data: an object, a list, or None where the answer is empty.

        `query` repeats the key for a list. An idempotent call that finds Pinghome busy or away is tried again, up to
        TRIES times. A call whose token is refused signs in again, once, and is repeated. Raises a PinghomeError, or
        ValueError for a path parameter that is missing.
        """
        wanted = operation(which) if isinstance(which, str) else which
        secrets = tuple((path or {}).values())

        async def once() -> Any:
            # Built anew each time: the token may have changed.
            request = self._request(wanted, path, query, json, headers)
            if wanted.auth:
                return await self._send_signed(wanted, request, secrets)
            return await self._send(wanted, request, secrets)

        if not wanted.idempotent:
            return await once()
        async for attempt in stamina.retry_context(
            on=_worth_another, attempts=TRIES, timeout=None, wait_initial=RETRY_WAIT_S
        ):
            with attempt:
                try:
                    return await once()
                except NotFound:
                    # What an earlier attempt, whose answer was lost, has deleted: it is gone as asked.
                    if wanted.method != "DELETE" or attempt.num == 1:
                        raise
        return None

    def _request(
        self,
        wanted: AnyOperation,
        path: Mapping[str, str] | None = None,
        query: Query | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        request = self._http.build_request(
            wanted.method,
            self._address.url(wanted.service, wanted.fill(path or {})),
            params=None if query is None else {name: _query_value(value) for name, value in query.items()},
            headers=dict(headers or {}),
            content=None if json is None else msgspec.json.encode(json),
        )
        if json is not None:
            request.headers["Content-Type"] = "application/json"
        return request

    async def _send_signed(self, wanted: AnyOperation, request: httpx.Request, secrets: tuple[str, ...]) -> Any:
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

    async def _send(self, wanted: AnyOperation, request: httpx.Request, secrets: tuple[str, ...]) -> Any:
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

    async def _exchange(self, wanted: AnyOperation, request: httpx.Request) -> tuple[httpx.Response, bytes]:
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


def _worth_another(error: Exception) -> bool | float:
    """Whether to try again, and when, if Pinghome said so."""
    if isinstance(error, RateLimited) and error.retry_after is not None:
        return error.retry_after if error.retry_after <= PATIENCE_S else False
    return isinstance(error, RateLimited | Unavailable)


def _signed(request: httpx.Request, token: str) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token}"
    return request


def _query_value(value: Scalar | Sequence[Scalar]) -> Scalar | list[Scalar]:
    return value if isinstance(value, str | int | float | bool) else list(value)
