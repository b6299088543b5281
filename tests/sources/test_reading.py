"""The helpers of all sources: times, texts and JSON as strangers write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.domain.alert import Link, Rel
from bridge.domain.errors import Undecoded
from bridge.sources.reading import (
    DEPTH_LIMIT,
    first_text,
    labels,
    mapping,
    members,
    pairs,
    parse,
    parse_or_none,
    raw_members,
    text,
    time,
    time_ms,
    title,
    web_links,
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("2019-03-22T13:58:24.3713213Z", utc(2019, 3, 22, 13, 58, 24, 371321)),
        ("2026-05-05T13:04:57.62281314Z", utc(2026, 5, 5, 13, 4, 57, 622813)),
        ("2026-05-05T13:04:57.622813149Z", utc(2026, 5, 5, 13, 4, 57, 622813)),
        ("2019-06-24T11:31:19.0312699+00:00", utc(2019, 6, 24, 11, 31, 19, 31269)),
        ("2019-02-15T23:53:45.093+0000", utc(2019, 2, 15, 23, 53, 45, 93000)),
        ("2026-05-05T13:04:57+02:00", utc(2026, 5, 5, 11, 4, 57)),
        ("2023-09-16 10:41:24.905", utc(2023, 9, 16, 10, 41, 24, 905000)),
        ("Sun, 05 Jun 2016 15:10:09 GMT", utc(2016, 6, 5, 15, 10, 9)),
        ("3/22/2019 1:36:31 PM", utc(2019, 3, 22, 13, 36, 31)),
        (1577840461, utc(2020, 1, 1, 1, 1, 1)),
        ("1577840461", utc(2020, 1, 1, 1, 1, 1)),
        (1577840461.5, utc(2020, 1, 1, 1, 1, 1, 500000)),
        (253402300799, utc(9999, 12, 31, 23, 59, 59)),
    ],
)
def test_times_that_senders_write(stated: object, expected: datetime) -> None:
    found = time(stated)
    assert found == expected
    assert found is not None
    assert found.utcoffset() == timedelta()


@pytest.mark.parametrize(
    "stated",
    [
        None, 0, "0", 0.0, -1, "", " ", "null", "yyyy-mm-ddThh:mm:ssZ", True, [], {}, "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+02:00", "9999-12-31T23:59:59-14:00", 253402300800, 10**400, 1e308, "1e400", "nan", "inf",
        "9" * 64, "9" * 5000, "Sat, 99 Jun 2016 15:10:09 GMT", "13/13/2019 1:36:31 PM",
    ],
)  # fmt: skip
def test_times_that_mean_nothing(stated: object) -> None:
    assert time(stated) is None


@given(stated=st.text() | st.floats() | st.integers() | st.datetimes(timezones=st.timezones()).map(str))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_time_is_utc_or_nothing(stated: object) -> None:
    found = time(stated)
    assert found is None or found.utcoffset() == timedelta()


def test_json_is_strict_but_forgives_a_mark_and_duplicates() -> None:
    assert parse(b'\xef\xbb\xbf{"a": 1, "a": 2}') == {"a": 2}
    assert parse_or_none(b"{") is None
    with pytest.raises(Undecoded, match="the note is no JSON"):
        parse(b"{", "the note")


def test_depth_is_bounded() -> None:
    assert parse(b"[" * DEPTH_LIMIT + b"]" * DEPTH_LIMIT)
    with pytest.raises(Undecoded, match="nested deeper than 32"):
        parse(b"[" * (DEPTH_LIMIT + 1) + b"]" * (DEPTH_LIMIT + 1))
    with pytest.raises(Undecoded, match="nested deeper than 32"):
        parse(b'{"a":' * (DEPTH_LIMIT + 1) + b"1" + b"}" * (DEPTH_LIMIT + 1))


def test_facts_of_another_type_are_absent() -> None:
    assert mapping({"a": {"b": {"c": 1}}}, "a", "b") == {"c": 1}
    others: list[object] = [None, [], {}, {"a": []}, {"a": None}, "ab", 1]
    assert [mapping(value, "a") for value in others] == [{}] * len(others)
    assert members(["x"]) == ["x"]
    assert [list(members(value)) for value in others] == [[]] * len(others)
    assert [text(value) for value in ("x", 1, 1.5, 2.0)] == ["x", "1", "1.5", "2"]
    silent: list[object] = ["", " \n", "\x00", None, True, [], {}]
    assert [text(value) for value in silent] == [None] * len(silent)
    assert first_text(None, "", [], "x", "y") == "x"
    assert first_text() is None


def test_labels_are_texts() -> None:
    assert labels({"a": 1, "b": True, "c": None, "d": [], "e": "", "f": "x"}, {"a": 2.0}) == {
        "a": "2",
        "b": "true",
        "f": "x",
    }
    assert pairs([{"name": "a", "value": 1}, {"Name": "b", "Value": "x"}, {"name": "c"}, None, "d"]) == {
        "a": "1",
        "b": "x",
    }


def test_a_title_is_one_printable_line() -> None:
    assert title("ALARM:", None, " a\r\n\tb\x00\x1b[31m\u2028c ", "") == "ALARM: a b [31m c"
    assert title("x" * 255) == "x" * 255
    assert title("x" * 256) == "x" * 254 + "…"


def test_links_are_web_addresses_once() -> None:
    stated = ("https://a", None, "", "javascript:alert(1)", "/x", "https://a", "HTTP://b", 1)
    assert web_links(*((Rel.CONSOLE, value) for value in stated)) == (
        Link(rel=Rel.CONSOLE, href="https://a"),
        Link(rel=Rel.CONSOLE, href="HTTP://b"),
    )


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (1713755131352, utc(2024, 4, 22, 3, 5, 31, 352000)),
        ("1713755131352", utc(2024, 4, 22, 3, 5, 31, 352000)),
        (1713755131352.0, utc(2024, 4, 22, 3, 5, 31, 352000)),
        (0, None),
        ("", None),
        (None, None),
        (True, None),
        ("2024-04-22", None),
        (-1, None),
        (10**300, None),
    ],
)
def test_times_in_milliseconds(stated: object, expected: datetime | None) -> None:
    assert time_ms(stated) == expected


def test_members_keep_their_exact_bytes() -> None:
    body = b'\xef\xbb\xbf{"a": null, "a": {"b": [ {"x" :  1.10}, 2 ]}}'
    assert raw_members(body, "a", "b") == (b'{"x" :  1.10}', b"2")
    for elsewhere in ((), ("b",), ("a",), ("a", "b", "c")):
        assert raw_members(body, *elsewhere) == ()
