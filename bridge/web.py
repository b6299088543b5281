"""What every aiohttp listener of the bridge shares: errors as JSON, one closing log event, the loopback guard."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bridge.domain.errors import Rejected, Unavailable
from bridge.pipeline.ports import Health

LOG_FACTS: Final = web.RequestKey("log_facts", dict)
"""What a handler adds to the closing event of its request."""

PROBES: Final = ("/livez", "/readyz")

_KEEPALIVE: Final = 20.0
_LINE_LIMIT: Final = 8190

log = structlog.get_logger(__name__)


def json_response(document: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer that no cache may keep."""
    return web.Response(
        body=msgspec.json.encode(document),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def error_response(status: int, code: str, message: str, *, headers: dict[str, str] | None = None) -> web.Response:
    """`{"error": {"code": ..., "message": ...}}`."""
    return json_response({"error": {"code": code, "message": message}}, status=status, headers=headers)


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure as the contract says: the sender's own as 4xx, any trouble of ours as 503.

    A 500 or 502 is dropped by senders that would try again on 503 (Azure Monitor retries only 408, 429, 503
    and 504), so our own bugs are 503 too.
    """
    try:
        return _answered(await handler(request))
    except Rejected as error:
        return error_response(error.status, error.code, _PUBLIC.get(error.code, str(error)))
    except Unavailable as error:
        return error_response(503, error.code, "try again later", headers={"Retry-After": str(error.retry_after)})
    except web.HTTPException as error:
        if error.status < 400:
            raise
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return error_response(error.status, error.reason.lower().replace(" ", "_"), error.reason, headers=headers)
    except Exception as error:
        log.exception("request_bug", error=type(error).__name__)
        return error_response(503, "internal", "try again later", headers={"Retry-After": "5"})


def _answered(response: object) -> web.StreamResponse:
    """aiohttp would make a bare 500 of a handler that returns nothing."""
    if not isinstance(response, web.StreamResponse):
        raise TypeError(f"a handler returned {type(response).__name__}")
    return response


_PUBLIC: Final = {
    # One text for every reason: what exactly was wrong is for our log, not for a stranger.
    "unauthorized": "the request does not prove who sent it",
    "unknown_source": "no such source",
}


@web.middleware
async def closing_event(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One log line a request: the route's template, never the path or the query, which may hold secrets."""
    started = time.perf_counter()
    facts: dict[str, Any] = {}
    request[LOG_FACTS] = facts
    status = None
    try:
        response = await handler(request)
        status = response.status
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        resource = request.match_info.route.resource
        log.info(
            "request",
            method=request.method,
            route=resource.canonical if resource else None,
            status=status,
            took_ms=round((time.perf_counter() - started) * 1000, 1),
            **facts,
        )
    return response


def loopback_guard(*, enabled: bool) -> Middleware:
    """While development credentials live, refuse what a web page could send to this machine.

    A page in a browser on this very machine can reach a loopback listener; it always sends an Origin, or (by
    a name that was bound to 127.0.0.1) a foreign Host.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if enabled and ("Origin" in request.headers or not _is_local(request.headers.get("Host", ""))):
            return error_response(403, "development_only", "development credentials work from this machine only")
        return await handler(request)

    return guard


def _is_local(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name in ("localhost", "127.0.0.1", "::1")


def add_probes(app: web.Application, health: Health) -> None:
    """`/livez` and `/readyz`, which need no proof."""

    async def live(_: web.Request) -> web.Response:
        """This process answers. Touches nothing else, or an outage of Redis would have us restarted."""
        return json_response({"status": "alive"})

    async def ready(_: web.Request) -> web.Response:
        """Can an alert be taken now, and if not, why."""
        problems = await health.problems()
        if problems:
            return json_response({"status": "not_ready", "problems": problems}, status=503)
        if health.degraded:
            return json_response({"status": "ready", "degraded": health.degraded})
        return json_response({"status": "ready"})

    for path, handler in zip(PROBES, (live, ready), strict=True):
        app.router.add_get(path, handler)


def listen(host: str, port: int) -> socket.socket:
    """A bound TCP socket. Raises OSError, which names neither host nor port: the caller knows them."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(1024)
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)  # noqa: FBT003 - the socket API
    return bound


def url_of(bound: socket.socket) -> str:
    """`http://host:port` of a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(stack: AsyncExitStack, app: web.Application, bound: socket.socket, *, grace: float = 5.0) -> None:
    """Serve an application on a bound socket until the stack is closed; requests under way get `grace` seconds."""
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        keepalive_timeout=_KEEPALIVE,
        shutdown_timeout=grace,
        auto_decompress=False,  # the ingress unpacks bodies itself, and nobody else is sent packed ones
        max_line_size=_LINE_LIMIT,
        max_field_size=_LINE_LIMIT,
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.SockSite(runner, bound, backlog=1024).start()


def middlewares(*, guarded: bool) -> Sequence[Middleware]:
    """The middlewares of every listener, outermost first."""
    return (closing_event, errors, loopback_guard(enabled=guarded))
