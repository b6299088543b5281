"""New Relic's issues, as a workflow's webhook destination sends them in its default template.

Source: New Relic documentation, "Webhook destinations", default payload. `id` is the issue's identity from its
creation to its end; `trigger` says why it is sent and not what state it is in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.alert import Action, Alert, Condition, Rel, Resource, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.sources.reading import Message, first_text, labels, members, text, time_ms, title, web_links

_MEANING: Final = {
    "CREATED": (Status.FIRING, Action.TRIGGER),
    "ACTIVATED": (Status.FIRING, Action.TRIGGER),
    "ACKNOWLEDGED": (Status.ACKNOWLEDGED, Action.ACKNOWLEDGE),
    # Its incidents are over and the issue is not: CLOSED follows, or it is activated again.
    "DEACTIVATED": (Status.INFO, Action.INFO),
    "CLOSED": (Status.RESOLVED, Action.RESOLVE),
}
_SEVERITIES: Final = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
}
_ACCOUNT: Final = re.compile(r"/accounts/([0-9]+)/")
_STAND_IN_URL: Final = "/accounts/1/issues/0ea2df1c-adab-45d2-aae0-042b609d2322"
_STAND_IN_ENTITY: Final = "'Some-Entity'"
"""What the example of the template shows in place of an address and of an entity."""


def read(message: Message) -> Sequence[Alert]:
    """The alert of one issue. Raises Undecoded where its state or its id cannot be read."""
    issue = message.document
    if not ("issueUrl" in issue and "state" in issue and "priority" in issue):
        return ()
    issue_id, state, priority = (text(issue.get(name)) for name in ("id", "state", "priority"))
    if issue_id is None:
        raise Undecoded("the issue has no id")
    if (state or "").upper() not in _MEANING:
        raise Undecoded(f"the issue is in a state that is not known: {state!r}")
    account = _account(issue)
    test = _is_test(issue)
    status, action = (Status.INFO, Action.TEST) if test else _MEANING[(state or "").upper()]
    entities = _texts(issue, "impactedEntities")
    return (
        Alert(
            type="newrelic-issue",
            status=status,
            action=action,
            key=f"{account or ''}/issue/{issue_id}",
            title=title(first_text(issue.get("title"), "New Relic issue")),
            severity=_SEVERITIES.get((priority or "").upper()),
            severity_raw=priority,
            provider="newrelic",
            account=account,
            resource=Resource(id=", ".join(entities[:5]) or None, name=entities[0] if len(entities) == 1 else None),
            condition=_condition(issue),
            labels=_labels(issue),
            links=web_links((Rel.CONSOLE, issue.get("issueUrl"))),
            starts_at=time_ms(issue.get("createdAt")),
            ends_at=time_ms(issue.get("updatedAt")) if status is Status.RESOLVED else None,
            test=test,
            raw=message.raw,
        ),
    )


def _is_test(issue: Mapping[str, object]) -> bool:
    """Both stand-ins of the example: templates are around that carry its address into real messages."""
    stated = text(issue.get("title")) or ""
    return _STAND_IN_URL in (text(issue.get("issueUrl")) or "") and stated.endswith(_STAND_IN_ENTITY)


def _account(issue: Mapping[str, object]) -> str | None:
    address = text(issue.get("issueUrl")) or ""
    found = None if _STAND_IN_URL in address else _ACCOUNT.search(address)
    return first_text(issue.get("accountId"), found.group(1) if found else None)


def _texts(issue: Mapping[str, object], name: str) -> list[str]:
    return [found for found in map(text, members(issue.get(name))) if found is not None]


def _condition(issue: Mapping[str, object]) -> Condition | None:
    named = _texts(issue, "alertConditionNames")
    return Condition(text=", ".join(named)) if named else None


def _labels(issue: Mapping[str, object]) -> dict[str, str]:
    return labels(
        {
            "policy_name": ", ".join(_texts(issue, "alertPolicyNames")),
            "condition_name": ", ".join(_texts(issue, "alertConditionNames")),
            "workflow_name": issue.get("workflowName"),
            "trigger": issue.get("trigger"),
        }
    )
