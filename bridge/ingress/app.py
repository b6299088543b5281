"""The routes of the public listener."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from bridge.domain.errors import Unauthentic
from bridge.ingress.bodies import Bodies
from bridge.ingress.enqueue import Enqueue, add_routes
from bridge.ingress.requests import head
from bridge.pipeline.ports import Accepted, Health
from bridge.pipeline.receive import Receipt, Receiver
from bridge.pipeline.report import Reporter
from bridge.web import LOG_FACTS, add_probes, error_response, json_response

_MESSAGE_LIMIT: Final = 64 * 1024

_UNPROVEN: Final = "the request does not prove who sent it"


@dataclass(slots=True, kw_only=True)
class Ingress:
    """What the handlers need. A reload replaces `origins`."""

    receiver: Receiver
    reporter: Reporter
    health: Health
    bodies: Bodies
    origins: Mapping[str, Sequence[str]]

    async def alerts(self, http: web.Request) -> web.Response:
        """POST /v1/alerts/{source}: take one message."""
        facts = http[LOG_FACTS]
        facts["source"] = http.match_info["source"]
        endpoint = self.receiver.endpoint(http.match_info["source"])
        try:
            with self.bodies.reader(http) as body:
                receipt = await self.receiver.receive(endpoint, head(http), body.read)
                facts["bytes"] = body.held
        except Unauthentic as error:
            facts["refused"] = str(error)
            return _unauthorized(endpoint.verifier.challenge)
        facts["outcome"], facts["delivery"] = receipt.status, receipt.id
        return _receipt(receipt)

    async def origin(self, http: web.Request) -> web.Response:
        """OPTIONS /v1/alerts/{source}: CloudEvents abuse protection. Only configured origins may deliver.

        Source: CloudEvents 1.0.2 HTTP webhook specification, section 4. The callback is never called.
        """
        self.receiver.endpoint(http.match_info["source"])
        asked = http.headers.get("WebHook-Request-Origin", "")
        if asked not in self.origins.get(http.match_info["source"], ()):
            return error_response(403, "unknown_origin", "this origin is not configured for the source")
        return web.Response(headers={"WebHook-Allowed-Origin": asked, "WebHook-Allowed-Rate": "*"})

    async def heartbeat(self, http: web.Request) -> web.Response:
        """GET or POST /v1/heartbeats/{name} and /v1/heartbeats/{name}/{result}: take one report."""
        facts = http[LOG_FACTS]
        facts["heartbeat"] = http.match_info["name"]
        result = http.match_info.get("result") or http.query.get("result") or "tick"
        try:
            message = http.query.get("message") or await self._posted(http)
            accepted = await self.reporter.report(http.match_info["name"], head(http), result, message)
        except Unauthentic as error:
            facts["refused"] = str(error)
            return _unauthorized("Bearer")
        facts["outcome"], facts["delivery"] = "accepted", accepted.id
        return _accepted(accepted)

    async def _posted(self, http: web.Request) -> str | None:
        """A POSTed body is the message, unless the query has one."""
        if http.method != "POST":
            return None
        with self.bodies.reader(http) as body:
            text = await body.read(_MESSAGE_LIMIT)
        return text.decode("utf-8", "replace") or None


def create_app(ingress: Ingress, enqueue: Enqueue, *, middlewares: Sequence[Middleware]) -> web.Application:
    """The application of the public listener."""
    app = web.Application(middlewares=list(middlewares))
    app.router.add_post("/v1/alerts/{source}", ingress.alerts)
    app.router.add_route("OPTIONS", "/v1/alerts/{source}", ingress.origin)
    for path in ("/v1/heartbeats/{name}", "/v1/heartbeats/{name}/{result}"):
        # No HEAD: link previews and probes send it, and a preview is no heartbeat.
        app.router.add_get(path, ingress.heartbeat, allow_head=False)
        app.router.add_post(path, ingress.heartbeat)
    add_routes(app, enqueue)
    add_probes(app, ingress.health)
    return app


def _receipt(receipt: Receipt) -> web.Response:
    if receipt.id is None:
        return json_response(receipt.document if receipt.document is not None else {"status": receipt.status})
    status = 200 if receipt.status == "duplicate" else 202
    return json_response({"id": receipt.id, "status": receipt.status}, status=status)


def _accepted(accepted: Accepted) -> web.Response:
    return json_response({"id": accepted.id, "status": "accepted"}, status=202)


def _unauthorized(challenge: str | None) -> web.Response:
    headers = {"WWW-Authenticate": challenge} if challenge else None
    return error_response(401, "unauthorized", _UNPROVEN, headers=headers)
