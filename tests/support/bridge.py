"""A bridge in this process: the real ingress on a real socket, the real worker, a real Valkey."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer

from bridge import wiring
from bridge.intake import Intake
from bridge.settings import Settings
from bridge.settings.reload import Reloader
from bridge.store.ledger import RedisLedger
from bridge.store.shard import Shard
from workers.host import Host

WEBHOOK = "c03b02ec-244f-4d2c-8f68-3910071ed5c8"
TOKEN = "test-token"


def settings(redis_url: str, prefix: str, pinghome: str, /, **changes: Any) -> Settings:
    """A small configuration: one source a cloud, one route, short times. `changes` replace top-level keys."""
    document: dict[str, Any] = {
        "redis": {"url": redis_url, "prefix": prefix},
        "pinghome": {"url": pinghome},
        "admin": {"token": TOKEN},
        "sources": {
            kind: {"kind": kind, "verify": {"method": "token", "token": TOKEN}} for kind in ("aws", "gcp", "azure")
        },
        "routes": [{"name": "all", "to": [{"webhook": WEBHOOK}]}],
        "delivery": {"timeout": "1s", "lease": "2s", "grace": "2s", "schedule": ["50ms", "50ms", "50ms", "50ms"]},
    }
    return Settings.model_validate(document | changes)


class Bridge:
    """Ingress and worker. Either may be left out, stopped and started."""

    def __init__(self, configured: Settings, reloader: Reloader | None = None) -> None:
        """Not started yet. With a reloader it keeps up with the configuration's file."""
        self.settings = configured
        self.reloader = reloader
        self.stack = AsyncExitStack()
        self.host: Host | None = None
        self.store: Shard
        self.intake: Intake
        self.ledger: RedisLedger
        self.http: aiohttp.ClientSession
        self._server: TestServer

    async def start(self, *, worker: bool = True) -> Bridge:
        """Serve on a free port of 127.0.0.1, and work if asked to."""
        self.store = wiring.open_store(self.stack, self.settings)
        self.ledger = RedisLedger(self.store.queries, self.store.keys)
        self.intake = await wiring.share_intake(self.stack, self.settings, self.store)
        app = await wiring.build_ingress(self.stack, self.settings, self.store, self.intake, self.reloader)
        self._server = TestServer(app, host="127.0.0.1")
        await self._server.start_server(access_log=None, auto_decompress=False)
        self.http = await self.stack.enter_async_context(aiohttp.ClientSession())
        if worker:
            await self.start_worker()
        return self

    async def start_worker(self) -> Host:
        """A worker of its own identity."""
        self.host = Host(self.settings, self.reloader)
        await self.host.start()
        return self.host

    async def stop_worker(self) -> None:
        """Gracefully."""
        if self.host is not None:
            host, self.host = self.host, None
            await host.stop()

    async def stop(self) -> None:
        """Everything."""
        await self.stop_worker()
        await self._server.close()
        await self.stack.aclose()

    def url(self, path: str) -> str:
        """On the public listener."""
        return str(self._server.make_url(path))

    async def post(
        self, source: str, body: bytes, *, token: str | None = TOKEN, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """One message; status and answer."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        async with self.http.post(self.url(f"/v1/alerts/{source}"), data=body, headers=sent) as response:
            return response.status, await response.json()
