"""The operator's severities: words that senders use, and rules over the whole alert."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.alert import Severity
from bridge.domain.conditions import BadCondition, Condition
from bridge.domain.severity import Severities, SeverityRule
from tests.support.fakes import BOUNDED


def rule(severity: Severity, key: str, operator: str, *values: str) -> SeverityRule:
    """A rule of one condition."""
    return SeverityRule(when=(Condition(key=key, operator=operator, values=values),), severity=severity)


BY_LABEL = rule(Severity.CRITICAL, "labels.tier", "equal", "1")
BY_NAME = rule(Severity.LOW, "title", "starts-with", "nightly-")
BY_TOKEN = rule(Severity.MEDIUM, "description", "contains", "[P3]")


@pytest.mark.parametrize(
    ("document", "severity"),
    [
        ({"labels": {"tier": "1"}, "title": "nightly-backup"}, Severity.CRITICAL),
        ({"labels": {"tier": "2"}, "title": "nightly-backup"}, Severity.LOW),
        ({"labels": {}, "title": "disk", "description": "full [P3]"}, Severity.MEDIUM),
        ({"labels": {}, "title": "disk", "description": None}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_first_rule_that_matches_decides(document: Any, severity: Severity | None) -> None:
    """By a label, by the name, by a word of the description."""
    assert Severities([BY_LABEL, BY_NAME, BY_TOKEN]).by_rule(document) is severity


def test_all_conditions_of_a_rule_must_hold() -> None:
    """Half of it is nothing."""
    both = SeverityRule(when=BY_LABEL.when + BY_NAME.when, severity=Severity.HIGH)

    assert Severities([both]).by_rule({"labels": {"tier": "1"}, "title": "disk"}) is None
    assert Severities([both]).by_rule({"labels": {"tier": "1"}, "title": "nightly-x"}) is Severity.HIGH


@pytest.mark.parametrize("word", ["disaster", "Disaster", " DISASTER "])
def test_a_word_means_what_the_operator_says(word: str) -> None:
    """However it is written."""
    words = {Severity.CRITICAL: ("Disaster", "P1"), Severity.LOW: ("p4",)}

    assert Severities(words=words).by_word(word) is Severity.CRITICAL
    assert Severities(words=words).by_word("unheard of") is None
    assert Severities(words=words).by_word(None) is None


def test_without_configuration_nothing_is_decided() -> None:
    """The source's table and its default stay in force."""
    assert Severities().by_rule({"severity": "low"}) is None
    assert Severities().by_word("low") is None
    assert not Severities().reads_raw


def test_the_raw_message_is_read_only_where_a_rule_looks_into_it() -> None:
    """Parsing it for nothing would cost every alert."""
    assert Severities([rule(Severity.LOW, "raw.x", "equal", "1")]).reads_raw
    assert not Severities([BY_LABEL]).reads_raw


def test_a_rule_that_can_never_be_evaluated_is_refused() -> None:
    """At the start, not at night."""
    with pytest.raises(BadCondition):
        Severities([rule(Severity.LOW, "a[", "exists")])


RULES = st.lists(
    st.builds(
        rule,
        st.sampled_from(Severity),
        st.sampled_from(["labels.tier", "title", "severity_raw", "length(title)"]),
        st.sampled_from(["equal", "contains", "starts-with", "not-equal", "greater-than"]),
        st.text(max_size=4) | st.sampled_from(["1", "disk"]),
    ),
    max_size=4,
)
DOCUMENT = st.dictionaries(
    st.sampled_from(["labels", "title", "severity_raw"]),
    st.none() | st.text(max_size=6) | st.integers() | st.dictionaries(st.just("tier"), st.text(max_size=2)),
)


@BOUNDED
@given(RULES, DOCUMENT)
def test_a_later_rule_never_changes_what_an_earlier_one_said(rules: list[SeverityRule], document: Any) -> None:
    """The order is the operator's; whatever the document holds, nothing is raised."""
    decided = Severities(rules).by_rule(document)

    first = next((one for n, one in enumerate(rules) if Severities(rules[: n + 1]).by_rule(document)), None)
    assert decided is (first.severity if first else None)
    if decided is not None:
        assert Severities([*rules, BY_LABEL]).by_rule(document) is decided


@BOUNDED
@given(st.dictionaries(st.sampled_from(Severity), st.lists(st.text(min_size=1), max_size=3)), st.text())
def test_a_word_never_raises_and_never_means_what_nobody_said(words: dict[Severity, list[str]], stated: str) -> None:
    """Strangers write them."""
    meant = Severities(words=words).by_word(stated)

    said = {word.strip().casefold() for word in words.get(meant, ())} if meant else set()
    assert meant is None or stated.strip().casefold() in said
