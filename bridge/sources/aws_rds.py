"""RDS and Aurora events, by EventBridge and by the SNS topic of an event subscription.

Source: AWS documentation, Amazon RDS user guide, "Amazon RDS event categories and event messages" (the
numbers and categories below). SNS names no category, so the numbers of the categories that matter are here.
A few events end others of the same thing; most end nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bridge.domain.alert import Alert, Rel, Resource, Severity
from bridge.sources.aws_event import (
    FIRING,
    INFO,
    RESOLVED,
    Details,
    Outcome,
    Place,
    alert_of,
    event_of,
    key_of,
    topic_place,
)
from bridge.sources.aws_names import arn_part
from bridge.sources.reading import (
    Message,
    first_text,
    labels,
    mapping,
    members,
    states_failure,
    text,
    time,
    title,
    web_links,
)

_SOURCE: Final = "aws.rds"
_NUMBER: Final = "RDS-EVENT-"
_CATEGORIES: Final = {
    "failure": Severity.HIGH,
    "low storage": Severity.HIGH,
    "availability": Severity.MEDIUM,
    "failover": Severity.MEDIUM,
}
_BY_CATEGORY: Final = {
    "failure": "0031 0035 0036 0058 0079 0080 0081 0165 0188 0195 0219 0220 0223 0224 0237 0254 0278 0279 0280 0281 "
    "0282 0283 0284 0285 0306 0315 0328 0329 0353 0354 0355 0356 0421 0489",
    "low storage": "0007 0089 0221 0222 0227 0330 0331",
    "availability": "0004 0006 0022",
}
_KNOWN: Final = {number: category for category, numbers in _BY_CATEGORY.items() for number in numbers.split()}
_HARMLESS: Final = frozenset({"0034", "0219", "0220", "0237", "0396"})
"""In a category that matters, and the message itself says that nothing has to be done."""

_PAIRS: Final = (
    ("failover", Severity.MEDIUM, "0013 0050 0072 0073", "0015 0049 0051 0065 0071"),
    ("replication", Severity.HIGH, "0045", "0046"),
    ("key", Severity.HIGH, "0418 0419", "0420"),
)
_BEGINS: Final = {number: (what, severity) for what, severity, begun, _ in _PAIRS for number in begun.split()}
_ENDS: Final = {number: (what, severity) for what, severity, _, ended in _PAIRS for number in ended.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """One event in one spelling for both."""

    number: str
    text: str | None
    source_type: str | None
    arn: str | None
    name: str | None
    since: datetime | None
    place: Place
    categories: tuple[str, ...] = ()
    tags: Mapping[str, str]
    link: object = None


def read(message: Message) -> Sequence[Alert]:
    """The alert of one event. Raises Undecoded where it names no database."""
    said = _said(message)
    if said is None:
        return ()
    outcome, severity, problem = _meaning(said)
    return (
        alert_of(
            message,
            "rds-event",
            outcome,
            key=key_of(said.arn, "rds", said.place.account, said.place.region, said.name, suffix=problem),
            title=title("RDS", f"{said.name or said.arn}:", said.text),
            place=said.place,
            details=Details(
                severity=severity,
                severity_raw=said.number,
                description=said.text,
                resource=Resource(id=said.arn, type=said.source_type, name=said.name),
                labels={**said.tags, "event": said.number, "categories": ",".join(said.categories)},
                links=web_links((Rel.CONSOLE, said.link)),
                since=said.since,
            ),
        ),
    )


def _said(message: Message) -> _Said | None:
    event = event_of(message)
    if event is not None:
        if event.source != _SOURCE and not event.kind.startswith("RDS "):
            return None
        detail = event.detail
        number = text(detail.get("EventID"))
        if number is None:
            return None
        arn = first_text(detail.get("SourceArn"), *event.arns())
        return _Said(
            number=number,
            text=text(detail.get("Message")),
            source_type=text(detail.get("SourceType")),
            arn=arn,
            name=first_text(arn_part(arn, 5), detail.get("SourceIdentifier")),
            since=time(detail.get("Date")) or event.time,
            place=Place(account=event.account, region=event.region),
            categories=tuple(filter(None, map(text, members(detail.get("EventCategories"))))),
            tags=labels(mapping(detail, "Tags")),
        )
    document = message.document
    number = (text(document.get("Event ID")) or "").strip().rpartition("#")[2]
    if not number.startswith(_NUMBER):
        return None
    arn = text(document.get("Source ARN"))
    topic = topic_place(message)
    return _Said(
        number=number,
        text=text(document.get("Event Message")),
        source_type=text(document.get("Event Source")),
        arn=arn,
        name=first_text(arn_part(arn, 5), document.get("Source ID")),
        since=time(document.get("Event Time")) or message.sent_at,
        place=Place(account=arn_part(arn, 4) or topic.account, region=arn_part(arn, 3) or topic.region),
        tags=labels(mapping(document, "Tags")),
        link=document.get("Identifier Link"),
    )


def _meaning(said: _Said) -> tuple[Outcome, Severity | None, str]:
    """What it means, how bad it is, and which problem of the thing it is."""
    number = said.number.removeprefix(_NUMBER)
    if number in _BEGINS:
        what, severity = _BEGINS[number]
        return FIRING, severity, what
    if number in _ENDS:
        what, severity = _ENDS[number]
        return RESOLVED, severity, what
    if number in _HARMLESS:
        return INFO, None, said.number
    stated = (*said.categories, _KNOWN.get(number, ""))
    known = [_CATEGORIES[category] for category in stated if category in _CATEGORIES]
    if known:
        worst = Severity.HIGH if Severity.HIGH in known else known[0]
        return FIRING, worst, said.number
    # Of a notification, of maintenance and the like its words decide.
    return (FIRING if states_failure(said.text) else INFO), None, said.number
