"""From wall time to instants, in whole seconds.

A *wall second* counts the seconds of a zone's calendar and clock as if it were UTC: what the clock on the wall shows,
without any offset.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - wall time has no zone
_UTC_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class WallClock:
    """The instants of a zone's wall times. A wall time that was asked for is remembered."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known: dict[int, tuple[int, int]] = {}

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The instants between two wall seconds: from the first occurrence of the start to the last of the end.

        So shifts that follow each other on the wall leave no gap when clocks change; they may overlap in an hour that
        comes twice. A wall time that is skipped is the instant of the skip. Where a whole day is skipped the end may
        not be after the start: there is no such shift.
        """
        return self._occurrences(start)[0], self._occurrences(end)[1]

    def _occurrences(self, wall: int) -> tuple[int, int]:
        found = self._known.get(wall)
        if found is None:
            found = self._known[wall] = self._find(wall)
        return found

    def _find(self, wall: int) -> tuple[int, int]:
        shown = _EPOCH + timedelta(seconds=wall)
        # PEP 495: of a repeated time, fold 0 is the first; of a skipped one, fold 0 lies behind fold 1.
        first, last = (wall - self._offset(shown.replace(tzinfo=self._zone, fold=fold)) for fold in (0, 1))
        if first <= last:
            return first, last
        skip = self._skip(last, first, wall)
        return skip, skip

    def _skip(self, low: int, high: int, wall: int) -> int:
        """The first instant after `low`, and not after `high`, at which the wall shows `wall` or later."""
        while high - low > 1:
            middle = (low + high) // 2
            if middle + self._offset((_UTC_EPOCH + timedelta(seconds=middle)).astimezone(self._zone)) >= wall:
                high = middle
            else:
                low = middle
        return high

    @staticmethod
    def _offset(moment: datetime) -> int:
        offset = moment.utcoffset()
        return 0 if offset is None else round(offset.total_seconds())
