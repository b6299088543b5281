"""Event Grid: the validation handshake, its events in both schemas, dead letters, and any event described.

Source: Azure documentation, Event Grid, "Webhook event delivery", "Event Grid event schema", "CloudEvents schema" and
"Dead letter and retry policies". The handshake's answer must be a 200 with the code; its `validationUrl` is never
fetched.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.alert import Action, Alert, Condition, Resource, Severity, Status
from bridge.domain.conditions import canonical
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources.base import Acknowledge, Echo, Handshake
from bridge.sources.events_reading import CloudEvent, binary, description, headline, id_of_all, structured
from bridge.sources.reading import Message, mapping, members, raw_members, states_failure, text, title

REDACTED: Final = frozenset({"validationCode", "validationUrl"})
"""Either of them validates a subscription that somebody else made."""

_VALIDATION: Final = "microsoft.eventgrid.subscriptionvalidationevent"
_DELETION: Final = "microsoft.eventgrid.subscriptiondeletedevent"
_NAMES: Final = {"eventtype": "type", "eventtime": "time", "topic": "source"}
"""Names of Event Grid's own schema, in lower case, and those of CloudEvents for the same."""

_NAMED: Final = frozenset({"id", "source", "specversion", "time", "datacontenttype", "dataschema", "dataversion",
                           "metadataversion"})  # fmt: skip
"""Attributes that have their own place in the alert, or tell nothing of the problem."""

_AZURES: Final = re.compile(r"microsoft\.(?!.*alert)", re.IGNORECASE)
_SUBSCRIPTION: Final = re.compile(r"/subscriptions/([^/]+)", re.IGNORECASE)


def handshake(document: object) -> Handshake | None:
    """The code to echo if any event asks for validation; a notice where the subscription is gone."""
    found = [event for event in _events(document) if event is not None]
    for event in found:
        code = text(mapping(event.data).get("validationCode"))
        if _kind(event) == _VALIDATION and code is not None:
            return Echo(document={"validationResponse": code}, carries_more=len(found) > 1)
    if found and all(_kind(event) == _DELETION for event in found):
        return Acknowledge(what="Event Grid subscription was deleted")
    return None


def delivery_id(request: Request, document: object) -> str | None:
    """The event's id within its topic or source, or a hash over those of a batch. None where one has no id."""
    event = binary(request.headers, request.body)
    if event is not None:
        return event.delivery_id
    return id_of_all([event.delivery_id if event is not None else None for event in _events(document)])


def messages(request: Request, document: object) -> Sequence[Message]:
    """The events of a request, each as a message, without control messages; none where it holds no events.

    A member of a batch that is no event is a message too: it must neither be lost nor cost the others. Raises
    Undecoded where there are only control messages.
    """
    event = binary(request.headers, request.body)
    if event is not None:
        return (event.message(),)
    found = _events(document)
    raws = raw_members(request.body) if len(found) > 1 else (None,) * len(found)
    listed = zip(found, _listed(document), raws, strict=False)
    held = tuple(
        event.message(raw) if event is not None else Message(document=mapping(member), raw=raw)
        for event, member, raw in listed
        if event is None or _kind(event) not in (_VALIDATION, _DELETION)
    )
    if found and not held:
        raise Undecoded("the Event Grid request holds only control messages")
    return held


def read(message: Message) -> Sequence[Alert]:
    """Any event that no product has read, described by its attributes: each its own problem. Raises nothing."""
    if not message.attributes and message.raw is None:
        return ()
    attributes = message.attributes
    kind, source, subject = (text(attributes.get(name)) for name in ("type", "source", "subject"))
    account = _SUBSCRIPTION.search(source or "") or _SUBSCRIPTION.search(subject or "")
    dead = text(attributes.get("deadletterreason"))
    about = headline(message) or subject or source
    # What Azure itself tells of is information unless it is an alert or a failure; others' events are meant for us.
    told_by_azure = _AZURES.match(kind or "") is not None
    calm = dead is None and told_by_azure and not states_failure(kind)
    told = title(f"{kind or 'Event without a type'}{':' if about else ''}", about)
    return (
        Alert(
            type="event-grid-event" if dead is None else "event-grid-dead-letter",
            status=Status.INFO if calm else Status.FIRING,
            action=Action.INFO if calm else Action.TRIGGER,
            key=_key(message) if dead is None else f"{_key(message)}#dead-letter",
            severity=Severity.INFO if calm else None,
            title=told if dead is None else title(f"Not delivered ({dead}):", told),
            description=description(message),
            provider="azure",
            account=account.group(1) if account is not None else None,
            event_id=message.event_id,
            resource=Resource(id=source, name=subject),
            condition=_undelivered(attributes) if dead is not None else None,
            labels={name: value for name, value in attributes.items() if name not in _NAMED},
            starts_at=message.sent_at,
            raw=message.raw,
        ),
    )


def _key(message: Message) -> str:
    event_id = text(message.attributes.get("id"))
    if event_id is not None:
        return f"{text(message.attributes.get('source')) or ''}#{event_id}"
    told = canonical(dict(message.attributes or message.document))
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()


def _undelivered(attributes: Mapping[str, str]) -> Condition:
    """Why Event Grid gave up, in a record of its dead letters."""
    attempts, outcome = attributes.get("deliveryattempts"), attributes.get("lastdeliveryoutcome")
    return Condition(text=title(f"{attempts or 'No'} attempts, the last one:", outcome or "not told"))


def _events(document: object) -> Sequence[CloudEvent | None]:
    """The events of a document, None for a member of a batch that is none; nothing where there is no event at all."""
    found = [_own_schema(mapping(member)) or structured(member) for member in _listed(document)]
    return found if any(event is not None for event in found) else ()


def _listed(document: object) -> Sequence[object]:
    return members(document) if isinstance(document, list) else [document]


def _own_schema(event: Mapping[str, object]) -> CloudEvent | None:
    """An event of Event Grid's own schema, in CloudEvents' names."""
    if "eventType" not in event or "eventTime" not in event:
        return None
    lowered = {name.lower(): value for name, value in event.items() if name != "data"}
    return CloudEvent(
        attributes={_NAMES.get(name, name): value for name, value in lowered.items()}, data=event.get("data")
    )


def _kind(event: CloudEvent) -> str:
    return (event.attribute("type") or "").casefold()
