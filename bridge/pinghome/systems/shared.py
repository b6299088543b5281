"""Models that more than one system uses."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from bridge.pinghome.operation import Limit, Name, Page, Request, Text, Time, about

Urgency = Literal["low", "medium", "high"]
"""The texts show `medium`; the three words are settled for this project."""

ConditionValue = str | int | float | bool | None


class Ids(Request, frozen=True, kw_only=True):
    """Several things by their ids."""

    id: Annotated[list[Name], Meta(min_length=1, max_length=1000), about("The ids, repeated.")]


class Paging(Request, frozen=True, kw_only=True):
    """A part of a long list."""

    page: Annotated[Page, about("The page of the result, from 1.")] | None = None
    limit: Annotated[Limit, about("Entries of a page.")] | None = None


class Older(Request, frozen=True, kw_only=True):
    """A part of a history, newest first."""

    limit: Annotated[Limit, about("How many at most.")] | None = None
    last_received_at: Annotated[Time, about("Go on below this time.")] | None = None


class Period(Request, frozen=True, kw_only=True):
    """From when until when."""

    start_date: Annotated[Time, about("From this time on.")] | None = None
    end_date: Annotated[Time, about("Up to this time.")] | None = None


class Enabled(Request, frozen=True, kw_only=True):
    """On or off."""

    enabled: Annotated[bool, about("true: on, false: off.")]


class Condition(Request, frozen=True, kw_only=True):
    """One condition on a JSON document; all of a list must hold."""

    type: Annotated[Literal["json-check", "response-json-check"], about("What the key looks into.")]
    key: Annotated[Name, about("JMESPath, for instance products[0].count.")]
    operator: Annotated[Name, about("equal, contains, and the others of the bridge's conditions.")]
    values: Annotated[list[ConditionValue], about("Any of them; for the negatives, none of them.")] = msgspec.field(
        default_factory=list
    )


class Assignee(Request, frozen=True, kw_only=True):
    """Whom an incident goes to."""

    type: Annotated[Name, about("team, or customer.")]
    id: Annotated[Name, about("The id of the team or the customer.")]


class ActionSetting(Request, frozen=True, kw_only=True):
    """What an action is applied to."""

    id: str | None = None
    status_page_id: str | None = None
    component_id: str | None = None


class Action(Request, frozen=True, kw_only=True):
    """What is done when an incident opens: `trigger-alerts` marks components of status pages."""

    type: Annotated[Name, about("trigger-alerts.")]
    id: str | None = None
    settings: list[ActionSetting] = msgspec.field(default_factory=list)


JsonObject = dict[str, Any]
Description = Annotated[Text, about("What it is about.")]
