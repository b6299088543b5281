"""Groups of alerts as Alertmanager posts them: the shape that Grafana's unified alerting took over.

Source: Prometheus documentation, Alertmanager, "webhook_config"; prometheus/alertmanager `template.Data`. One
request carries a group, and each member has its own state: the group's `status` is firing while any member is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from bridge.domain.alert import Action, Alert, Condition, Link, Rel, Resource, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.sources.reading import first_text, labels, mapping, members, raw_members, text, time, title, web_links

SEVERITIES: Final = {
    "critical": Severity.CRITICAL,
    "page": Severity.CRITICAL,
    "disaster": Severity.CRITICAL,
    "emergency": Severity.CRITICAL,
    "fatal": Severity.CRITICAL,
    "p1": Severity.CRITICAL,
    "error": Severity.HIGH,
    "high": Severity.HIGH,
    "major": Severity.HIGH,
    "p2": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "warn": Severity.MEDIUM,
    "medium": Severity.MEDIUM,
    "minor": Severity.MEDIUM,
    "p3": Severity.MEDIUM,
    "low": Severity.LOW,
    "notice": Severity.LOW,
    "p4": Severity.LOW,
    "info": Severity.INFO,
    "informational": Severity.INFO,
    "p5": Severity.INFO,
}
"""What people write into the label `severity`: a convention and no standard. `none` says nothing."""

_MEANING: Final = {
    "firing": (Status.FIRING, Action.TRIGGER),
    "resolved": (Status.RESOLVED, Action.RESOLVE),
}
_WORDS: Final = {
    Status.FIRING: "Firing",
    Status.RESOLVED: "Resolved",
    Status.NO_DATA: "No data",
    Status.INFO: "Test",
}
_SUBJECTS: Final = ("instance", "pod", "node", "host", "service", "job", "namespace")
_NAMESPACED: Final = frozenset({"pod", "service", "job"})
_FNV_OFFSET: Final = 0xCBF29CE484222325
_FNV_PRIME: Final = 0x100000001B3
_FNV_MASK: Final = 0xFFFFFFFFFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One alert of a group, and what the group says about it. `scope` is the installation that sent it."""

    fields: Mapping[str, object]
    labels: Mapping[str, str]
    status: str
    scope: str
    group: Mapping[str, object]
    raw: bytes

    @property
    def fingerprint(self) -> str:
        """The sender's hash of the labels; the same hash made here where it was left out (v3, forwarders)."""
        return text(self.fields.get("fingerprint")) or fingerprint(self.labels)

    @property
    def annotations(self) -> Mapping[str, object]:
        """What the rule's author wrote for people."""
        return mapping(self.fields, "annotations")


def is_group(document: Mapping[str, object]) -> bool:
    """Whether this is a group of alerts: every member of `alerts` has labels."""
    alerts = members(document.get("alerts"))
    return bool(alerts) and all(mapping(alert, "labels") for alert in alerts)


def read_members(document: Mapping[str, object], body: bytes) -> Sequence[Member]:
    """The alerts of the group, each with its own bytes of the body. Raises Undecoded where a state is not known."""
    stated = first_text(document.get("externalURL"), document.get("receiver"))
    pairs = zip(members(document.get("alerts")), raw_members(body, "alerts"), strict=True)
    return [
        Member(
            fields=(fields := mapping(alert)),
            labels=labels(mapping(fields, "labels")),
            status=_status(fields, document),
            scope=(stated or "").rstrip("/"),
            group=document,
            raw=raw,
        )
        for alert, raw in pairs
    ]


def _status(fields: Mapping[str, object], group: Mapping[str, object]) -> str:
    """A member's own state; the group's only where hand-made messages leave it out."""
    stated = first_text(fields.get("status"), group.get("status")) or ""
    if stated.casefold() not in _MEANING:
        raise Undecoded(f"an alert of the group is in a state that is not known: {stated!r}")
    return stated.casefold()


def fingerprint(label_set: Mapping[str, str]) -> str:
    """Prometheus' own hash of labels: FNV-1a of 64 bits (prometheus/common `model/signature.go`)."""
    digest = _FNV_OFFSET
    for name, value in sorted(label_set.items()):
        for byte in b"%b\xff%b\xff" % (name.encode(), value.encode()):
            digest = ((digest ^ byte) * _FNV_PRIME) & _FNV_MASK
    return f"{digest:016x}"


def read_alert(
    member: Member, *, kind: str, name: str | None = None, meaning: tuple[Status, Action] | None = None
) -> Alert:
    """The alert as both senders mean it, or as `meaning` says; `name` is the rule's where no label says it."""
    status, action = meaning or _MEANING[member.status]
    resolved = status is Status.RESOLVED
    severity_raw = first_text(member.labels.get("severity"), member.labels.get("priority"))
    return Alert(
        type=kind,
        status=status,
        action=action,
        key=f"{member.scope}/{member.fingerprint}",
        title=_title(member, name, _WORDS[status]),
        severity=SEVERITIES.get((severity_raw or "").casefold()),
        severity_raw=severity_raw,
        description=first_text(member.annotations.get("description"), member.annotations.get("message")),
        provider=kind,
        account=member.labels.get("cluster"),
        region=member.labels.get("region"),
        resource=_resource(member.labels),
        condition=_condition(member),
        labels=_labels(member),
        links=_links(member),
        starts_at=time(member.fields.get("startsAt")),
        # While it fires it may hold the time at which it would be given up for want of news.
        ends_at=time(member.fields.get("endsAt")) if resolved else None,
        raw=member.raw,
    )


def _title(member: Member, name: str | None, word: str) -> str:
    named = first_text(name, member.labels.get("alertname"), "alert")
    summary = text(member.annotations.get("summary"))
    where = first_text(member.labels.get("instance"), member.labels.get("pod"))
    subject = summary or (f"on {where}" if where else None)
    return title(f"{word}:", f"{named}:" if summary else named, subject)


def _resource(stated: Mapping[str, str]) -> Resource:
    kind = next((name for name in _SUBJECTS if stated.get(name)), None)
    if kind is None:
        return Resource()
    namespace = stated.get("namespace") if kind in _NAMESPACED else None
    return Resource(id=f"{namespace}/{stated[kind]}" if namespace else stated[kind], type=kind, name=stated[kind])


def _condition(member: Member) -> Condition | None:
    """Prometheus' link back holds the rule's expression (`/graph?g0.expr=...`)."""
    try:
        found = parse_qs(urlsplit(text(member.fields.get("generatorURL")) or "").query).get("g0.expr", [])
    except ValueError:
        return None
    expression = first_text(*found)
    return None if expression is None else Condition(text=expression)


def _labels(member: Member) -> dict[str, str]:
    """The alert's own labels win over ours. Members that were cut off are lost to us, so it is said."""
    receiver, truncated = member.group.get("receiver"), member.group.get("truncatedAlerts")
    stated = {"receiver": receiver, "truncated_alerts": truncated if truncated != 0 else None}
    return labels(stated, member.labels)


def _links(member: Member) -> tuple[Link, ...]:
    notes = member.annotations
    return web_links(
        *((Rel.RUNBOOK, notes.get(name)) for name in ("runbook_url", "runbook")),
        *((Rel.DASHBOARD, notes.get(name)) for name in ("dashboard_url", "dashboard")),
        (Rel.SOURCE, member.fields.get("generatorURL")),
        (Rel.CONSOLE, member.group.get("externalURL")),
    )
