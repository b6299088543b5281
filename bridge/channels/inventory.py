"""Which channels, members and schedules there are, as the bridge's account can read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from bridge.channels.evidence import fingerprint
from bridge.channels.plan import Channel
from bridge.channels.rules import InventoryRules
from bridge.domain import oncall
from bridge.pinghome.client import Pinghome
from bridge.pinghome.errors import Forbidden, NotFound
from bridge.pinghome.systems import channels as wire
from bridge.pinghome.systems.team import Member

OwnerKind = Literal["customer", "team"]
HIDDEN: Final = "the channels are not shown to this account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A channel with its place in the API. `target` is masked; `tested` is what Pinghome says of its newest test."""

    channel: Channel
    owner_kind: OwnerKind
    owner_id: str
    owner: str
    priority: int
    target: str
    tested: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of a team. `hidden`: why the channels are unknown, None where they are known."""

    id: str
    name: str
    hidden: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All of it, at one time. `shifts` reach 30 days ahead; `doubts` say what of the schedules was not understood."""

    at: datetime
    found: tuple[Found, ...]
    people: tuple[Person, ...]
    teams: tuple[str, ...]
    shifts: tuple[oncall.Shift, ...]
    doubts: tuple[str, ...]

    @property
    def channels(self) -> list[Channel]:
        """As the planner sees them."""
        return [one.channel for one in self.found]


AHEAD: Final = timedelta(days=30)


async def take(pinghome: Pinghome, rules: InventoryRules, waived: frozenset[str], now: datetime) -> Inventory:
    """Ask Pinghome for everything. Raises PinghomeError."""
    teams = [team for team in await pinghome.teams.list() if not rules.teams or team.team_id in rules.teams]
    members: dict[str, Member] = {}
    names: dict[str, str] = {}
    found: list[Found] = []
    for team in teams:
        if team.team_id is None:
            continue
        channels = await pinghome.team_channels.list(team.team_id)
        name = team.name or team.team_id
        found += [_found(("team", team.team_id, name), one, rules, waived) for one in channels]
        for member in await pinghome.teams.members(team.team_id):
            if (person_id := member.customer_id or member.team_member_id) is not None:
                members[person_id] = member
                names |= dict.fromkeys(filter(None, (member.customer_id, member.team_member_id)), person_id)
    people, documents = [], []
    for person_id, member in members.items():
        name = " ".join(filter(None, (member.name, member.surname))) or person_id
        hidden = None
        try:
            personal = await pinghome.customer_channels.list(person_id)
            found += [_found(("customer", person_id, name), one, rules, waived) for one in personal]
        except (Forbidden, NotFound):
            hidden = HIDDEN
        try:
            documents += [msgspec.to_builtins(entry) for entry in await pinghome.schedules.get(person_id)]
        except (Forbidden, NotFound):
            hidden = hidden or "the schedule is not shown to this account"
        people.append(Person(id=person_id, name=name, hidden=hidden))
    shifts, doubts = _shifts(documents, rules, names, now)
    return Inventory(
        at=now,
        found=tuple(found),
        people=tuple(people),
        teams=tuple(team.team_id for team in teams if team.team_id),
        shifts=shifts,
        doubts=doubts,
    )


def _found(
    owner: tuple[OwnerKind, str, str], one: wire.Channel, rules: InventoryRules, waived: frozenset[str]
) -> Found:
    kind, owner_id, owner_name = owner
    value, type_ = one.value or "", one.type or "unknown"
    mine = rules.people.get(owner_id, rules.default)
    # The value is part of the key and the priority is not: another number is another channel, another rank is not.
    key = fingerprint(f"{kind}\0{owner_id}\0{type_}\0{value}")[:12]
    channel = Channel(
        key=key,
        kind=type_,
        zone=mine.zone,
        person=owner_id if kind == "customer" else None,
        verified=one.verified is not False,
        enabled=one.enabled is not False,
        consent=type_ in mine.consent,
        waived=key in waived,
        working_days=mine.working_days,
    )
    return Found(
        channel=channel,
        owner_kind=kind,
        owner_id=owner_id,
        owner=owner_name,
        priority=one.priority or 0,
        target=masked(value),
        tested=one.last_test,
    )


def masked(value: str) -> str:
    """Enough of an address to know one's own by, too little to use."""
    if "://" in value:
        try:
            return f"{urlsplit(value).scheme}://{urlsplit(value).hostname}/…"
        except ValueError:
            return "…"
    if "@" in value:
        return f"{value[0]}…@{value.rpartition('@')[2]}"
    return f"…{value[-3:]}" if len(value) > 6 else "…"


def _shifts(
    documents: Sequence[Any], rules: InventoryRules, names: Mapping[str, str], now: datetime
) -> tuple[tuple[oncall.Shift, ...], tuple[str, ...]]:
    zones = {member_id: rules.people[person].zone for member_id, person in names.items() if person in rules.people}
    reading_rules = oncall.Rules(zone=rules.default.zone, zones=zones)
    entries, quarantined, warnings = oncall.read(documents, reading_rules)
    doubts = (*warnings, *(f"a schedule's entry is left out: {one.reason}" for one in quarantined))
    roster = oncall.compile(entries, reading_rules, (now, now + AHEAD))
    shifts = tuple(
        oncall.Shift(member_id=names.get(one.member_id, one.member_id), start=one.start, end=one.end)
        for one in roster.shifts(now, now + AHEAD)
    )
    return shifts, doubts
