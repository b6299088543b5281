"""Where a route sends an alert, and what a destination needs to know besides its target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias, assert_never

from bridge.domain.alert import Action, Status, Urgency
from bridge.domain.send import Target


class Result(StrEnum):
    """What a heartbeat monitor of Pinghome takes."""

    TICK = "tick"
    RUN = "run"
    COMPLETE = "complete"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOf:
    """An incident of a team, opened, updated and resolved by the API. The target is the team.

    `urgency` None: as the alert has it. `assignees` and `actions` as the API takes them.
    """

    target: Target
    urgency: Urgency | None = None
    assignees: tuple[Mapping[str, Any], ...] = ()
    actions: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatOf:
    """A heartbeat monitor. `results`: what a status reports; None reports nothing, on purpose."""

    target: Target
    results: Mapping[Status, Result | None]


Destination: TypeAlias = Target | IncidentOf | HeartbeatOf
"""A plain target is a webhook."""

_OF_INCIDENTS: Final = frozenset({Action.TRIGGER, Action.ACKNOWLEDGE, Action.RESOLVE})


def target_of(destination: Destination) -> Target:
    """Its target by value."""
    return destination if isinstance(destination, Target) else destination.target


def takes(destination: Destination, document: Mapping[str, Any]) -> bool:
    """Can it do something with this alert? What it cannot take goes on to the next route.

    A webhook takes all. Information and tests open no incident; a heartbeat has a result for the status or not,
    and a test is no sign of life.
    """
    match destination:
        case Target():
            return True
        case IncidentOf():
            return document.get("action") in _OF_INCIDENTS
        case HeartbeatOf(results=results):
            return document.get("status") in results and document.get("action") != Action.TEST
        case _:
            assert_never(destination)
