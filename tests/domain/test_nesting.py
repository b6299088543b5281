"""`all`, `any` and `not`: what nested conditions mean, in words and in the routes' index."""

from __future__ import annotations

from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.conditions import (
    AllOf,
    AnyOf,
    BadCondition,
    Condition,
    Not,
    When,
    canonical,
    compile_all,
    compile_condition,
    compile_key,
    compile_when,
    equality_token,
    leaves,
    reads_raw,
)
from bridge.domain.routing import CATCH_ALL, Route, Router
from bridge.domain.send import Target, TargetKind
from bridge.domain.words import describe, failing
from tests.support.fakes import BOUNDED

KEYS = ("severity", "labels.team", "labels.tier")
VALUES = ("high", "low", "database", "1", 1, True)

scalars = st.sampled_from((*VALUES, None, 2, "other"))
documents = st.fixed_dictionaries(
    {},
    optional={
        "severity": scalars,
        "labels": st.none() | st.fixed_dictionaries({}, optional={"team": scalars, "tier": scalars}),
    },
)
conditions = st.builds(
    lambda key, operator, values: Condition(key=key, operator=operator, values=tuple(values)),
    st.sampled_from(KEYS),
    st.sampled_from(("equal", "not-equal", "contains")),
    st.lists(st.sampled_from(VALUES), min_size=1, max_size=3),
)
whens: st.SearchStrategy[When] = st.recursive(
    conditions,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda members: AllOf(members=tuple(members)))
        | st.lists(inner, max_size=3).map(lambda members: AnyOf(members=tuple(members)))
        | inner.map(lambda member: Not(member=member))
    ),
    max_leaves=8,
)


def holds(when: When, document: Any) -> bool:
    """The oracle: what it means, a condition at a time."""
    if isinstance(when, Condition):
        return compile_condition(when)(document)
    if isinstance(when, AllOf):
        return all(holds(member, document) for member in when.members)
    if isinstance(when, AnyOf):
        return any(holds(member, document) for member in when.members)
    return not holds(when.member, document)


@BOUNDED
@given(whens, documents)
def test_nesting_means_what_it_says(when: When, document: dict[str, Any]) -> None:
    assert compile_when(when)(document) is holds(when, document)


@BOUNDED
@given(st.lists(whens, max_size=3), documents)
def test_a_plain_list_is_all(members: list[When], document: dict[str, Any]) -> None:
    assert compile_all(members)(document) is holds(AllOf(members=tuple(members)), document)


@BOUNDED
@given(whens, documents)
def test_not_all_is_any_not(when: When, document: dict[str, Any]) -> None:
    """De Morgan, and two negations cancel."""
    inverted = compile_when(Not(member=AllOf(members=(when, when))))(document)

    assert inverted is compile_when(AnyOf(members=(Not(member=when),)))(document)
    assert compile_when(Not(member=Not(member=when)))(document) is compile_when(when)(document)


def test_nothing_at_all_holds_for_all_and_not_for_any() -> None:
    assert compile_when(AllOf(members=()))({})
    assert not compile_when(AnyOf(members=()))({})


@pytest.mark.parametrize(
    "when",
    [
        AllOf(members=(Condition(key="a[", operator="exists"),)),
        AnyOf(members=(Condition(key="a", operator="looks-like", values=("b",)),)),
        Not(member=Condition(key="a", operator="matches", values=("(",))),
    ],
    ids=["all", "any", "not"],
)
def test_what_can_never_be_evaluated_is_refused_however_deep(when: When) -> None:
    with pytest.raises(BadCondition):
        compile_when(Not(member=when))


def test_the_raw_message_is_seen_to_be_asked_for_however_deep() -> None:
    deep = AnyOf(members=(Not(member=Condition(key="raw.a", operator="exists")),))

    assert reads_raw([deep])
    assert not reads_raw([Not(member=Condition(key="severity", operator="exists"))])
    assert [leaf.key for leaf in leaves(deep)] == ["raw.a"]


@BOUNDED
@given(whens, documents)
def test_a_failing_condition_is_named_exactly_where_one_fails(when: When, document: dict[str, Any]) -> None:
    assert (failing(when, document) is None) is holds(when, document)


def test_a_failing_condition_says_what_was_found() -> None:
    when = AllOf(
        members=(
            Condition(key="severity", operator="equal", values=("critical", "high")),
            Not(member=Condition(key="labels.team", operator="exists")),
        )
    )

    assert failing(when, {"severity": "low"}) == "severity equal critical or high: it is 'low'"
    assert failing(when, {}) == "severity equal critical or high: it is absent"
    assert failing(when, {"severity": "high", "labels": {"team": "a"}}) == "it holds: labels.team exists"
    assert failing(AnyOf(members=when.members[:1]), {}) == (
        "none holds of (severity equal critical or high: it is absent)"
    )
    assert describe(when) == "all of (severity equal critical or high; not (labels.team exists))"


def test_a_long_value_is_shortened_in_words() -> None:
    told = failing(Condition(key="a", operator="equal", values=("b",)), {"a": "x" * 5000})

    assert told is not None
    assert len(told) < 120


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["1", "1.0", "true", "1e400", " 1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


@BOUNDED
@given(anything, anything)
def test_tokens_are_the_same_exactly_where_equal_holds(found: Any, wanted: Any) -> None:
    """What the index and the tables rely on."""
    equal = compile_condition(Condition(key="key", operator="equal", values=(wanted,)))({"key": found})

    assert equal is (found is not None and equality_token(found) == equality_token(wanted))


@BOUNDED
@given(st.sampled_from(("a", "a.b", "a.b.a", "b")), anything)
def test_a_plain_key_finds_what_jmespath_finds(key: str, document: Any) -> None:
    """The short way and the interpreter agree."""
    assert canonical(compile_key(key)(document)) == canonical(jmespath.search(key, document))


routes = st.lists(st.tuples(st.lists(whens, max_size=3), st.booleans()), min_size=1, max_size=6)


@BOUNDED
@given(routes, documents)
def test_the_index_changes_nothing(written: list[tuple[list[When], bool]], document: dict[str, Any]) -> None:
    """The router decides as one that asks every route in turn."""
    made = [
        Route(name=f"r{n}", when=tuple(when), to=(Target(kind=TargetKind.WEBHOOK, id=f"w{n}"),), proceed=proceed)
        for n, (when, proceed) in enumerate(written)
    ]
    expected: list[Route] = []
    for route in made:
        if all(holds(when, document) for when in route.when):
            expected.append(route)
            if not route.proceed:
                break
    router = Router(made)

    decision = router.decide(document)

    assert decision.route == (", ".join(route.name for route in expected) or CATCH_ALL)
    assert decision.to == (tuple(one for route in expected for one in route.to) or made[-1].to)
    assert [tried.route for tried in router.trace(document) if tried.took] == [route.name for route in expected]
