"""What a report says, in each of its forms."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import msgspec

from bridge.channels.evidence import Head, Row, What, link
from bridge.channels.inventory import Found, Inventory, Person, masked
from bridge.channels.page import as_html
from bridge.channels.plan import Blackout, Channel
from bridge.channels.report import Report, as_csv, as_json, as_text, make
from bridge.domain.oncall import Shift

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOBODY = Blackout()


def found(key: str, kind: str, person: str | None = "ann", *, enabled: bool = True) -> Found:
    return Found(
        channel=Channel(key=key, kind=kind, zone="UTC", person=person, enabled=enabled),
        owner_kind="customer" if person else "team",
        owner_id=person or "team",
        owner="<b>Ann</b>",
        priority=1,
        target="=a…@example.org",
        tested=None,
    )


def shift(person: str, begin: int, end: int) -> Shift:
    return Shift(member_id=person, start=NOW + timedelta(hours=begin), end=NOW + timedelta(hours=end))


def inventory(*all_found: Found, shifts: tuple[Shift, ...] = ()) -> Inventory:
    people = (Person(id="ann", name="Ann", hidden=None), Person(id="bob", name="Bob", hidden="is not shown"))
    return Inventory(at=NOW, found=all_found, people=people, teams=("team",), shifts=shifts, doubts=())


def rows(*facts: tuple[What, int]) -> tuple[list[Row], Head]:
    """Rows of channel `a`, each so many days ago."""
    made: list[Row] = []
    head = Head()
    for what, days in facts:
        at = NOW - timedelta(days=days)
        week = at.date() - timedelta(days=at.weekday())
        row = Row(
            what=what,
            at=at,
            channel="a",
            kind="email",
            slot=f"a:{week}",
            latency_ms=days,
            detail="HTTP 500",
            reads=True,
        )
        made.append(link(row, head))
        head = Head(made[-1].seq, made[-1].hash)
    return made, head


def report(*facts: tuple[What, int]) -> Report:
    made, head = rows(*facts)
    shifts = (shift("ann", 1, 4), shift("cay", 4, 5))
    return make(inventory(found("a", "email"), shifts=shifts), made, head, NOBODY, NOW)


def test_a_2xx_alone_covers_nothing_where_more_could_be_known() -> None:
    told = report((What.TAKEN, 1))
    assert (told.lines[0].grade, told.lines[0].attainable, told.lines[0].proven) == (1, 2, False)
    assert told.lines[0].meaning == "request taken, arrival not proven"
    assert told.coverage == 0
    assert "works" not in as_text(told)


def test_what_was_accepted_covers_its_owners_hours_until_it_is_old_or_fails() -> None:
    assert report((What.TAKEN, 2), (What.ACCEPTED, 2)).coverage == 75
    assert report((What.TAKEN, 36), (What.ACCEPTED, 36)).coverage == 0
    assert report((What.TAKEN, 2), (What.ACCEPTED, 2), (What.UNDELIVERED, 1)).coverage == 0
    assert report((What.ACCEPTED, 9), (What.TAKEN, 1)).coverage == 75  # the newest one may still be on its way
    assert report((What.ACCEPTED, 2)).coverage_by_two == 0


def test_a_channel_that_was_switched_off_covers_nothing() -> None:
    made, head = rows((What.ACCEPTED, 1))
    told = make(inventory(found("a", "email", enabled=False), shifts=(shift("ann", 0, 1),)), made, head, NOBODY, NOW)
    assert told.coverage == 0
    assert told.lines[0].no_test == "is disabled"


def test_the_configuration_is_judged() -> None:
    texts = {(finding.name, finding.text) for finding in report().findings}
    assert texts == {
        ("Ann", "has channels of one kind only: email"),
        ("Ann", "email =a…@example.org (a) was never tested"),
        ("cay", "is on call and a member of no team"),
    }


def test_nobody_on_call_is_no_full_coverage() -> None:
    assert make(inventory(), [], Head(), NOBODY, NOW).coverage is None


def test_changed_evidence_is_told() -> None:
    made, head = rows((What.UNDELIVERED, 3), (What.TAKEN, 2))
    made[0] = msgspec.structs.replace(made[0], what=What.ACCEPTED)
    assert make(inventory(found("a", "email")), made, head, NOBODY, NOW).chain == "row 1 was changed"


def test_every_form_has_every_channel() -> None:
    told = report((What.TAKEN, 3), (What.ACCEPTED, 3), (What.TAKEN, 1))
    assert json.loads(as_json(told))["lines"][0]["channel"] == "a"
    line = next(csv.DictReader(io.StringIO(as_csv(told))))
    assert (line["channel"], line["latency_p50_ms"], line["latency_p95_ms"]) == ("a", "1", "3")
    assert line["target"].startswith("'=")  # no formula for a spreadsheet
    assert "next test: 2026-11-" in as_text(told)
    assert "not known: Bob: is not shown" in as_text(told)


def test_the_page_needs_nothing_else_and_repeats_no_markup() -> None:
    made, _ = rows((What.TAKEN, 3), (What.ACCEPTED, 3), (What.UNDELIVERED, 10))
    page = as_html(report((What.TAKEN, 3)), made, NOW)
    assert "<b>Ann" not in page
    assert not any(word in page for word in ("<script", "http://", "https://", "url("))
    assert page.count("<svg") == page.count("</svg>") == 2
    assert ": failed</title>" in page
    assert ": accepted by the provider, arrival not proven</title>" in page


def test_targets_are_masked() -> None:
    assert masked("pager@example.org") == "p…@example.org"
    assert masked("+994551234567") == "…567"
    assert masked("https://hooks.example.com/services/secret") == "https://hooks.example.com/…"
    assert masked("https://user:pass@example.com/x") == "https://example.com/…"
    assert masked("https://[") == "…"
