"""Which part of a list or a history a query asks for."""

from __future__ import annotations

from typing import Final, Protocol

from bridge.local.replies import Fault, invalid
from bridge.local.times import parse
from bridge.pinghome.systems.shared import Older, Period

DEFAULT_LIMIT: Final = 50
_ALWAYS: Final = 2**63 - 1


class Paged(Protocol):
    """A query for a page of a list."""

    @property
    def page(self) -> int | None:
        """From 1."""

    @property
    def limit(self) -> int | None:
        """Entries of a page."""


def window(paging: Paged) -> tuple[int, int]:
    """`page` and `limit` as SQL's LIMIT and OFFSET."""
    limit = paging.limit or DEFAULT_LIMIT
    return limit, ((paging.page or 1) - 1) * limit


def below(part: Older) -> tuple[int, int]:
    """Before when, in microseconds since 1970, and how many at most. Raises 422 for what is no time."""
    faults: list[Fault] = []
    before = _bound(part.last_received_at, "last_received_at", _ALWAYS, faults)
    if faults:
        raise invalid(*faults)
    return before, part.limit or DEFAULT_LIMIT


def bounds(period: Period) -> tuple[int, int]:
    """From when and up to when, both inclusive, in microseconds since 1970. Raises 422 for what is no period."""
    faults: list[Fault] = []
    start = _bound(period.start_date, "start_date", -_ALWAYS, faults)
    end = _bound(period.end_date, "end_date", _ALWAYS, faults)
    if not faults and start > end:
        faults.append(Fault(field="end_date", message="must not be before start_date"))
    if faults:
        raise invalid(*faults)
    return start, end


def _bound(text: str | None, field: str, default: int, faults: list[Fault]) -> int:
    if text is None:
        return default
    try:
        return parse(text)
    except ValueError:
        faults.append(Fault(field=field, message="must be a time as of RFC 3339"))
        return default
