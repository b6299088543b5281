"""Sources of the kind `zabbix`: problems by the media type that is shipped.

Source: Zabbix documentation, "Webhook media" and "Supported macros". The body is what
`config/templates/zabbix-media-type.yaml` makes of an event, in the names that Zabbix's own media types use.
`{EVENT.ID}` is the problem's in the message of its recovery too. A macro without a value stays as it is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bridge.domain.alert import Action, Alert, Condition, Rel, Resource, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources.base import Handshake
from bridge.sources.mapped import filled, first_filled
from bridge.sources.reading import labels, mapping, members, pairs, parse, parse_or_none, text, time, title, web_links

_UNRESOLVED: Final = "{EVENT.ID}"
"""What the button "Test" of a media type leaves in place of an event."""

_SEVERITIES: Final = {
    "1": Severity.INFO,
    "2": Severity.LOW,
    "3": Severity.MEDIUM,
    "4": Severity.HIGH,
    "5": Severity.CRITICAL,
}
"""0 is "not classified"."""


class ZabbixSource:
    """Problems, their updates and their recoveries."""

    redacted: frozenset[str] = frozenset({"token", "http_proxy"})
    """Parameters of the media type, should a script send all of them."""

    def handshake(self, request: Request) -> Handshake | None:
        """Zabbix has none."""
        return None

    def delivery_id(self, request: Request) -> str | None:
        """Zabbix has none: the event's id is shared by a problem and its recovery."""
        return None

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alert of one event. Raises Undecoded."""
        document = mapping(parse(request.body))
        if "event_id" not in document or "event_value" not in document:
            raise Undecoded("no event of Zabbix by the shipped media type: it has an event_id and an event_value")
        test = document.get("event_id") == _UNRESOLVED
        event = "test" if test else filled(document.get("event_id"))
        if event is None:
            raise Undecoded("the event of Zabbix has no id")
        status, action = (Status.INFO, Action.TEST) if test else _meaning(document)
        severity, word = _severity(document)
        server = filled(document.get("zabbix_url"))
        return (
            Alert(
                type="zabbix-event",
                status=status,
                action=action,
                key="/".join(filter(None, ("event", server, event))),
                title=title(first_filled(document.get("event_name"), document.get("alert_subject")))
                or ("Test of the media type" if test else f"Zabbix event {event}"),
                severity=Severity.INFO if status is Status.INFO else severity,
                severity_raw=word,
                description=filled(document.get("alert_message")),
                provider="zabbix",
                account=server,
                resource=Resource(
                    id=first_filled(document.get("host_name"), document.get("host_ip")),
                    type="host" if filled(document.get("host_name")) else None,
                    name=filled(document.get("host_visible_name")),
                ),
                condition=Condition(text=filled(document.get("event_opdata"))),
                labels=_labels(document),
                links=web_links((Rel.CONSOLE, document.get("event_url")), (Rel.RUNBOOK, document.get("trigger_url"))),
                starts_at=_moment(document, "event"),
                ends_at=_moment(document, "event_recovery") if status is Status.RESOLVED else None,
                test=test,
            ),
        )


def _meaning(document: Mapping[str, object]) -> tuple[Status, Action]:
    value, update = text(document.get("event_value")), text(document.get("event_update_status"))
    if update == "1":
        done = (filled(document.get("event_update_action")) or "").casefold()
        acknowledged = "acknowledged" in done and "unacknowledged" not in done
        return (Status.ACKNOWLEDGED, Action.ACKNOWLEDGE) if acknowledged else (Status.INFO, Action.INFO)
    if value == "1":
        return Status.FIRING, Action.TRIGGER
    if value == "0":
        return Status.RESOLVED, Action.RESOLVE
    raise Undecoded(f"the event of Zabbix has a value that is not known: {value!r}"[:200])


def _severity(document: Mapping[str, object]) -> tuple[Severity | None, str | None]:
    word = first_filled(document.get("event_severity"), document.get("event_nseverity"))
    return _SEVERITIES.get(filled(document.get("event_nseverity")) or ""), word


def _moment(document: Mapping[str, object], what: str) -> datetime | None:
    """The script writes UTC; scripts of other hands pass on Zabbix's date and time, in the server's own zone."""
    if stated := filled(document.get(f"{what}_timestamp")):
        return time(stated)
    date, clock = filled(document.get(f"{what}_date")), filled(document.get(f"{what}_time"))
    return time(f"{date.replace('.', '-')}T{clock}") if date and clock else None


def _labels(document: Mapping[str, object]) -> dict[str, str]:
    groups = filled(document.get("host_groups"))
    named = {name: filled(document.get(name)) for name in ("trigger_id", "host_ip", "event_source", "zabbix_url")}
    return labels(_tags(document.get("event_tags")), {"host_groups": groups}, named)


def _tags(stated: object) -> dict[str, str]:
    """`{EVENT.TAGSJSON}`: pairs of `tag` and `value`, as JSON or as JSON in a text."""
    content = parse_or_none(stated.encode("utf-8", "replace")) if isinstance(stated, str) else stated
    renamed = [{"name": mapping(tag).get("tag"), "value": mapping(tag).get("value")} for tag in members(content)]
    return pairs(renamed)
