"""The report as one HTML page that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from html import escape
from typing import Final

from bridge.channels.evidence import FAILURES, Row, What
from bridge.channels.report import Line, Report, summary
from bridge.channels.standing import week_of

WEEKS: Final = 26
_CELL: Final = 18
_LABEL: Final = 230
_COLOURS: Final = {"failed": "#b3261e", 0: "#e6e6e6", 1: "#f4d58d", 2: "#9cc5a1", 3: "#49a078", 4: "#216869"}
_MEANINGS: Final = {
    0: "no test", 1: "taken, arrival not proven", 2: "accepted by the provider, arrival not proven", 3: "delivered",
    4: "acknowledged by a person", "failed": "failed",
}  # fmt: skip
_PLOT: Final = (760, 220)
_STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1a1a1a}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd}
.no{color:#b3261e}svg{max-width:100%;height:auto}text{font:11px system-ui,sans-serif}
"""


def as_html(report: Report, rows: Sequence[Row], now: datetime) -> str:
    """The whole page."""
    parts = (
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width'><title>Notification channels</title>",
        f"<style>{_STYLE}</style><h1>Notification channels</h1><p>{escape(report.at)}</p>",
        f"<ul>{''.join(f'<li>{escape(text)}' for text in summary(report))}</ul>",
        "<h2>Channels</h2>",
        _table(report.lines),
        f"<h2>Tests by week</h2>{_heat_map(report.lines, rows, now)}{_legend()}",
        f"<h2>How long Pinghome took to answer</h2>{_plot(rows, now)}",
        _findings(report),
    )
    return "".join(parts) + "</html>\n"


def _table(lines: Iterable[Line]) -> str:
    heads = ("Owner", "Channel", "Proof", "Age", "p50 / p95", "Failures", "Next test")
    body = []
    for line in lines:
        proof = f"{line.grade} of {line.attainable}: {line.meaning}"
        cells = (
            line.owner,
            f"{line.kind} {line.target}",
            proof,
            "-" if line.age_days is None else f"{line.age_days} d",
            "-" if line.latency_p50_ms is None else f"{line.latency_p50_ms} / {line.latency_p95_ms} ms",
            f"{line.failures} {line.failing}",
            line.next_test or f"none: {line.no_test}",
        )
        kind = "" if line.proven else " class=no"
        body.append(f"<tr{kind}>{''.join(f'<td>{escape(cell)}' for cell in cells)}")
    return f"<table><tr>{''.join(f'<th>{head}' for head in heads)}{''.join(body)}</table>"


def _heat_map(lines: Sequence[Line], rows: Iterable[Row], now: datetime) -> str:
    """A row a channel, a square a week: the grade that its test reached, or that it failed."""
    last = now.date() - timedelta(days=now.weekday())
    weeks = [last - timedelta(days=7 * number) for number in reversed(range(WEEKS))]
    cells = _cells(rows)
    parts = []
    for y, line in enumerate(lines):
        top = y * _CELL + 20
        parts.append(f"<text x=0 y={top + 13}>{escape(f'{line.owner}: {line.kind} {line.target}'[:38])}</text>")
        for x, week in enumerate(weeks):
            value = cells.get((line.channel, week), 0)
            parts.append(
                f"<rect x={_LABEL + x * _CELL} y={top} width={_CELL - 2} height={_CELL - 2} fill='{_COLOURS[value]}'>"
                f"<title>{escape(line.target)}, week of {week}: {_MEANINGS[value]}</title></rect>"
            )
    marks = "".join(f"<text x={_LABEL + x * _CELL} y=12>{weeks[x]:%d.%m.}</text>" for x in range(0, WEEKS, 4))
    width, height = _LABEL + WEEKS * _CELL, len(lines) * _CELL + 20
    return f"<svg role=img aria-label='Tests by week' viewBox='0 0 {width} {height}'>{marks}{''.join(parts)}</svg>"


def _cells(rows: Iterable[Row]) -> Mapping[tuple[str, date], int | str]:
    found: dict[tuple[str, date], int | str] = {}
    for row in rows:
        if row.what in FAILURES:
            found[row.channel, week_of(row)] = "failed"
        elif row.grade:
            before = found.get((row.channel, week_of(row)), 0)
            better = before if isinstance(before, int) else 0
            found[row.channel, week_of(row)] = max(int(row.grade), better)
    return found


def _legend() -> str:
    marks = (
        f"<span style='background:{colour};padding:0 .7em;margin:0 .4em 0 1em'></span>{escape(_MEANINGS[value])}"
        for value, colour in _COLOURS.items()
    )
    return f"<p>{''.join(marks)}</p>"


def _plot(rows: Iterable[Row], now: datetime) -> str:
    """A dot an answer, by time."""
    begin = now - timedelta(days=7 * WEEKS)
    taken = [row for row in rows if row.what is What.TAKEN and row.latency_ms is not None and row.at >= begin]
    if not taken:
        return "<p>No test was taken yet.</p>"
    width, height = _PLOT
    top = max(row.latency_ms or 0 for row in taken) or 1
    dots = []
    for row in taken:
        x = 50 + (width - 60) * ((row.at - begin) / (now - begin))
        y = height - 20 - (height - 40) * ((row.latency_ms or 0) / top)
        title = f"{row.at:%Y-%m-%d %H:%M} {row.kind}: {row.latency_ms} ms"
        dots.append(f"<circle cx={x:.1f} cy={y:.1f} r=3 fill='#216869'><title>{escape(title)}</title></circle>")
    axis = (
        f"<line x1=50 y1={height - 20} x2={width} y2={height - 20} stroke='#999'/>"
        f"<text x=0 y=24>{top} ms</text><text x=0 y={height - 20}>0 ms</text>"
        f"<text x=50 y={height - 4}>{begin:%Y-%m-%d}</text><text x={width - 62} y={height - 4}>{now:%Y-%m-%d}</text>"
    )
    return f"<svg role=img aria-label='Latency' viewBox='0 0 {width} {height}'>{axis}{''.join(dots)}</svg>"


def _findings(report: Report) -> str:
    if not report.findings:
        return ""
    texts = "".join(f"<li>{escape(finding.name)}: {escape(finding.text)}" for finding in report.findings)
    return f"<h2>Faults of the configuration</h2><ul>{texts}</ul>"
