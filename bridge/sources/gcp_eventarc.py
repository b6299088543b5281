"""Eventarc: CloudEvents of Google Cloud, in headers (as Eventarc sends them) or structured, and any event described.

Source: Google Cloud documentation, Eventarc, "CloudEvents - HTTP protocol binding", and the repository
googleapis/google-cloudevents. What an event carries (a Pub/Sub message, a log entry) is its product's to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bridge.domain.alert import Action, Alert, Resource, Severity, Status
from bridge.domain.request import Request
from bridge.sources.events_reading import binary, description, headline, structured
from bridge.sources.gcp_reading import project_in, rated, region_of
from bridge.sources.reading import Message, states_failure, text, title

_TYPE: Final = "eventarc-event"
_GOOGLES: Final = ("google.cloud.", "google.firebase.", "google.events.")
_NAMED: Final = frozenset({"id", "source", "specversion", "time", "datacontenttype", "dataschema"})
"""Attributes that have their own place in the alert, or tell nothing of the problem."""


def delivery_id(request: Request, document: object) -> str | None:
    """The event's source and id, in either mode."""
    event = binary(request.headers, request.body) or structured(document)
    return event.delivery_id if event is not None else None


def in_headers(request: Request) -> Message | None:
    """The event whose attributes are headers, as a message; None where they are not."""
    event = binary(request.headers, request.body)
    return event.message() if event is not None else None


def unwrap(message: Message) -> Message:
    """The message of a structured event, or the message itself where it is none.

    The outermost wrapping's id stays the message's, as does the subscription that it came through.
    """
    event = structured(message.document)
    if event is None:
        return message
    found = event.message(message.raw)
    return replace(found, event_id=message.event_id or found.event_id, channel=message.channel or found.channel)


def read(message: Message) -> Sequence[Alert]:
    """Any event that no product has read, described by its attributes: each its own problem."""
    kind, source, event_id = (text(message.attributes.get(name)) for name in ("type", "source", "id"))
    if kind is None or source is None or event_id is None:
        return ()
    subject = text(message.attributes.get("subject"))
    # What Google itself tells of is information unless it is an alert or a failure; others' events are meant for us.
    told_by_google = kind.startswith(_GOOGLES) and "alert" not in kind
    calm = told_by_google and not states_failure(kind, message.document.get("severity"))
    severity, severity_raw = rated(message.attributes.get("severity"), message.document.get("severity"))
    return (
        Alert(
            type=_TYPE,
            status=Status.INFO if calm else Status.FIRING,
            action=Action.INFO if calm else Action.TRIGGER,
            key=f"{source}#{event_id}",
            title=title(f"{kind}:", headline(message) or subject or source),
            severity=severity or (Severity.INFO if calm else None),
            severity_raw=severity_raw,
            description=description(message),
            provider="gcp",
            account=text(message.attributes.get("project")) or project_in(source) or project_in(message.channel),
            region=region_of(text(message.attributes.get("location"))),
            event_id=message.event_id,
            resource=Resource(id=source, name=subject),
            labels={name: value for name, value in message.attributes.items() if name not in _NAMED},
            starts_at=message.sent_at,
            raw=message.raw,
        ),
    )
