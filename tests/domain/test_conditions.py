"""Conditions in Pinghome's own language: what holds, what does not, and what is refused."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.conditions import (
    MATCH_LIMIT,
    OPERATORS,
    BadCondition,
    Condition,
    canonical,
    compile_all,
    compile_condition,
    number,
)
from tests.support.fakes import BOUNDED

MISSING = object()
"""The key is not in the document at all."""


def holds(operator: str, found: Any, *values: Any, key: str = "key") -> bool:
    """Does the condition hold over a document with this value?"""
    document = {} if found is MISSING else {"key": found}
    return compile_condition(Condition(key=key, operator=operator, values=values))(document)


NESTED = {
    "groups": {"user": [{"name": "ada"}, {"name": "grace"}]},
    "products": [{"count": 3, "tags": ["new", "sale"]}, {"count": 10}],
    "labels": {"team": "database"},
}

TABLE: list[tuple[str, Any, tuple[Any, ...], bool]] = [
    # text
    ("equal", "firing", ("firing",), True),
    ("equal", "firing", ("Firing",), False),
    ("equal", "firing", ("resolved", "firing"), True),
    ("equal", "", ("",), True),
    ("contains", "disk full", ("full",), True),
    ("contains", "disk full", ("empty",), False),
    ("starts-with", "prod-db", ("prod",), True),
    ("starts-with", "prod-db", ("db",), False),
    ("ends-with", "prod-db", ("db",), True),
    ("ends-with", "prod-db", ("prod",), False),
    ("matches", "prod-db-7", (r"db-\d$",), True),
    ("matches", "prod-db-x", (r"db-\d$",), False),
    ("matches", "prod-db-x", (r"\d", "^prod"), True),
    # numbers, and numbers as text
    ("equal", 80, (80.0,), True),
    ("equal", "80", (80,), True),
    ("equal", 80.5, ("80.50",), True),
    ("equal", 80, ("eighty",), False),
    ("greater-than", 91, (80,), True),
    ("greater-than", "91", ("80",), True),
    ("greater-than", "9", ("80",), False),
    ("greater-than", 80, (80,), False),
    ("greater-than", "high", (1,), False),
    ("less-than", -1, (0,), True),
    ("less-than", 0, (0,), False),
    ("less-than", "low", (1,), False),
    ("starts-with", 503, ("5",), True),
    ("contains", 503, ("03",), True),
    ("matches", 503, ("^5..$",), True),
    # booleans are words, not numbers
    ("equal", True, (True,), True),
    ("equal", True, ("true",), True),
    ("equal", True, (1,), False),
    ("equal", False, (0,), False),
    ("greater-than", True, (0,), False),
    # lists: by member for contains, by canonical JSON otherwise
    ("contains", ["a", "b"], ("b",), True),
    ("contains", ["a", "b"], ("ab",), False),
    ("contains", [1, 2], ("2.0",), True),
    ("contains", [], ("a",), False),
    ("equal", ["a", 1], ('["a",1]',), True),
    ("matches", ["a", "b"], (r'"b"\]$',), True),
    # objects: by key for contains
    ("contains", {"team": "db"}, ("team",), True),
    ("contains", {"team": "db"}, ("db",), False),
    ("equal", {"b": 1, "a": 2}, ('{"a":2,"b":1}',), True),
    # the negatives: none of the values
    ("not-equal", "a", ("b", "c"), True),
    ("not-equal", "a", ("b", "a"), False),
    ("not-contains", ["a"], ("b",), True),
    ("not-contains", "disk full", ("disk", "x"), False),
    # presence
    ("exists", "", (), True),
    ("exists", 0, (), True),
    ("exists", False, (), True),
    ("exists", [], (), True),
    ("not-exists", "", (), False),
]


@pytest.mark.parametrize(("operator", "found", "values", "expected"), TABLE)
def test_an_operator_over_a_value(operator: str, found: Any, values: tuple[Any, ...], *, expected: bool) -> None:
    """Text is compared as text, numbers as numbers however they are written."""
    assert holds(operator, found, *values) is expected


@pytest.mark.parametrize("absent", [MISSING, None], ids=["missing", "null"])
@pytest.mark.parametrize("operator", OPERATORS)
def test_an_absent_key_satisfies_only_not_exists_and_the_negatives(operator: str, absent: Any) -> None:
    """Null is the same as no key at all."""
    values = () if operator.endswith("exists") else ("x",)

    assert holds(operator, absent, *values) is (operator in {"not-exists", "not-equal", "not-contains"})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("groups.user[0].name", "ada"),
        ("groups.user[1].name", "grace"),
        ("products[0].count", 3),
        ("products[-1].count", 10),
        ("labels.team", "database"),
        ("products[].count | [1]", 10),
        ("length(products)", 2),
    ],
)
def test_a_key_reaches_into_objects_and_lists(key: str, value: Any) -> None:
    """Plain paths, and whatever else JMESPath knows."""
    assert compile_condition(Condition(key=key, operator="equal", values=(value,)))(NESTED)


def test_a_projection_is_a_list() -> None:
    """`contains` looks at its members."""
    assert compile_condition(Condition(key="groups.user[].name", operator="contains", values=("grace",)))(NESTED)


@pytest.mark.parametrize("document", [None, 3, "text", [], True])
def test_a_document_that_is_no_object_has_no_keys(document: Any) -> None:
    """A sender may post any JSON."""
    assert compile_condition(Condition(key="a.b", operator="not-exists"))(document)


def test_a_function_that_meets_another_type_finds_nothing() -> None:
    """The fact is absent; the alert goes on to the next route."""
    assert compile_condition(Condition(key="length(a)", operator="not-exists"))({"a": 3})


def test_all_conditions_must_hold() -> None:
    """One that fails is enough to say no."""
    conditions = [
        Condition(key="labels.team", operator="equal", values=("database",)),
        Condition(key="products[0].count", operator="less-than", values=(5,)),
    ]

    assert compile_all(conditions)(NESTED)
    assert not compile_all([*conditions, Condition(key="absent", operator="exists")])(NESTED)


def test_no_condition_at_all_holds() -> None:
    """A route without `when` takes everything."""
    assert compile_all([])({})


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Condition(key="a[", operator="exists"), ("a[", "JMESPath")),
        (Condition(key="", operator="exists"), ("key", "JMESPath")),
        (Condition(key="a..b", operator="exists"), ("a..b", "JMESPath")),
        (Condition(key="a", operator="is", values=("x",)), ("'is'", "not-equal", "matches")),
        (Condition(key="a", operator="equal"), ("'equal'", "at least one value")),
        (Condition(key="a", operator="matches"), ("'matches'", "at least one value")),
        (Condition(key="a", operator="matches", values=("(",)), ("'('", "regular expression")),
        (Condition(key="a", operator="matches", values=("fine", "[z-a]")), ("[z-a]", "regular expression")),
        (Condition(key="a", operator="equal", values=("x",), type="response-json-check"), ("type", "json-check")),
    ],
)
def test_a_condition_that_can_never_be_evaluated_says_why(condition: Condition, words: tuple[str, ...]) -> None:
    """In one line, with the part that is wrong and what would be right."""
    with pytest.raises(BadCondition) as raised:
        compile_condition(condition)

    assert all(word in str(raised.value) for word in words)
    assert "\n" not in str(raised.value)


def test_matches_looks_at_the_beginning_of_a_long_value() -> None:
    """The subject is a stranger's, so it is capped."""
    inside, outside = "x" * (MATCH_LIMIT - 3) + "end", "x" * (MATCH_LIMIT - 2) + "end"

    assert holds("matches", inside, "end")
    assert not holds("matches", outside, "end")


