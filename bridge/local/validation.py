"""Reading the fields of a request: every fault is found before any is reported, each under its field's name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, TypeVar

from bridge.local.replies import Call, Fault, invalid
from bridge.local.times import parse

TEXT_LIMIT: Final = 4096
PAGE_LIMIT: Final = 100
DEFAULT_LIMIT: Final = 50

_MISSING: Final = object()
T = TypeVar("T")


class Fields:
    """The fields of one JSON object. Each reader returns a usable value and notes a fault for a bad one.

    Call `check` before the values are used: it raises the Refusal that names every bad field.
    """

    def __init__(self, document: Mapping[str, Any], *, prefix: str = "", faults: list[Fault] | None = None) -> None:
        self._document = document
        self._prefix = prefix
        self._faults: list[Fault] = [] if faults is None else faults

    def fault(self, field: str, message: str) -> None:
        """Note that a field cannot be accepted."""
        self._faults.append(Fault(field=f"{self._prefix}{field}", message=message))

    def check(self) -> None:
        """Raise 422 if any field had a fault."""
        if self._faults:
            raise invalid(*self._faults)

    def text(self, field: str, *, limit: int = 255, empty: bool = False) -> str:
        """A required text."""
        value = self._document.get(field, _MISSING)
        if value is _MISSING:
            self.fault(field, "is required")
        elif not isinstance(value, str):
            self.fault(field, "must be a string")
        elif not value.strip() and not empty:
            self.fault(field, "must not be empty")
        elif len(value) > limit:
            self.fault(field, f"must have at most {limit} characters")
        else:
            return value
        return ""

    def optional_text(self, field: str, *, limit: int = 255) -> str | None:
        """A text, or None where it is null or left out."""
        if self._document.get(field) is None:
            return None
        return self.text(field, limit=limit, empty=True)

    def choice(self, field: str, choices: Collection[str]) -> str:
        """A required text out of a few."""
        value = self._document.get(field, _MISSING)
        if isinstance(value, str) and value in choices:
            return value
        self.fault(field, "is required" if value is _MISSING else f"must be one of {', '.join(choices)}")
        return ""

    def optional_choice(self, field: str, choices: Collection[str]) -> str | None:
        """A text out of a few, or None where it is null or left out."""
        return None if self._document.get(field) is None else self.choice(field, choices)

    def has(self, field: str) -> bool:
        """Whether the field is there at all, be it null."""
        return field in self._document

    def whole(self, field: str, *, default: int, low: int, high: int) -> int:
        """A whole number within bounds, or the default where it is null or left out."""
        value = self._document.get(field)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fault(field, f"must be a whole number from {low} to {high}")
            return default
        return value

    def array(self, field: str, *, required: bool = False) -> list[Any]:
        """A list of anything; empty where it is null or left out."""
        value = self._document.get(field)
        if isinstance(value, list):
            return value
        if value is not None:
            self.fault(field, "must be an array")
        elif required:
            self.fault(field, "is required")
        return []

    def members(self, field: str, *, of: type[T], what: str, required: bool = False) -> list[T]:
        """A list whose members all have one JSON type; empty where it is null or left out."""
        value = self.array(field, required=required)
        # bool is a subclass of int in Python, and no number in JSON.
        if any(not isinstance(entry, of) or isinstance(entry, bool) for entry in value):
            self.fault(field, f"must be an array of {what}")
            return []
        return value

    def nested(self, field: str, index: int, entry: Mapping[str, Any]) -> Fields:
        """The fields of one object in a list; its faults are named `field[index].name` and noted here."""
        return Fields(entry, prefix=f"{self._prefix}{field}[{index}].", faults=self._faults)


def values(call: Call, name: str) -> list[str]:
    """All values of a query parameter in both spellings, `id=a&id=b` and `id=a,b`, each once, in order."""
    found = (part.strip() for value in call.query.get(name, ()) for part in value.split(","))
    return list(dict.fromkeys(part for part in found if part))


def page(call: Call) -> tuple[int, int]:
    """`page` (from 1) and `limit` of a query, as (limit, offset)."""
    limit = _positive(call, "limit", default=DEFAULT_LIMIT, high=PAGE_LIMIT)
    number = _positive(call, "page", default=1, high=1_000_000)
    return limit, (number - 1) * limit


def keyset(call: Call) -> tuple[int, int]:
    """`last_received_at` and `limit` of a query, as (microseconds before which, limit)."""
    limit = _positive(call, "limit", default=DEFAULT_LIMIT, high=PAGE_LIMIT)
    text = _single(call, "last_received_at")
    if text is None:
        return 2**63 - 1, limit
    try:
        return parse(text), limit
    except ValueError:
        raise invalid(Fault(field="last_received_at", message="must be a time as of RFC 3339")) from None


def _positive(call: Call, name: str, *, default: int, high: int) -> int:
    text = _single(call, name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= high):
        raise invalid(Fault(field=name, message=f"must be a whole number from 1 to {high}"))
    return int(text)


def _single(call: Call, name: str) -> str | None:
    return call.query.get(name, (None,))[0]
