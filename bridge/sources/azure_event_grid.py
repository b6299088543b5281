"""Event Grid's transport: the validation handshake, and the ids of its events in both schemas.

Source: Azure documentation, Event Grid, "Webhook event delivery" and "Event Grid event schema". The
handshake's answer must be a 200 with the code; its `validationUrl` is never fetched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from bridge.sources.base import Acknowledge, Echo, Handshake
from bridge.sources.reading import mapping, members, text

REDACTED: Final = frozenset({"validationCode", "validationUrl"})
"""Either of them validates a subscription that somebody else made."""

_VALIDATION: Final = "microsoft.eventgrid.subscriptionvalidationevent"
_DELETION: Final = "microsoft.eventgrid.subscriptiondeletedevent"


def events(document: object) -> Sequence[Mapping[str, object]]:
    """The events of a request in the Event Grid schema, one or a batch; none where it is something else."""
    found = [mapping(member) for member in members(document)] or [mapping(document)]
    return found if all("eventType" in event and "eventTime" in event for event in found) else ()


def event_types(document: object) -> Sequence[str]:
    """The types of the events, in either schema, for a reason that an operator reads."""
    if found := events(document):
        return [text(event.get("eventType")) or "unnamed" for event in found]
    cloud_type = text(mapping(document).get("type"))
    return [cloud_type] if cloud_type is not None and "source" in mapping(document) else ()


def handshake(document: object) -> Handshake | None:
    """The code to echo if any event asks for validation; a notice where the subscription is gone."""
    found = events(document)
    for event in found:
        code = text(mapping(event, "data").get("validationCode"))
        if _is(event, _VALIDATION) and code is not None:
            return Echo(document={"validationResponse": code}, carries_more=len(found) > 1)
    if found and all(_is(event, _DELETION) for event in found):
        return Acknowledge(what="Event Grid subscription was deleted")
    return None


def delivery_id(document: object) -> str | None:
    """The event's id within its topic, or a hash over those of a batch. None where one has no id.

    In the CloudEvents schema it is source and id (CloudEvents 1.0, section "id").
    """
    found, within = events(document), "topic"
    if not found:
        cloud_event = mapping(document)
        found, within = ([cloud_event], "source") if {"type", "source", "id"} <= cloud_event.keys() else ((), "")
    ids = [(text(event.get(within)) or "", text(event.get("id"))) for event in found]
    if not ids or any(event_id is None for _, event_id in ids):
        return None
    joined = [f"{scope}#{event_id}" for scope, event_id in ids]
    return joined[0] if len(joined) == 1 else hashlib.sha256("\n".join(joined).encode()).hexdigest()


def _is(event: Mapping[str, object], event_type: str) -> bool:
    return (text(event.get("eventType")) or "").casefold() == event_type
