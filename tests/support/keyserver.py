"""An issuer's key server on a real socket: it answers as it is told, and remembers how often it was asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(slots=True)
class KeyServer:
    """Serves one document at every path. `hold` makes callers wait until it is set."""

    body: bytes = b""
    status: int = 200
    hold: asyncio.Event | None = None
    asked: list[str] = field(default_factory=list)
    server: TestServer | None = None

    async def start(self) -> KeyServer:
        """Serve on a free port of 127.0.0.1."""
        app = web.Application()
        app.router.add_get("/{path:.*}", self._serve)
        self.server = TestServer(app, host="127.0.0.1")
        await self.server.start_server(shutdown_timeout=0.1)
        return self

    async def stop(self) -> None:
        """Nobody listens any more."""
        if self.hold is not None:
            self.hold.set()
        if self.server is not None:
            await self.server.close()

    async def _serve(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if self.hold is not None:
            await self.hold.wait()
        return web.Response(status=self.status, body=self.body, headers={"Location": "/elsewhere"})

    @property
    def host(self) -> str:
        """`host:port`."""
        assert self.server is not None
        return f"127.0.0.1:{self.server.port}"

    @property
    def url(self) -> str:
        """Of the key set."""
        return f"http://{self.host}/keys"
