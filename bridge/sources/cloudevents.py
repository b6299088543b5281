"""Sources of the kind `cloudevents`: CloudEvents 1.0 over HTTP, structured, binary and in batches.

Source: CloudEvents 1.0.2, "HTTP protocol binding" and "JSON event format". What an event's data means is its
sender's affair: the mapping in the source's configuration reads it, or else the words that people usually choose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.alert import Action, Alert, Rel, Resource, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources.base import Acknowledge, Handshake
from bridge.sources.events_reading import CloudEvent, binary, id_of_all, structured
from bridge.sources.mapped import AlertMapping, MappedReading, any_time, filled, first_filled, meaning, rating
from bridge.sources.members import each_or_plain
from bridge.sources.reading import labels, mapping, parse, parse_or_none, raw_members, title, web_links

_TYPE: Final = "cloud-event"
_STRUCTURED: Final = "application/cloudevents"
_BATCH: Final = "application/cloudevents-batch"
_TRANSITIONS: Final = frozenset(
    {"triggered", "fired", "firing", "opened", "activated", "resolved", "closed", "recovered", "cleared",
     "deactivated", "acknowledged", "test"}
)  # fmt: skip
"""Last parts of an event's type that tell a state, as in `com.example.alert.resolved`."""

_NO_LABELS: Final = frozenset({"id", "specversion", "time", "datacontenttype", "dataschema"})


class CloudEventsSource:
    """One event, or a batch whose members are read each by itself."""

    redacted: frozenset[str] = frozenset()

    def __init__(self, wanted: AlertMapping | None = None) -> None:
        """`wanted` sees an event as its JSON format has it. Raises BadCondition for an expression that is none."""
        self._reading = MappedReading(wanted, kind=_TYPE) if wanted else None

    def handshake(self, request: Request) -> Handshake | None:
        """An empty batch, which is valid and says nothing. (The OPTIONS handshake has no body.)"""
        empty = _content_type(request).startswith(_BATCH) and parse_or_none(request.body) == []
        return Acknowledge(what="an empty batch of CloudEvents") if empty else None

    def delivery_id(self, request: Request) -> str | None:
        """Source and id of the event; of a batch a hash over those of all its members."""
        if event := _binary(request):
            return event.delivery_id
        document = parse_or_none(request.body)
        events = [structured(one) for one in (document if isinstance(document, list) else [document])]
        return id_of_all([event.delivery_id if event else None for event in events])

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alerts of one request. Raises Undecoded."""
        if event := _binary(request):
            return self._alerts(event)
        document = parse(request.body)
        if not isinstance(document, list):
            return self._alerts(_event(document))
        if not document:
            raise Undecoded("the list is empty, and nothing says that it is a batch of CloudEvents")
        if len(document) == 1:
            return self._alerts(_event(document[0]))
        pairs = zip(raw_members(request.body), document, strict=True)
        return each_or_plain(pairs, lambda raw, member: self._alerts(_event(member), raw))

    def _alerts(self, event: CloudEvent, raw: bytes | None = None) -> Sequence[Alert]:
        data = event.data
        if isinstance(data, str):
            data = parse_or_none(data.encode("utf-8", "replace")) or data
        if self._reading is None:
            return (_alert(event, mapping(data), raw),)
        document = {**event.attributes, "data": data}
        return tuple(
            self._reading.alert(member, event_id=event.attribute("id"), raw=raw)
            for member in self._reading.members(document)
        )


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").strip().lower()


def _binary(request: Request) -> CloudEvent | None:
    return None if _content_type(request).startswith(_STRUCTURED) else binary(request.headers, request.body)


def _event(document: object) -> CloudEvent:
    event = structured(document)
    if event is None:
        raise Undecoded("a CloudEvent has an id, a source and a type, and this has not")
    return event


def _alert(event: CloudEvent, data: Mapping[str, object], raw: bytes | None) -> Alert:
    source, subject = event.attribute("source"), event.attribute("subject")
    kind, told = _transition(event.attribute("type") or "")
    stated = first_filled(data.get("status"), data.get("state"))
    status, action = (meaning(stated) if stated else None) or told or (Status.FIRING, Action.TRIGGER)
    word = first_filled(data.get("severity"), data.get("priority"), event.attribute("severity"))
    chosen = first_filled(data.get("dedup_key"), data.get("dedupKey"), data.get("alert_id"), data.get("alertId"))
    happened = any_time(event.attribute("time"))
    named = first_filled(*(data.get(name) for name in ("title", "summary", "message", "name")))
    return Alert(
        type=_TYPE,
        status=status,
        action=action,
        # Without a chosen key, what an event is about is its source, its subject and the kind of its events.
        key="|".join(filter(None, (source, chosen))) if chosen else f"{source}|{kind}|{subject or ''}",
        title=title(named) or title(event.attribute("type"), subject) or _TYPE,
        severity=rating(word) or (Severity.INFO if status is Status.INFO else None),
        severity_raw=word,
        description=filled(data.get("description")),
        event_id=event.attribute("id"),
        resource=Resource(id=subject),
        labels=_labels(event, data),
        links=web_links((Rel.SOURCE, data.get("url")), (Rel.RUNBOOK, data.get("runbook_url"))),
        starts_at=any_time(first_filled(data.get("starts_at"), data.get("startsAt")))
        or (happened if status is Status.FIRING else None),
        ends_at=happened if status is Status.RESOLVED else None,
        test=action is Action.TEST,
        raw=raw,
    )


def _transition(kind: str) -> tuple[str, tuple[Status, Action] | None]:
    """The type without its last part and the state that this part tells, or the whole type and None."""
    stem, _, last = kind.rpartition(".")
    known = meaning(last) if stem and last.casefold() in _TRANSITIONS else None
    return (stem, known) if known else (kind, None)


def _labels(event: CloudEvent, data: Mapping[str, object]) -> dict[str, str]:
    attributes = {name: value for name, value in event.attributes.items() if name not in _NO_LABELS}
    return labels(mapping(data, "labels"), attributes)
