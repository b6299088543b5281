"""CloudEvents out of headers and documents, for every kind that reads them: whatever strangers write."""

from __future__ import annotations

import base64
import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.domain.errors import Undecoded
from bridge.sources import SOURCES
from bridge.sources.events_reading import binary, content_of, headline, id_of_all, structured
from bridge.sources.reading import Message
from tests.sources.kit import request_of

REQUIRED = {"id": "1", "source": "/shop", "type": "com.example.broken"}
HEADERS = {f"ce-{name}": value for name, value in REQUIRED.items()}


def test_attributes_in_headers_are_percent_decoded() -> None:
    event = binary({**HEADERS, "ce-subject": "Gr%C3%B6%C3%9Fe %FF", "content-type": "x"}, b'{"a": 1}')
    assert event is not None
    assert (event.attribute("subject"), event.data) == ("Größe \ufffd", {"a": 1})
    assert (event.delivery_id, "content-type" in event.attributes) == ("/shop#1", False)


@pytest.mark.parametrize("missing", sorted(REQUIRED))
@pytest.mark.parametrize("value", [None, "", " ", {}, []])
def test_an_event_needs_its_id_source_and_type(missing: str, value: object) -> None:
    assert structured({**REQUIRED, missing: value}) is None
    assert binary({**HEADERS, f"ce-{missing}": ""}, b"") is None


@pytest.mark.parametrize(
    ("document", "data"),
    [
        ({}, None),
        ({"data": 1.5}, 1.5),
        ({"data": "text"}, "text"),
        ({"data": None, "data_base64": "eA=="}, None),
        ({"data_base64": base64.b64encode(b'{"a": 1}').decode()}, {"a": 1}),
        ({"data_base64": base64.b64encode(b"\xff").decode()}, None),
        ({"data_base64": "... no base64 ..."}, None),
        ({"data_base64": 7}, None),
    ],
)
def test_data_may_be_anything(document: dict[str, object], data: object) -> None:
    event = structured({**REQUIRED, **document})
    assert event is not None
    assert event.data == data
    assert event.attributes == REQUIRED


def test_an_object_written_as_text_is_read() -> None:
    event = structured({**REQUIRED, "data": '{"title": "It broke"}', "time": "2026-03-01T10:00:00.123456789Z"})
    assert event is not None
    message = event.message(b"raw")
    assert (message.document, message.raw, headline(message)) == ({"title": "It broke"}, b"raw", "It broke")
    assert message.sent_at is not None


def test_content_is_json_or_else_text_or_else_nothing() -> None:
    assert content_of(b"\xef\xbb\xbf[1]") == [1]
    assert content_of(b"\xef\xbb\xbfh\xc3\xa9") == "hé"
    assert content_of(b"\xff") is None


def test_the_id_of_a_batch_needs_the_id_of_every_member() -> None:
    assert id_of_all([]) is None
    assert id_of_all(["a", None]) is None
    assert id_of_all(["a"]) == "a"
    assert id_of_all(["a", "b"]) not in (None, id_of_all(["b", "a"]), id_of_all(["a", "c"]))


def test_a_headline_is_one_line_that_shows_something() -> None:
    assert headline(Message(plain_text="\n \nfirst\nsecond")) == "first"
    assert headline(Message(document={"name": " ", "summary": "s"}, plain_text="t")) == "s"
    assert headline(Message(document={"other": "o"}, plain_text="t")) is None


@pytest.mark.parametrize("kind", ["azure", "gcp"])
@given(
    body=st.binary() | st.text().map(str.encode),
    more=st.dictionaries(st.sampled_from(["ce-id", "ce-source", "ce-type", "ce-time", "ce-subject", "x"]), st.text()),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_arbitrary_events_raise_only_undecoded(kind: str, body: bytes, more: dict[str, str]) -> None:
    source, request = SOURCES[kind](), request_of(body, {**HEADERS, **more})
    source.handshake(request)
    assert source.delivery_id(request) != ""
    with contextlib.suppress(Undecoded):
        assert source.decode(request)
