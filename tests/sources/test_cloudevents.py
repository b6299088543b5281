"""CloudEvents by their three modes; that all of them say the same."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.alert import Action, Status
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.pipeline.receive import STORED_HEADERS, STORED_PREFIX
from bridge.sources.base import Acknowledge
from bridge.sources.cloudevents import CloudEventsSource
from bridge.sources.mapped import AlertMapping
from tests.sources.kit import SAMPLES, Case, reading_of, request_of
from tests.support.fakes import BOUNDED

BATCH = {"content-type": "application/cloudevents-batch+json; charset=utf-8"}
TEXT = st.text(max_size=10)


def fixture(name: str) -> Any:
    return json.loads(Case(kind="cloudevents", name=name).body)


def in_headers(event: dict[str, Any]) -> Request:
    """The event in binary mode."""
    headers = {f"ce-{name}": quote(str(value), safe="/:.") for name, value in event.items() if name != "data"}
    return request_of(json.dumps(event["data"]).encode(), {"content-type": "application/json", **headers})


def test_binary_and_structured_say_the_same() -> None:
    event = {**fixture("structured-triggered"), "subject": "größe 1/disk"}
    structured = request_of(json.dumps(event).encode(), {"content-type": "application/cloudevents+json"})

    assert reading_of(CloudEventsSource(), in_headers(event)) == reading_of(CloudEventsSource(), structured)


def test_what_binary_mode_needs_is_stored() -> None:
    """Decoding happens later, of what was stored."""
    names = in_headers(fixture("structured-triggered")).headers

    assert all(name in STORED_HEADERS or name.startswith(STORED_PREFIX) for name in names)


def test_the_content_type_decides_where_both_are_there() -> None:
    """A proxy may repeat the attributes of a structured event as headers."""
    event = fixture("structured-triggered")
    headers = {"content-type": "application/cloudevents+json", "ce-id": "other", "ce-source": "/other", "ce-type": "t"}

    request = request_of(json.dumps(event).encode(), headers)

    assert CloudEventsSource().delivery_id(request) == f"{event['source']}#{event['id']}"


def test_an_empty_batch_is_taken_and_says_nothing() -> None:
    source = CloudEventsSource()

    assert source.handshake(request_of(b" [ ] ", BATCH)) == Acknowledge(what="an empty batch of CloudEvents")
    assert source.handshake(request_of(b"[{}]", BATCH)) is None
    with pytest.raises(Undecoded, match="empty"):
        source.decode(request_of(b"[]", BATCH))


def test_a_batch_is_its_members() -> None:
    """Its id depends on all of them, and on their order of sending."""
    first, second = fixture("batch-two")
    source = CloudEventsSource()

    def id_of(*events: Any) -> str | None:
        return source.delivery_id(request_of(json.dumps(events).encode(), BATCH))

    assert len({id_of(first), id_of(second), id_of(first, second), id_of(second, first)}) == 4
    assert id_of(first, {**second, "id": None}) is None
    alerts = source.decode(request_of(json.dumps([first, second]).encode(), BATCH))
    assert [json.loads(alert.raw or b"") for alert in alerts] == [first, second]


def test_a_mapping_reads_whole_events() -> None:
    wanted = AlertMapping(
        title="data.shop.what",
        dedup_key="[source, data.shop.order]",
        status="data.shop.paid",
        statuses={"true": "resolved"},
    )
    event = {**fixture("structured-triggered"), "data": {"shop": {"what": "Not paid", "order": 7, "paid": True}}}

    for request in (in_headers(event), request_of(json.dumps(event).encode())):
        (alert,) = CloudEventsSource(wanted).decode(request)
        assert (alert.title, alert.key, alert.action) == ("Not paid", "/shop/monitor/7", Action.RESOLVE)
        assert (alert.type, alert.event_id) == ("cloud-event", event["id"])


@given(headers=st.dictionaries(st.sampled_from(["ce-id", "ce-source", "ce-type", "ce-time", "ce-subject", "ce-x",
                                                "content-type"]), TEXT), body=st.binary(max_size=50))  # fmt: skip
@BOUNDED
def test_any_headers_raise_only_undecoded(headers: dict[str, str], body: bytes) -> None:
    source, request = CloudEventsSource(), request_of(body, {"ce-id": "1", "ce-source": "s", "ce-type": "t", **headers})
    source.handshake(request)
    assert source.delivery_id(request) != ""
    try:
        assert source.decode(request)
    except Undecoded:
        return


def test_the_specifications_own_examples_are_read() -> None:
    if not SAMPLES.is_dir():
        pytest.skip("the real captures are not beside the project")
    names = {path.name: path for path in (SAMPLES / "cloudevents").glob("*.json")}
    empty = names.pop("batch-empty.json")
    assert len(names) == 5
    assert CloudEventsSource().handshake(request_of(empty.read_bytes(), BATCH)) is not None
    for path in names.values():
        request = request_of(path.read_bytes())
        assert CloudEventsSource().delivery_id(request)
        for alert in CloudEventsSource().decode(request):
            assert (alert.type, alert.status) == ("cloud-event", Status.FIRING), path.name
