"""C0: could a page reach whoever is on call soon? Looks at what is configured, and sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bridge.channels.evidence import FRESH
from bridge.channels.inventory import Inventory
from bridge.channels.standing import Standing

SOON: Final = timedelta(days=14)
KINDS: Final = 2
"""Kinds of channels that a person should have: one provider's outage then silences nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault: whose, and what is wrong."""

    person: str
    name: str
    text: str


def lint(inventory: Inventory, known: Mapping[str, Standing], now: datetime) -> list[Finding]:
    """The faults of everybody who is on call within 14 days."""
    people = {person.id: person for person in inventory.people}
    soon = dict.fromkeys(shift.member_id for shift in inventory.shifts if shift.start < now + SOON)
    findings = []
    for person_id in soon:
        person = people.get(person_id)
        if person is None:
            findings.append(Finding(person=person_id, name=person_id, text="is on call and a member of no team"))
            continue
        texts = [person.hidden] if person.hidden else _of_channels(inventory, person_id, known, now)
        findings += [Finding(person=person_id, name=person.name, text=text) for text in texts]
    return findings


def _of_channels(inventory: Inventory, person_id: str, known: Mapping[str, Standing], now: datetime) -> list[str]:
    own = [one for one in inventory.found if one.channel.person == person_id]
    texts = []
    usable = [one for one in own if one.channel.verified and one.channel.enabled]
    if not usable:
        texts.append("is on call and has no channel that is verified and on")
    elif len({one.channel.kind for one in usable}) < KINDS:
        texts.append(f"has channels of one kind only: {usable[0].channel.kind}")
    for one in own:
        what = f"{one.channel.kind} {one.target} ({one.channel.key})"
        if not one.channel.verified:
            texts.append(f"{what} is not verified")
        elif not one.channel.enabled:
            texts.append(f"{what} is disabled")
        elif not one.channel.waived:
            texts += [f"{what} {text}" for text in _age(known.get(one.channel.key), now)]
    return texts


def _age(standing: Standing | None, now: datetime) -> list[str]:
    if standing is None or standing.tested is None:
        return ["was never tested"]
    if now - standing.tested > FRESH:
        return [f"was not tested for {(now - standing.tested).days} days"]
    return []
