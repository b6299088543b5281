"""Webhooks: addresses that take any JSON and give it to rulesets."""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from msgspec import Meta

from bridge.pinghome.operation import (
    Answer,
    Operation,
    Request,
    Text,
    about,
    also,
)
from bridge.pinghome.systems.base import System
from bridge.pinghome.systems.shared import (
    JsonObject,
    Older,
)


class NewWebhook(Request, frozen=True, kw_only=True):
    """A webhook. Both may be left out."""

    name: Annotated[str, Meta(max_length=255), about("The name of the webhook.")] | None = None
    description: Annotated[Text, about("What it is for.")] | None = None


class Webhook(Answer, frozen=True, kw_only=True):
    """A webhook. Its id is a bearer secret."""

    id: Annotated[str | None, also("webhook_id")] = None
    name: str | None = None
    description: str | None = None
    url: str | None = None
    created_at: str | None = None


class WebhookEvent(Answer, frozen=True, kw_only=True):
    """What was posted once. `incidents`: what the local Pinghome made of it."""

    id: str | None = None
    received_at: str | None = None
    content_type: str | None = None
    ip: str | None = None
    body: Any = None
    incidents: list[dict[str, Any]] | None = None


LIST: Final = Operation(
    system="webhook",
    name="list",
    title="Get Webhooks",
    method="GET",
    service="incident-query",
    path="/default/v1/webhooks",
    answer=Webhook,
    many=True,
)
EVENTS: Final = Operation(
    system="webhook",
    name="events",
    title="Get Webhook Events",
    method="GET",
    service="incident-query",
    path="/default/v1/webhook/{id}/events",
    answer=WebhookEvent,
    query=Older,
    many=True,
    paging="last_received_at",
)
CREATE: Final = Operation(
    system="webhook",
    name="create",
    title="Create Webhook",
    method="POST",
    service="incident-cmd",
    path="/default/v1/webhook",
    answer=Webhook,
    body=NewWebhook,
)
SUBMIT: Final = Operation(
    system="webhook",
    name="submit",
    title="Submit Webhook Event Data",
    method="POST",
    service="data-gateway",
    path="/default/v1/incident/webhook/{id}",
    answer=WebhookEvent,
    auth=False,
    body=dict,
)

OPERATIONS: Final[tuple[Operation[Any], ...]] = (LIST, EVENTS, CREATE, SUBMIT)


class Webhooks(System):
    """Webhooks."""

    async def list(self) -> builtins.list[Webhook]:
        """The organisation's webhooks."""
        return await self._many(LIST)

    async def events(
        self, webhook_id: str, limit: int | None = None, last_received_at: str | None = None
    ) -> builtins.list[WebhookEvent]:
        """Part of what was posted, newest first."""
        return await self._many(EVENTS, webhook_id, query=Older(limit=limit, last_received_at=last_received_at))

    def each_event(self, webhook_id: str) -> AsyncIterator[WebhookEvent]:
        """All that was posted, newest first."""
        return self._older(EVENTS, webhook_id)

    async def create(self, name: str | None = None, description: str | None = None) -> Webhook:
        """A new webhook."""
        return await self._one(CREATE, body=NewWebhook(name=name, description=description))

    async def submit(self, webhook_id: str, document: JsonObject) -> WebhookEvent:
        """Post an event. Takes no account: the id is the secret."""
        return await self._one(SUBMIT, webhook_id, body=document)
