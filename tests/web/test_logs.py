"""The last guard of the logs."""

from __future__ import annotations

import pytest

from bridge.logs import _ordered, _redact


@pytest.mark.parametrize(
    "name", ["token", "Authorization", "PASSWORD", "secret", "cookie", "X-Bridge-Token", "routing_key", "signature"]
)
def test_a_value_under_the_name_of_a_secret_never_gets_out(name: str) -> None:
    """In any case, whatever it is."""
    assert _redact(None, "info", {"event": "x", name: ["s3cret"]}) == {"event": "x", name: "[redacted]"}


def test_everything_else_is_left_alone() -> None:
    """A name that only contains such a word is no secret."""
    event = {"event": "x", "token_count": 3, "tokens": 2, "status": 200}

    assert _redact(None, "info", dict(event)) == event


def test_a_line_begins_with_when_how_bad_who_and_what() -> None:
    """People read it from the left."""
    event = {"status": 200, "event": "request", "process": "serve", "level": "info", "at": "now", "a": 1}

    assert list(_ordered(None, "info", event)) == ["at", "level", "process", "event", "status", "a"]


def test_a_line_without_those_is_left_in_its_order() -> None:
    """Nothing is added."""
    assert list(_ordered(None, "info", {"b": 1, "a": 2})) == ["b", "a"]
