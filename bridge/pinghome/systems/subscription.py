"""Subscriptions to status pages (`statuspage-subscription`). They take no account."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from bridge.pinghome.operation import (
    LOCAL,
    Confirmation,
    Name,
    Operation,
    Request,
    about,
)
from bridge.pinghome.systems.base import System


class NewSubscription(Request, frozen=True, kw_only=True):
    """Who wants to know."""

    channel_type: Annotated[Literal["email", "sms", "webhook", "slack", "msteams"], about("How.")]
    channel_value: Annotated[Name, about("Where.")]
    status_page_id: Annotated[Name, LOCAL, about("Only of this page.")] | None = None


CREATE: Final = Operation(
    system="statuspage-subscription",
    name="create",
    title="Create Subscription for Status Pages",
    method="POST",
    service="statuspage-cmd",
    path="/default/v1/subscriptions",
    answer=Confirmation,
    auth=False,
    body=NewSubscription,
)
VERIFY: Final = Operation(
    system="statuspage-subscription",
    name="verify",
    title="Verify Subscription",
    method="PUT",
    service="statuspage-cmd",
    path="/default/v1/subscription/{token}/verification",
    answer=Confirmation,
    auth=False,
)
DELETE: Final = Operation(
    system="statuspage-subscription",
    name="delete",
    title="Delete Status Page Subscription",
    method="DELETE",
    service="statuspage-cmd",
    path="/default/v1/subscription/{token}",
    answer=Confirmation,
    auth=False,
)

OPERATIONS: Final[tuple[Operation[Any], ...]] = (CREATE, VERIFY, DELETE)


class Subscriptions(System):
    """Subscriptions to status pages; a token names one, and whoever holds it may end it."""

    async def create(
        self,
        channel_type: Literal["email", "sms", "webhook", "slack", "msteams"],
        channel_value: str,
        status_page_id: str | None = None,
    ) -> Confirmation:
        """Subscribe; a message with a token goes to the address. Only the local Pinghome knows `status_page_id`."""
        wanted = NewSubscription(channel_type=channel_type, channel_value=channel_value, status_page_id=status_page_id)
        return await self._one(CREATE, body=wanted)

    async def verify(self, token: str) -> Confirmation:
        """Confirm a subscription."""
        return await self._one(VERIFY, token)

    async def delete(self, token: str) -> Confirmation:
        """End a subscription."""
        return await self._one(DELETE, token)
