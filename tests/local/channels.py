"""Channels of the demo customer and of the demo team: the same operations, called for whichever is tested."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from bridge.local.messages.outbox import Posted, listing
from bridge.pinghome.demo import DEMO_CUSTOMER_ID, DEMO_TEAM_ID
from tests.local.world import DEMO, Answer, World

EMAIL: Final = {"type": "email", "value": "pager@example.org"}
SMS: Final = {"type": "sms", "value": "+994551234567"}


@dataclass(frozen=True)
class Owner:
    """Whose channels."""

    kind: str
    id: str

    async def call(self, world: World, name: str, json: Any = None, query: Any = None, token: str = DEMO) -> Answer:
        """One of the seven operations."""
        key = f"{self.kind}-channels.{name}"
        return await world.call(key, path={"id": self.id}, json=json, query=query, token=token)

    async def create(self, world: World, channel: dict[str, str]) -> int:
        """A channel that waits for its code; its priority."""
        answer = await self.call(world, "create", channel)
        assert answer.status == 201, answer.json
        priority: int = answer.data["priority"]
        return priority

    async def verified(self, world: World, channel: dict[str, str]) -> int:
        """A channel that is on; its priority."""
        priority = await self.create(world, channel)
        answer = await self.verify(world, priority, await self.code(world, priority))
        assert answer.status == 200, answer.json
        return priority

    async def verify(self, world: World, priority: int, code: str) -> Answer:
        """Give a code back."""
        return await self.call(world, "verify", {"code": code, "priority": priority})

    async def listed(self, world: World, query: Any = None) -> Any:
        """The channels."""
        answer = await self.call(world, "list", query=query)
        assert answer.status == 200, answer.json
        return answer.data

    async def one(self, world: World, priority: int) -> Any:
        """One of them."""
        return next(channel for channel in await self.listed(world) if channel["priority"] == priority)

    async def posted(self, world: World, purpose: str, priority: int) -> list[Posted]:
        """What was posted to a channel, newest first."""
        reference = f"{self.kind}:{self.id}:{priority}"
        found: list[Posted] = await world.store(
            lambda connection: listing(connection, purpose=purpose, reference=reference)
        )
        return found

    async def code(self, world: World, priority: int) -> str:
        """The newest code of a channel."""
        match = re.match(r"\d{6}\b", (await self.posted(world, "code", priority))[0].message.body)
        assert match is not None
        return match[0]


CUSTOMER: Final = Owner("customer", DEMO_CUSTOMER_ID)
TEAM: Final = Owner("team", DEMO_TEAM_ID)
