"""Grafana's dashboard alerts (version 8 and before), as the legacy webhook channel sends them.

Source: Grafana 8 documentation, "Alert notifications", webhook; captures of versions 4 to 7. A rule is one problem,
however many series are in alarm. The messages have no time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from bridge.domain.alert import Action, Alert, Condition, Rel, Severity, Status
from bridge.domain.conditions import number
from bridge.domain.errors import Undecoded
from bridge.sources.alertmanager_wire import SEVERITIES
from bridge.sources.reading import Message, first_text, labels, mapping, members, text, title, web_links

_MEANING: Final = {
    "alerting": (Status.FIRING, Action.TRIGGER),
    "pending": (Status.FIRING, Action.TRIGGER),
    "ok": (Status.RESOLVED, Action.RESOLVE),
    "no_data": (Status.NO_DATA, Action.INFO),
    "unknown": (Status.NO_DATA, Action.INFO),
    "paused": (Status.SUPPRESSED, Action.INFO),
}
_TEST_NAME: Final = "Test notification"
_TEST_MESSAGE: Final = "someone is testing the alert notification within grafana"


def read(message: Message) -> Sequence[Alert]:
    """The alert of one rule. Raises Undecoded where its state or its rule cannot be read."""
    rule = message.document
    if "ruleId" not in rule or not isinstance(rule.get("evalMatches"), list):
        return ()
    state = text(rule.get("state")) or ""
    test = _is_test(rule)
    if not test and state.casefold() not in _MEANING:
        raise Undecoded(f"the alert rule is in a state that is not known: {state!r}")
    status, action = (Status.INFO, Action.TEST) if test else _MEANING[state.casefold()]
    tags = mapping(rule, "tags")
    severity_raw = text(tags.get("severity"))
    known = SEVERITIES.get((severity_raw or "").casefold())
    return (
        Alert(
            type="grafana-legacy",
            status=status,
            action=action,
            key=_key(rule),
            title=title(first_text(rule.get("title"), rule.get("ruleName"), "Grafana alert")),
            severity=Severity.LOW if state.casefold() == "pending" else known,
            severity_raw=severity_raw,
            description=text(rule.get("message")),
            provider="grafana",
            account=_organisation(rule),
            condition=_condition(rule),
            labels=labels({"rule_name": rule.get("ruleName")}, tags),
            links=web_links((Rel.DASHBOARD, rule.get("ruleUrl"))),
            test=test,
            raw=message.raw,
        ),
    )


def _is_test(rule: Mapping[str, object]) -> bool:
    """Both signs of the channel's test button: either alone is something that a rule may have."""
    said = (text(rule.get("message")) or "").casefold()
    return rule.get("ruleName") == _TEST_NAME and said.startswith(_TEST_MESSAGE)


def _key(rule: Mapping[str, object]) -> str:
    rule_id = text(rule.get("ruleId"))
    if rule_id is None:
        raise Undecoded("the alert rule has no ruleId")
    return f"{_address(rule).netloc}/{_organisation(rule) or ''}/rule/{rule_id}"


def _organisation(rule: Mapping[str, object]) -> str | None:
    """Its own member since version 7, a parameter of the rule's address before."""
    return first_text(rule.get("orgId"), *parse_qs(_address(rule).query).get("orgId", []))


def _address(rule: Mapping[str, object]) -> SplitResult:
    try:
        return urlsplit(text(rule.get("ruleUrl")) or "")
    except ValueError:
        return urlsplit("")


def _condition(rule: Mapping[str, object]) -> Condition | None:
    matches = [mapping(match) for match in members(rule.get("evalMatches"))]
    if not matches:
        return None
    listed = ", ".join(f"{text(match.get('metric')) or ''}={text(match.get('value'))}" for match in matches[:5])
    if len(matches) > 1:
        return Condition(text=listed)
    return Condition(metric=text(matches[0].get("metric")), value=number(matches[0].get("value")), text=listed)
