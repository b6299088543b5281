"""`channels`: tests of notification channels, and what they prove."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, TypeVar

import typer

from bridge.cli.common import EX_UNAVAILABLE, ConfigOption, JsonOption, configuration_faults, fail

if TYPE_CHECKING:
    from bridge.channels.evidence import Book, Row
    from bridge.channels.plan import Blackout
    from bridge.channels.report import Report
    from bridge.channels.run import Runner

T = TypeVar("T")
RECEIPT_PATIENCE: Final = 10
"""Seconds that `test` waits for Pinghome to say what became of the tests."""

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


class Form(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


class _Desk(NamedTuple):
    runner: Runner
    book: Book
    blackout: Blackout
    enabled: bool


@app.command("list")
def list_channels(config: ConfigOption = None, json_output: JsonOption = False) -> None:
    """Every channel with its proof and its next test.

    Example: pinghome-bridge channels list
    """
    report = _run(config, _report)
    rows = [
        {
            "channel": line.channel,
            "owner": line.owner,
            "kind": line.kind,
            "target": line.target,
            "grade": f"{line.grade} of {line.attainable}",
            "meaning": line.meaning,
            "next_test": line.next_test or f"none: {line.no_test}",
        }
        for line in report.lines
    ]
    if json_output:
        import json

        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
        return
    from bridge.cli.tables import show

    show(rows)


@app.command("test")
def run_tests(
    channels: Annotated[list[str] | None, typer.Argument(help="Keys from `list`. Default: what is due now.")] = None,
    config: ConfigOption = None,
) -> None:
    """Test channels now, within the bounds of the planner, and wait a little for what becomes of it.

    Example: pinghome-bridge channels test 3fa1c02b9d77
    """

    async def work(desk: _Desk) -> list[str]:
        if not desk.enabled:
            fail("channel_tests.enabled is false: nothing is sent")
        return await _tests(desk, channels or [])

    for line in _run(config, work) or ["nothing is due"]:
        sys.stdout.write(f"{line}\n")


@app.command()
def report(
    form: Annotated[Form, typer.Option("--format", help="How it is written.")] = Form.TEXT,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file. Default: standard output.")] = None,
    config: ConfigOption = None,
) -> None:
    """What is proven, as text, JSON, CSV or one HTML page.

    Example: pinghome-bridge channels report --format html -o channels.html
    """
    text = _run(config, lambda desk: _written(desk, form))
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{output}: {error.strerror}")


@app.command()
def waive(
    channel: Annotated[str, typer.Argument(help="Key from `list`.")],
    until: Annotated[str, typer.Option("--until", help="The last day without tests: 2026-12-31.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, and who says so. It stands in every report.")],
    config: ConfigOption = None,
) -> None:
    """Leave a channel out of the tests up to a day. It proves nothing meanwhile.

    Example: pinghome-bridge channels waive 3fa1c02b9d77 --until 2026-12-31 --reason "parental leave (Ann)"
    """
    from datetime import timedelta

    try:
        end = datetime.combine(datetime.fromisoformat(until).date() + timedelta(days=1), time(), UTC)
    except (ValueError, OverflowError):
        fail("--until is a day like 2026-12-31", 2)

    async def work(desk: _Desk) -> None:
        from bridge.channels.evidence import Row, What

        known = {one.channel.key: one for one in (await desk.runner.inventory()).found}
        if channel not in known:
            fail(f"there is no channel {channel}; see `channels list`")
        one = known[channel]
        row = Row(
            what=What.WAIVED, at=datetime.now(UTC), channel=channel, kind=one.channel.kind, target=one.target,
            person=one.channel.person, detail=reason, until=end,
        )  # fmt: skip
        await desk.book.write(row)

    _run(config, work)
    sys.stdout.write(f"{channel} is not tested up to {until}\n")


@app.command()
def status(
    fail_under: Annotated[
        float, typer.Option("--fail-under", min=0, max=100, help="Exit with 1 under so many per cent.")
    ] = 0,
    config: ConfigOption = None,
) -> None:
    """The coverage of the next 30 days of on-call hours; exit 1 where it is too low or the evidence was changed.

    Example: pinghome-bridge channels status --fail-under 95
    """
    from bridge.channels.report import percent, summary

    found = _run(config, _report)
    sys.stdout.write("\n".join(summary(found)) + "\n")
    if found.chain is not None:
        fail(f"the evidence cannot be trusted: {found.chain}")
    if fail_under and (found.coverage is None or found.coverage < fail_under):
        fail(f"{percent(found.coverage)}, and {fail_under:g} % are wanted")


def _run(config: Path | None, work: Callable[[_Desk], Awaitable[T]]) -> T:
    async def run() -> T:
        async with _desk(config) as desk:
            return await work(desk)

    from bridge.domain.errors import Unavailable
    from bridge.pinghome.errors import PinghomeError

    try:
        return asyncio.run(run())
    except (Unavailable, PinghomeError) as error:
        fail(str(error), EX_UNAVAILABLE)


@asynccontextmanager
async def _desk(config: Path | None) -> AsyncIterator[_Desk]:
    from bridge import logs
    from bridge.pinghome.client import Pinghome
    from bridge.settings import load
    from bridge.wiring import channel_tests, open_store

    with configuration_faults():
        settings = load(config)
    logs.configure(level="error", form="console", process="channels")
    async with AsyncExitStack() as stack:
        store = open_store(stack, settings)
        pinghome = await stack.enter_async_context(Pinghome(settings.pinghome))
        runner, book = channel_tests(settings, store, pinghome)
        rules = settings.channel_tests
        yield _Desk(runner, book, rules.rules().blackout, rules.enabled)


async def _everything(desk: _Desk) -> tuple[Report, list[Row], datetime]:
    from bridge.channels.evidence import KEPT
    from bridge.channels.report import make

    now = datetime.now(UTC)
    # The head first: rows that are added meanwhile come after it and are left out.
    head = await desk.book.head()
    rows = [row for row in await desk.book.rows(now - KEPT) if row.seq <= head.seq]
    return make(await desk.runner.inventory(), rows, head, desk.blackout, now), rows, now


async def _report(desk: _Desk) -> Report:
    return (await _everything(desk))[0]


async def _written(desk: _Desk, form: Form) -> str:
    from bridge.channels.page import as_html
    from bridge.channels.report import as_csv, as_json, as_text

    report, rows, now = await _everything(desk)
    match form:
        case Form.TEXT:
            return as_text(report)
        case Form.JSON:
            return as_json(report)
        case Form.CSV:
            return as_csv(report)
        case Form.HTML:
            return as_html(report, rows, now)


async def _tests(desk: _Desk, keys: Sequence[str]) -> list[str]:
    """Run them with a bar for people; what is told of each."""
    from rich.console import Console
    from rich.progress import Progress

    told: list[str] = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("testing", total=len(keys) or 1)
        for key in keys or [""]:
            try:
                tick = await (desk.runner.test(key) if key else desk.runner.tick())
            except LookupError:
                fail(f"there is no channel {key}; see `channels list`")
            told += [f"{row.channel} {row.kind} {row.target}: {_words(row)}" for row in tick.rows]
            told += [f"{name}: not tested: {reason}" for name, reason in tick.put_off.items()]
            told += [f"not tested: {tick.held}"] if tick.held else []
            progress.advance(task)
        waiting = progress.add_task("waiting for receipts", total=RECEIPT_PATIENCE)
        for _ in range(RECEIPT_PATIENCE if any("taken" in line for line in told) else 0):
            await asyncio.sleep(1)
            told += [f"{row.channel} {row.kind} {row.target}: {_words(row)}" for row in await desk.runner.look()]
            progress.advance(waiting)
    return told


def _words(row: Row) -> str:
    words = row.grade.words if row.grade else row.what.value
    return f"{words}: {row.detail}" if row.detail else words
