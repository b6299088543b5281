"""Notification channels of a customer (`customer-channels`) and of a team (`team-channels`): the same for both."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

from msgspec import Meta

from bridge.pinghome.operation import (
    LOCAL,
    Answer,
    Confirmation,
    Name,
    Operation,
    Positive,
    Request,
    about,
    also,
)
from bridge.pinghome.systems.base import Caller, System

ChannelType = Literal["email", "sms", "call", "webhook", "push-notification", "slack", "msteams", "telegram"]
CHANNEL_TYPES: Final = ("email", "sms", "call", "webhook", "push-notification", "slack", "msteams", "telegram")

Value = Annotated[str, Meta(min_length=1, max_length=2048, pattern=r"\S"), about("An address, a number or a URL.")]
Priority = Annotated[Positive, about("Which of the owner's channels; also the order in which they are tried.")]


class NewChannel(Request, frozen=True, kw_only=True):
    """Where to send. The next free priority becomes its name."""

    value: Value
    type: Annotated[ChannelType, about("What kind of channel.")]


class ChannelValue(Request, frozen=True, kw_only=True):
    """Another address of a channel, which must be verified anew."""

    value: Value
    priority: Priority


class ChannelCode(Request, frozen=True, kw_only=True):
    """The code that was sent to a channel."""

    code: Annotated[Name, about("The six digits that were sent.")]
    priority: Priority


class ChannelPriority(Request, frozen=True, kw_only=True):
    """One channel."""

    priority: Priority


class ChannelPriorities(Request, frozen=True, kw_only=True):
    """Several channels."""

    priority: Annotated[list[Positive], Meta(min_length=1), about("The channels' priorities, repeated.")]


class ChannelEnabled(Request, frozen=True, kw_only=True):
    """One channel on or off."""

    enabled: Annotated[bool, about("true: on, false: off.")]
    priority: Priority


class ChannelFilter(Request, frozen=True, kw_only=True):
    """Which kinds of channels."""

    include_types: Annotated[list[ChannelType], about("Only these types.")] | None = None
    exclude_types: Annotated[list[ChannelType], about("All but these types.")] | None = None


class Channel(Answer, frozen=True, kw_only=True):
    """A notification channel."""

    priority: int | None = None
    type: str | None = None
    value: str | None = None
    verified: Annotated[bool | None, also("is_verified")] = None
    enabled: Annotated[bool | None, also("is_enabled")] = None
    verified_at: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    last_test: Annotated[dict[str, Any] | None, LOCAL] = None
    """`at`, `state` (sent, failed, kept, waiting) and `detail` of the newest test: sent is what the far side took."""


class ChannelTest(Confirmation, frozen=True, kw_only=True):
    """That a test message was taken. The local Pinghome says which one, and what word in it is found nowhere else."""

    outbox_id: Annotated[int | None, LOCAL] = None
    nonce: Annotated[str | None, LOCAL] = None


class _Rows(NamedTuple):
    create: Operation[Channel]
    list: Operation[Channel]
    update: Operation[Confirmation]
    verify: Operation[Confirmation]
    delete_many: Operation[Confirmation]
    test: Operation[ChannelTest]
    set_enabled: Operation[Confirmation]


def _rows(system: str, owner: str, whose: str) -> _Rows:
    path = f"/default/v1/{owner}/{{id}}/notification-channel"
    return _Rows(
        create=Operation(
            system=system,
            name="create",
            title=f"Create {whose} Notification Channel",
            method="POST",
            service="customer-cmd",
            path=path,
            body=NewChannel,
            answer=Channel,
        ),
        list=Operation(
            system=system,
            name="list",
            title=f"Get {whose} Notification Channels",
            method="GET",
            service="customer-query",
            path=f"{path}s",
            query=ChannelFilter,
            answer=Channel,
            many=True,
        ),
        update=Operation(
            system=system,
            name="update",
            title=f"Update {whose} Notification Channel",
            method="PUT",
            service="customer-cmd",
            path=path,
            body=ChannelValue,
            answer=Confirmation,
            # Each one sends a code, and codes may not follow each other at once.
            repeatable=False,
        ),
        verify=Operation(
            system=system,
            name="verify",
            title=f"Verify {whose} Notification Channel",
            method="PATCH",
            service="customer-cmd",
            path=f"{path}/verification",
            body=ChannelCode,
            answer=Confirmation,
        ),
        delete_many=Operation(
            system=system,
            name="delete_many",
            title=f"Delete {whose} Notification Channel",
            method="DELETE",
            service="customer-cmd",
            path=path,
            query=ChannelPriorities,
            answer=Confirmation,
        ),
        test=Operation(
            system=system,
            name="test",
            title=f"Test {whose} Notification Channel",
            method="POST",
            service="customer-cmd",
            path=f"{path}/test",
            body=ChannelPriority,
            answer=ChannelTest,
        ),
        set_enabled=Operation(
            system=system,
            name="set_enabled",
            title=f"Update {whose} Notification Channel Status",
            method="PUT",
            service="customer-cmd",
            path=f"{path}/enabled",
            body=ChannelEnabled,
            answer=Confirmation,
        ),
    )


OF_CUSTOMER: Final = _rows("customer-channels", "customer", "Personal")
OF_TEAM: Final = _rows("team-channels", "team", "Team")


class Channels(System):
    """The channels of one kind of owner; `owner_id` is the customer's or the team's id."""

    def __init__(self, caller: Caller, rows: _Rows) -> None:
        super().__init__(caller)
        self._rows = rows

    async def create(self, owner_id: str, value: str, type: ChannelType) -> Channel:  # noqa: A002 - the API's word
        """A new channel; unverified until its code is confirmed."""
        return await self._one(self._rows.create, owner_id, body=NewChannel(value=value, type=type))

    async def list(
        self,
        owner_id: str,
        include_types: Sequence[ChannelType] = (),
        exclude_types: Sequence[ChannelType] = (),
    ) -> builtins.list[Channel]:
        """The channels of an owner, by priority."""
        query = ChannelFilter(include_types=[*include_types] or None, exclude_types=[*exclude_types] or None)
        return await self._many(self._rows.list, owner_id, query=query)

    async def update(self, owner_id: str, priority: int, value: str) -> Confirmation:
        """Another value; it must be verified anew."""
        return await self._one(self._rows.update, owner_id, body=ChannelValue(value=value, priority=priority))

    async def verify(self, owner_id: str, priority: int, code: str) -> Confirmation:
        """Confirm the code that was sent to the channel. Raises Invalid for a wrong or old one."""
        return await self._one(self._rows.verify, owner_id, body=ChannelCode(code=code, priority=priority))

    async def delete_many(self, owner_id: str, priorities: Sequence[int]) -> Confirmation:
        """Delete channels."""
        return await self._one(self._rows.delete_many, owner_id, query=ChannelPriorities(priority=[*priorities]))

    async def test(self, owner_id: str, priority: int) -> ChannelTest:
        """Ask for a test message. That it was taken proves nothing about its arrival.

        Raises Conflict for a channel that is disabled or not verified.
        """
        return await self._one(self._rows.test, owner_id, body=ChannelPriority(priority=priority))

    async def set_enabled(self, owner_id: str, priority: int, *, enabled: bool) -> Confirmation:
        """Switch a channel on or off."""
        return await self._one(
            self._rows.set_enabled, owner_id, body=ChannelEnabled(enabled=enabled, priority=priority)
        )


def customer_channels(caller: Caller) -> Channels:
    """The personal channels of a customer."""
    return Channels(caller, OF_CUSTOMER)


def team_channels(caller: Caller) -> Channels:
    """The channels of a team."""
    return Channels(caller, OF_TEAM)
