"""Services: what monitors are grouped under."""

from __future__ import annotations

from typing import Annotated, Any, Final

from bridge.pinghome.operation import (
    Answer,
    Confirmation,
    Name,
    Operation,
    Request,
    about,
    also,
)
from bridge.pinghome.systems.base import System


class NewService(Request, frozen=True, kw_only=True):
    """A service and whose it is."""

    name: Annotated[Name, about("The name of the service.")]
    team_id: Annotated[Name, about("The team that owns it.")]


class ServiceName(Request, frozen=True, kw_only=True):
    """How the service is called."""

    name: Annotated[Name, about("The new name of the service.")]


class Service(Answer, frozen=True, kw_only=True):
    """A service."""

    id: Annotated[str | None, also("service_id")] = None
    name: str | None = None
    team_id: str | None = None
    created_at: str | None = None


CREATE: Final = Operation(
    system="service",
    name="create",
    title="Create Service",
    method="POST",
    service="resource-cmd",
    path="/default/v1/service",
    answer=Service,
    body=NewService,
)
UPDATE: Final = Operation(
    system="service",
    name="update",
    title="Update Service Name",
    method="PUT",
    service="resource-cmd",
    path="/default/v1/service/{id}",
    answer=Confirmation,
    body=ServiceName,
)
DELETE: Final = Operation(
    system="service",
    name="delete",
    title="Delete Service",
    method="DELETE",
    service="resource-cmd",
    path="/default/v1/service/{id}",
    answer=Confirmation,
)
GET: Final = Operation(
    system="service",
    name="get",
    title="Get Service Details",
    method="GET",
    service="resource-query",
    path="/default/v1/team-service/{id}",
    answer=Service,
)

OPERATIONS: Final[tuple[Operation[Any], ...]] = (CREATE, UPDATE, DELETE, GET)


class Services(System):
    """The services of the client's teams."""

    async def create(self, name: str, team_id: str) -> Service:
        """A new service."""
        return await self._one(CREATE, body=NewService(name=name, team_id=team_id))

    async def update(self, service_id: str, name: str) -> Confirmation:
        """Rename a service."""
        return await self._one(UPDATE, service_id, body=ServiceName(name=name))

    async def delete(self, service_id: str) -> Confirmation:
        """Delete a service and its monitors."""
        return await self._one(DELETE, service_id)

    async def get(self, service_id: str) -> Service:
        """One service."""
        return await self._one(GET, service_id)
