"""Secrets leave a raw message; every other character of it stays."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.redact import REDACTED, redact, redact_loosely
from tests.support.fakes import BOUNDED

KEYS = frozenset({"Token", "SubscribeURL"})


@pytest.mark.parametrize(
    "value",
    ['"s3cret"', '"with \\" quote and \\\\"', "12.5e+3", "-1", "true", "null", "[]", "{}", '""',
     '["s3cret", {"a": "s3cret"}]', '{"a": [{"b": "s3cret"}], "Token": "s3cret"}', '"]}"', '"a: b, c"'],
)  # fmt: skip
def test_a_value_of_any_kind_is_replaced_as_a_whole(value: str) -> None:
    """What comes before and after it stays, blanks included."""
    text = f'{{ "a" : 1,\n "Token" :  {value} , "z": [2] }}'

    assert redact(text, KEYS) == f'{{ "a" : 1,\n "Token" :  "{REDACTED}" , "z": [2] }}'


def test_a_secret_is_found_however_deep() -> None:
    """In objects in lists in objects."""
    text = '{"a": [[{"b": {"Token": "x"}}], {"SubscribeURL": "y"}]}'

    assert json.loads(redact(text, KEYS)) == {"a": [[{"b": {"Token": REDACTED}}], {"SubscribeURL": REDACTED}]}


@pytest.mark.parametrize("name", ["\\u0054oken", "T\\u006Fken", "\\u0054\\u006f\\u006b\\u0065\\u006e"])
def test_a_key_written_with_escapes_is_still_the_key(name: str) -> None:
    """Every parser reads it so."""
    assert "s3cret" not in redact(f'{{"{name}": "s3cret"}}', KEYS)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "Token"}',
        '{"a": "\\"Token\\": \\"x\\""}',
        '["Token", "x"]',
        '{"token": "other case"}',
        '{"TokenCount": 3, "MyToken": 4}',
        '"Token"',
        "Token: x",
    ],
)
def test_a_text_that_only_speaks_of_the_key_stays(text: str) -> None:
    """A name is a name only before a colon."""
    assert redact(text, KEYS) == text


def test_a_key_given_twice_is_redacted_twice() -> None:
    """A parser takes one of them, we do not know which."""
    assert "s3cret" not in redact('{"Token": "s3cret1", "Token": "s3cret2"}', KEYS)


@pytest.mark.parametrize(
    "text",
    [
        '{"Token": "s3cret',
        '{"Token": "s3cret"',
        '{"Token": ["s3cret", {"a": "s3cret"',
        '{"Token": "s3cret\\',
        '{"Token": "line one\ns3cret"}',
        '{"a": 1,, "Token": "s3cret"}',
        '}}{"Token": "s3cret"}',
        '{"a": NaN, "Token": "s3cret",}',
        '{"Token": s3cret}',
        '{"Token":: "s3cret"}',
        '"Token":"s3cret"',
    ],
)
def test_a_broken_document_is_redacted_too(text: str) -> None:
    """It is delivered as a plain alert, so people see it."""
    assert "s3cret" not in redact(text, KEYS)


def test_a_missing_quote_before_a_secret_does_not_let_it_out() -> None:
    """The one text that surely is no JSON is the one that is sent whole."""
    assert "s3cret" not in redact_loosely(redact('{"a": "no end, "Token": "s3cret"}', KEYS), KEYS)


@pytest.mark.parametrize("text", ["Token=s3cret&a=1", "Token: s3cret", "{Token: 's3cret'}", '<x Token="s3cret"/>'])
def test_what_is_no_json_is_cut_loosely(text: str) -> None:
    """A form, a header, a scrap: whatever stands behind the name goes."""
    cut = redact_loosely(text, KEYS)

    assert "s3cret" not in cut
    assert REDACTED in cut


def test_loose_cutting_leaves_other_words_alone() -> None:
    """A name inside another word is none of ours."""
    assert redact_loosely("TokenBucket=5, aToken=6", KEYS) == "TokenBucket=5, aToken=6"


@pytest.mark.parametrize("text", ["", "{", "}", '"', "\\", ":", '{"Token":', '{"Token": }', '{"Token"}', "\ud800"])
def test_scraps_raise_nothing(text: str) -> None:
    """Any text is a text."""
    redact(text, KEYS)


def _replaced(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: REDACTED if key in KEYS else _replaced(inner) for key, inner in value.items()}
    return [_replaced(inner) for inner in value] if isinstance(value, list) else value


names = st.sampled_from(["Token", "SubscribeURL", "a", 'quo"te', "back\\", "{", "ü"]) | st.text(max_size=12)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | names,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@BOUNDED
@given(document=documents, ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
def test_redacting_the_text_is_replacing_in_the_document(
    document: Any, *, ascii_only: bool, indent: int | None
) -> None:
    """For any JSON in any spelling."""
    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent)

    assert json.loads(redact(text, KEYS)) == _replaced(document)


@BOUNDED
@given(document=documents, ascii_only=st.booleans())
def test_without_a_secret_nothing_changes(document: Any, *, ascii_only: bool) -> None:
    """Not one character."""
    text = json.dumps(_replaced(document), ensure_ascii=ascii_only)

    assert redact(text, frozenset({"no such key"})) == text


@BOUNDED
@given(text=st.text(alphabet='"\\:{}[], Tokenu0054\n', max_size=60))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    """And raises nothing over any scraps."""
    once = redact(text, KEYS)

    assert redact(once, KEYS) == once


@pytest.mark.parametrize(
    "piece",
    ['"', "\\", '\\"', '"\\', "[", "{", "]", ":", '"a', '{"Token":', '"Token":[', '"Token":"', "x", " ", "\\u0054"],
)
def test_the_time_is_linear_in_the_length(piece: str) -> None:
    """Whatever a stranger fills 200 KB with."""

    def cost(size: int) -> float:
        text, best = '"Token":' + piece * (size // len(piece)), float("inf")
        for _ in range(2):
            started = time.perf_counter()
            redact(text, KEYS)
            best = min(best, time.perf_counter() - started)
        return best

    assert cost(200_000) < 4 * cost(50_000) * 3 + 0.05
