"""Conditions in words, and which of them failed: for reasons and for `explain`."""

from __future__ import annotations

from typing import Any, Final, assert_never

from bridge.domain.conditions import AllOf, AnyOf, Condition, Not, When, canonical, compile_key, compile_when

_VALUE_LIMIT: Final = 80


def describe(when: When) -> str:
    """`severity equal critical or high`, `any of (...; ...)`, `not (...)`."""
    match when:
        case Condition(key=key, operator=operator, values=values):
            return " ".join((key, operator, *([" or ".join(canonical(value) for value in values)] if values else [])))
        case AllOf(members=members):
            return f"all of ({'; '.join(map(describe, members))})"
        case AnyOf(members=members):
            return f"any of ({'; '.join(map(describe, members))})"
        case Not(member=member):
            return f"not ({describe(member)})"
        case _:
            assert_never(when)


def failing(when: When, document: Any) -> str | None:
    """The first condition that fails, in words, with what was found instead; None where all holds."""
    if compile_when(when)(document):
        return None
    match when:
        case Condition(key=key):
            found = compile_key(key)(document)
            return f"{describe(when)}: it is {'absent' if found is None else _short(found)}"
        case AllOf(members=members):
            return next(told for member in members if (told := failing(member, document)) is not None)
        case AnyOf(members=members):
            return f"none holds of ({'; '.join(failing(member, document) or '' for member in members)})"
        case Not(member=member):
            return f"it holds: {describe(member)}"
        case _:
            assert_never(when)


def _short(value: Any) -> str:
    text = canonical(value)
    return repr(text if len(text) <= _VALUE_LIMIT else text[: _VALUE_LIMIT - 1] + "…")
