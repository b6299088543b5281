"""The event of EventBridge, and how its products make alerts of it.

Source: AWS documentation, Amazon EventBridge user guide, "AWS service event metadata". `source`, `version`
and `id` are missing in some samples and forwarders; `detail-type` and `detail` are what an event is known
by. CodeStar notifications write `detailType`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bridge.domain.alert import Action, Alert, Condition, Link, Resource, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.sources.aws_names import arn_part, built_arn, is_arn
from bridge.sources.reading import Message, first_text, mapping, members, text, time

Outcome = tuple[Status, Action]
FIRING: Final[Outcome] = (Status.FIRING, Action.TRIGGER)
RESOLVED: Final[Outcome] = (Status.RESOLVED, Action.RESOLVE)
SUPPRESSED: Final[Outcome] = (Status.SUPPRESSED, Action.INFO)
NO_DATA: Final[Outcome] = (Status.NO_DATA, Action.INFO)
INFO: Final[Outcome] = (Status.INFO, Action.INFO)
TEST: Final[Outcome] = (Status.INFO, Action.TEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. `kind` is its detail-type."""

    kind: str
    source: str | None
    account: str | None
    region: str | None
    time: datetime | None
    resources: tuple[str, ...]
    detail: Mapping[str, object]

    def arn(self, service: str, resource: str | None) -> str | None:
        """The ARN of a resource of this event's account and region."""
        return built_arn(service, self.region, self.account, resource)

    def arns(self) -> tuple[str, ...]:
        """The resources that are ARNs; some samples have words there, and Health bare names."""
        return tuple(one for one in self.resources if is_arn(one))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where it happened."""

    account: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Which problem it is. `unique` says that AWS itself makes the text unique in the world."""

    text: str
    unique: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a product may say besides."""

    severity: Severity | None = None
    severity_raw: str | None = None
    description: str | None = None
    resource: Resource = field(default_factory=Resource)
    condition: Condition | None = None
    labels: Mapping[str, object] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    since: datetime | None = None


def event_of(message: Message) -> Event | None:
    """The event that this message is, or None."""
    document = message.document
    kind = first_text(document.get("detail-type"), document.get("detailType"))
    if kind is None or "detail" not in document:
        return None
    stated = (text(resource) for resource in members(document.get("resources")))
    return Event(
        kind=kind,
        source=text(document.get("source")),
        account=text(document.get("account")),
        region=text(document.get("region")),
        time=time(document.get("time")),
        resources=tuple(resource for resource in stated if resource is not None),
        detail=mapping(document, "detail"),
    )


def topic_place(message: Message) -> Place:
    """The account and region of the topic: messages of products that publish to SNS name neither."""
    return Place(account=arn_part(message.channel, 4), region=arn_part(message.channel, 3))


def key_of(arn: str | None, what: str, *parts: str | None, suffix: str | None = None) -> Key:
    """The ARN, or where there is none `what` and the parts that name the problem. Raises Undecoded.

    The last part is the name of the thing, and must be there. `suffix` tells one problem of it from another.
    """
    end = "" if suffix is None else f"|{suffix}"
    if arn is not None and is_arn(arn):
        return Key(text=f"{arn}{end}", unique=True)
    if not parts or parts[-1] is None:
        raise Undecoded(f"the {what} message does not name what it is about")
    return Key(text="/".join([what, *(part or "" for part in parts)]) + end)


def alert_of(
    message: Message,
    type_: str,
    outcome: Outcome,
    *,
    key: Key,
    title: str,
    place: Place | Event,
    details: Details | None = None,
) -> Alert:
    """The alert of one message, in the words that all products of AWS share."""
    status, action = outcome
    said = details or Details()
    over = status is Status.RESOLVED
    return Alert(
        type=type_,
        status=status,
        action=action,
        key=key.text,
        global_key=key.unique,
        title=title or type_,
        # What is no problem must not get the default severity of problems.
        severity=Severity.INFO if status is Status.INFO else said.severity,
        severity_raw=said.severity_raw,
        description=said.description,
        provider="aws",
        account=place.account,
        region=place.region,
        event_id=message.event_id,
        resource=said.resource,
        condition=said.condition,
        labels={name: stated for name, value in said.labels.items() if (stated := text(value)) is not None},
        links=said.links,
        starts_at=None if over else said.since,
        ends_at=said.since if over else None,
        test=action is Action.TEST,
        raw=message.raw,
    )
