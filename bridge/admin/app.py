"""The routes of the operators' listener. Read only, behind a bearer token."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bridge.admin.metrics import store_families
from bridge.admin.shapes import config_metrics, config_state, dead_letter, event, metrics
from bridge.domain.configuration import ConfigState
from bridge.domain.errors import Invalid, Unauthentic, Unavailable
from bridge.domain.request import Request
from bridge.metrics import Family, render
from bridge.pipeline.ledger import Ledger
from bridge.pipeline.ports import Clock, Health
from bridge.pipeline.telemetry import Probe
from bridge.verify.base import Verifier
from bridge.web import PROBES, add_probes, error_response, json_response

_NOT_KEPT: Final = {"Cache-Control": "no-store"}
_PAGE: Final = 100
_PAGE_LIMIT: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """What the handlers need. `config` gives the effective configuration with its secrets masked, `state` what came
    of the last look at its file; `collectors` give what this process measures."""

    ledger: Ledger
    health: Health
    config: Callable[[], Mapping[str, Any]]
    probe: Probe
    state: Callable[[], ConfigState] | None = None
    collectors: Sequence[Callable[[], Iterable[Family]]] = ()

    async def events(self, http: web.Request) -> web.Response:
        """GET /v1/events?limit=&before=: the newest first; `before` is the id of the last one seen."""
        found = await self.ledger.events(limit=_limit(http), before=http.query.get("before"))
        return json_response({"events": [event(one) for one in found]})

    async def event(self, http: web.Request) -> web.Response:
        """GET /v1/events/{id}: one event with all its sends and their attempts."""
        found = await self.ledger.event(http.match_info["id"])
        if found is None:
            return error_response(404, "unknown_event", "no such event, or it is past its retention")
        return json_response(event(found))

    async def raw(self, http: web.Request) -> web.Response:
        """GET /v1/events/{id}/raw: the exact body that was accepted."""
        body = await self.ledger.raw(http.match_info["id"])
        if body is None:
            return error_response(404, "unknown_event", "no such event, or it is past its retention")
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": "attachment",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=body, content_type="application/octet-stream", headers=headers)

    async def dead(self, http: web.Request) -> web.Response:
        """GET /v1/dead?limit=: the newest dead letters first."""
        letters = await self.ledger.dead(limit=_limit(http))
        return json_response({"dead": [dead_letter(letter) for letter in letters]})

    async def effective_config(self, http: web.Request) -> web.Response:
        """GET /v1/config: what is in force, secrets masked, and whether the file has something else to say."""
        return json_response({**self.config(), **(config_state(self.state()) if self.state else {})})

    async def metrics(self, http: web.Request) -> web.Response:
        """GET /metrics: in the Prometheus text format. While the store is away it shows what this process knows."""
        own = [family for collect in self.collectors for family in collect()]
        try:
            view = await self.probe.look()
            text = metrics(await self.ledger.counts(), await self.ledger.depths()) + render(store_families(view))
        except Unavailable:
            text = render(store_families(None))
        text += render(own)
        text += config_metrics(self.state() if self.state else None)
        return web.Response(
            text=text, content_type="text/plain", charset="utf-8", headers={"Cache-Control": "no-store"}
        )


def create_app(admin: Admin, *, verifier: Verifier, clock: Clock, middlewares: Sequence[Middleware]) -> web.Application:
    """The application of the operators' listener. `verifier` judges who may read."""
    app = web.Application(middlewares=[*middlewares, _authorization(verifier, clock)])
    routes: Mapping[str, Handler] = {
        "/metrics": admin.metrics,
        "/v1/events": admin.events,
        "/v1/events/{id}": admin.event,
        "/v1/events/{id}/raw": admin.raw,
        "/v1/dead": admin.dead,
        "/v1/config": admin.effective_config,
    }
    for path, handler in routes.items():
        app.router.add_get(path, handler, allow_head=False)
    add_probes(app, admin.health)
    return app


def _authorization(verifier: Verifier, clock: Clock) -> Middleware:
    @web.middleware
    async def authorize(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in PROBES:
            try:
                # Only the header counts here: an operator's token in a URL would end up in a browser's history.
                headers = {"authorization": request.headers.get("Authorization", "")}
                verifier.verify(Request(method=request.method, headers=headers, query={}, body=b""), {}, clock())
            except Unauthentic:
                challenge = {"WWW-Authenticate": "Bearer"}
                return error_response(401, "unauthorized", "a bearer token is needed", headers=challenge)
        return await handler(request)

    return authorize


def _limit(http: web.Request) -> int:
    text = http.query.get("limit", str(_PAGE))
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= _PAGE_LIMIT:
        raise Invalid(f"limit is a number from 1 to {_PAGE_LIMIT}")
    return int(text)
