"""`oncall`: who is on call, from a file of schedule entries. No account, no connection."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bridge.cli.common import JsonOption, fail

if TYPE_CHECKING:
    from bridge.domain.oncall import Roster, Rules

EX_DATAERR: Final = 65

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

ScheduleOption = Annotated[
    Path, typer.Option("--schedule", help="JSON list of schedule entries as the API gives them.")
]
ZoneOption = Annotated[
    str | None, typer.Option("--timezone", help="IANA zone whose wall time the entries speak. Without it: UTC.")
]
RuleOption = Annotated[
    list[str] | None,
    typer.Option("--rule", help="How entries are read, NAME=VALUE; repeat it. The names are in the reference."),
]
AtOption = Annotated[str | None, typer.Option("--at", help="At this time (RFC 3339). Default: now.")]
FromOption = Annotated[str | None, typer.Option("--from", help="From this time (RFC 3339). Default: now.")]
ToOption = Annotated[str | None, typer.Option("--to", help="Up to this time. Default: 30 days later.")]


@app.command()
def who(
    schedule: ScheduleOption,
    timezone: ZoneOption = None,
    at: AtOption = None,
    rule: RuleOption = None,
    json_output: JsonOption = False,
) -> None:
    """Who is on call, and until when.

    Example: pinghome-bridge oncall who --schedule schedule.json --timezone Europe/Berlin
    """
    moment = _moment(at, datetime.now(UTC))
    roster = _roster(schedule, _rules(timezone, rule), moment)
    members, until = roster.who(moment), roster.next_change(moment)
    if json_output:
        _print({"at": _text(moment), "on_call": list(members), "until": _text(until)})
        return
    names = ", ".join(members) or "nobody"
    sys.stdout.write(f"{_text(moment)}: {names}, {f'until {_text(until)}' if until else 'without an end'}\n")


@app.command("next")
def next_change(
    schedule: ScheduleOption,
    timezone: ZoneOption = None,
    at: AtOption = None,
    rule: RuleOption = None,
    json_output: JsonOption = False,
) -> None:
    """When the people on call next change, who they then are, and when somebody next is.

    Example: pinghome-bridge oncall next --schedule schedule.json --timezone Europe/Berlin
    """
    moment = _moment(at, datetime.now(UTC))
    roster = _roster(schedule, _rules(timezone, rule), moment)
    change, covered = roster.next_change(moment), roster.next_covered(moment)
    members = () if change is None else roster.who(change)
    if json_output:
        _print({
            "at": _text(moment),
            "next_change": _text(change),
            "on_call": list(members),
            "next_covered": _text(covered),
        })  # fmt: skip
        return
    then = "never" if change is None else f"{_text(change)}: {', '.join(members) or 'nobody'}"
    sys.stdout.write(f"next change:  {then}\nnext covered: {_text(covered) or 'never'}\n")


@app.command()
def gaps(
    schedule: ScheduleOption,
    timezone: ZoneOption = None,
    begin: FromOption = None,
    end: ToOption = None,
    rule: RuleOption = None,
    json_output: JsonOption = False,
) -> None:
    """When nobody is on call.

    Example: pinghome-bridge oncall gaps --schedule schedule.json --timezone Europe/Berlin
    """
    lo, hi = _span(begin, end)
    found = _roster(schedule, _rules(timezone, rule), lo, hi).gaps(lo, hi)
    rows = [{"start": _text(gap.start), "end": _text(gap.end)} for gap in found]
    _show(rows, json_output=json_output, none=f"no gap from {_text(lo)} to {_text(hi)}")


@app.command()
def preview(
    schedule: ScheduleOption,
    timezone: ZoneOption = None,
    begin: FromOption = None,
    end: ToOption = None,
    rule: RuleOption = None,
    json_output: JsonOption = False,
) -> None:
    """Every shift of a stretch of time, in UTC, cut at its ends.

    Example: pinghome-bridge oncall preview --schedule s.json --timezone UTC --from 2026-11-01 --to 2026-12-01
    """
    lo, hi = _span(begin, end)
    found = _roster(schedule, _rules(timezone, rule), lo, hi).shifts(lo, hi)
    rows = [{"member_id": one.member_id, "start": _text(one.start), "end": _text(one.end)} for one in found]
    _show(rows, json_output=json_output, none="nobody is on call at any time")


def _rules(timezone: str | None, words: Sequence[str] | None) -> Rules:
    from bridge.domain.oncall import BadRule, Rules
    from bridge.domain.oncall.rules import choose

    if timezone is None:
        sys.stderr.write("pinghome-bridge: no --timezone is given; the entries are taken for UTC\n")
    try:
        chosen: dict[str, Any] = {}
        for word in words or ():
            name, _, value = word.partition("=")
            chosen[name.strip()] = choose(name.strip(), value.strip())
        return Rules(zone=timezone or "UTC", **chosen)
    except BadRule as error:
        fail(str(error), 2)


def _roster(file: Path, rules: Rules, lo: datetime, hi: datetime | None = None) -> Roster:
    """The schedule, compiled. What is set aside is told; a schedule of which nothing is left is an error."""
    from bridge.domain import oncall

    documents = _documents(file)
    entries, quarantined, warnings = oncall.read(documents, rules)
    for text in warnings:
        sys.stderr.write(f"pinghome-bridge: {text}\n")
    for one in quarantined:
        sys.stderr.write(f"pinghome-bridge: entry {one.index} is left out: {one.reason}\n")
    if documents and not entries:
        fail(f"{file}: no entry can be used", EX_DATAERR)
    return oncall.compile(entries, rules, (lo, hi or _later(lo, 45)))


def _later(moment: datetime, days: int) -> datetime:
    try:
        return moment + timedelta(days=days)
    except OverflowError:
        fail("that time is out of the calendar", 2)


def _documents(file: Path) -> list[Any]:
    try:
        found = json.loads(file.read_bytes())
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    except (ValueError, RecursionError):
        fail(f"{file}: is no JSON", EX_DATAERR)
    # An answer of the API holds its list under `data`.
    entries = found.get("data") if isinstance(found, dict) else found
    if not isinstance(entries, list):
        fail(f"{file}: is no JSON list of entries", EX_DATAERR)
    return entries


def _span(begin: str | None, end: str | None) -> tuple[datetime, datetime]:
    lo = _moment(begin, datetime.now(UTC))
    hi = _moment(end, _later(lo, 30))
    if hi <= lo:
        fail("--to must be after --from", 2)
    return lo, hi


def _moment(text: str | None, default: datetime) -> datetime:
    """Whole seconds of UTC; a time without an offset, and a date, is UTC."""
    if text is None:
        return default.replace(microsecond=0)
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        fail(f"{text!r} is no time like 2026-11-22T10:00:00Z", 2)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _print(document: Any) -> None:
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _show(rows: list[dict[str, str | None]], *, json_output: bool, none: str) -> None:
    if json_output:
        _print(rows)
        return
    if not rows:
        sys.stdout.write(f"{none}\n")
        return
    from bridge.cli.tables import show

    show(rows)
