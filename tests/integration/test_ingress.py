"""The public listener's answers, over real sockets and a real store."""

from __future__ import annotations

import asyncio
import gzip
import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiohttp
import pytest

from bridge.samples import build
from tests.conftest import Start
from tests.support.bridge import TOKEN, Bridge
from tests.support.sink import Sink
from tests.support.wait import wait_until

GCP = {"kind": "gcp", "verify": {"method": "token", "token": TOKEN}}


def azure() -> bytes:
    return build("azure-monitor", firing=True, now=datetime.now(UTC)).body


async def stored(bridge: Bridge) -> int:
    return (await bridge.ledger.counts()).get("accepted", 0)


@pytest.mark.parametrize("place", ["bearer", "header", "basic", "query"])
async def test_a_token_is_taken_from_its_four_places(start: Start, place: str) -> None:
    """What a sender can set differs: Azure only has the URL, GCP only Basic."""
    bridge = await start(worker=False)
    headers, query = {}, {}
    if place == "bearer":
        headers = {"Authorization": f"Bearer {TOKEN}"}
    elif place == "header":
        headers = {"X-Bridge-Token": TOKEN}
    elif place == "basic":
        headers = {"Authorization": aiohttp.encode_basic_auth("anyone", TOKEN)}
    else:
        query = {"token": TOKEN}

    async with bridge.http.post(
        bridge.url("/v1/alerts/azure"), data=azure(), headers=headers, params=query
    ) as response:
        assert response.status == 202


async def test_without_a_credential_basic_is_asked_for(start: Start) -> None:
    """Cloud Monitoring sends its first request bare, and repeats it with credentials when it is asked."""
    bridge = await start(worker=False)

    async with bridge.http.post(bridge.url("/v1/alerts/gcp"), data=b"{}") as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == 'Basic realm="pinghome-bridge"'
    assert await stored(bridge) == 0


async def test_an_unknown_source_is_not_found(start: Start) -> None:
    bridge = await start(worker=False)

    status, answer = await bridge.post("nobody", azure())

    assert (status, answer["error"]["code"]) == (404, "unknown_source")
    assert await stored(bridge) == 0


async def test_an_oversize_body_is_refused_and_not_stored(start: Start) -> None:
    bridge = await start(worker=False, sources={"gcp": {**GCP, "max_body": 1000}})

    whole = await bridge.post("gcp", b"x" * 1001)
    packed = await bridge.post("gcp", gzip.compress(b"x" * 100_000), headers={"Content-Encoding": "gzip"})

    assert [whole[0], packed[0]] == [413, 413]
    assert whole[1]["error"]["code"] == "too_large"
    assert await stored(bridge) == 0


async def test_a_body_of_the_allowed_size_is_taken(start: Start) -> None:
    bridge = await start(worker=False, sources={"gcp": {**GCP, "max_body": 1000}})

    status, _ = await bridge.post("gcp", b"x" * 1000)

    assert status == 202


async def test_a_packed_body_is_unpacked(start: Start, sink: Sink) -> None:
    bridge = await start()

    status, _ = await bridge.post("azure", gzip.compress(azure()), headers={"Content-Encoding": "gzip"})

    assert status == 202
    await wait_until(lambda: sink.alerts, "it is delivered")
    assert sink.alerts[0]["source"]["type"] == "azure-metric"


async def test_a_body_that_is_not_as_packed_as_it_says_is_the_senders_fault(start: Start) -> None:
    bridge = await start(worker=False)

    status, answer = await bridge.post("azure", b"no gzip at all", headers={"Content-Encoding": "gzip"})

    assert (status, answer["error"]["code"]) == (400, "bad_body")
    assert await stored(bridge) == 0


async def test_get_is_not_allowed(start: Start) -> None:
    bridge = await start(worker=False)

    async with bridge.http.get(bridge.url("/v1/alerts/aws")) as response:
        assert response.status == 405
        assert "POST" in response.headers["Allow"]


async def test_event_grid_is_answered_its_validation_code(start: Start) -> None:
    """Event Grid sends nothing until its code comes back in a 200 (a 202 is not accepted)."""
    bridge = await start(worker=False)
    event = {
        "id": "1",
        "topic": "/subscriptions/s/resourceGroups/g/providers/Microsoft.EventGrid/topics/t",
        "subject": "",
        "data": {"validationCode": "512d38b6", "validationUrl": "https://rp-eastus2.eventgrid.azure.net/validate"},
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": "2026-11-22T10:00:00.1234567Z",
        "dataVersion": "1",
        "metadataVersion": "1",
    }

    status, answer = await bridge.post(
        "azure", json.dumps([event]).encode(), headers={"aeg-event-type": "SubscriptionValidation"}
    )
    stranger, _ = await bridge.post("azure", json.dumps([event]).encode(), token="wrong")

    assert (status, answer) == (200, {"validationResponse": "512d38b6"})
    assert stranger == 401