json_values = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)


@pytest.mark.parametrize("operator", ["equal", "contains"])
@BOUNDED
@given(found=json_values, values=st.lists(scalars, min_size=1, max_size=3))
def test_a_negative_is_the_exact_opposite_where_the_key_exists(operator: str, found: Any, values: list[Any]) -> None:
    """Whatever the value and the list."""
    assert holds(f"not-{operator}", found, *values) is not holds(operator, found, *values)


@BOUNDED
@given(found=json_values)
def test_a_value_equals_itself(found: Any) -> None:
    """Also as its canonical text."""
    assert holds("equal", found, canonical(found))


@pytest.mark.parametrize("operator", OPERATORS)
@BOUNDED
@given(found=json_values | st.none(), value=scalars)
def test_a_good_condition_never_raises(operator: str, found: Any, value: Any) -> None:
    """A route must come to a decision over any alert."""
    wanted: tuple[Any, ...] = () if operator.endswith("exists") else (value,)
    if operator == "matches":
        wanted = ("^a.*b$",)

    assert holds(operator, found, *wanted) in {True, False}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        (True, "true"),
        (None, "null"),
        (3, "3"),
        (3.0, "3"),
        (-0.5, "-0.5"),
        (1e300, "1e+300"),
        ("ü", "ü"),
        ({"b": [1, None], "a": "ü"}, '{"a":"ü","b":[1,null]}'),
    ],
)
def test_the_canonical_text_of_a_value(value: Any, text: str) -> None:
    """As JSON writes it, without blanks, sorted; a text as it is."""
    assert canonical(value) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, 3.0), ("3.50", 3.5), ("-1e3", -1000.0), (" 7 ", 7.0), (True, None), (None, None), ("", None), ("x", None),
     ("nan", None), ("inf", None), (float("inf"), None), (10**400, None), ([1], None)],
)  # fmt: skip
def test_what_counts_as_a_number(value: Any, expected: float | None) -> None:
    """Finite ones, also as text; no booleans."""
    assert number(value) == expected


