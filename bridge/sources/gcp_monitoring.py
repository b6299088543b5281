"""Incidents of Google Cloud Monitoring, as its webhook and its Pub/Sub channel send them.

Source: Google Cloud documentation, Cloud Monitoring, "Webhook notification: schema". Four generations are
around: 1.1 without objects for resource, metric and condition, documentation as a text or an object, and
severity only since about 2023. `incident_id` is the incident's identity and shared by open and closed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs, urlsplit

from bridge.domain.alert import Action, Alert, Condition, Link, Rel, Resource, Status
from bridge.domain.conditions import number
from bridge.domain.errors import Undecoded
from bridge.sources.gcp_reading import rated, region_of
from bridge.sources.reading import Message, first_text, labels, mapping, members, text, time, title, web_links

_TYPE: Final = "gcp-monitoring"
_TEST_VERSION: Final = "test"
_MEANING: Final = {
    "open": (Status.FIRING, Action.TRIGGER),
    "acknowledged": (Status.ACKNOWLEDGED, Action.ACKNOWLEDGE),
    "closed": (Status.RESOLVED, Action.RESOLVE),
}
_OPERATORS: Final = {
    "COMPARISON_GT": ">",
    "COMPARISON_GE": ">=",
    "COMPARISON_LT": "<",
    "COMPARISON_LE": "<=",
    "COMPARISON_EQ": "==",
    "COMPARISON_NE": "!=",
}
_INCIDENT_PATH: Final = re.compile(r"/incidents/([^/]+)")
_CONDITIONS: Final = {
    "conditionThreshold": "threshold",
    "conditionAbsent": "absence",
    "conditionMatchedLog": "matched-log",
    "conditionMonitoringQueryLanguage": "mql",
    "conditionPrometheusQueryLanguage": "promql",
    "conditionSql": "sql",
}
"""The kinds of conditions (Cloud Monitoring API v3, "AlertPolicy.Condition"); of a log match only a close by time."""


def read(message: Message) -> Sequence[Alert]:
    """The alert of one incident. Raises Undecoded where its state or its identity cannot be read."""
    incident, version = mapping(message.document, "incident"), text(message.document.get("version"))
    if not incident or version is None:
        return ()
    test = version.casefold() == _TEST_VERSION
    status, action = (Status.INFO, Action.TEST) if test else _meaning(incident)
    project, incident_id = _identity(incident)
    severity, severity_raw = rated(incident.get("severity"), mapping(incident, "policy_user_labels").get("severity"))
    return (
        Alert(
            type=_TYPE,
            status=status,
            action=action,
            key=_key(incident, project, incident_id),
            global_key=project is not None and incident_id is not None,
            title=_title(incident),
            severity=severity,
            severity_raw=severity_raw,
            description=_documentation(incident),
            provider="gcp",
            account=project,
            region=_region(incident),
            event_id=message.event_id,
            resource=_resource(incident),
            condition=_condition(incident),
            labels=_labels(incident),
            links=_links(incident),
            starts_at=time(incident.get("started_at")),
            ends_at=time(incident.get("ended_at")),
            test=test,
            raw=message.raw,
        ),
    )


def _meaning(incident: Mapping[str, object]) -> tuple[Status, Action]:
    state = text(incident.get("state"))
    known = _MEANING.get((state or "").casefold())
    if known is None:
        raise Undecoded(f"the incident is in a state that is not known: {state!r}")
    return known


def _identity(incident: Mapping[str, object]) -> tuple[str | None, str | None]:
    """Project and incident; the console's address names both where their fields are missing."""
    project, incident_id = text(incident.get("scoping_project_id")), text(incident.get("incident_id"))
    if project is None or incident_id is None:
        in_url = _identity_in_url(text(incident.get("url")) or "")
        project, incident_id = project or in_url[0], incident_id or in_url[1]
    if project is None:
        project = text(mapping(incident, "resource", "labels").get("project_id"))
    return project, incident_id


def _identity_in_url(url: str) -> tuple[str | None, str | None]:
    try:
        parts = urlsplit(url)
        project = parse_qs(parts.query).get("project", [None])[0]
    except ValueError:
        return None, None
    found = _INCIDENT_PATH.search(parts.path)
    return project, found.group(1) if found else None


def _key(incident: Mapping[str, object], project: str | None, incident_id: str | None) -> str:
    if incident_id is not None:
        return f"{project}/{incident_id}" if project is not None else incident_id
    # Without any id the same policy, condition and resource is taken as the same problem.
    parts = [text(incident.get(name)) for name in ("policy_name", "condition_name", "resource_name")]
    if not any(parts):
        raise Undecoded("the incident has neither an id nor a policy, a condition or a resource")
    return "/".join([project or "", *(part or "" for part in parts)])


def _title(incident: Mapping[str, object]) -> str:
    subject = text(mapping(incident, "documentation").get("subject"))
    named = first_text(incident.get("policy_name"), incident.get("condition_name"), incident.get("resource_name"))
    return title(first_text(subject, incident.get("summary"), named, "Google Cloud Monitoring incident"))


def _documentation(incident: Mapping[str, object]) -> str | None:
    return first_text(incident.get("documentation"), mapping(incident, "documentation").get("content"))


def _region(incident: Mapping[str, object]) -> str | None:
    stated = mapping(incident, "resource", "labels")
    return region_of(first_text(stated.get("region"), stated.get("location"), stated.get("zone")))


def _resource(incident: Mapping[str, object]) -> Resource:
    return Resource(
        id=first_text(incident.get("resource_id"), incident.get("resource_name")),
        type=first_text(mapping(incident, "resource").get("type"), incident.get("resource_type_display_name")),
        name=first_text(incident.get("resource_display_name"), incident.get("resource_name")),
    )


def _condition(incident: Mapping[str, object]) -> Condition:
    kind = _kind(incident)
    stated = mapping(incident, "condition", kind or "")
    limit = stated if kind == "conditionThreshold" else {}
    threshold = number(incident.get("threshold_value"))
    if threshold is None and limit:
        # A threshold of 0 is left out of the JSON (proto3's way with defaults).
        threshold = number(limit.get("thresholdValue", 0))
    observed = incident.get("observed_value")
    value = number(observed)
    comparison = text(limit.get("comparison"))
    sentence = text(observed) if value is None else None
    return Condition(
        metric=first_text(mapping(incident, "metric").get("type"), mapping(incident, "metric").get("displayName")),
        operator=_OPERATORS.get(comparison, comparison) if comparison else None,
        threshold=threshold,
        value=value,
        text=first_text(sentence, incident.get("summary"), stated.get("query")),
    )


def _kind(incident: Mapping[str, object]) -> str | None:
    condition = mapping(incident, "condition")
    return next((name for name in _CONDITIONS if name in condition), None)


def _labels(incident: Mapping[str, object]) -> dict[str, str]:
    named = {name: incident.get(name) for name in ("policy_name", "condition_name")}
    named["condition_kind"] = _CONDITIONS.get(_kind(incident) or "")
    return labels(
        mapping(incident, "resource", "labels"),
        mapping(incident, "metric", "labels"),
        mapping(incident, "metadata", "user_labels"),
        mapping(incident, "policy_user_labels"),
        named,
    )


def _links(incident: Mapping[str, object]) -> tuple[Link, ...]:
    documented = members(mapping(incident, "documentation").get("links"))
    runbooks = ((Rel.RUNBOOK, mapping(link).get("url")) for link in documented)
    return web_links((Rel.CONSOLE, incident.get("url")), *runbooks, (Rel.SOURCE, incident.get("apigee_url")))