async def test_only_configured_origins_pass_the_cloudevents_handshake(start: Start) -> None:
    origins = ["eventgrid.azure.net"]
    bridge = await start(worker=False, sources={"gcp": {**GCP, "webhook_origins": origins}})

    async def asked(origin: str) -> tuple[int, str | None]:
        headers = {"WebHook-Request-Origin": origin}
        async with bridge.http.options(bridge.url("/v1/alerts/gcp"), headers=headers) as response:
            return response.status, response.headers.get("WebHook-Allowed-Origin")

    assert await asked("eventgrid.azure.net") == (200, "eventgrid.azure.net")
    assert await asked("evil.example") == (403, None)


async def test_concurrent_redeliveries_are_one_event(start: Start, sink: Sink) -> None:
    """A thousand copies at once: one is new, all the others are told its id."""
    bridge = await start()
    message = build("aws-sns", firing=True, now=datetime.now(UTC)).body

    answers = await asyncio.gather(*(bridge.post("aws", message) for _ in range(200)))

    assert sorted(status for status, _ in answers) == [200] * 199 + [202]
    assert len({answer["id"] for _, answer in answers}) == 1
    await wait_until(lambda: sink.received, "the one is delivered")
    assert len(sink.received) == 1


async def test_without_a_senders_id_nothing_is_a_duplicate(start: Start) -> None:
    """The same words an hour later may be a new fire."""
    bridge = await start(worker=False)
    message = azure()

    answers = [await bridge.post("azure", message) for _ in range(2)]

    assert [status for status, _ in answers] == [202, 202]
    assert answers[0][1]["id"] != answers[1][1]["id"]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST /v1/alerts/aws HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer s3cret" + b"x" * 9000 + b"\r\n\r\n",
        b"POST /v1/alerts/aws?token=s3cret" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ids=["header", "line"],
)
async def test_what_is_no_http_is_refused_and_not_quoted_in_the_log(
    start: Start, request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """aiohttp's parser quotes the line that it could not read; a token may stand in it."""
    bridge = await start(worker=False)
    url = urlsplit(bridge.url("/"))
    reader, writer = await asyncio.open_connection(url.hostname, url.port)

    writer.write(request_bytes)
    answer = await reader.read(12)
    writer.close()
    await writer.wait_closed()

    assert answer == b"HTTP/1.0 400"
    assert "malformed_request" in caplog.text
    assert "s3cret" not in caplog.text
    assert await stored(bridge) == 0


async def test_a_heartbeat_is_passed_on(start: Start, sink: Sink) -> None:
    heartbeats = {
        "backup": {"id": "906a3444-15ce-4410-8041-89a238e9e91f", "token": "beat"},
        "open": {"id": "445a5c1f-c0eb-403a-96d7-3976e5dc74ed", "open": True},
    }
    bridge = await start(heartbeats=heartbeats)

    async def report(path: str, **query: str) -> int:
        async with bridge.http.get(bridge.url(f"/v1/heartbeats/{path}"), params=query) as response:
            return response.status

    assert await report("backup") == 401
    assert await report("backup", token="beat", result="complete", message="3 files ✓") == 202
    assert await report("open/fail") == 202
    assert await report("open", result="sleep") == 422
    assert await report("nobody") == 404
    await wait_until(lambda: len(sink.received) == 2, "both reports arrive")
    by_result = {one.query["result"]: one for one in sink.received}
    assert by_result["complete"].query["message"] == "3 files ✓"
    assert by_result["complete"].path == "/data-gateway/default/v1/heartbeat/906a3444-15ce-4410-8041-89a238e9e91f"
    assert by_result["fail"].query == {"result": "fail"}


async def test_a_link_preview_is_no_heartbeat(start: Start, sink: Sink) -> None:
    bridge = await start(heartbeats={"open": {"id": "445a5c1f-c0eb-403a-96d7-3976e5dc74ed", "open": True}})

    async with bridge.http.head(bridge.url("/v1/heartbeats/open")) as response:
        assert response.status == 405
    assert await stored(bridge) == 0
