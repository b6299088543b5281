"""Sources of the kind `datadog`: monitors, by the Webhooks integration with `config/templates/datadog.json`.

Source: Datadog documentation, "Webhooks" (variables). Datadog's default payload has no state and no monitor, so
the shipped template is needed. A variable that is not set stays as it was written, or is empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.alert import Action, Alert, Condition, Rel, Resource, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources.base import Handshake
from bridge.sources.reading import first_text, labels, mapping, parse, parse_or_none, text, time_ms, title, web_links

_MEANING: Final = {
    "triggered": (Status.FIRING, Action.TRIGGER),
    "re-triggered": (Status.FIRING, Action.TRIGGER),
    "renotify": (Status.FIRING, Action.TRIGGER),
    "warn": (Status.FIRING, Action.TRIGGER),
    "re-warn": (Status.FIRING, Action.TRIGGER),
    "no data": (Status.NO_DATA, Action.INFO),
    "re-no data": (Status.NO_DATA, Action.INFO),
    "recovered": (Status.RESOLVED, Action.RESOLVE),
}
_PRIORITIES: Final = {
    "p1": Severity.CRITICAL,
    "p2": Severity.HIGH,
    "p3": Severity.MEDIUM,
    "p4": Severity.LOW,
    "p5": Severity.INFO,
}
_TYPES: Final = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "info": Severity.INFO}
_WARNINGS: Final = frozenset({"warn", "re-warn"})
_WARNED: Final = {Severity.CRITICAL: Severity.MEDIUM, Severity.HIGH: Severity.MEDIUM, None: Severity.MEDIUM}
"""What a warning is at most, whatever the monitor's priority says of its alerts."""

_TEST_PREFIX: Final = "[TEST]"
_UNSET: Final = re.compile(r"\$[A-Z][A-Z_]*")
_MISSING: Final = frozenset({"null", "none", "n/a"})


class DatadogSource:
    """One monitor's transition a request."""

    redacted: frozenset[str] = frozenset()

    def handshake(self, request: Request) -> Handshake | None:
        """Datadog has none."""
        return None

    def delivery_id(self, request: Request) -> str | None:
        """Datadog's event, with its transition and its time, so that nothing new is ever called a duplicate."""
        fields = _stated(parse_or_none(request.body))
        parts = [fields.get(name) for name in ("id", "alert_transition", "last_updated")]
        return None if None in parts else "/".join(part for part in parts if part)

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alert of one transition. Raises Undecoded where the payload is not the template's."""
        document = mapping(parse(request.body))
        fields = _stated(document)
        word = (fields.get("alert_transition") or "").casefold()
        if "alert_transition" not in document:
            raise Undecoded("the payload has no alert_transition; give the webhook config/templates/datadog.json")
        if word not in _MEANING:
            raise Undecoded(f"the transition is not known: {fields.get('alert_transition')!r}")
        name = first_text(fields.get("title"), fields.get("alert_title"), "Datadog monitor")
        test = (name or "").upper().startswith(_TEST_PREFIX)
        status, action = (Status.INFO, Action.TEST) if test else _MEANING[word]
        return (
            Alert(
                type="datadog",
                status=status,
                action=action,
                key=_key(fields),
                title=title(name),
                severity=_severity(fields, word),
                severity_raw=first_text(fields.get("alert_priority"), fields.get("alert_type")),
                description=fields.get("body"),
                provider="datadog",
                account=first_text(fields.get("org_id"), fields.get("org_name")),
                event_id=fields.get("id"),
                resource=_resource(fields),
                condition=Condition(
                    metric=fields.get("alert_metric"),
                    text=first_text(fields.get("alert_status"), fields.get("alert_query")),
                ),
                labels=_labels(fields),
                links=web_links((Rel.CONSOLE, fields.get("link")), (Rel.DASHBOARD, fields.get("snapshot"))),
                starts_at=None if status is Status.RESOLVED else time_ms(fields.get("date")),
                ends_at=time_ms(fields.get("date")) if status is Status.RESOLVED else None,
                test=test,
            ),
        )


def _stated(document: object) -> Mapping[str, str]:
    """The members that say something: no variable that was left as it is, and no word for nothing."""
    found = {name: text(value) for name, value in mapping(document).items()}
    return {
        name: value
        for name, value in found.items()
        if value is not None and not _UNSET.fullmatch(value) and value.casefold() not in _MISSING
    }


def _key(fields: Mapping[str, str]) -> str:
    """The cycle from trigger to recovery; without it the monitor's group, or the monitor with its scope."""
    scope = first_text(fields.get("org_id"), fields.get("org_name")) or ""
    monitor = fields.get("alert_id")
    own = first_text(fields.get("alert_cycle_key"), fields.get("aggreg_key"))
    if own is None and monitor is None:
        raise Undecoded("the payload has neither an alert_cycle_key nor an aggreg_key nor an alert_id")
    return f"{scope}/{monitor or ''}/{own or fields.get('alert_scope') or ''}"


def _severity(fields: Mapping[str, str], word: str) -> Severity | None:
    known = _PRIORITIES.get((fields.get("alert_priority") or "").casefold())
    if known is None:
        known = _TYPES.get((fields.get("alert_type") or "").casefold())
    return _WARNED.get(known, known) if word in _WARNINGS else known


def _resource(fields: Mapping[str, str]) -> Resource:
    host, scope = fields.get("hostname"), fields.get("alert_scope")
    return Resource(id=first_text(host, scope), type="host" if host else None, name=host)


def _labels(fields: Mapping[str, str]) -> dict[str, str]:
    """Tags and the scope: `name:value` with commas; a tag without a value is its own."""
    tags = [tag.strip() for name in ("tags", "alert_scope") for tag in (fields.get(name) or "").split(",")]
    split = {name: value or name for name, _, value in (tag.partition(":") for tag in tags) if name}
    return labels({"monitor_id": fields.get("alert_id")}, split)
