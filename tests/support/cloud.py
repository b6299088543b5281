"""Pinghome's incident API as the SaaS documents it: no status, no reading, the same request twice is two incidents."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

EMAIL, PASSWORD = "someone@example.com", "a-password-of-tests"


@dataclass(slots=True)
class Cloud:
    """`next` answers the coming calls instead: a status, after the work is done where `late` says so."""

    incidents: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    next: deque[int] = field(default_factory=deque)
    late: bool = False
    silent: bool = False
    knows_status: bool = False
    hold: asyncio.Event | None = None
    server: TestServer | None = None

    @property
    def template(self) -> str:
        """The value of `pinghome.url`."""
        assert self.server is not None
        return str(self.server.make_url("/")) + "{service}"

    async def start(self) -> Cloud:
        """Serve on a free port of 127.0.0.1."""
        app = web.Application()
        app.router.add_post("/auth/v1/auth", self._sign_in)
        app.router.add_post("/incident-cmd/default/v1/team/{id}/incident", self._create)
        app.router.add_put("/incident-cmd/default/v1/incident/{id}", self._update)
        self.server = TestServer(app, host="127.0.0.1")
        await self.server.start_server()
        return self

    async def stop(self) -> None:
        """Close, letting go of whoever waits."""
        if self.hold is not None:
            self.hold.set()
        if self.server is not None:
            await self.server.close()

    async def _sign_in(self, request: web.Request) -> web.Response:
        assert await request.json() == {"email": EMAIL, "password": PASSWORD}
        return web.json_response({"data": {"access_token": "token"}})

    async def _create(self, request: web.Request) -> web.Response:
        wanted = await self._taken(request)
        if not self.late and self.next:
            return self._refused()
        incident_id = f"incident-{len(self.incidents) + 1}"
        self.incidents[incident_id] = wanted
        if self.hold is not None:
            await self.hold.wait()
        if self.next:
            return self._refused()
        return web.json_response({"message": "created"} if self.silent else {"data": {"id": incident_id}}, status=201)

    async def _update(self, request: web.Request) -> web.Response:
        wanted = await self._taken(request)
        if self.next:
            return self._refused()
        if "status" in wanted and not self.knows_status:
            return web.json_response({"errors": [{"field": "status", "message": "unknown"}]}, status=422)
        incident = self.incidents.get(request.match_info["id"])
        if incident is None:
            return web.json_response({"message": "no such incident"}, status=404)
        incident.update(wanted)
        return web.json_response({"data": incident})

    async def _taken(self, request: web.Request) -> dict[str, Any]:
        assert request.headers["Authorization"] == "Bearer token"
        wanted: dict[str, Any] = await request.json()
        self.calls.append((request.method, request.match_info["id"], wanted))
        self.headers.append(request.headers)
        return wanted

    def _refused(self) -> web.Response:
        return web.json_response({"message": "scripted"}, status=self.next.popleft(), headers={"Retry-After": "7"})
