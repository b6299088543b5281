"""Incidents."""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Literal

from bridge.pinghome.operation import (
    LOCAL,
    Answer,
    Confirmation,
    Limit,
    Name,
    Operation,
    Page,
    Request,
    about,
    also,
)
from bridge.pinghome.systems.base import System
from bridge.pinghome.systems.shared import (
    Action,
    Assignee,
    Description,
    Urgency,
)


class NewIncident(Request, frozen=True, kw_only=True):
    """What is wrong, how urgent it is, and whose it is."""

    name: Annotated[Name, about("The name of the incident.")]
    description: Description
    urgency: Annotated[Urgency, about("How urgent it is.")]
    assignees: Annotated[list[Assignee], about("Whom it goes to.")] | None = None
    actions: Annotated[list[Action], about("What else happens.")] | None = None
    status: Annotated[Literal["open", "acknowledged", "resolved"], LOCAL, about("Where it stands.")] | None = None


class IncidentFilter(Request, frozen=True, kw_only=True):
    """Which incidents."""

    status: Annotated[Literal["open", "acknowledged", "resolved"], about("Only those that stand there.")] | None = None
    page: Annotated[Page, about("The page of the result, from 1.")] | None = None
    limit: Annotated[Limit, about("Entries of a page.")] | None = None


class Health(Answer, frozen=True, kw_only=True):
    """Whether the incident service works."""

    message: str | None = None
    status: str | None = None


class Incident(Answer, frozen=True, kw_only=True):
    """An incident."""

    id: Annotated[str | None, also("incident_id")] = None
    name: str | None = None
    description: str | None = None
    urgency: str | None = None
    status: str | None = None
    team_id: str | None = None
    dedup_key: str | None = None
    assignees: list[dict[str, Any]] | None = None
    actions: list[dict[str, Any]] | None = None
    responders: list[dict[str, Any]] | None = None
    occurrences: int | None = None
    opened_at: Annotated[str | None, also("created_at")] = None
    updated_at: str | None = None
    acknowledged_at: str | None = None
    resolved_at: str | None = None


HEALTH_CHECK: Final = Operation(
    system="incident",
    name="health_check",
    title="Check Service Health Status",
    method="GET",
    service="incident-query",
    path="/default/v1/health-check",
    answer=Health,
    auth=False,
)
CREATE: Final = Operation(
    system="incident",
    name="create",
    title="Create New Incident",
    method="POST",
    service="incident-cmd",
    path="/default/v1/team/{id}/incident",
    answer=Incident,
    body=NewIncident,
)
UPDATE: Final = Operation(
    system="incident",
    name="update",
    title="Update Incident",
    method="PUT",
    service="incident-cmd",
    path="/default/v1/incident/{id}",
    answer=Confirmation,
    body=NewIncident,
)
LIST: Final = Operation(
    system="incident",
    name="list",
    title="Get Incidents",
    method="GET",
    service="incident-query",
    path="/default/v1/team/{id}/incidents",
    answer=Incident,
    query=IncidentFilter,
    many=True,
    paging="page",
)

OPERATIONS: Final[tuple[Operation[Any], ...]] = (HEALTH_CHECK, CREATE, UPDATE)
LOCAL_EXTRAS: Final[tuple[Operation[Any], ...]] = (LIST,)
"""What only the local Pinghome can do: the API has no operation that reads incidents."""


class Incidents(System):
    """Incidents."""

    async def health_check(self) -> Health:
        """Whether the incident service works. Takes no account."""
        return await self._one(HEALTH_CHECK)

    async def create(self, team_id: str, incident: NewIncident) -> Incident:
        """A new incident of a team. The same again makes another one."""
        return await self._one(CREATE, team_id, body=incident)

    async def update(self, incident_id: str, incident: NewIncident) -> Confirmation:
        """Change an incident."""
        return await self._one(UPDATE, incident_id, body=incident)

    async def list(
        self, team_id: str, status: Literal["open", "acknowledged", "resolved"] | None = None
    ) -> builtins.list[Incident]:
        """The newest incidents of a team. The local Pinghome alone knows this."""
        return await self._many(LIST, team_id, query=IncidentFilter(status=status))

    def each(self, team_id: str) -> AsyncIterator[Incident]:
        """All incidents of a team, newest first. The local Pinghome alone knows this."""
        return self._pages(LIST, team_id)
