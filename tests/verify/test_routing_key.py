"""The proof inside PagerDuty's events."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.errors import Unauthentic, Unreadable
from bridge.domain.request import AuthMethod, Request
from bridge.verify.routing_key import RoutingKeyVerifier, routing_key
from tests.support.fakes import BOUNDED

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def verify(body: bytes) -> AuthMethod:
    request = Request(method="POST", headers={"authorization": "Bearer one"}, query={"token": "one"}, body=body)
    verifier = RoutingKeyVerifier(["one", "two"])
    assert verifier.needs(request, NOW) == ()
    return verifier.verify(request, {}, NOW).method


@pytest.mark.parametrize("key", ["one", "two"])
def test_any_live_key_is_taken(key: str) -> None:
    assert verify(json.dumps({"routing_key": key}).encode()) is AuthMethod.TOKEN
    assert verify(b"\xef\xbb\xbf" + json.dumps({"routing_key": key}).encode()) is AuthMethod.TOKEN


@pytest.mark.parametrize("key", ["One", "one ", "three", "\ud83d\ude00", "on"])
def test_no_other_key_is(key: str) -> None:
    with pytest.raises(Unauthentic):
        verify(json.dumps({"routing_key": key}).encode())


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"routing_key": " "}', b'{"routing_key": 1}', b"{" * 100_000])
def test_a_body_without_a_key_cannot_be_read(body: bytes) -> None:
    with pytest.raises(Unreadable):
        verify(body)


def test_the_last_of_two_keys_is_the_one_that_a_parser_sees() -> None:
    assert routing_key(b'{"routing_key": "a", "routing_key": "b"}') == "b"


@pytest.mark.parametrize("keys", [[], [""], ["a", ""]])
def test_no_key_would_let_everybody_in(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="routing key"):
        RoutingKeyVerifier(keys)


@given(body=st.binary(max_size=60) | st.text(alphabet='{}[]":,routing_key\\u0d8', max_size=60).map(str.encode))
@BOUNDED
def test_any_bytes_raise_only_what_they_may(body: bytes) -> None:
    try:
        verify(body)
    except (Unauthentic, Unreadable):
        return
