"""Heartbeat monitors, and the endpoint that jobs report to."""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from bridge.pinghome.operation import (
    LOCAL,
    Answer,
    Confirmation,
    Name,
    Operation,
    Request,
    about,
    also,
)
from bridge.pinghome.systems.base import System
from bridge.pinghome.systems.shared import (
    Ids,
    Older,
    Paging,
    Period,
)

HttpMethod = Literal["GET", "HEAD", "POST"]
Result = Literal["tick", "run", "complete", "fail"]
Seconds = Annotated[int, Meta(ge=1, le=366 * 86_400)]
MESSAGE_LIMIT: Final = 4096


class NewHeartbeat(Request, frozen=True, kw_only=True):
    """A heartbeat monitor of a service. The texts know no period: the two are the local Pinghome's."""

    service_id: Annotated[Name, about("The service it belongs to.")]
    name: Annotated[Name, about("The name of the monitor.")]
    methods: Annotated[list[HttpMethod], LOCAL, about("HTTP methods that may report.")] | None = None
    period_seconds: Annotated[Seconds, LOCAL, about("A report is expected this often.")] | None = None
    grace_seconds: Annotated[Seconds, LOCAL, about("How late a report may be.")] | None = None


class HeartbeatChange(Request, frozen=True, kw_only=True):
    """A monitor as it shall be."""

    name: Annotated[Name, about("The name of the monitor.")]
    service_id: Annotated[Name, about("The service it belongs to.")]
    methods: Annotated[list[HttpMethod], about("HTTP methods that may report.")]
    period_seconds: Annotated[Seconds, LOCAL, about("A report is expected this often.")] | None = None
    grace_seconds: Annotated[Seconds, LOCAL, about("How late a report may be.")] | None = None


class HeartbeatPeriod(Period, frozen=True, kw_only=True):
    """Which part of the statistics, and how fine."""

    interval: Annotated[Literal["1h", "3h", "12h", "1d", "3d", "7d", "30d"], about("How far back.")] | None = None


class HeartbeatReport(Request, frozen=True, kw_only=True):
    """What a job says."""

    result: Annotated[Result, about("tick unless it says otherwise.")] | None = None
    message: Annotated[str, Meta(max_length=MESSAGE_LIMIT), about("What happened.")] | None = None


class Heartbeat(Answer, frozen=True, kw_only=True):
    """A heartbeat monitor. The local Pinghome adds the two periods, since when it has its status (pending, up, missing
    or failed), and when the next report is overdue."""

    id: Annotated[str | None, also("heartbeat_id")] = None
    name: str | None = None
    service_id: str | None = None
    methods: list[str] | None = None
    status: str | None = None
    status_since: str | None = None
    due_at: str | None = None
    period_seconds: int | None = None
    grace_seconds: int | None = None
    last_result: str | None = None
    last_received_at: str | None = None
    created_at: str | None = None


class HeartbeatStatistic(Answer, frozen=True, kw_only=True):
    """How a monitor did in a period. Shares are per cent; values are None where nothing was reported."""

    start_date: str | None = None
    end_date: str | None = None
    interval_seconds: int | None = None
    events: dict[str, int] | None = None
    uptime: float | None = None
    longest_gap_seconds: float | None = None
    points: list[dict[str, Any]] | None = None


class HeartbeatEvent(Answer, frozen=True, kw_only=True):
    """What a job said once."""

    id: str | None = None
    result: str | None = None
    message: str | None = None
    method: str | None = None
    received_at: str | None = None


