"""Mappings: what an operator's expressions and words make of a stranger's JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.alert import Action, Alert, Rel, Severity, Status
from bridge.domain.conditions import BadCondition
from bridge.domain.errors import Undecoded
from bridge.sources.generic import GenericSource
from bridge.sources.mapped import AlertMapping, any_time, filled, meaning, rating
from tests.sources.kit import request_of
from tests.support.fakes import BOUNDED

WANTED = AlertMapping(
    each="checks[?muted != `true`]",
    delivery_id="message",
    title="join(': ', [host, name])",
    dedup_key="[host, name]",
    status="state",
    statuses={"1": "firing", "0": "resolved", "Try": "test", "off": "suppressed"},
    severity="level",
    severities={"Page": Severity.CRITICAL, "ticket": Severity.LOW},
    labels="{team: owner, host: host, gone: gone}",
    links=MappingProxyType({Rel.RUNBOOK: "doc", Rel.DASHBOARD: "graph"}),
    starts_at="since",
    ends_at="until",
)
CHECK = {"host": "db-1", "name": "disk", "state": 1, "level": "page", "owner": "shop", "since": 1772359205000,
         "until": "2026-03-01T10:40:00Z", "doc": "https://wiki.example.com/disk", "graph": "none"}  # fmt: skip


def read(*checks: dict[str, Any], wanted: AlertMapping = WANTED, **message: Any) -> list[Alert]:
    body = json.dumps({"checks": checks, **message}).encode()
    return list(GenericSource(wanted).decode(request_of(body)))


def test_every_fact_is_found_by_its_expression() -> None:
    (alert,) = read(CHECK, message="m-1")

    assert (alert.title, alert.key, alert.event_id) == ("db-1: disk", "db-1/disk", "m-1")
    assert (alert.status, alert.action) == (Status.FIRING, Action.TRIGGER)
    assert (alert.severity, alert.severity_raw) == (Severity.CRITICAL, "page")
    assert alert.labels == {"team": "shop", "host": "db-1"}
    assert [(link.rel, link.href) for link in alert.links] == [(Rel.RUNBOOK, "https://wiki.example.com/disk")]
    assert (alert.starts_at, alert.ends_at) == (datetime(2026, 3, 1, 10, 0, 5, tzinfo=UTC), None)
    assert alert.raw is None


def test_a_problem_has_one_key_from_start_to_end() -> None:
    (fired,), (resolved,) = read(CHECK), read({**CHECK, "state": "0"})

    assert fired.key == resolved.key
    assert (resolved.action, resolved.ends_at) == (Action.RESOLVE, datetime(2026, 3, 1, 10, 40, tzinfo=UTC))


def test_members_are_alerts_of_their_own() -> None:
    other = {**CHECK, "host": "db-2", "state": "Try"}

    first, second = read(CHECK, {**CHECK, "muted": True}, other)

    assert [json.loads(alert.raw or b"") for alert in (first, second)] == [CHECK, other]
    assert (second.action, second.test) == (Action.TEST, True)


def test_a_broken_member_does_not_take_the_others_with_it() -> None:
    good, broken = read({**CHECK, "state": "?"}, CHECK)

    assert (good.key, broken.type, broken.action) == ("db-1/disk", "undecoded", Action.TRIGGER)
    with pytest.raises(Undecoded, match="does not tell what the status '\\?' means"):
        read({**CHECK, "state": "?"}, {**CHECK, "state": None})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"host": None}, "`dedup_key`"),
        ({"name": "{{ check.name }}"}, "`dedup_key`"),
        ({"state": "N/A"}, "`status`"),
        ({"state": {"a": 1}}, "`status`"),
    ],
)
def test_without_identity_or_state_the_message_goes_as_it_came(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Undecoded, match=reason):
        read({**CHECK, **changes})


@pytest.mark.parametrize("body", [b'{"checks": []}', b'{"checks": 7}', b"{}"])
def test_a_message_without_members_goes_as_it_came(body: bytes) -> None:
    with pytest.raises(Undecoded, match="`each`"):
        GenericSource(WANTED).decode(request_of(body))


def test_a_title_that_cannot_be_made_is_the_key() -> None:
    (alert,) = read({**CHECK, "host": 7})

    assert alert.title == "7/disk"


@pytest.mark.parametrize("expression", ["a[", "nothing(a)", "abs(a, b)", ""])
def test_an_expression_that_is_none_is_refused_at_once(expression: str) -> None:
    with pytest.raises(BadCondition):
        GenericSource(AlertMapping(severity=expression))


@pytest.mark.parametrize(
    "value", [None, "", " ", "null", "NULL", "N/A", "{{title}}", "{{ a.b }}", "$TITLE", "${TITLE}", "{EVENT.ID}",
              "*UNKNOWN*", True, [], {}]
)  # fmt: skip
def test_what_says_nothing_is_absent(value: object) -> None:
    assert filled(value) is None


@pytest.mark.parametrize("value", ["a", "0", 0, "$5", "cost {low} today", "Größe", "{}"])
def test_what_says_something_is_there(value: object) -> None:
    assert filled(value) == str(value)


@pytest.mark.parametrize(
    "value", [1772359205, "1772359205", 1772359205000, "1772359205000", 1772359205000000, 1772359205000000000,
              "2026-03-01T10:00:05Z"]
)  # fmt: skip
def test_the_unit_of_a_time_is_told_by_its_size(value: object) -> None:
    assert any_time(value) == datetime(2026, 3, 1, 10, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize("value", [0, -1, "", None, "soon", "{{ time }}", True, 10**30])
def test_no_time_is_no_time(value: object) -> None:
    assert any_time(value) is None


def test_the_operators_words_come_before_everybodys() -> None:
    assert meaning("OK") == (Status.RESOLVED, Action.RESOLVE)
    assert meaning("ok", {"ok": "firing"}) == (Status.FIRING, Action.TRIGGER)
    assert meaning("sideways") is None
    assert rating("Warning") is Severity.MEDIUM
    assert rating("warning", {"warning": Severity.LOW}) is Severity.LOW
    assert rating(None) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(CHECK)), inner, max_size=4),
    max_leaves=8,
)


@given(checks=st.lists(st.dictionaries(st.sampled_from(list(CHECK)), _JSON), max_size=3) | _JSON)
@BOUNDED
def test_any_json_raises_only_undecoded(checks: object) -> None:
    source, request = GenericSource(WANTED), request_of(json.dumps({"checks": checks, "message": checks}).encode())
    source.delivery_id(request)
    try:
        assert source.decode(request)
    except Undecoded:
        return
