"""A server for the client's tests that behaves as badly as a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.pinghome.client import Pinghome
from bridge.pinghome.connection import Connection

EMAIL, PASSWORD = "someone@example.com", "hunter2-hunter2"
HttpHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Stub:
    """A server that answers sign-ins and leaves the rest to the test."""

    handler: HttpHandler
    sign_ins: int = 0
    sign_in_status: int = 200
    good_tokens: set[str] = field(default_factory=set)
    signed_out: list[str] = field(default_factory=list)
    seen: list[web.Request] = field(default_factory=list)

    async def sign_in(self, request: web.Request) -> web.Response:
        self.sign_ins += 1
        await asyncio.sleep(0)
        assert await request.json() == {"email": EMAIL, "password": PASSWORD}
        token = f"token-{self.sign_ins}"
        self.good_tokens = {token}
        return web.json_response({"data": {"access_token": token}}, status=self.sign_in_status)

    async def sign_out(self, request: web.Request) -> web.Response:
        self.signed_out.append(request.headers["Authorization"])
        return web.Response(status=204)

    async def anything(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        return await self.handler(request)

    def guarded(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.good_tokens:
            return web.json_response({"message": f"bad token {token}"}, status=401)
        return web.json_response([{"team_id": "t"}])


@asynccontextmanager
async def talking_to(
    stub: Stub, *, deadline: float = 5.0, account: bool = True
) -> AsyncIterator[tuple[Pinghome, aiohttp.ClientSession]]:
    app = web.Application()
    app.router.add_post("/auth/v1/auth", stub.sign_in)
    app.router.add_delete("/auth/v1/auth", stub.sign_out)
    app.router.add_route("*", "/{rest:.*}", stub.anything)
    async with TestServer(app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        email, password = (EMAIL, PASSWORD) if account else (None, None)
        connection = Connection(
            url=f"http://127.0.0.1:{server.port}/{{service}}", email=email, password=password, timeout=deadline
        )
        async with Pinghome(connection, session) as pinghome:
            yield pinghome, session
        assert not session.closed


def answering(status: int, body: bytes = b"", **headers: str) -> HttpHandler:
    async def handler(_request: web.Request) -> web.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, body=body, headers=sent)

    return handler
