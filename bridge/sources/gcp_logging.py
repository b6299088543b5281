"""Entries of Cloud Logging, through a sink to Pub/Sub or by Eventarc: audit logs first of all.

Source: Google Cloud documentation, Cloud Logging, "LogEntry", "LogSeverity" and "AuditLog". An entry is told once
and never resolved. Entries of one error group, and the first and last one of a long operation, share a problem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import unquote

from bridge.domain.alert import Action, Alert, Condition, Resource, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.sources.gcp_reading import project_in, rated, region_of
from bridge.sources.reading import Message, first_text, labels, mapping, members, text, time, title

_ENTRY: Final = "gcp-log-entry"
_AUDIT: Final = "gcp-audit-log"
_DATES: Final = ("timestamp", "receiveTimestamp", "insertId")


def read(message: Message) -> Sequence[Alert]:
    """The alert of one entry. Raises Undecoded where it has no identity."""
    entry, log = message.document, text(message.document.get("logName"))
    if log is None or not any(name in entry for name in _DATES):
        return ()
    audit = mapping(entry, "protoPayload")
    about = mapping(entry, "resource", "labels")
    severity, severity_raw = rated(entry.get("severity"))
    told = _told(entry, audit)
    return (
        Alert(
            type=_AUDIT if "methodName" in audit else _ENTRY,
            # An entry that its writer rated as information is no problem, whoever's filter let it through.
            status=Status.INFO if severity is Severity.INFO else Status.FIRING,
            action=Action.INFO if severity is Severity.INFO else Action.TRIGGER,
            key=f"{log}/{_identity(entry, message)}",
            global_key=True,
            title=_title(log, audit, told),
            severity=severity,
            severity_raw=severity_raw,
            description=told,
            provider="gcp",
            account=first_text(about.get("project_id"), project_in(log)),
            region=region_of(first_text(about.get("region"), about.get("location"), about.get("zone"))),
            event_id=message.event_id,
            resource=_resource(entry, audit),
            condition=Condition(text=told) if told else None,
            labels=labels(about, mapping(entry, "labels"), _named(log, audit)),
            starts_at=time(entry.get("timestamp")) or time(entry.get("receiveTimestamp")),
            raw=message.raw,
        ),
    )


def _identity(entry: Mapping[str, object], message: Message) -> str:
    groups = [mapping(group).get("id") for group in members(entry.get("errorGroups"))]
    operation = mapping(entry, "operation").get("id")
    found = first_text(*groups, operation, entry.get("insertId"), message.event_id)
    if found is None:
        raise Undecoded("the log entry has no insertId")
    return found


def _told(entry: Mapping[str, object], audit: Mapping[str, object]) -> str | None:
    payload = mapping(entry, "jsonPayload")
    return first_text(
        entry.get("textPayload"), payload.get("message"), payload.get("msg"), mapping(audit, "status").get("message")
    )


def _title(log: str, audit: Mapping[str, object], told: str | None) -> str:
    method = text(audit.get("methodName"))
    if method is None:
        return title(told or f"Entry of the log {unquote(log)}")
    # google.rpc.Status: a code other than 0 is a failure.
    failed = "Failed:" if mapping(audit, "status").get("code") else None
    resource = text(audit.get("resourceName"))
    return title(failed, method, f"on {resource}" if resource else None)


def _resource(entry: Mapping[str, object], audit: Mapping[str, object]) -> Resource:
    name = text(audit.get("resourceName"))
    return Resource(
        id=name,
        type=text(mapping(entry, "resource").get("type")),
        name=name.rpartition("/")[2] or name if name else None,
    )


def _named(log: str, audit: Mapping[str, object]) -> dict[str, object]:
    return {"log": unquote(log), "service": audit.get("serviceName"), "method": audit.get("methodName")}