def test_a_pattern_cannot_take_exponential_time() -> None:
    """Either it is refused, or it comes to an end: a stranger writes the subject."""

    def cost(letters: int) -> float:
        started = time.perf_counter()
        holds("matches", "a" * letters + "b", "(a+)+$")
        return time.perf_counter() - started

    try:
        short, longer = min(cost(14) for _ in range(5)), cost(22)
    except BadCondition:
        return
    assert longer < 16 * short + 0.05


def test_a_repetition_that_is_too_large_is_a_bad_condition() -> None:
    """A fault of the configuration is no traceback."""
    with pytest.raises(BadCondition):
        compile_condition(Condition(key="a", operator="matches", values=("a{99999999999999999999}",)))


@pytest.mark.parametrize(
    "condition",
    [
        Condition(key="a", operator="matches", values=("(" * 5000 + ")" * 5000,)),
        Condition(key="(" * 5000 + "a" + ")" * 5000, operator="exists"),
    ],
    ids=["pattern", "key"],
)
def test_nesting_beyond_reason_is_a_bad_condition(condition: Condition) -> None:
    """A fault of the configuration is no traceback."""
    with pytest.raises(BadCondition):
        compile_condition(condition)


@pytest.mark.parametrize("key", ["lenght(labels)", "length()", "length(a, b)", "a[::0]"])
def test_a_key_that_can_never_be_evaluated_is_refused(key: str) -> None:
    """Otherwise a misspelt function makes a route that never matches, in silence."""
    with pytest.raises(BadCondition):
        compile_condition(Condition(key=key, operator="exists"))


def test_a_function_over_an_infinite_number_finds_nothing() -> None:
    """A label `inf` is a stranger's word; the fact is absent."""
    assert compile_condition(Condition(key="ceil(to_number(a))", operator="not-exists"))({"a": "inf"})


@pytest.mark.parametrize(
    ("found", "value"), [(9007199254740993, 9007199254740992), ("9007199254740993", "9007199254740992")]
)
def test_long_numbers_that_differ_are_not_equal(found: Any, value: Any) -> None:
    """Ids of messages and incidents have 16 digits and more."""
    assert not holds("equal", found, value)
