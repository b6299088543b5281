"""Teams, their members and their invitations."""

from __future__ import annotations

import builtins
from typing import Annotated, Any, Final, Literal

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

Role = Literal["owner", "admin", "manager", "user"]


class TeamName(Request, frozen=True, kw_only=True):
    """How the team is called."""

    name: Annotated[Name, about("The name of the team.")]


class Invitation(Request, frozen=True, kw_only=True):
    """Whom to invite, and by which channel."""

    channel_value: Annotated[Name, about("The address or number, for instance test@example.com.")]
    channel_type: Annotated[Literal["email", "sms"], about("How it is sent.")]


class InvitedAt(Request, frozen=True, kw_only=True):
    """An invitation by its address."""

    channel_value: Annotated[Name, about("The address or number that was invited.")]


class MemberChange(Request, frozen=True, kw_only=True):
    """Another role, or another team."""

    role: Annotated[Role, about("The role of the member.")]
    new_team_id: Annotated[Name, about("The team to move to; the same one to stay.")]


class Team(Answer, frozen=True, kw_only=True):
    """A team, as one of its members sees it."""

    team_id: Annotated[str | None, also("id")] = None
    name: str | None = None
    role: str | None = None
    member_count: int | None = None
    created_at: str | None = None


class Member(Answer, frozen=True, kw_only=True):
    """A member of a team."""

    team_member_id: Annotated[str | None, also("member_id", "id")] = None
    customer_id: str | None = None
    email: str | None = None
    name: str | None = None
    surname: str | None = None
    role: str | None = None
    created_at: str | None = None


class PendingInvitation(Answer, frozen=True, kw_only=True):
    """An invitation: `status` is pending, accepted or declined."""

    channel_value: Annotated[str | None, also("value", "email")] = None
    channel_type: Annotated[str | None, also("type")] = None
    status: str | None = None
    sender: dict[str, Any] | None = None
    created_at: str | None = None
    sent_at: str | None = None


CREATE: Final = Operation(
    system="team",
    name="create",
    title="Create New Team",
    method="POST",
    service="customer-cmd",
    path="/default/v1/team",
    answer=Team,
    body=TeamName,
)
LIST: Final = Operation(
    system="team",
    name="list",
    title="Get Teams",
    method="GET",
    service="customer-query",
    path="/default/v1/teams",
    answer=Team,
    many=True,
)
UPDATE: Final = Operation(
    system="team",
    name="update",
    title="Update Team Information",
    method="PUT",
    service="customer-cmd",
    path="/default/v1/team/{id}",
    answer=Confirmation,
    body=TeamName,
)
DELETE: Final = Operation(
    system="team",
    name="delete",
    title="Delete Team",
    method="DELETE",
    service="customer-cmd",
    path="/default/v1/team/{id}",
    answer=Confirmation,
)
INVITATIONS: Final = Operation(
    system="team",
    name="invitations",
    title="Get Team Invitation Details",
    method="GET",
    service="customer-query",
    path="/default/v1/team/{id}/invitations",
    answer=PendingInvitation,
    many=True,
)
INVITE: Final = Operation(
    system="team",
    name="invite",
    title="Invite New Team Member",
    method="POST",
    service="customer-cmd",
    path="/default/v1/team/{id}/invitation",
    answer=Confirmation,
    body=Invitation,
)
WITHDRAW_INVITATION: Final = Operation(
    system="team",
    name="withdraw_invitation",
    title="Delete Team Member Invitation",
    method="DELETE",
    service="customer-cmd",
    path="/default/v1/team/{id}/invitation",
    answer=Confirmation,
    body=InvitedAt,
)
MEMBERS: Final = Operation(
    system="team",
    name="members",
    title="Get Team Members",
    method="GET",
    service="customer-query",
    path="/default/v1/team/{id}/members",
    answer=Member,
    many=True,
)
REMOVE_MEMBER: Final = Operation(
    system="team",
    name="remove_member",
    title="Delete Team Member",
    method="DELETE",
    service="customer-cmd",
    path="/default/v1/team/{id}/member/{memberId}",
    answer=Confirmation,
)
UPDATE_MEMBER: Final = Operation(
    system="team",
    name="update_member",
    title="Update Team Member",
    method="PATCH",
    service="customer-cmd",
    path="/default/v1/team/{id}/member/{memberId}",
    answer=Confirmation,
    body=MemberChange,
)
REMIND: Final = Operation(
    system="team",
    name="remind",
    title="Send Invitation Reminder to Team Member",
    method="POST",
    service="customer-cmd",
    path="/default/v1/team/{id}/invitation/reminder",
    answer=Confirmation,
    body=InvitedAt,
)

OPERATIONS: Final[tuple[Operation[Any], ...]] = (
    CREATE,
    LIST,
    UPDATE,
    DELETE,
    INVITATIONS,
    INVITE,
    WITHDRAW_INVITATION,
    MEMBERS,
    REMOVE_MEMBER,
    UPDATE_MEMBER,
    REMIND,
)


class Teams(System):
    """The teams that the client's account belongs to."""

    async def create(self, name: str) -> Team:
        """A new team, owned by the client's account."""
        return await self._one(CREATE, body=TeamName(name=name))

    async def list(self) -> builtins.list[Team]:
        """The teams of the client's account."""
        return await self._many(LIST)

    async def update(self, team_id: str, name: str) -> Confirmation:
        """Rename a team."""
        return await self._one(UPDATE, team_id, body=TeamName(name=name))

    async def delete(self, team_id: str) -> Confirmation:
        """Delete a team and what belongs to it."""
        return await self._one(DELETE, team_id)

    async def invitations(self, team_id: str) -> builtins.list[PendingInvitation]:
        """Who has been invited and has not come yet."""
        return await self._many(INVITATIONS, team_id)

    async def invite(
        self, team_id: str, channel_value: str, channel_type: Literal["email", "sms"] = "email"
    ) -> Confirmation:
        """Invite somebody. Raises Conflict for somebody who is invited or a member."""
        body = Invitation(channel_value=channel_value, channel_type=channel_type)
        return await self._one(INVITE, team_id, body=body)

    async def withdraw_invitation(self, team_id: str, channel_value: str) -> Confirmation:
        """Take an invitation back."""
        return await self._one(WITHDRAW_INVITATION, team_id, body=InvitedAt(channel_value=channel_value))

    async def members(self, team_id: str) -> builtins.list[Member]:
        """The members of a team."""
        return await self._many(MEMBERS, team_id)

    async def remove_member(self, team_id: str, member_id: str) -> Confirmation:
        """Remove a member."""
        return await self._one(REMOVE_MEMBER, team_id, member_id)

    async def update_member(self, team_id: str, member_id: str, role: Role, new_team_id: str) -> Confirmation:
        """Give a member another role, or move them to another team."""
        return await self._one(UPDATE_MEMBER, team_id, member_id, body=MemberChange(role=role, new_team_id=new_team_id))

    async def remind(self, team_id: str, channel_value: str) -> Confirmation:
        """Send an invitation again."""
        return await self._one(REMIND, team_id, body=InvitedAt(channel_value=channel_value))
