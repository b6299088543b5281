"""What the rows of evidence amount to, channel by channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bridge.channels.evidence import FAILURES, FRESH, Grade, Row, What
from bridge.domain.oncall import Shift


@dataclass(slots=True, kw_only=True)
class Standing:
    """What is known of one channel. `proofs` has the newest time of each grade since the last failure."""

    proofs: dict[Grade, datetime] = field(default_factory=dict)
    best: Grade = Grade.NOTHING
    reads: bool = False
    tested: datetime | None = None
    failures: int = 0
    failed: int = 0
    failing: str = ""
    latencies: list[int] = field(default_factory=list)
    waived_until: datetime | None = None
    waiver: str = ""

    def add(self, row: Row) -> None:
        """Rows come in their order."""
        if row.what is What.WAIVED:
            self.waived_until, self.waiver = row.until, row.detail
        elif row.what in FAILURES:
            self.proofs.clear()
            self.failures += 1
            self.failed += 1
            self.failing = row.detail
        elif row.grade > Grade.NOTHING:
            self._prove(row)

    def _prove(self, row: Row) -> None:
        self.proofs[row.grade] = row.at
        self.best = max(self.best, row.grade)
        self.reads = row.reads
        if row.what is What.TAKEN:
            self.tested = row.at
            if row.latency_ms is not None:
                self.latencies.append(row.latency_ms)
        if row.grade >= self.attainable:
            self.failures, self.failing = 0, ""

    @property
    def attainable(self) -> Grade:
        """The highest grade that this channel can reach: Pinghome says what became of a test, or it does not; and
        what was reached once is expected again."""
        return max(self.best, Grade.ACCEPTED if self.reads else Grade.TAKEN)

    def grade(self, now: datetime) -> tuple[Grade, datetime | None]:
        """The highest grade since the last failure that is still fresh, and when it was reached."""
        fresh = [(grade, at) for grade, at in self.proofs.items() if now - at <= FRESH]
        return max(fresh, default=(Grade.NOTHING, None))

    def proven(self, now: datetime) -> bool:
        """Did it reach what it can, lately, and not fail since?"""
        grade, _ = self.grade(now)
        return grade > Grade.NOTHING and grade >= self.attainable

    def waived(self, now: datetime) -> bool:
        """Does somebody answer for not testing it?"""
        return self.waived_until is not None and now < self.waived_until

    def latency(self, percent: int) -> int | None:
        """Milliseconds that so many of a hundred answers took at most."""
        ordered = sorted(self.latencies)
        return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None


def standings(rows: Iterable[Row]) -> dict[str, Standing]:
    """The standing of every channel that a row speaks of."""
    found: dict[str, Standing] = {}
    for row in rows:
        if row.channel:
            found.setdefault(row.channel, Standing()).add(row)
    return found


def week_of(row: Row) -> date:
    """The Monday of the week whose test a row belongs to."""
    return date.fromisoformat(row.slot[-10:])


def last_weeks(rows: Iterable[Row], before: date) -> dict[str, date]:
    """The week of each channel's newest test that was taken, among those before this Monday."""
    return {row.channel: week_of(row) for row in rows if row.what is What.TAKEN and week_of(row) < before}


def coverage(shifts: Sequence[Shift], people: Mapping[str, int], needed: int = 1) -> float | None:
    """Per cent of the on-call hours of people with as many proven channels as needed; None without such hours.

    `people` has the number of proven channels of each person.
    """
    total, proven = timedelta(), timedelta()
    for shift in shifts:
        length = shift.end - shift.start
        total += length
        if people.get(shift.member_id, 0) >= needed:
            proven += length
    return 100 * (proven / total) if total else None
