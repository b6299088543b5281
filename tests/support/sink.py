"""A Pinghome data gateway that keeps a ledger and answers as it is told: the oracle of delivery tests."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

Answerer = Callable[["Received"], int | web.StreamResponse]


@dataclass(frozen=True, slots=True)
class Received:
    """One request that came."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def alert(self) -> dict[str, Any]:
        """The body as `bridge.alert/v1`."""
        document: dict[str, Any] = json.loads(self.body)
        return document


@dataclass(slots=True)
class Sink:
    """Answers 200 unless told otherwise. `hold` makes every answer wait until it is set again."""

    received: list[Received] = field(default_factory=list)
    answer: Answerer = lambda _: 200
    hold: asyncio.Event | None = None
    under_way: int = 0
    server: TestServer | None = None

    @property
    def template(self) -> str:
        """The value of `pinghome.url`."""
        assert self.server is not None
        return str(self.server.make_url("/")) + "{service}"

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that came by webhook, in order."""
        return [one.alert for one in self.received if "/incident/webhook/" in one.path]

    def ids(self) -> Counter[str]:
        """How often each idempotency key was taken with a 2xx: duplicates are counted, not hidden."""
        return Counter(one.headers.get("Idempotency-Key", "") for one in self.received)

    async def start(self) -> Sink:
        """Serve on a free port of 127.0.0.1."""
        app = web.Application(client_max_size=32 << 20)
        app.router.add_route("*", "/{path:.*}", self._take)
        self.server = TestServer(app, host="127.0.0.1")
        await self.server.start_server()
        return self

    async def stop(self) -> None:
        """Close, letting go of whoever still waits."""
        if self.hold is not None:
            self.hold.set()
        if self.server is not None:
            await self.server.close()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        received = Received(request.path, dict(request.query), dict(request.headers), await request.read())
        self.under_way += 1
        try:
            if self.hold is not None:
                await self.hold.wait()
            answer = self.answer(received)
            if isinstance(answer, int):
                answer = web.json_response({"message": "scripted"}, status=answer)
            if 200 <= answer.status < 300:
                self.received.append(received)
            return answer
        finally:
            self.under_way -= 1
