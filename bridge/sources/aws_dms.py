"""Database Migration Service: tasks and instances, by EventBridge and by the SNS topic of a subscription.

Source: AWS documentation, AWS DMS user guide, "Working with Amazon EventBridge events and notifications" and
"Working with Amazon SNS events and notifications". A task that stopped may have done its work; one that
failed is in order again when it has started.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bridge.domain.alert import Alert, Rel, Resource
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
from bridge.sources.reading import Message, first_text, states_failure, text, time, title, web_links

_SOURCE: Final = "aws.dms"
_NUMBER: Final = "DMS-EVENT-"
_FAILED: Final = frozenset({"0078"})
_STARTED: Final = frozenset({"0069"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """One event in one spelling for both. `what` is a replication task or instance."""

    number: str
    what: str | None
    category: str | None
    name: str | None
    arn: str | None
    text: str | None
    link: object
    since: datetime | None
    place: Place


def read(message: Message) -> Sequence[Alert]:
    """The alert of one event. Raises Undecoded where it names no task and no instance."""
    said = _said(message)
    if said is None:
        return ()
    return (
        alert_of(
            message,
            "dms-event",
            _outcome(said),
            key=key_of(said.arn, "dms", said.place.account, said.place.region, said.name),
            title=title(f"DMS {said.what or 'event'}", f"{said.name}:", said.text or said.number),
            place=said.place,
            details=Details(
                severity_raw=first_text(said.category, said.number),
                description=said.text,
                resource=Resource(id=said.arn or said.name, type=said.what, name=said.name),
                labels={"event": said.number, "category": said.category},
                links=web_links((Rel.CONSOLE, said.link)),
                since=said.since,
            ),
        ),
    )


def _outcome(said: _Said) -> Outcome:
    number = said.number.removeprefix(_NUMBER)
    if number in _STARTED:
        return RESOLVED
    return FIRING if number in _FAILED or states_failure(said.category, said.text) else INFO


def _said(message: Message) -> _Said | None:
    event = event_of(message)
    if event is not None:
        number = text(event.detail.get("eventId"))
        if event.source != _SOURCE or number is None:
            return None
        arn = next(iter(event.arns()), None)
        return _Said(
            number=number,
            what=(text(event.detail.get("type")) or "").casefold().replace("_", " ") or None,
            category=text(event.detail.get("category")),
            name=first_text(arn_part(arn, 5), *event.resources),
            arn=arn,
            text=first_text(event.detail.get("detailMessage"), event.detail.get("eventType")),
            link=event.detail.get("resourceLink"),
            since=event.time,
            place=Place(account=event.account, region=event.region),
        )
    document = message.document
    number = (text(document.get("Event ID")) or "").strip().rpartition("#")[2]
    if not number.startswith(_NUMBER):
        return None
    return _Said(
        number=number,
        what=(text(document.get("Event Source")) or "").replace("-", " ") or None,
        category=text(document.get("Event Category")),
        name=first_text(document.get("SourceId"), document.get("Source ID")),
        arn=None,
        text=text(document.get("Event Message")),
        link=document.get("Identifier Link"),
        since=time(document.get("Event Time")) or message.sent_at,
        place=topic_place(message),
    )
