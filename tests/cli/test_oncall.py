"""`oncall` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import run

DAY = {
    "team_member_id": "ada",
    "team_id": "team",
    "created_at": "2026-01-01T00:00:00Z",
    "start_date": "2026-03-01T00:00:00Z",
    "end_date": "2026-03-31T23:59:59Z",
    "months_of_year": [],
    "weeks_of_month": [],
    "week_days": [],
    "start_time": "09:00:00",
    "end_time": "17:00:00",
}
NIGHT = {**DAY, "team_member_id": "bob", "start_time": "17:00:00", "end_time": "08:00:00"}
NEW_YORK = ("--timezone", "America/New_York")


@pytest.fixture
def schedule(tmp_path: Path) -> Path:
    (tmp_path / "s.json").write_text(json.dumps([DAY, NIGHT]))
    return tmp_path


async def ask(where: Path, *words: str, zone: tuple[str, ...] = NEW_YORK) -> Any:
    code, out, err = await run("oncall", *words, "--schedule", "s.json", *zone, "--json", cwd=where)
    assert (code, err) == (0, "")
    return json.loads(out)


async def test_preview_prints_shifts_in_utc_and_in_order(schedule: Path) -> None:
    """The clock goes forward on 8 March 2026: the night is an hour shorter."""
    found = await ask(schedule, "preview", "--from", "2026-03-07T12:00:00Z", "--to", "2026-03-08T18:00:00Z")
    assert found == [
        {"member_id": "bob", "start": "2026-03-07T12:00:00Z", "end": "2026-03-07T13:00:00Z"},
        {"member_id": "ada", "start": "2026-03-07T14:00:00Z", "end": "2026-03-07T22:00:00Z"},
        {"member_id": "bob", "start": "2026-03-07T22:00:00Z", "end": "2026-03-08T12:00:00Z"},
        {"member_id": "ada", "start": "2026-03-08T13:00:00Z", "end": "2026-03-08T18:00:00Z"},
    ]


async def test_gaps_are_what_is_left(schedule: Path) -> None:
    found = await ask(schedule, "gaps", "--from", "2026-03-10", "--to", "2026-03-11")
    assert found == [{"start": "2026-03-10T12:00:00Z", "end": "2026-03-10T13:00:00Z"}]


async def test_who_and_until_when(schedule: Path) -> None:
    found = await ask(schedule, "who", "--at", "2026-03-10T15:00:00Z")
    assert found == {"at": "2026-03-10T15:00:00Z", "on_call": ["ada"], "until": "2026-03-10T21:00:00Z"}


async def test_next_says_who_and_when_somebody(schedule: Path) -> None:
    found = await ask(schedule, "next", "--at", "2026-03-10T12:30:00Z")
    assert found == {
        "at": "2026-03-10T12:30:00Z",
        "next_change": "2026-03-10T13:00:00Z",
        "on_call": ["ada"],
        "next_covered": "2026-03-10T13:00:00Z",
    }
    ended = await ask(schedule, "next", "--at", "2027-01-01")
    assert (ended["next_change"], ended["next_covered"]) == (None, None)


async def test_a_rule_changes_what_entries_mean(schedule: Path) -> None:
    (schedule / "s.json").write_text(json.dumps({"data": [{**DAY, "week_days": [0]}]}))
    span = ("--from", "2026-03-01", "--to", "2026-03-08")
    sunday = await ask(schedule, "preview", *span)
    monday = await ask(schedule, "preview", *span, "--rule", "weekday_zero=monday")
    assert [one[0]["start"] for one in (sunday, monday)] == ["2026-03-01T14:00:00Z", "2026-03-02T14:00:00Z"]


async def test_people_get_tables(schedule: Path) -> None:
    span = ("--from", "2026-03-10", "--to", "2026-03-11", "--schedule", "s.json", *NEW_YORK)
    for command, word in (("preview", "ada"), ("gaps", "2026-03-10T12:00:00Z")):
        code, out, _ = await run("oncall", command, *span, cwd=schedule)
        assert (code, word in out) == (0, True)
    code, out, _ = await run("oncall", "gaps", "--schedule", "s.json", *NEW_YORK, "--from", "2026-03-10T15:00:00Z",
                             "--to", "2026-03-10T16:00:00Z", cwd=schedule)  # fmt: skip
    assert (code, out) == (0, "no gap from 2026-03-10T15:00:00Z to 2026-03-10T16:00:00Z\n")
    code, out, _ = await run("oncall", "who", "--schedule", "s.json", *NEW_YORK, "--at", "2027-01-01", cwd=schedule)
    assert (code, out) == (0, "2027-01-01T00:00:00Z: nobody, without an end\n")


async def test_what_is_set_aside_is_told_and_without_a_zone_it_is_utc(schedule: Path) -> None:
    (schedule / "s.json").write_text(json.dumps([DAY, {**NIGHT, "start_time": "late"}]))
    code, out, err = await run("oncall", "who", "--schedule", "s.json", "--at", "2026-03-10T09:00:00Z", cwd=schedule)
    assert (code, out) == (0, "2026-03-10T09:00:00Z: ada, until 2026-03-10T17:00:00Z\n")
    assert "entry 1 is left out: start_time" in err
    assert "taken for UTC" in err


@pytest.mark.parametrize(
    ("words", "content", "expected", "text"),
    [
        (("who", "--timezone", "Mars"), "[]", 2, "no IANA time zone"),
        (("who", *NEW_YORK, "--rule", "weeks=iso"), "[]", 2, "nth_weekday"),
        (("who", *NEW_YORK, "--at", "soon"), "[]", 2, "no time like"),
        (("gaps", *NEW_YORK, "--from", "2026-02-01", "--to", "2026-01-01"), "[]", 2, "--to must be after --from"),
        (("who", *NEW_YORK), "{", 65, "is no JSON"),
        (("who", *NEW_YORK), "{}", 65, "no JSON list"),
        (("who", *NEW_YORK), "[1]", 65, "no entry can be used"),
        (("who", *NEW_YORK), None, 1, "No such file"),
        (("preview", *NEW_YORK, "--from", "9999-12-31T00:00:00Z"), "[]", 2, "out of the calendar"),
    ],
)
async def test_a_mistake_is_one_line(
    tmp_path: Path, words: tuple[str, ...], content: str | None, expected: int, text: str
) -> None:
    if content is not None:
        (tmp_path / "s.json").write_text(content)
    code, out, err = await run("oncall", *words, "--schedule", "s.json", cwd=tmp_path)
    assert (code, out) == (expected, "")
    assert text in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["who", "next", "gaps", "preview"])
async def test_each_has_help_with_an_example(tmp_path: Path, command: str) -> None:
    code, out, _ = await run("oncall", command, "--help", cwd=tmp_path)
    assert (code, f"Example: pinghome-bridge oncall {command}" in out) == (0, True)
