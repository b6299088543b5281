"""Alerts out of any JSON by the operator's own words: JMESPath expressions, and what the sender's words mean.

Every sender has templates that somebody left unfilled, so a value like `null`, `N/A`, `{{title}}` or `$TITLE`
is an absent one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from bridge.domain.alert import Action, Alert, Condition, Rel, Resource, Severity, Status
from bridge.domain.conditions import canonical, compile_key, number
from bridge.domain.errors import Undecoded
from bridge.sources.reading import labels, mapping, members, text, time, title, web_links

TEST: Final = "test"
"""A word's meaning besides those of `Status`: somebody tries whether the source works."""

_ACTIONS: Final = {
    Status.FIRING: Action.TRIGGER,
    Status.ACKNOWLEDGED: Action.ACKNOWLEDGE,
    Status.RESOLVED: Action.RESOLVE,
}
_STATUSES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("firing", "fired", "alarm", "alert", "alerting", "triggered", "trigger", "re-triggered",
                     "renotify", "open", "opened", "active", "activated", "down", "problem", "failed", "unhealthy",
                     "critical", "error", "warning"), Status.FIRING),
    **dict.fromkeys(("resolved", "resolve", "ok", "okay", "closed", "close", "recovered", "recovery", "cleared", "up",
                     "inactive", "deactivated", "normal", "healthy", "success", "succeeded"), Status.RESOLVED),
    **dict.fromkeys(("acknowledged", "acknowledge", "ack"), Status.ACKNOWLEDGED),
    **dict.fromkeys(("suppressed", "muted", "paused", "silenced", "maintenance", "merged"), Status.SUPPRESSED),
    **dict.fromkeys(("no_data", "no data", "nodata", "insufficient_data", "unknown"), Status.NO_DATA),
    **dict.fromkeys(("info", "information", "informational"), Status.INFO),
    TEST: TEST,
}  # fmt: skip
_SEVERITIES: Final[Mapping[str, Severity]] = {
    **dict.fromkeys(("critical", "fatal", "emergency", "disaster", "p1", "sev0", "sev1"), Severity.CRITICAL),
    **dict.fromkeys(("high", "error", "major", "p2", "sev2"), Severity.HIGH),
    **dict.fromkeys(("medium", "warning", "warn", "average", "p3", "sev3"), Severity.MEDIUM),
    **dict.fromkeys(("low", "minor", "notice", "p4", "sev4"), Severity.LOW),
    **dict.fromkeys(("info", "information", "informational", "debug", "p5", "sev5"), Severity.INFO),
}
_ABSENT: Final = frozenset({"null", "n/a", "undefined", "*unknown*", "<no value>"})
_UNFILLED: Final = re.compile(r"\{\{.*\}\}|\$\{?[A-Z][A-Z0-9_.]*\}?|\{[A-Za-z][A-Za-z0-9_.]*\}|<%.*%>", re.DOTALL)
_PER_SECOND: Final = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""From which number on a time counts nano-, micro- or milliseconds since 1970 (the year 5138 in the next unit)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMapping:
    """Which expression finds which fact. The defaults are the names in `bridge.alert/v1`.

    `each` finds the members of a message that holds several; the other expressions then see one member.
    `delivery_id` sees the whole message. A `dedup_key` that finds a list is its members joined by `/`.
    `statuses` and `severities` tell what the sender's words mean, before the words that everybody uses.
    """

    title: str = "title"
    dedup_key: str = "dedup_key"
    each: str | None = None
    delivery_id: str | None = None
    status: str = "status || 'firing'"
    severity: str | None = "severity"
    description: str | None = "description"
    account: str | None = "source.account"
    region: str | None = "source.region"
    resource: str | None = "resource.id || resource"
    reason: str | None = "condition.text"
    labels: str | None = "labels"
    links: Mapping[Rel, str] = field(default_factory=lambda: MappingProxyType({}))
    starts_at: str | None = "starts_at"
    ends_at: str | None = "ends_at"
    statuses: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    severities: Mapping[str, Severity] = field(default_factory=lambda: MappingProxyType({}))


def filled(value: object) -> str | None:
    """A text that says something: no placeholder that was left unfilled, and no word for nothing."""
    found = text(value)
    if found is None or found.strip().casefold() in _ABSENT or _UNFILLED.fullmatch(found.strip()):
        return None
    return found


def first_filled(*values: object) -> str | None:
    """The first of the values that says something."""
    return next((found for found in map(filled, values) if found is not None), None)


def any_time(value: object) -> datetime | None:
    """A time whose unit is told by its size alone: seconds since 1970, or milli-, micro- or nanoseconds."""
    stated = number(value)
    if stated is None:
        return time(filled(value))
    return time(stated / next((unit for limit, unit in _PER_SECOND if abs(stated) >= limit), 1.0))


