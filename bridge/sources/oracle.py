"""Sources of the kind `oracle`: what Oracle Cloud's Notifications post to a custom URL.

Source: Oracle Cloud documentation, Monitoring, "Alarm Message Format" and "Message Types"; Events, "Contents
of an Event Message". Events speak CloudEvents 0.1, whose names are others than those of 1.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.alert import Action, Alert, Condition, Rel, Resource, Severity, Status
from bridge.domain.conditions import number
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources.base import Confirm, Handshake
from bridge.sources.reading import (
    Message,
    Product,
    first_of,
    first_text,
    labels,
    mapping,
    members,
    parse,
    parse_or_none,
    text,
    time,
    title,
    web_links,
)
from bridge.verify.oracle import confirmation_url

_FIRING: Final = (Status.FIRING, Action.TRIGGER)
_RESOLVED: Final = (Status.RESOLVED, Action.RESOLVE)
_NO_DATA: Final = (Status.NO_DATA, Action.INFO)
_BY_TYPE: Final = {"OK_TO_FIRING": _FIRING, "REPEAT": _FIRING, "FIRING_TO_OK": _RESOLVED, "RESET": _NO_DATA}
_BY_STATUS: Final = {"FIRING": _FIRING, "OK": _RESOLVED}
_SEVERITIES: Final = {
    "CRITICAL": Severity.CRITICAL,
    "ERROR": Severity.HIGH,
    "WARNING": Severity.MEDIUM,
    "INFO": Severity.INFO,
}


class OracleSource:
    """Alarms of Monitoring, and events."""

    redacted = frozenset({"ConfirmationURL", "UnsubscribeURL"})
    """Either is followed without further proof."""

    def handshake(self, request: Request) -> Handshake | None:
        """The confirmation of a subscription."""
        url = confirmation_url(request)
        if url is None:
            return None
        topic = first_text(request.headers.get("x-oci-ns-topicname"), request.headers.get("x-oci-ns-topicocid"))
        return Confirm(url=url, what=f"OCI Notifications subscription to {topic or 'a topic without a name'}")

    def delivery_id(self, request: Request) -> str | None:
        """The id that Notifications give the message; else an event's own. An alarm's `dedupeKey` is no such id."""
        document = mapping(parse_or_none(request.body))
        event_id = text(document.get("eventID")) if _is_event(document) else None
        return first_text(request.headers.get("x-oci-ns-messageid"), event_id)

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alert of one message. Raises Undecoded."""
        message = Message(document=mapping(parse(request.body)), event_id=self.delivery_id(request))
        if alerts := first_of(_PRODUCTS, message):
            return alerts
        raise Undecoded("no alarm and no event of Oracle Cloud")


def _read_alarm(message: Message) -> Sequence[Alert]:
    document = message.document
    alarms = [mapping(alarm) for alarm in members(document.get("alarmMetaData"))]
    # The documentation writes it in lower case, Monitoring does not.
    group = first_text(document.get("dedupeKey"), document.get("dedupekey"))
    if not alarms or group is None:
        return ()
    alarm, kind = alarms[0], text(document.get("type"))
    status, action = _meaning(kind, alarm)
    severity = first_text(document.get("severity"), alarm.get("severity"))
    streams = [mapping(stream) for stream in members(alarm.get("dimensions"))]
    happened = time(document.get("timestamp"))
    return (
        Alert(
            type="oci-alarm",
            status=status,
            action=action,
            # Of the alarm, or of one metric stream where the alarm's messages are split: the same until it is over.
            key=f"alarm/{group}",
            title=title(first_text(document.get("title"), alarm.get("id"))) or "Oracle Cloud alarm",
            severity=_SEVERITIES.get((severity or "").upper()),
            severity_raw=severity,
            description=text(document.get("body")),
            provider="oracle",
            region=first_text(*(stream.get("region") for stream in streams[:1])),
            event_id=message.event_id,
            resource=_resource(streams),
            condition=_condition(alarm),
            labels=_alarm_labels(document, alarm, streams),
            links=web_links((Rel.CONSOLE, alarm.get("alarmUrl"))),
            # A repetition and a reset state when they were sent, not since when it is so.
            starts_at=happened if kind == "OK_TO_FIRING" else None,
            ends_at=happened if status is Status.RESOLVED else None,
        ),
    )


def _meaning(kind: str | None, alarm: Mapping[str, object]) -> tuple[Status, Action]:
    state = text(alarm.get("status"))
    known = _BY_TYPE.get((kind or "").upper()) or _BY_STATUS.get((state or "").upper())
    if known is None:
        raise Undecoded(f"the alarm is in a state that is not known: {kind!r}, {state!r}"[:200])
    return known


def _resource(streams: Sequence[Mapping[str, object]]) -> Resource:
    """The resource, where only one is concerned."""
    if len(streams) != 1:
        return Resource()
    only = streams[0]
    named = first_text(only.get("resourceDisplayName"), only.get("resourceName"), only.get("displayName"))
    return Resource(id=first_text(only.get("resourceId"), only.get("resourceID")), name=named)


def _condition(alarm: Mapping[str, object]) -> Condition:
    values = [value for one in members(alarm.get("metricValues")) for value in mapping(one).values()]
    return Condition(
        metric=text(alarm.get("query")),
        value=number(values[0]) if len(values) == 1 else None,
        text=text(alarm.get("alarmSummary")),
    )


def _alarm_labels(
    document: Mapping[str, object], alarm: Mapping[str, object], streams: Sequence[Mapping[str, object]]
) -> dict[str, str]:
    named = {
        "alarm_id": alarm.get("id"),
        "namespace": alarm.get("namespace"),
        "message_type": document.get("type"),
        "metrics_firing": alarm.get("totalMetricsFiring"),
    }
    return labels(streams[0] if len(streams) == 1 else {}, named)


def _is_event(document: Mapping[str, object]) -> bool:
    return "cloudEventsVersion" in document and "eventTypeVersion" in document


def _read_event(message: Message) -> Sequence[Alert]:
    document = message.document
    if not _is_event(document):
        return ()
    kind, data = text(document.get("eventType")), mapping(document, "data")
    about = first_text(data.get("resourceId"), data.get("resourceName"), document.get("source"))
    if kind is None or about is None:
        raise Undecoded("the event of Oracle Cloud does not say what happened to what")
    named = {name: data.get(name) for name in ("compartmentName", "compartmentId", "availabilityDomain")}
    return (
        Alert(
            type="oci-event",
            status=Status.INFO,
            action=Action.INFO,
            key=f"event/{kind}/{about}",
            title=title(kind, first_text(data.get("resourceName"))) or "Oracle Cloud event",
            severity=Severity.INFO,
            provider="oracle",
            account=text(data.get("compartmentId")),
            event_id=message.event_id,
            resource=Resource(
                id=text(data.get("resourceId")),
                type=text(document.get("source")),
                name=text(data.get("resourceName")),
            ),
            labels=labels(mapping(data, "freeformTags"), named, {"event_type": kind}),
            starts_at=time(document.get("eventTime")),
        ),
    )


_PRODUCTS: Final[Sequence[Product]] = (_read_alarm, _read_event)
