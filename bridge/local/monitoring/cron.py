"""Cron expressions: whether one can be read. Nothing here asks yet when it is due.

Five fields of `*`, numbers, ranges, lists and steps, and the English names of months and days, as crontab(5) of Vixie
cron writes them; its nicknames (`@daily`) are not among them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final[tuple[tuple[str, int, int, Sequence[str]], ...]] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    # Both 0 and 7 are Sunday.
    ("day of the week", 0, 7, _DAYS),
)
_PART: Final = re.compile(
    r"(?P<first>\*|[0-9]{1,2}|[a-z]{3})(?:-(?P<last>[0-9]{1,2}|[a-z]{3}))?(?:/(?P<step>[0-9]{1,2}))?"
)


def fault_of(expression: str) -> str | None:
    """What is wrong with an expression, as the end of a sentence; None where nothing is."""
    fields = expression.lower().split()
    if len(fields) != len(_FIELDS):
        return "must have the five fields of a cron expression"
    for text, (name, low, high, names) in zip(fields, _FIELDS, strict=True):
        if not all(_good(part, low, high, names) for part in text.split(",")):
            return f"has no good {name}: {text[:40]}"
    return None


def _good(part: str, low: int, high: int, names: Sequence[str]) -> bool:
    match = _PART.fullmatch(part)
    if match is None or (match["step"] is not None and int(match["step"]) == 0):
        return False
    if match["first"] == "*":
        return match["last"] is None
    first = _number(match["first"], low, names)
    last = first if match["last"] is None else _number(match["last"], low, names)
    return first is not None and last is not None and low <= first <= last <= high


def _number(text: str, low: int, names: Sequence[str]) -> int | None:
    if text.isdigit():
        return int(text)
    return names.index(text) + low if text in names else None
