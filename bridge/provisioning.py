"""What the configuration needs at Pinghome: look, plan what to make, make it. Doing it twice changes nothing.

Webhooks and heartbeat monitors are named by ids that Pinghome gives. Where the configuration names one by a file that
is not there yet (`webhook_file`, `id_file`), it is made and its id written there; an id that is written in the
configuration itself and unknown upstream cannot be made, and is left to the operator.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from bridge.domain.conditions import BadCondition, Condition, compile_all
from bridge.pinghome.client import Pinghome
from bridge.pinghome.errors import Forbidden, NotFound, Unavailable
from bridge.pinghome.systems import ruleset as rulesets
from bridge.pinghome.systems import shared
from bridge.pinghome.systems.heartbeat import NewHeartbeat
from bridge.settings import Settings
from bridge.settings.files import write_secret
from bridge.settings.routes import WebhookTarget

ABSENT: Final = "absent:"
"""Begins the value of an id whose file is not there yet; the rest is the file's name."""
SERVICE: Final = "bridge"
SCHEMA: Final = "bridge.alert/v1"
URGENCIES: Final[tuple[shared.Urgency, ...]] = ("high", "medium", "low")

Mark = Literal["=", "+", "~", "!"]


def absent(path: Path) -> str:
    """What stands for an id that is not known yet."""
    return f"{ABSENT}{path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing: `=` is there, `+` will be made, `~` will be changed, `!` needs the operator.

    `file` is where its id is written; `id` is the one it has.
    """

    mark: Mark
    kind: Literal["webhook", "ruleset", "service", "heartbeat"]
    name: str
    words: str
    file: Path | None = None
    id: str | None = None
    body: rulesets.RulesetBody | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the configuration refers to: webhooks by id (with the routes they serve) and heartbeats by name."""

    webhooks: Mapping[str, str]
    heartbeats: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is at Pinghome. `service` is where monitors are made; None: it is yet to be made."""

    webhooks: Mapping[str, str | None]
    rulesets: Sequence[rulesets.Ruleset]
    teams: Mapping[str, str | None]
    heartbeats: frozenset[str] = frozenset()
    service: str | None = None
    of_service: Mapping[str, str] = field(default_factory=dict)


def needs(settings: Settings) -> Needs:
    """Read off a configuration."""
    webhooks: dict[str, str] = {}
    for route in settings.routes:
        for target in route.to:
            if isinstance(target, WebhookTarget):
                webhooks.setdefault(target.webhook.get_secret_value(), route.name)
    heartbeats = {name: one.id.get_secret_value() for name, one in settings.heartbeats.items()}
    return Needs(webhooks=webhooks, heartbeats=heartbeats)


async def look(pinghome: Pinghome, wanted: Needs, service: str | None) -> Found:
    """Ask Pinghome. Raises a PinghomeError."""
    webhooks = {one.id: one.name for one in await pinghome.webhooks.list() if one.id is not None}
    teams = {one.team_id: one.name for one in await pinghome.teams.list() if one.team_id is not None}
    known: set[str] = set()
    for heartbeat_id in wanted.heartbeats.values():
        if heartbeat_id.startswith(ABSENT):
            continue
        try:
            await pinghome.heartbeats.get(heartbeat_id)
        except (NotFound, Forbidden):
            continue
        known.add(heartbeat_id)
    of_service: dict[str, str] = {}
    if service is not None:
        async for one in pinghome.heartbeats.each(service):
            if one.name is not None and one.id is not None:
                of_service.setdefault(one.name, one.id)
    return Found(
        webhooks=webhooks,
        rulesets=await pinghome.rulesets.list(),
        teams=teams,
        heartbeats=frozenset(known),
        service=service,
        of_service=of_service,
    )


def plan(wanted: Needs, found: Found, team: str | None) -> list[Step]:
    """What to do, in order. Pure."""
    steps = [_webhook(webhook_id, f"bridge: {route}", found) for webhook_id, route in wanted.webhooks.items()]
    chosen = team or (next(iter(found.teams)) if len(found.teams) == 1 else None)
    steps += _rulesets(chosen, found)
    missing = [value for value in wanted.heartbeats.values() if value.startswith(ABSENT)]
    new = [name for name, value in wanted.heartbeats.items() if value in missing and name not in found.of_service]
    if new and found.service is None:
        if chosen is None:
            steps.append(Step(mark="!", kind="service", name=SERVICE, words="choose its team with --team"))
        else:
            steps.append(Step(mark="+", kind="service", name=SERVICE, words="for heartbeat monitors", id=chosen))
    return steps + [_heartbeat(name, value, found) for name, value in wanted.heartbeats.items()]


async def carry_out(
    pinghome: Pinghome, steps: Sequence[Step], service: str | None, memory: Path
) -> AsyncIterator[Step]:
    """Do what is to be done, and yield each step that is. Each id is written before the next step begins.

    `memory` is the file that keeps the id of a service that was made. Raises a PinghomeError, or OSError.
    """
    for step in steps:
        if step.mark == "+" and step.kind == "webhook" and step.file is not None:
            made = step.id or (await pinghome.webhooks.create(step.name, "Made by pinghome-bridge provision.")).id
            write_secret(step.file, _known(made, "webhook.create"))
        elif step.kind == "ruleset" and step.body is not None:
            if step.id is None:
                await pinghome.rulesets.create(step.body)
            else:
                await pinghome.rulesets.update(step.id, step.body)
        elif step.mark == "+" and step.kind == "service" and step.id is not None:
            service = _known((await pinghome.services.create(SERVICE, step.id)).id, "service.create")
            write_secret(memory, json.dumps({"service_id": service}))
        elif step.mark == "+" and step.kind == "heartbeat" and step.file is not None:
            made = step.id
            if made is None:
                body = NewHeartbeat(service_id=_known(service, "service.create"), name=step.name)
                made = (await pinghome.heartbeats.create(body)).id
            write_secret(step.file, _known(made, "heartbeat.create"))
        else:
            continue
        yield step


def remembered(memory: Path) -> str | None:
    """The service that an earlier run has made."""
    try:
        found = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    service = found.get("service_id") if isinstance(found, dict) else None
    return service if isinstance(service, str) else None


def _known(made: str | None, operation: str) -> str:
    if made is None:
        raise Unavailable(operation, "it was made, but the answer does not say its id")
    return made


def _webhook(webhook_id: str, name: str, found: Found) -> Step:
    if not webhook_id.startswith(ABSENT):
        if webhook_id in found.webhooks:
            return Step(mark="=", kind="webhook", name=name, words="is there")
        words = "its id is unknown upstream: name a file (`webhook_file`) that is not there yet, and it is made"
        return Step(mark="!", kind="webhook", name=name, words=words)
    file = Path(webhook_id.removeprefix(ABSENT))
    for known, called in found.webhooks.items():
        if called == name:
            return Step(mark="+", kind="webhook", name=name, words=f"is there; its id into {file}", file=file, id=known)
    return Step(mark="+", kind="webhook", name=name, words=f"made, its id into {file}", file=file)


def _heartbeat(name: str, heartbeat_id: str, found: Found) -> Step:
    if not heartbeat_id.startswith(ABSENT):
        if heartbeat_id in found.heartbeats:
            return Step(mark="=", kind="heartbeat", name=name, words="is there")
        words = "its id is unknown upstream: name a file (`id_file`) that is not there yet, and it is made"
        return Step(mark="!", kind="heartbeat", name=name, words=words)
    file = Path(heartbeat_id.removeprefix(ABSENT))
    known = found.of_service.get(name)
    words = f"made, its id into {file}" if known is None else f"is there; its id into {file}"
    return Step(mark="+", kind="heartbeat", name=name, words=words, file=file, id=known)


def _rulesets(team: str | None, found: Found) -> list[Step]:
    """One a degree of urgency, because a ruleset has one fixed urgency; none where another one holds already."""
    if team is None:
        return [Step(mark="!", kind="ruleset", name="Bridge alerts", words="choose a team with --team")]
    steps = []
    for urgency in URGENCIES:
        name = f"Bridge alerts ({urgency})"
        body = _body(name, urgency, team)
        ours = next((one for one in found.rulesets if one.name == name and one.team_id == team), None)
        covering = next((one for one in found.rulesets if one is not ours and _covers(one, urgency)), None)
        if ours is not None and _same(ours, body):
            steps.append(Step(mark="=", kind="ruleset", name=name, words="is there"))
        elif ours is not None:
            steps.append(Step(mark="~", kind="ruleset", name=name, words="differs; replaced", id=ours.id, body=body))
        elif covering is not None:
            words = f"not needed: {covering.name!r} opens incidents for these alerts"
            steps.append(Step(mark="=", kind="ruleset", name=name, words=words))
        else:
            steps.append(Step(mark="+", kind="ruleset", name=name, words="made", body=body))
    return steps


def _body(name: str, urgency: shared.Urgency, team: str) -> rulesets.RulesetBody:
    def equal(key: str, value: str) -> shared.Condition:
        return shared.Condition(type="json-check", key=key, operator="equal", values=[value])

    return rulesets.RulesetBody(
        rule_type="webhook",
        conditions=[equal("schema", SCHEMA), equal("action", "trigger"), equal("urgency", urgency)],
        level="team",
        team_id=team,
        name=name,
        description="Opens incidents for alerts of pinghome-bridge. Made by pinghome-bridge provision.",
        urgency=urgency,
        assignees=[shared.Assignee(type="team", id=team)],
    )


def _same(ours: rulesets.Ruleset, body: rulesets.RulesetBody) -> bool:
    shown: dict[str, Any] = msgspec.to_builtins(body)
    return all(getattr(ours, name) == value for name, value in shown.items())


def _covers(ruleset: rulesets.Ruleset, urgency: str) -> bool:
    """Whether a ruleset holds for a firing alert of ours. One whose conditions cannot be read covers nothing."""
    if ruleset.rule_type != "webhook":
        return False
    sample = {"schema": SCHEMA, "action": "trigger", "status": "firing", "urgency": urgency, "test": False}
    try:
        conditions = msgspec.convert(list(ruleset.conditions or []), list[Condition])
        return bool(conditions) and compile_all(conditions)(sample)
    except (msgspec.ValidationError, BadCondition, RecursionError):
        return False
