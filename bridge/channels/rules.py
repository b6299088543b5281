"""What the configuration says of channel tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.channels.plan import MONDAY_TO_FRIDAY, Blackout


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRules:
    """Where a person lives, when they work, and by which kinds they agreed to be tested."""

    zone: str
    working_days: frozenset[int] = MONDAY_TO_FRIDAY
    consent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryRules:
    """`people` by customer id; all others, and teams, live by `default`. No team means every team."""

    default: PersonRules
    people: Mapping[str, PersonRules] = field(default_factory=dict)
    teams: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRules:
    """`dry_run`: None is true for the first week."""

    inventory: InventoryRules
    blackout: Blackout = field(default_factory=Blackout)
    dry_run: bool | None = None
