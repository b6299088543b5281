"""On-call schedules: entries of team members. An entry is named by its member and its `created_at`."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from bridge.pinghome.operation import END, Answer, Confirmation, Name, Operation, Request, Time, about
from bridge.pinghome.systems.base import System

WallTime = Annotated[
    str, Meta(pattern=rf"^(([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?|24:00(:00)?){END}"), about("HH:MM or HH:MM:SS.")
]
Months = Annotated[list[Annotated[int, Meta(ge=1, le=12)]], Meta(max_length=12), about("1 to 12; empty: every.")]
Weeks = Annotated[
    list[Literal[-5, -4, -3, -2, -1, 1, 2, 3, 4, 5]], Meta(max_length=10), about("Which of the month; empty: every.")
]
WeekDays = Annotated[
    list[Annotated[int, Meta(ge=0, le=6)]], Meta(max_length=7), about("0 (Sunday) to 6; empty: every.")
]


class NewEntry(Request, frozen=True, kw_only=True):
    """When a member is on call, in the wall time of the team. The dates are both included."""

    team_member_id: Annotated[Name, about("The member who is on call.")]
    week_days: WeekDays
    start_time: WallTime
    end_time: WallTime
    start_date: Annotated[Time, about("The first day.")] | None = None
    end_date: Annotated[Time, about("The last day.")] | None = None
    months_of_year: Months | None = None
    weeks_of_month: Weeks | None = None


class EntryChange(NewEntry, frozen=True, kw_only=True):
    """The entry of that member and `created_at` as it shall be."""

    created_at: Annotated[Time, about("When the entry was made: its name.")]


class EntryName(Request, frozen=True, kw_only=True):
    """Which entry."""

    team_member_id: Annotated[Name, about("The entry's member.")]
    created_at: Annotated[Time, about("When the entry was made.")]


class Entry(Answer, frozen=True, kw_only=True):
    """When a member is on call."""

    team_member_id: str | None = None
    created_at: str | None = None
    team_id: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    months_of_year: list[int] | None = None
    weeks_of_month: list[int] | None = None
    week_days: list[int] | None = None
    start_time: str | None = None
    end_time: str | None = None


GET: Final = Operation(
    system="schedule",
    name="get",
    title="Get Customer Schedule",
    method="GET",
    service="incident-query",
    path="/default/v1/customer/{id}/schedule",
    answer=Entry,
    many=True,
)
CREATE: Final = Operation(
    system="schedule",
    name="create",
    title="Create On-Call Schedule",
    method="POST",
    service="incident-cmd",
    path="/default/v1/team/{id}/schedule",
    answer=Entry,
    body=NewEntry,
)
UPDATE: Final = Operation(
    system="schedule",
    name="update",
    title="Update On-Call Schedule",
    method="PUT",
    service="incident-cmd",
    path="/default/v1/team/{id}/schedule",
    answer=Confirmation,
    body=EntryChange,
)
DELETE: Final = Operation(
    system="schedule",
    name="delete",
    title="Delete On-Call Schedule",
    method="DELETE",
    service="incident-cmd",
    path="/default/v1/team/{id}/schedule",
    answer=Confirmation,
    query=EntryName,
)

OPERATIONS: Final[tuple[Operation[Any], ...]] = (GET, CREATE, UPDATE, DELETE)


class Schedules(System):
    """On-call schedules."""

    async def get(self, customer_id: str) -> list[Entry]:
        """The entries of a customer."""
        return await self._many(GET, customer_id)

    async def create(self, team_id: str, entry: NewEntry) -> Entry:
        """A new entry of a team."""
        return await self._one(CREATE, team_id, body=entry)

    async def update(self, team_id: str, entry: EntryChange) -> Confirmation:
        """Change an entry."""
        return await self._one(UPDATE, team_id, body=entry)

    async def delete(self, team_id: str, team_member_id: str, created_at: str) -> Confirmation:
        """Delete an entry."""
        query = EntryName(team_member_id=team_member_id, created_at=created_at)
        return await self._one(DELETE, team_id, query=query)
