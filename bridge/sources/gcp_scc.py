"""Findings of Security Command Center, as its notifications publish them to Pub/Sub, of API version 1 and 2.

Source: Google Cloud documentation, Security Command Center, "NotificationMessage" and "Finding". A finding is sent
again whenever it changes; its `eventTime` is the time of the change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.alert import Action, Alert, Condition, Rel, Resource, Status
from bridge.domain.errors import Undecoded
from bridge.sources.gcp_reading import project_in, rated, region_of
from bridge.sources.reading import Message, first_text, labels, mapping, text, time, title, web_links

_TYPE: Final = "scc-finding"
_MEANING: Final = {
    "active": (Status.FIRING, Action.TRIGGER),
    "inactive": (Status.RESOLVED, Action.RESOLVE),
}
_REMEDIATED: Final = "sra-remediated-event-time"
"""The security mark of Google's security-response-automation: it holds the event time that was remediated."""

_GLOBAL: Final = "/locations/global"
"""Names of version 2 have it, and those of version 1 do not."""


def read(message: Message) -> Sequence[Alert]:
    """The alert of one finding. Raises Undecoded where its state or its identity cannot be read."""
    finding = mapping(message.document, "finding")
    if not finding or text(message.document.get("notificationConfigName")) is None:
        return ()
    resource = mapping(message.document, "resource")
    properties = mapping(finding, "sourceProperties")
    status, action = _meaning(finding)
    severity, severity_raw = rated(finding.get("severity"), properties.get("SeverityLevel"))
    changed, over = time(finding.get("eventTime")), status is Status.RESOLVED
    about = _resource(finding, resource)
    category = text(finding.get("category")) or "Finding of Security Command Center"
    return (
        Alert(
            type=_TYPE,
            status=status,
            action=action,
            key=_key(finding),
            global_key=True,
            title=title("Resolved:" if over else None, category, f"on {about.name}" if about.name else None),
            severity=severity,
            severity_raw=severity_raw,
            description=first_text(finding.get("description"), properties.get("Explanation")),
            provider="gcp",
            account=_account(finding, resource),
            region=region_of(text(resource.get("location"))),
            event_id=message.event_id,
            resource=about,
            condition=Condition(text=first_text(properties.get("Explanation"), finding.get("description"), category)),
            labels=_labels(finding),
            links=web_links((Rel.CONSOLE, finding.get("externalUri"))),
            starts_at=None if over else changed,
            ends_at=changed if over else None,
            raw=message.raw,
        ),
    )


def _meaning(finding: Mapping[str, object]) -> tuple[Status, Action]:
    state = text(finding.get("state"))
    known = _MEANING.get((state or "").casefold())
    if known is None:
        raise Undecoded(f"the finding is in a state that is not known: {state!r}")
    remediated = time(mapping(finding, "securityMarks", "marks").get(_REMEDIATED))
    if remediated is not None and remediated == time(finding.get("eventTime")):
        return _MEANING["inactive"]
    if known[0] is Status.FIRING and (text(finding.get("mute")) or "").casefold() == "muted":
        return Status.SUPPRESSED, Action.INFO
    return known


def _key(finding: Mapping[str, object]) -> str:
    """The canonical name: a finding's other name depends on who asked, its organisation or its project."""
    name = first_text(finding.get("canonicalName"), finding.get("name"))
    if name is None:
        raise Undecoded("the finding has no name")
    return name.replace(_GLOBAL, "")


def _account(finding: Mapping[str, object], resource: Mapping[str, object]) -> str | None:
    cloud = mapping(resource, "gcpMetadata")
    properties = mapping(finding, "sourceProperties")
    stated = (cloud.get("projectDisplayName"), resource.get("projectDisplayName"), properties.get("ProjectId"))
    named = (cloud.get("project"), resource.get("project"), finding.get("resourceName"), finding.get("canonicalName"))
    return first_text(*stated) or next((found for found in map(project_in, map(text, named)) if found), None)


def _resource(finding: Mapping[str, object], resource: Mapping[str, object]) -> Resource:
    name = first_text(resource.get("name"), finding.get("resourceName"))
    last = name.rstrip("/").rpartition("/")[2] if name else None
    return Resource(id=name, type=text(resource.get("type")), name=first_text(resource.get("displayName"), last))


def _labels(finding: Mapping[str, object]) -> dict[str, str]:
    named = {
        "category": finding.get("category"),
        "finding_class": finding.get("findingClass"),
        "finding_source": finding.get("parentDisplayName"),
        "mute": finding.get("mute"),
    }
    return labels(mapping(finding, "securityMarks", "marks"), named)
