"""What the evidence says, for people and for machines: as text, JSON, CSV; the page is in `page.py`."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from bridge.channels.evidence import Grade, Head, Row, broken
from bridge.channels.inventory import Inventory
from bridge.channels.lint import Finding, lint
from bridge.channels.plan import Blackout, outlook
from bridge.channels.standing import Standing, coverage, last_weeks, standings


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One channel. Times are RFC 3339, latencies milliseconds of the answers, `age_days` the age of the grade."""

    channel: str
    owner: str
    kind: str
    target: str
    grade: int
    meaning: str
    attainable: int
    proven: bool
    reached_at: str | None
    age_days: int | None
    latency_p50_ms: int | None
    latency_p95_ms: int | None
    failures: int
    failing: str
    waived_until: str | None
    waiver: str
    next_test: str | None
    no_test: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole of it. Coverage is per cent of the known on-call hours of the next 30 days; None where there are none.

    `chain`: what is wrong with the evidence itself; None where every row is as it was written. `head` is the hash of
    the newest row: an earlier report's shows whether all was written anew since.
    """

    at: str
    lines: tuple[Line, ...]
    findings: tuple[Finding, ...]
    coverage: float | None
    coverage_by_two: float | None
    hidden: tuple[str, ...]
    doubts: tuple[str, ...]
    rows: int
    head: str
    chain: str | None


def make(inventory: Inventory, rows: Sequence[Row], head: Head, blackout: Blackout, now: datetime) -> Report:
    """Put it together. `rows` are all that are kept."""
    known = standings(rows)
    ahead = outlook(inventory.channels, now, last_weeks(rows, date.max), blackout)
    lines = []
    proven: Counter[str] = Counter()
    for one in inventory.found:
        channel, standing = one.channel, known.get(one.channel.key, Standing())
        slot = ahead.next.get(channel.key)
        line = _line(standing, now, {
            "channel": channel.key,
            "owner": one.owner,
            "kind": channel.kind,
            "target": one.target,
            "next_test": _text(slot.at) if slot else None,
            "no_test": ahead.none.get(channel.key),
        })  # fmt: skip
        lines.append(line)
        # Only what can be used now: evidence of a channel that was switched off since is worth nothing.
        if line.proven and channel.verified and channel.enabled and channel.person is not None:
            proven[channel.person] += 1
    return Report(
        at=f"{now:%Y-%m-%dT%H:%M:%SZ}",
        lines=tuple(sorted(lines, key=lambda line: (line.proven, line.grade, line.owner, line.kind))),
        findings=tuple(lint(inventory, known, now)),
        coverage=coverage(inventory.shifts, proven),
        coverage_by_two=coverage(inventory.shifts, proven, needed=2),
        hidden=tuple(f"{person.name}: {person.hidden}" for person in inventory.people if person.hidden),
        doubts=inventory.doubts,
        rows=len(rows),
        head=head.hash,
        chain=broken(rows, head),
    )


def _line(standing: Standing, now: datetime, facts: Mapping[str, Any]) -> Line:
    grade, at = standing.grade(now)
    waived = standing.waived(now)
    return Line(
        **facts,
        grade=grade,
        meaning=grade.words,
        attainable=standing.attainable,
        proven=standing.proven(now),
        reached_at=_text(at),
        age_days=None if at is None else (now - at).days,
        latency_p50_ms=standing.latency(50),
        latency_p95_ms=standing.latency(95),
        failures=standing.failed,
        failing=standing.failing,
        waived_until=_text(standing.waived_until) if waived else None,
        waiver=standing.waiver if waived else "",
    )


def as_json(report: Report) -> str:
    """For machines."""
    return json.dumps(asdict(report), indent=2, ensure_ascii=False) + "\n"


def as_csv(report: Report) -> str:
    """One line a channel. What a spreadsheet would take for a formula is made a text."""
    out = io.StringIO()
    names = list(Line.__dataclass_fields__)
    writer = csv.writer(out)
    writer.writerow(names)
    for line in report.lines:
        fields = asdict(line)
        writer.writerow([_cell(fields[name]) for name in names])
    return out.getvalue()


_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULAS) else value


def as_text(report: Report) -> str:
    """For people, in lines."""
    parts = [f"Notification channels at {report.at}", *summary(report), ""]
    for line in report.lines:
        parts.append(f"{line.channel}  {line.owner}: {line.kind} {line.target}")
        age = "" if line.age_days is None else f", {line.age_days} days ago"
        parts.append(f"    grade {line.grade} of {line.attainable}: {line.meaning}{age}")
        if line.latency_p50_ms is not None:
            parts.append(f"    answers: p50 {line.latency_p50_ms} ms, p95 {line.latency_p95_ms} ms")
        if line.failures:
            parts.append(f"    failures: {line.failures}{f', failing now: {line.failing}' if line.failing else ''}")
        if line.waived_until:
            parts.append(f"    waived until {line.waived_until}: {line.waiver}")
        parts.append(f"    next test: {line.next_test or f'none: {line.no_test}'}")
    parts += ["", "Faults of the configuration:"] if report.findings else []
    parts += [f"  {finding.name}: {finding.text}" for finding in report.findings]
    return "\n".join(parts) + "\n"


def summary(report: Report) -> list[str]:
    """The lines that matter most."""
    counted = Counter(Grade(line.grade) for line in report.lines)
    lines = [
        f"on-call hours of the next 30 days with a proven channel: {percent(report.coverage)}",
        f"the same with two proven channels: {percent(report.coverage_by_two)}",
        *(f"{counted[grade]} channels: {grade.words}" for grade in sorted(counted)),
        f"evidence: {report.rows} rows, {report.chain or 'the chain is whole'}, newest {report.head[:16] or 'none'}",
    ]
    lines += [f"not known: {text}" for text in report.hidden]
    return lines + [f"schedule: {text}" for text in report.doubts]


def percent(value: float | None) -> str:
    """A share as people write it; downwards, so that 100 % is all of it."""
    return "nobody is known to be on call" if value is None else f"{int(value * 10) / 10:.1f} %"


def _text(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"
