"""Rulesets: which events open incidents, for whom, and what else then happens."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

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
from bridge.pinghome.systems.shared import (
    Action,
    Assignee,
    Condition,
    Description,
    Urgency,
)


class RulesetBody(Request, frozen=True, kw_only=True):
    """A ruleset as it shall be. An urgency of null is the local Pinghome's: as the event says."""

    rule_type: Annotated[Literal["state-change", "webhook"], about("Which events it sees.")]
    conditions: Annotated[list[Condition], Meta(max_length=100), about("All of them must hold.")]
    level: Annotated[Literal["team", "organisation", "organization"], about("Whose events it sees.")]
    team_id: Annotated[Name, about("The team that owns it.")]
    name: Annotated[Name, about("The name of the ruleset.")]
    description: Description
    urgency: Annotated[Urgency | None, about("The urgency of its incidents.")]
    assignees: Annotated[list[Assignee], about("Whom its incidents go to.")] | None = None


class RulesetActions(Request, frozen=True, kw_only=True):
    """What happens when a ruleset opens an incident."""

    actions: Annotated[list[Action], Meta(max_length=100), about("Each with its type and settings.")]


class Ruleset(Answer, frozen=True, kw_only=True):
    """A ruleset."""

    id: Annotated[str | None, also("ruleset_id")] = None
    rule_type: str | None = None
    level: str | None = None
    team_id: str | None = None
    name: str | None = None
    description: str | None = None
    urgency: str | None = None
    conditions: list[dict[str, Any]] | None = None
    assignees: list[dict[str, Any]] | None = None
    created_at: str | None = None


class RulesetAction(Answer, frozen=True, kw_only=True):
    """An action of a ruleset."""

    id: str | None = None
    type: str | None = None
    settings: list[dict[str, Any]] | None = None


LIST: Final = Operation(
    system="ruleset",
    name="list",
    title="Get Rulesets",
    method="GET",
    service="incident-query",
    path="/default/v1/rulesets",
    answer=Ruleset,
    many=True,
)
CREATE: Final = Operation(
    system="ruleset",
    name="create",
    title="Create Ruleset",
    method="POST",
    service="incident-cmd",
    path="/default/v1/ruleset",
    answer=Ruleset,
    body=RulesetBody,
)
UPDATE: Final = Operation(
    system="ruleset",
    name="update",
    title="Update Ruleset",
    method="PUT",
    service="incident-cmd",
    path="/default/v1/ruleset/{id}",
    answer=Confirmation,
    body=RulesetBody,
)
DELETE: Final = Operation(
    system="ruleset",
    name="delete",
    title="Delete Ruleset",
    method="DELETE",
    service="incident-cmd",
    path="/default/v1/ruleset/{id}",
    answer=Confirmation,
)
ACTIONS: Final = Operation(
    system="ruleset",
    name="actions",
    title="Get Ruleset Actions",
    method="GET",
    service="incident-query",
    path="/default/v1/ruleset/{id}/actions",
    answer=RulesetAction,
    many=True,
)
UPDATE_ACTIONS: Final = Operation(
    system="ruleset",
    name="update_actions",
    title="Update Ruleset Actions",
    method="PUT",
    service="incident-cmd",
    path="/default/v1/ruleset/{id}/actions",
    answer=Confirmation,
    body=RulesetActions,
)

OPERATIONS: Final[tuple[Operation[Any], ...]] = (LIST, CREATE, UPDATE, DELETE, ACTIONS, UPDATE_ACTIONS)


class Rulesets(System):
    """Rulesets."""

    async def list(self) -> builtins.list[Ruleset]:
        """The rulesets that the client's account can see."""
        return await self._many(LIST)

    async def create(self, ruleset: RulesetBody) -> Ruleset:
        """A new ruleset."""
        return await self._one(CREATE, body=ruleset)

    async def update(self, ruleset_id: str, ruleset: RulesetBody) -> Confirmation:
        """Replace a ruleset."""
        return await self._one(UPDATE, ruleset_id, body=ruleset)

    async def delete(self, ruleset_id: str) -> Confirmation:
        """Delete a ruleset."""
        return await self._one(DELETE, ruleset_id)

    async def actions(self, ruleset_id: str) -> builtins.list[RulesetAction]:
        """What happens when it opens an incident."""
        return await self._many(ACTIONS, ruleset_id)

    async def update_actions(self, ruleset_id: str, actions: Sequence[Action]) -> Confirmation:
        """Replace what happens."""
        return await self._one(UPDATE_ACTIONS, ruleset_id, body=RulesetActions(actions=[*actions]))
