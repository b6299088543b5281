"""Conditions in Pinghome's own language, so that a rule can be moved between the bridge and a ruleset.

A condition is `{type, key, operator, values}`. `key` is a JMESPath expression over a JSON document, of
which `groups.user[0].name` is a plain case. `values` is a list: any of them, and for a negative operator
none of them. Texts are compared after JSON scalars are written canonically, numerically when both sides
are numbers. A key that yields a list or an object is compared by its members for `contains`, and by its
canonical JSON otherwise. A missing key (JMESPath null) satisfies only `not-exists` and the negatives.

Beyond that language a rule may say `all`, `any` and `not` of conditions, nested; a plain list means `all`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, assert_never

import jmespath
import jmespath.exceptions
import jmespath.functions
import jmespath.parser
import re2

JSON_CHECK: Final = "json-check"
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,400}")
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
MATCH_LIMIT: Final = 4096
"""Characters of a value that `matches` looks at: an expression is the operator's, its subject is not."""


class BadCondition(ValueError):
    """A condition that can never be evaluated; the text says which part and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition as written."""

    key: str
    operator: str
    values: tuple[str | float | bool | None, ...] = ()
    type: str = JSON_CHECK


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """All members hold; none at all always holds."""

    members: tuple[When, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """At least one member holds; none at all never holds."""

    members: tuple[When, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The member does not hold."""

    member: When


When: TypeAlias = Condition | AllOf | AnyOf | Not
"""Conditions as a rule nests them."""

Predicate = Callable[[Any], bool]
LookUp = Callable[[Any], Any]


def canonical(value: Any) -> str:
    """A JSON value as text: strings as they are, whole floats without a fraction, true, false, null."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def number(value: Any) -> int | float | None:
    """A finite number, also one written as text; a boolean is not a number. Whole numbers stay exact."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and "A" <= value[:1] <= "z" and value[:1].isalpha():
        return None  # most texts are words: an exception for each would cost more than all the rest
    try:
        if isinstance(value, int) or (isinstance(value, str) and _WHOLE.fullmatch(value.strip())):
            value = int(value)
        result = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(result):
        return None
    return value if isinstance(value, int) else result


def _equal(found: Any, wanted: Any) -> bool:
    left, right = number(found), number(wanted)
    if left is not None and right is not None:
        return left == right
    return canonical(found) == canonical(wanted)


def _contains(found: Any, wanted: Any) -> bool:
    if isinstance(found, list):
        return any(_equal(member, wanted) for member in found)
    if isinstance(found, dict):
        return canonical(wanted) in found
    return canonical(wanted) in canonical(found)


def _ordered(compare: Callable[[int | float, int | float], bool]) -> Callable[[Any, Any], bool]:
    def test(found: Any, wanted: Any) -> bool:
        left, right = number(found), number(wanted)
        return left is not None and right is not None and compare(left, right)

    return test


_POSITIVE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "equal": _equal,
    "contains": _contains,
    "starts-with": lambda found, wanted: canonical(found).startswith(canonical(wanted)),
    "ends-with": lambda found, wanted: canonical(found).endswith(canonical(wanted)),
    "greater-than": _ordered(lambda left, right: left > right),
    "less-than": _ordered(lambda left, right: left < right),
}
_NEGATIVE: Final = {"not-equal": "equal", "not-contains": "contains"}
_NULLARY: Final = ("exists", "not-exists")
OPERATORS: Final = tuple(sorted((*_POSITIVE, *_NEGATIVE, *_NULLARY, "matches")))


def equality_token(value: Any) -> int | float | str:
    """What two values have in common exactly where `equal` holds between them: a key for tables."""
    as_number = number(value)
    return canonical(value) if as_number is None else as_number


def compile_when(when: When, reader: Callable[[str], LookUp] | None = None) -> Predicate:
    """A function of a parsed JSON document. Raises BadCondition with the reason.

    `reader` makes the look-up of a key where the caller's documents are no plain ones.
    """
    match when:
        case Condition():
            return compile_condition(when, reader)
        case AllOf(members=members):
            every = tuple(compile_when(member, reader) for member in members)
            return every[0] if len(every) == 1 else lambda document: all(holds(document) for holds in every)
        case AnyOf(members=members):
            some = tuple(compile_when(member, reader) for member in members)
            return lambda document: any(holds(document) for holds in some)
        case Not(member=member):
            holds = compile_when(member, reader)
            return lambda document: not holds(document)
        case _:
            assert_never(when)


def leaves(when: When) -> Iterator[Condition]:
    """Every condition in it, however deep."""
    match when:
        case Condition():
            yield when
        case AllOf(members=members) | AnyOf(members=members):
            for member in members:
                yield from leaves(member)
        case Not(member=member):
            yield from leaves(member)
        case _:
            assert_never(when)


def reads_raw(whens: Sequence[When]) -> bool:
    """Does any condition look into the raw message? Only then must a document hold it."""
    return any("raw" in condition.key for when in whens for condition in leaves(when))


def compile_condition(condition: Condition, reader: Callable[[str], LookUp] | None = None) -> Predicate:
    """A function of a parsed JSON document. Raises BadCondition with the reason."""
    look_up = (reader or compile_key)(condition.key)
    operator, values = condition.operator, condition.values
    if condition.type != JSON_CHECK:
        raise BadCondition(f"type {condition.type!r} is not supported here; use {JSON_CHECK!r}")
    if operator not in OPERATORS:
        raise BadCondition(f"operator {operator!r} is unknown; use one of {', '.join(OPERATORS)}")
    if operator in _NULLARY:
        wanted = operator == "exists"
        return lambda document: (look_up(document) is not None) is wanted
    if not values:
        raise BadCondition(f"operator {operator!r} needs at least one value")
    if operator == "matches":
        return _matches(look_up, values)
    positive = _POSITIVE[_NEGATIVE.get(operator, operator)]
    negated = operator in _NEGATIVE

    def test(document: Any) -> bool:
        found = look_up(document)
        if found is None:
            return negated
        return any(positive(found, value) for value in values) is not negated

    return test


def compile_all(conditions: Sequence[When]) -> Predicate:
    """All of the conditions must hold; none at all always holds."""
    return compile_when(AllOf(members=tuple(conditions)))


def compile_key(key: str) -> LookUp:
    """What a JMESPath expression finds in a parsed document, None where it finds nothing. Raises BadCondition."""
    try:
        expression = jmespath.compile(key)
        _check(expression.parsed)
    except jmespath.exceptions.JMESPathError as error:
        raise BadCondition(f"key {key!r} is no JMESPath expression: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise BadCondition("key is nested too deeply") from None
    if _PLAIN.fullmatch(key):
        return _plain(key)

    def look_up(document: Any) -> Any:
        try:
            return expression.search(document)
        except (jmespath.exceptions.JMESPathError, TypeError, ValueError, ArithmeticError):
            # A function of the expression met a value that it cannot work on: the fact is absent here.
            return None

    return look_up


def _plain(key: str) -> LookUp:
    """`labels.team`, the usual case, without JMESPath's interpreter: some ten times faster."""
    steps = tuple(key.split("."))

    def look_up(document: Any) -> Any:
        for step in steps:
            if not isinstance(document, dict):
                return None
            document = document.get(step)
        return document

    return look_up


def _check(node: Mapping[str, Any]) -> None:
    """Refuse now what would only be noticed when it is evaluated: there it would look like an absent fact."""
    if node["type"] == "function_expression":
        _check_call(node["value"], len(node["children"]))
    if node["type"] == "slice" and node["children"][2] == 0:
        raise BadCondition("a slice cannot have the step 0")
    for child in node["children"]:
        if isinstance(child, dict):
            _check(child)


def _check_call(name: str, given: int) -> None:
    functions = jmespath.functions.Functions.FUNCTION_TABLE
    if name not in functions:
        raise BadCondition(f"there is no function {name!r}; there are {', '.join(sorted(functions))}")
    signature = functions[name]["signature"]
    variadic = bool(signature) and bool(signature[-1].get("variadic"))
    if given < len(signature) or (given > len(signature) and not variadic):
        raise BadCondition(f"function {name!r} takes {len(signature)} arguments, not {given}")


def _matches(look_up: LookUp, values: Sequence[Any]) -> Predicate:
    patterns = tuple(_compile_pattern(canonical(value)) for value in values)

    def test(document: Any) -> bool:
        found = look_up(document)
        if found is None:
            return False
        text = canonical(found)[:MATCH_LIMIT].encode("utf-8", "replace").decode()
        return any(pattern.search(text) for pattern in patterns)

    return test


def _compile_pattern(pattern: str) -> Any:
    """With RE2, whose time is linear in the text: a stranger writes the text. Python's own engine must accept it
    too, since RE2 silently reads an impossible repetition as plain characters."""
    options = re2.Options()
    options.log_errors = False
    try:
        re.compile(pattern)
        return re2.compile(pattern, options)
    except (re.error, re2.error, OverflowError, RecursionError) as error:
        reason = error.args[0] if error.args else type(error).__name__
        if isinstance(reason, bytes):
            reason = reason.decode("utf-8", "replace")
        raise BadCondition(f"pattern {pattern[:80]!r} is no regular expression of RE2: {reason}") from None
