"""Sources of the kind `dynatrace`: problem notifications by the template that is shipped.

Source: Dynatrace documentation, "Webhook integration" (placeholders of custom payloads). The body is what
`config/templates/dynatrace.txt` makes of a problem; its names are the placeholders' own. `ProblemID` is for
people and used again, `PID` is the problem's identity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from bridge.domain.alert import Action, Alert, Condition, Rel, Resource, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources.base import Handshake
from bridge.sources.mapped import filled, first_filled
from bridge.sources.reading import labels, mapping, members, parse, time_ms, title, web_links

_TEST_TITLE: Final = "Dynatrace problem notification test run"
_TEST_PROBLEMS: Final = (None, "99999")
"""Both signs of the button "Send test notification": its title, and a PID that no problem has, or a placeholder."""

_MEANING: Final = {
    "OPEN": (Status.FIRING, Action.TRIGGER),
    "RESOLVED": (Status.RESOLVED, Action.RESOLVE),
    "MERGED": (Status.SUPPRESSED, Action.INFO),
}
_SEVERITIES: Final = {
    "AVAILABILITY": Severity.CRITICAL,
    "ERROR": Severity.HIGH,
    "PERFORMANCE": Severity.MEDIUM,
    "RESOURCE_CONTENTION": Severity.MEDIUM,
    "MONITORING_UNAVAILABLE": Severity.MEDIUM,
}
"""CUSTOM_ALERT says nothing about how bad it is."""


class DynatraceSource:
    """Problems."""

    redacted: frozenset[str] = frozenset()

    def handshake(self, request: Request) -> Handshake | None:
        """Dynatrace has none."""
        return None

    def delivery_id(self, request: Request) -> str | None:
        """Dynatrace has none: the PID is the same when the problem is opened and when it is resolved."""
        return None

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alert of one problem. Raises Undecoded."""
        document = mapping(parse(request.body))
        problem, state = filled(document.get("PID")), filled(document.get("State"))
        test = filled(document.get("ProblemTitle")) == _TEST_TITLE and problem in _TEST_PROBLEMS
        if state is None or (problem is None and not test):
            raise Undecoded("no problem of Dynatrace by the shipped template: it has a PID and a State")
        status, action = (Status.INFO, Action.TEST) if test else _meaning(state)
        word, details = filled(document.get("ProblemSeverity")), mapping(document, "ProblemDetailsJSONv2")
        severity = Severity.INFO if test else _SEVERITIES.get((word or "").upper())
        environment = _environment(document)
        entities = [mapping(entity) for entity in members(document.get("ImpactedEntities"))]
        return (
            Alert(
                type="dynatrace-problem",
                status=status,
                action=action,
                key="/".join(filter(None, ("problem", environment, problem or "test"))),
                title=title(first_filled(document.get("ProblemTitle"), document.get("ProblemID"), problem))
                or "Dynatrace problem",
                severity=severity,
                severity_raw=word,
                description=filled(document.get("ProblemDetailsText")),
                provider="dynatrace",
                account=environment,
                resource=_resource(entities),
                condition=Condition(text=filled(document.get("ProblemImpact"))),
                labels=_labels(document),
                links=web_links((Rel.CONSOLE, document.get("ProblemURL"))),
                starts_at=time_ms(details.get("startTime")),
                ends_at=time_ms(details.get("endTime")) if status is Status.RESOLVED else None,
                test=test,
            ),
        )


def _meaning(state: str) -> tuple[Status, Action]:
    known = _MEANING.get(state.upper())
    if known is None:
        raise Undecoded(f"the problem of Dynatrace is in a state that is not known: {state!r}"[:200])
    return known


def _environment(document: Mapping[str, object]) -> str | None:
    """The host of the problem's page, which begins with the environment's id."""
    try:
        return urlsplit(filled(document.get("ProblemURL")) or "").hostname
    except ValueError:
        return None


def _resource(entities: Sequence[Mapping[str, object]]) -> Resource:
    first = entities[0] if entities else {}
    return Resource(id=filled(first.get("entity")), type=filled(first.get("type")), name=filled(first.get("name")))


def _labels(document: Mapping[str, object]) -> dict[str, str]:
    tags = (tag.strip().partition(":") for tag in (filled(document.get("Tags")) or "").split(","))
    named = {
        "problem_id": filled(document.get("ProblemID")),
        "impact": filled(document.get("ProblemImpact")),
        "impacted": filled(document.get("ImpactedEntityNames")),
    }
    return labels({name: value or "true" for name, _, value in tags if name}, named)
