"""`/_local/*`: how a test makes this Pinghome fail, moves its clock and reads what it would have sent.

Served only where it was switched on, and only with its token. Faults are held in memory: a restart forgets them.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from bridge.local.clock import Clock
from bridge.local.messages.outbox import Posted, listing
from bridge.local.replies import Fault as FieldFault
from bridge.local.replies import Refusal, encode_error, invalid, unauthorized
from bridge.local.storage.database import Database
from bridge.local.times import rfc3339, written
from bridge.pinghome.endpoints import LOCAL_EXTRAS, OPERATIONS

ANY: Final = "*"
_KEYS: Final = frozenset(row.key for row in (*OPERATIONS, *LOCAL_EXTRAS))
FAULTS_LIMIT: Final = 100
DELAY_LIMIT_S: Final = 300.0
OUTBOX_LIMIT: Final = 1000


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to fail.

    `operation` is a name of the table or `*`; `times` is how many calls it meets, None for all. `delay` is in seconds
    and comes first. Then `status` answers with that, `drop` closes the connection without an answer. `after` carries
    the operation out before that: its answer alone is lost.
    """

    operation: str = ANY
    times: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    status: Annotated[int, Meta(ge=400, le=599)] | None = None
    retry_after: Annotated[int, Meta(ge=0, le=86_400)] | None = None
    delay: Annotated[float, Meta(ge=0, le=DELAY_LIMIT_S)] = 0.0
    drop: bool = False
    after: bool = False


class ClockChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to move the clock: to a time, or by seconds."""

    at: datetime | None = None
    advance: float | None = None


class Faults:
    """The faults in force, the oldest first."""

    def __init__(self) -> None:
        self._left: list[list[Any]] = []

    def add(self, fault: Fault) -> None:
        """Have it met from now on. Raises Refusal where there are too many."""
        if len(self._left) >= FAULTS_LIMIT:
            raise Refusal(HTTPStatus.CONFLICT, f"There are {FAULTS_LIMIT} faults already.")
        self._left.append([fault, fault.times])

    def clear(self) -> None:
        """Fail no more."""
        self._left.clear()

    def listing(self) -> list[dict[str, Any]]:
        """What is in force, with how often it will be met yet."""
        return [{**msgspec.structs.asdict(fault), "times": left} for fault, left in self._left]

    def take(self, operation: str) -> Fault | None:
        """The fault that this call meets."""
        for entry in self._left:
            fault, left = entry
            if fault.operation not in (ANY, operation):
                continue
            if left is not None:
                entry[1] = left - 1
                if entry[1] == 0:
                    self._left.remove(entry)
            return fault if isinstance(fault, Fault) else None
        return None

    async def meet(
        self, operation: str, request: web.Request, carry_out: Callable[[], Awaitable[web.Response]]
    ) -> web.StreamResponse:
        """Carry a call out, or fail as told."""
        fault = self.take(operation)
        if fault is None:
            return await carry_out()
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.status is None and not fault.drop:
            return await carry_out()
        if fault.after:
            await carry_out()
        if fault.drop:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        return _json(encode_error("A fault that a test asked for."), fault.status or 500, headers)


def add_routes(app: web.Application, *, token: str, faults: Faults, clock: Clock, database: Database) -> None:
    """Serve `/_local/*` to whoever has the token."""
    control = _Control(token, faults, clock, database)
    for method, path, handler in (
        ("GET", "/_local/faults", control.list_faults),
        ("POST", "/_local/faults", control.add_fault),
        ("DELETE", "/_local/faults", control.clear_faults),
        ("GET", "/_local/clock", control.tell_time),
        ("PUT", "/_local/clock", control.move_clock),
        ("DELETE", "/_local/clock", control.reset_clock),
        ("GET", "/_local/outbox", control.read_outbox),
    ):
        app.router.add_route(method, path, control.guarded(handler))


class _Control:
    def __init__(self, token: str, faults: Faults, clock: Clock, database: Database) -> None:
        self._expected = f"Bearer {token}".encode()
        self._faults = faults
        self._clock = clock
        self._database = database

    def guarded(
        self, handler: Callable[[web.Request], Awaitable[Any]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Only with the token, and with refusals in the API's shape."""

        async def endpoint(request: web.Request) -> web.Response:
            try:
                given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
                if not hmac.compare_digest(given, self._expected):
                    raise unauthorized()
                return _json(msgspec.json.encode({"data": await handler(request)}), HTTPStatus.OK, {})
            except Refusal as refusal:
                return _json(encode_error(refusal.message, refusal.faults), refusal.status, refusal.headers)

        return endpoint

    async def list_faults(self, _request: web.Request) -> Any:
        return self._faults.listing()

    async def add_fault(self, request: web.Request) -> Any:
        fault = _decode(await request.read(), Fault)
        if fault.operation != ANY and fault.operation not in _KEYS:
            raise invalid(FieldFault(field="operation", message="is no operation of the table, nor *"))
        self._faults.add(fault)
        return self._faults.listing()

    async def clear_faults(self, _request: web.Request) -> Any:
        self._faults.clear()
        return []

    async def tell_time(self, _request: web.Request) -> Any:
        offset = self._clock.offset.total_seconds()
        return {"now": self._clock().astimezone(UTC).isoformat(), "offset_seconds": offset}

    async def move_clock(self, request: web.Request) -> Any:
        change = _decode(await request.read(), ClockChange)
        if (change.at is None) is (change.advance is None):
            raise invalid(FieldFault(field="at", message="give either `at` or `advance`"))
        try:
            if change.at is not None:
                self._clock.move_to(change.at if change.at.tzinfo else change.at.replace(tzinfo=UTC))
            if change.advance is not None:
                self._clock.move(timedelta(seconds=change.advance))
        except (OverflowError, ValueError):
            raise invalid(FieldFault(field="advance", message="leads out of the calendar")) from None
        return await self.tell_time(request)

    async def reset_clock(self, request: web.Request) -> Any:
        self._clock.reset()
        return await self.tell_time(request)

    async def read_outbox(self, request: web.Request) -> Any:
        wanted = {name: request.query.get(name) for name in ("purpose", "reference", "channel_value")}
        found = await self._database.run(lambda connection: listing(connection, **wanted, limit=OUTBOX_LIMIT))
        return [_shown(posted) for posted in found]


def _shown(posted: Posted) -> dict[str, Any]:
    message = posted.message
    return {
        "id": posted.id,
        "channel_type": message.channel_type,
        "channel_value": message.channel_value,
        "purpose": message.purpose,
        "reference": message.reference,
        "subject": message.subject,
        "body": message.body,
        "document": message.document,
        "state": posted.state,
        "attempts": posted.attempts,
        "detail": posted.detail,
        "created_at": rfc3339(posted.created_at),
        "finished_at": written(posted.finished_at),
    }


def _decode(body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"The body cannot be used: {error}.") from None


def _json(body: bytes, status: int, headers: dict[str, str]) -> web.Response:
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")
