"""The local Pinghome as an aiohttp application: routes from the table of operations, nothing of its own."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler as HttpHandler
from aiohttp.typedefs import Middleware

from bridge.local import openapi
from bridge.local.accounts.passwords import Passwords
from bridge.local.clock import Clock
from bridge.local.control import Faults, add_routes
from bridge.local.handlers import HANDLERS, STEPPED_HANDLERS, auth
from bridge.local.messages.carriers import MailServer
from bridge.local.messages.courier import Courier
from bridge.local.monitoring.watch import Watch
from bridge.local.replies import Call, Refusal, Reply, encode, encode_error
from bridge.local.seed import settle
from bridge.local.storage.database import Database, DatabaseClosed
from bridge.local.world import World
from bridge.pinghome.endpoints import ALIASES, LOCAL_EXTRAS, OPERATIONS
from bridge.pinghome.operation import AnyOperation

BODY_LIMIT: Final = 2 * 1024 * 1024
RETRY_AFTER_S: Final = 5

DATABASE: Final = web.AppKey("DATABASE", Database)
PASSWORDS: Final = web.AppKey("PASSWORDS", Passwords)
CLOCK: Final = web.AppKey("CLOCK", Clock)

_log = logging.getLogger(__name__)


def create_app(
    path: Path,
    *,
    clock: Callable[[], datetime],
    world: World | None,
    strict: bool = False,
    control_token: str | None = None,
    mail_server: MailServer | None = None,
    middlewares: Sequence[Middleware] = (),
) -> web.Application:
    """An application that serves every operation of the table as `/{service}{path}` from the SQLite file `path`.

    `clock` gives aware times. `world` is what it starts with; unless it is the demo world, the demo account
    cannot sign in.
    `strict` switches off what the local Pinghome does beyond the API's texts for the bridge's own alerts.
    `control_token` switches `/_local/*` on and guards it.
    `mail_server` carries e-mail; without one it is kept in the outbox.
    `middlewares` run inside the one that writes errors in the API's shape.
    """
    app = web.Application(middlewares=[_api_errors, *middlewares], client_max_size=BODY_LIMIT)
    app[DATABASE] = Database(path)
    app[PASSWORDS] = Passwords()
    app[CLOCK] = time = Clock(clock)
    faults = Faults()
    app.cleanup_ctx.append(_lifetime(time, world))
    app.cleanup_ctx.append(_courier(time, mail_server))
    app.cleanup_ctx.append(_watch(time))
    for row in (*OPERATIONS, *LOCAL_EXTRAS, *ALIASES):
        app.router.add_route(row.method, f"/{row.service}{row.path}", _endpoint(row, time, faults, strict=strict))
    if control_token is not None:
        add_routes(app, token=control_token, faults=faults, clock=time, database=app[DATABASE])
    app.router.add_get("/livez", _livez)
    app.router.add_get("/readyz", _readyz)
    app.router.add_get("/openapi.json", _openapi)
    return app


def _lifetime(clock: Clock, world: World | None) -> Callable[[web.Application], AsyncIterator[None]]:
    async def lifetime(app: web.Application) -> AsyncIterator[None]:
        await app[DATABASE].open()
        try:
            await settle(app[DATABASE], app[PASSWORDS], clock(), world)
            yield
        finally:
            app[PASSWORDS].close()
            await app[DATABASE].close()

    return lifetime


def _courier(clock: Clock, mail_server: MailServer | None) -> Callable[[web.Application], AsyncIterator[None]]:
    async def courier_of(app: web.Application) -> AsyncIterator[None]:
        courier = Courier(app[DATABASE], clock, mail_server)
        await courier.start()
        yield
        await courier.stop()

    return courier_of


def _watch(clock: Clock) -> Callable[[web.Application], AsyncIterator[None]]:
    async def watch_of(app: web.Application) -> AsyncIterator[None]:
        watch = Watch(app[DATABASE], clock)
        await watch.start()
        yield
        await watch.stop()

    return watch_of


def _endpoint(
    row: AnyOperation, clock: Clock, faults: Faults, *, strict: bool
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def endpoint(request: web.Request) -> web.StreamResponse:
        return await faults.meet(row.key, request, lambda: carry_out(request))

    async def carry_out(request: web.Request) -> web.Response:
        call = await _call_of(request, row, clock, strict=strict)
        try:
            reply = await _perform(request.app, call)
        except Refusal as refusal:
            return _json(encode_error(refusal.message, refusal.faults), refusal.status, refusal.headers)
        except (sqlite3.OperationalError, DatabaseClosed) as error:
            # Disk full, file locked, shutting down: the sender keeps the event and tries again.
            _log.exception("local Pinghome cannot serve %s", row.key)
            return _cannot_store(error)
        return _json(encode(reply), reply.status, reply.headers)

    return endpoint


async def _call_of(request: web.Request, row: AnyOperation, clock: Clock, *, strict: bool) -> Call:
    return Call(
        operation=row,
        method=request.method,
        path=dict(request.match_info),
        query={name: tuple(request.query.getall(name)) for name in request.query},
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read(),
        received_at=clock(),
        origin=f"{request.scheme}://{request.host}",
        ip=request.remote,
        strict=strict,
    )


async def _perform(app: web.Application, call: Call) -> Reply:
    stepped = STEPPED_HANDLERS.get(call.operation.key)
    if stepped is not None:
        call = await app[DATABASE].run(lambda connection: _known(connection, call)) if call.operation.auth else call
        return await stepped(app[DATABASE], app[PASSWORDS], call)
    handler = HANDLERS[call.operation.key]
    outcome = await app[DATABASE].run(lambda connection: handler(connection, _known(connection, call)))
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def _known(connection: sqlite3.Connection, call: Call) -> Call:
    """The call with who makes it, where the operation takes a token. Raises 401."""
    return replace(call, signed_in=auth.customer_of(connection, call)) if call.operation.auth else call


@web.middleware
async def _api_errors(request: web.Request, handler: HttpHandler) -> web.StreamResponse:
    """Errors of the server itself (404, 405, 413, our bugs) in the API's shape."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        headers = {name: value for name, value in error.headers.items() if name in ("Allow", "Retry-After")}
        return _json(encode_error(error.reason), error.status, headers)
    except Exception:  # noqa: BLE001 - a bug of ours: logged whole, answered without its text
        # The route's template and not the path, which may hold the id of a webhook or a heartbeat: a secret.
        resource = request.match_info.route.resource
        _log.exception("local Pinghome failed in %s %s", request.method, resource.canonical if resource else "")
        return _json(encode_error("Internal error."), HTTPStatus.INTERNAL_SERVER_ERROR, {})


async def _livez(_request: web.Request) -> web.Response:
    return _json(b'{"status":"ok"}', HTTPStatus.OK, {})


async def _readyz(request: web.Request) -> web.Response:
    try:
        await request.app[DATABASE].run(lambda connection: connection.execute("SELECT 1").fetchone())
    except (sqlite3.Error, DatabaseClosed) as error:
        return _cannot_store(error)
    return _json(b'{"status":"ok"}', HTTPStatus.OK, {})


async def _openapi(_request: web.Request) -> web.Response:
    return _json(openapi.document(version("pinghome-bridge")), HTTPStatus.OK, {})


def _cannot_store(error: Exception) -> web.Response:
    body = encode_error(f"The database cannot be used now ({type(error).__name__}).")
    return _json(body, HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": str(RETRY_AFTER_S)})


def _json(body: bytes, status: int, headers: Mapping[str, str]) -> web.Response:
    return web.Response(body=body, status=status, headers=headers, content_type="application/json" if body else None)
