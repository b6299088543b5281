"""Times as they are stored (whole microseconds since 1970, UTC) and as they are written (RFC 3339)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """An aware time in microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def rfc3339(value: int) -> str:
    """Microseconds as text, always with all six digits, so that it sorts and is an exact cursor."""
    return (_EPOCH + value * _MICROSECOND).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def written(value: int | None) -> str | None:
    """The same for a time that may not have come yet."""
    return None if value is None else rfc3339(value)


def parse(text: str) -> int:
    """A written time in microseconds; one without an offset is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return micros(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)
