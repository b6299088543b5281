"""What is posted to each kind of destination, rendered when the alert is planned and never again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, assert_never
from urllib.parse import quote

import msgspec

from bridge.domain.alert import Action
from bridge.domain.destination import Destination, HeartbeatOf, IncidentOf, Result
from bridge.domain.identity import lane_of, send_id
from bridge.domain.send import Send, Target

MESSAGE_LIMIT: Final = 1500
"""Bytes of a message once it is encoded for a URL: proxies limit a request line to about 8 KB."""

NAME_LIMIT: Final = 255
DESCRIPTION_LIMIT: Final = 16_384


class IncidentOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done about a team's incident: the body of a send to it. `at` is when the sender said so."""

    action: Action
    name: str
    description: str
    urgency: str
    at: str
    assignees: Sequence[Mapping[str, Any]] = ()
    actions: Sequence[Mapping[str, Any]] = ()


def order(
    destination: Destination, document: Mapping[str, Any], body: bytes, *, planned_at: datetime, delivery_id: Any
) -> Send | None:
    """The send of one alert to one destination; None where the destination keeps silent about it on purpose.

    `document` is the alert, `body` the alert as it is rendered for webhooks.
    """
    target: Target
    key = document["dedup_key"]
    match destination:
        case Target():
            target = destination
        case IncidentOf(target=target):
            body = msgspec.json.encode(_incident(destination, document))
        case HeartbeatOf(target=target, results=results):
            result = results[document["status"]]
            if result is None:
                return None
            body = heartbeat_query(result, document["title"])
            key = ""  # as jobs' own reports: all of a monitor's stay in order
        case _:
            assert_never(destination)
    return Send(
        id=send_id(document["id"], f"{target.kind}:{target.id}"),
        delivery_id=delivery_id,
        idempotency_key=document["id"],
        target=target,
        lane=lane_of(target, key),
        label=document["title"],
        body=body,
        planned_at=planned_at,
    )


def heartbeat_query(result: Result, message: str | None) -> bytes:
    """The body of a heartbeat's send: a JSON object of its query."""
    return msgspec.json.encode({"result": result.value, **({"message": fitting(message)} if message else {})})


def fitting(message: str) -> str:
    """The beginning of a message that fits into a URL, never cut inside a character."""
    message = message.encode("utf-8", "replace").decode()
    used = 0
    for place, character in enumerate(message):
        used += len(quote(character, safe=""))
        if used > MESSAGE_LIMIT:
            return message[:place]
    return message


def _incident(destination: IncidentOf, document: Mapping[str, Any]) -> IncidentOrder:
    return IncidentOrder(
        action=Action(document["action"]),
        name=document["title"][:NAME_LIMIT],
        description=_described(document)[:DESCRIPTION_LIMIT],
        urgency=destination.urgency or document["urgency"],
        at=document["ends_at"] or document["received_at"],
        assignees=destination.assignees,
        actions=destination.actions,
    )


def _described(document: Mapping[str, Any]) -> str:
    """What a person needs who sees nothing but the incident."""
    source, condition = document["source"], document["condition"] or {}
    facts = {
        "Why": condition.get("text"),
        "Severity": document["severity"],
        "Service": document["service"],
        "Environment": document["environment"],
        "Resource": document["resource"]["name"] or document["resource"]["id"],
        "Source": " ".join(part for part in (source["name"], source["type"], source["region"]) if part),
        "Alert": document["dedup_key"],
    }
    lines = [f"{name}: {value}" for name, value in facts.items() if value]
    lines += [f"{link['rel']}: {link['href']}" for link in document["links"]]
    return "\n".join([*([document["description"], ""] if document["description"] else []), *lines])