CREATE: Final = Operation(
    system="heartbeat",
    name="create",
    title="Setup Heartbeat Monitor",
    method="POST",
    service="resource-cmd",
    path="/default/v1/heartbeat",
    answer=Heartbeat,
    body=NewHeartbeat,
)
DELETE_MANY: Final = Operation(
    system="heartbeat",
    name="delete_many",
    title="Delete Multiple Heartbeat Monitors",
    method="DELETE",
    service="resource-cmd",
    path="/default/v1/heartbeat",
    answer=Confirmation,
    query=Ids,
)
DELETE: Final = Operation(
    system="heartbeat",
    name="delete",
    title="Delete Single Heartbeat Monitor",
    method="DELETE",
    service="resource-cmd",
    path="/default/v1/heartbeat/{id}",
    answer=Confirmation,
)
LIST: Final = Operation(
    system="heartbeat",
    name="list",
    title="Get Service Heartbeats",
    method="GET",
    service="resource-query",
    path="/default/v1/service/{id}/heartbeats",
    answer=Heartbeat,
    query=Paging,
    many=True,
    paging="page",
)
UPDATE: Final = Operation(
    system="heartbeat",
    name="update",
    title="Update Heartbeat Monitor",
    method="PUT",
    service="resource-cmd",
    path="/default/v1/heartbeat/{id}",
    answer=Confirmation,
    body=HeartbeatChange,
)
GET: Final = Operation(
    system="heartbeat",
    name="get",
    title="Get Specific Heartbeat Information",
    method="GET",
    service="resource-query",
    path="/default/v1/heartbeat/{id}",
    answer=Heartbeat,
)
STATISTIC: Final = Operation(
    system="heartbeat",
    name="statistic",
    title="View Heartbeat Statistics",
    method="GET",
    service="statistic-query",
    path="/default/v1/heartbeat/{id}/statistic",
    answer=HeartbeatStatistic,
    query=HeartbeatPeriod,
)
EVENTS: Final = Operation(
    system="heartbeat",
    name="events",
    title="Get Heartbeat Event History",
    method="GET",
    service="statistic-query",
    path="/default/v1/heartbeat/{id}/events",
    answer=HeartbeatEvent,
    query=Older,
    many=True,
    paging="last_received_at",
)
# A GET that writes: a repeated `run` starts a job twice.
SUBMIT: Final = Operation(
    system="heartbeat",
    name="submit",
    title="Submit Heartbeat Event",
    method="GET",
    service="data-gateway",
    path="/default/v1/heartbeat/{id}",
    answer=HeartbeatEvent,
    auth=False,
    query=HeartbeatReport,
    repeatable=False,
)

OPERATIONS: Final[tuple[Operation[Any], ...]] = (
    CREATE,
    DELETE_MANY,
    DELETE,
    LIST,
    UPDATE,
    GET,
    STATISTIC,
    EVENTS,
    SUBMIT,
)


class Heartbeats(System):
    """Heartbeat monitors."""

    async def create(self, heartbeat: NewHeartbeat) -> Heartbeat:
        """A new monitor of a service."""
        return await self._one(CREATE, body=heartbeat)

    async def delete_many(self, ids: Sequence[str]) -> Confirmation:
        """Delete several monitors."""
        return await self._one(DELETE_MANY, query=Ids(id=[*ids]))

    async def delete(self, heartbeat_id: str) -> Confirmation:
        """Delete one monitor."""
        return await self._one(DELETE, heartbeat_id)

    async def list(
        self, service_id: str, page: int | None = None, limit: int | None = None
    ) -> builtins.list[Heartbeat]:
        """One page of a service's monitors."""
        return await self._many(LIST, service_id, query=Paging(page=page, limit=limit))

    def each(self, service_id: str) -> AsyncIterator[Heartbeat]:
        """All monitors of a service, page after page."""
        return self._pages(LIST, service_id)

    async def update(self, heartbeat_id: str, heartbeat: HeartbeatChange) -> Confirmation:
        """Change a monitor."""
        return await self._one(UPDATE, heartbeat_id, body=heartbeat)

    async def get(self, heartbeat_id: str) -> Heartbeat:
        """One monitor."""
        return await self._one(GET, heartbeat_id)

    async def statistic(self, heartbeat_id: str, period: HeartbeatPeriod | None = None) -> HeartbeatStatistic:
        """How it did."""
        return await self._one(STATISTIC, heartbeat_id, query=period)

    async def events(
        self, heartbeat_id: str, limit: int | None = None, last_received_at: str | None = None
    ) -> builtins.list[HeartbeatEvent]:
        """Part of what was reported, newest first."""
        return await self._many(EVENTS, heartbeat_id, query=Older(limit=limit, last_received_at=last_received_at))

    def each_event(self, heartbeat_id: str) -> AsyncIterator[HeartbeatEvent]:
        """All that was reported, newest first."""
        return self._older(EVENTS, heartbeat_id)

    async def submit(
        self, heartbeat_id: str, result: Result | None = None, message: str | None = None
    ) -> HeartbeatEvent:
        """Report. Takes no account: the id is the secret."""
        return await self._one(SUBMIT, heartbeat_id, query=HeartbeatReport(result=result, message=message))
