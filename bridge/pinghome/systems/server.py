"""Server monitors and what their agents measure."""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Final, Literal

from bridge.pinghome.operation import (
    Answer,
    Confirmation,
    Limit,
    Name,
    Operation,
    Request,
    about,
    also,
)
from bridge.pinghome.systems.base import System
from bridge.pinghome.systems.shared import (
    Description,
    Ids,
    Paging,
    Period,
)

MetricType = Literal[
    "cpu-total-usage",
    "memory-usage",
    "disk-io-unified",
    "disk-usage-unified",
    "system-load-unified",
    "swap-usage",
    "network-usage-unified",
]


class NewServer(Request, frozen=True, kw_only=True):
    """A server to watch."""

    service_id: Annotated[Name, about("The service it belongs to.")]
    name: Annotated[Name, about("The name of the server.")]
    description: Description
    timezone: Annotated[Name, about("An IANA zone, for instance Europe/Berlin.")]
    chart_type_default: Annotated[Name, about("How charts are drawn, for instance line.")]


class ServerChange(NewServer, frozen=True, kw_only=True):
    """A server as it shall be."""

    enabled: Annotated[bool, about("true: on, false: off.")]


class MetricPeriod(Period, frozen=True, kw_only=True):
    """Which metric, which part of it, and how fine."""

    type: Annotated[MetricType, about("Which metric.")]
    interval: Annotated[Name, about("For instance on-demand.")] | None = None
    limit: Annotated[Limit, about("How many at most.")] | None = None


class Server(Answer, frozen=True, kw_only=True):
    """A server monitor."""

    id: Annotated[str | None, also("server_resource_id", "resource_id")] = None
    name: str | None = None
    description: str | None = None
    service_id: str | None = None
    timezone: str | None = None
    chart_type_default: str | None = None
    enabled: Annotated[bool | None, also("is_enabled")] = None
    created_at: str | None = None


class Metrics(Answer, frozen=True, kw_only=True):
    """What was measured. `points` is empty where nothing has been."""

    type: str | None = None
    points: list[dict[str, Any]] | None = None


CREATE: Final = Operation(
    system="server",
    name="create",
    title="Setup Server for Monitoring",
    method="POST",
    service="resource-cmd",
    path="/default/v1/server-resource",
    answer=Server,
    body=NewServer,
)
DELETE_MANY: Final = Operation(
    system="server",
    name="delete_many",
    title="Delete Multiple Server Monitors",
    method="DELETE",
    service="resource-cmd",
    path="/default/v1/server-resource",
    answer=Confirmation,
    query=Ids,
)
UPDATE: Final = Operation(
    system="server",
    name="update",
    title="Update Server Monitor",
    method="PUT",
    service="resource-cmd",
    path="/default/v1/server-resource/{id}",
    answer=Confirmation,
    body=ServerChange,
)
LIST: Final = Operation(
    system="server",
    name="list",
    title="Full List of Server Monitoring Records",
    method="GET",
    service="resource-query",
    path="/default/v1/service/{id}/server-resources",
    answer=Server,
    query=Paging,
    many=True,
    paging="page",
)
GET: Final = Operation(
    system="server",
    name="get",
    title="Get Specific Server Monitor",
    method="GET",
    service="resource-query",
    path="/default/v1/server-resource/{id}",
    answer=Server,
)
METRICS: Final = Operation(
    system="server",
    name="metrics",
    title="View Server Performance Metrics",
    method="GET",
    service="statistic-query",
    path="/default/v1/server-resource/{id}/metrics",
    answer=Metrics,
    query=MetricPeriod,
)

OPERATIONS: Final[tuple[Operation[Any], ...]] = (CREATE, DELETE_MANY, UPDATE, LIST, GET, METRICS)


class Servers(System):
    """Server monitors."""

    async def create(self, server: NewServer) -> Server:
        """A new monitor of a service."""
        return await self._one(CREATE, body=server)

    async def delete_many(self, ids: Sequence[str]) -> Confirmation:
        """Delete several monitors."""
        return await self._one(DELETE_MANY, query=Ids(id=[*ids]))

    async def update(self, server_id: str, server: ServerChange) -> Confirmation:
        """Change a monitor."""
        return await self._one(UPDATE, server_id, body=server)

    async def list(self, service_id: str, page: int | None = None, limit: int | None = None) -> builtins.list[Server]:
        """One page of a service's servers."""
        return await self._many(LIST, service_id, query=Paging(page=page, limit=limit))

    def each(self, service_id: str) -> AsyncIterator[Server]:
        """All servers of a service, page after page."""
        return self._pages(LIST, service_id)

    async def get(self, server_id: str) -> Server:
        """One server."""
        return await self._one(GET, server_id)

    async def metrics(self, server_id: str, period: MetricPeriod) -> Metrics:
        """What was measured."""
        return await self._one(METRICS, server_id, query=period)