def meaning(word: str, own: Mapping[str, str] = MappingProxyType({})) -> tuple[Status, Action] | None:
    """The state that a word tells of, by the operator's own words and then by everybody's; None for another."""
    folded = word.strip().casefold()
    known = own.get(folded) or _STATUSES.get(folded)
    if known is None:
        return None
    if known == TEST:
        return Status.INFO, Action.TEST
    return Status(known), _ACTIONS.get(Status(known), Action.INFO)


def rating(word: str | None, own: Mapping[str, Severity] = MappingProxyType({})) -> Severity | None:
    """The severity that a word stands for, as `meaning` finds it."""
    folded = (word or "").strip().casefold()
    return own.get(folded) or _SEVERITIES.get(folded)


class MappedReading:
    """Reads documents by one mapping. Pure; the expressions are compiled once."""

    def __init__(self, wanted: AlertMapping, *, kind: str) -> None:
        """`kind` is the type of the alerts. Raises BadCondition for an expression that is none."""
        self._wanted, self._kind = wanted, kind
        self._statuses = {word.strip().casefold(): found for word, found in wanted.statuses.items()}
        self._severities = {word.strip().casefold(): found for word, found in wanted.severities.items()}
        self._title, self._key = compile_key(wanted.title), compile_key(wanted.dedup_key)
        self._status = compile_key(wanted.status)
        self._each = compile_key(wanted.each) if wanted.each else None
        self._severity = _optional(wanted.severity)
        self._delivery_id = _optional(wanted.delivery_id)
        self._description, self._reason = _optional(wanted.description), _optional(wanted.reason)
        self._account, self._region = _optional(wanted.account), _optional(wanted.region)
        self._resource, self._labels = _optional(wanted.resource), _optional(wanted.labels)
        self._starts_at, self._ends_at = _optional(wanted.starts_at), _optional(wanted.ends_at)
        self._links = [(rel, compile_key(expression)) for rel, expression in wanted.links.items()]

    def members(self, document: object) -> Sequence[object]:
        """What the message holds: the members that `each` finds, or itself. Raises Undecoded."""
        if self._each is None:
            return (document,)
        found = members(self._each(document))
        if not found:
            raise Undecoded("`each` of the mapping finds no list in the message, or an empty one")
        return found

    def delivery_id(self, document: object) -> str | None:
        """The sender's own id of the message."""
        return filled(self._delivery_id(document))

    def alert(self, document: object, *, event_id: str | None = None, raw: bytes | None = None) -> Alert:
        """The alert of one member. Raises Undecoded where its identity or its state cannot be told."""
        key = self._found_key(document)
        status, action = self._found_meaning(document)
        word = filled(self._severity(document))
        severity = rating(word, self._severities)
        resource, reason = filled(self._resource(document)), filled(self._reason(document))
        return Alert(
            type=self._kind,
            status=status,
            action=action,
            key=key,
            title=title(filled(self._title(document))) or title(key) or self._kind,
            severity=severity or (Severity.INFO if status is Status.INFO else None),
            severity_raw=word,
            description=filled(self._description(document)),
            account=filled(self._account(document)),
            region=filled(self._region(document)),
            event_id=event_id,
            resource=Resource(id=resource),
            condition=Condition(text=reason) if reason else None,
            labels=_filled_labels(self._labels(document)),
            links=web_links(*((rel, look_up(document)) for rel, look_up in self._links)),
            starts_at=any_time(self._starts_at(document)),
            ends_at=any_time(self._ends_at(document)) if status is Status.RESOLVED else None,
            test=action is Action.TEST,
            raw=raw,
        )

    def _found_key(self, document: object) -> str:
        found = self._key(document)
        parts = [filled(part) for part in (found if isinstance(found, list) else [found])]
        if not parts or None in parts:
            raise Undecoded("`dedup_key` of the mapping finds nothing in the message")
        return "/".join(part for part in parts if part)

    def _found_meaning(self, document: object) -> tuple[Status, Action]:
        found = self._status(document)
        word = canonical(found) if isinstance(found, bool) else filled(found)
        if word is None:
            raise Undecoded("`status` of the mapping finds nothing in the message")
        known = meaning(word, self._statuses)
        if known is None:
            raise Undecoded(f"`statuses` of the mapping does not tell what the status {word!r} means"[:200])
        return known


def _optional(expression: str | None) -> Callable[[Any], Any]:
    return compile_key(expression) if expression is not None else lambda _: None


def _filled_labels(found: object) -> dict[str, str]:
    return {name: value for name, value in labels(mapping(found)).items() if filled(value) is not None}
