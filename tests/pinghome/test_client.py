"""The client against servers that behave badly. What it does against a good one is in `test_client_local.py`."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
import pytest
from aiohttp import web

from bridge.pinghome import client as client_module
from bridge.pinghome.client import TRIES, Pinghome
from bridge.pinghome.connection import Connection
from bridge.pinghome.errors import (
    Conflict,
    FieldFault,
    Forbidden,
    Invalid,
    NotFound,
    PinghomeError,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from tests.pinghome.stub import EMAIL, PASSWORD, Stub, answering, talking_to


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b'{"message": "m", "data": {"id": 1, "new": true}}', {"id": 1, "new": True}),
        (b'{"data": [1]}', [1]),
        (b'{"id": 1, "data": "text"}', {"id": 1, "data": "text"}),
        (b'{"message": "m"}', {"message": "m"}),
        (b"[1, 2]", [1, 2]),
        (b" ", None),
        (b"", None),
    ],
)
async def test_data_is_read_in_every_form_it_may_have(body: bytes, data: object) -> None:
    async with talking_to(Stub(answering(200, body))) as (pinghome, _):
        assert await pinghome.call("incident.health_check") == data


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, Unavailable),
        (400, Invalid),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (405, Invalid),
        (408, Unavailable),
        (409, Conflict),
        (410, NotFound),
        (413, Invalid),
        (422, Invalid),
        (425, Unavailable),
        (429, RateLimited),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
async def test_every_status_has_its_error(status: int, kind: type[PinghomeError]) -> None:
    stub = Stub(answering(status, b'{"message": "because"}', Location="/elsewhere"))
    async with talking_to(stub) as (pinghome, _):
        with pytest.raises(PinghomeError) as caught:
            await pinghome.call("incident.health_check")
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert str(caught.value) == f"incident.health_check: {status}: because"
    # A redirect is not followed; what may pass is tried again, what will not is not.
    assert len(stub.seen) == (TRIES if kind in (Unavailable, RateLimited) else 1)


async def test_the_fields_of_a_refusal_are_kept() -> None:
    body = b'{"message": "no", "errors": [{"field": "name", "message": "is required"}, 7, {"field": 7}]}'
    async with talking_to(Stub(answering(422, body))) as (pinghome, _):
        with pytest.raises(Invalid, match="name: is required") as caught:
            await pinghome.call("incident.health_check")
    assert caught.value.fields == (FieldFault(field="name", message="is required"), FieldFault(field="", message=""))


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None)])
async def test_retry_after_is_read_in_seconds(header: str, seconds: float | None) -> None:
    async with talking_to(Stub(answering(429, b"", Retry_After=header))) as (pinghome, _):
        with pytest.raises(RateLimited) as caught:
            await pinghome.call("incident.health_check")
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("body", [b"<html>", b"7", b"\xff", b"[" * 100_000])
async def test_a_good_status_without_json_was_not_the_api(body: bytes) -> None:
    async with talking_to(Stub(answering(200, body))) as (pinghome, _):
        with pytest.raises(Unavailable, match="no JSON"):
            await pinghome.call("incident.health_check")


async def test_an_answer_that_is_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "ANSWER_LIMIT", 100)
    async with talking_to(Stub(answering(200, b"[" + b" " * 100 + b"]"))) as (pinghome, _):
        with pytest.raises(Unavailable, match="too long"):
            await pinghome.call("incident.health_check")


@pytest.mark.parametrize("started", [False, True], ids=["no answer", "half an answer"])
async def test_a_timeout_is_unavailable_and_the_session_still_works(started: bool) -> None:  # noqa: FBT001
    stuck = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        if started:
            await response.prepare(request)
            await response.write(b"[")
        await stuck.wait()
        return response

    stub = Stub(handler)
    async with talking_to(stub, deadline=0.2) as (pinghome, session):
        with pytest.raises(Unavailable, match=r"nothing within 0\.2 s") as caught:
            await pinghome.call("incident.health_check")
        assert caught.value.status is None
        stub.handler = answering(200, b"[1]")
        assert await asyncio.gather(*(pinghome.call("incident.health_check") for _ in range(5))) == [[1]] * 5
        # No read timeout of the client's may have stayed behind on a connection of the shared session: only an
        # answer that takes longer than the client would wait can show it.
        stub.handler = answering_late
        async with session.get(stub.seen[0].url) as answer:
            assert await answer.read() == b"[2]"
        stuck.set()


async def answering_late(_request: web.Request) -> web.Response:
    await asyncio.sleep(0.3)
    return web.Response(body=b"[2]")


async def test_a_server_that_is_not_there_is_unavailable_without_its_url(unused_tcp_port: int) -> None:
    async with aiohttp.ClientSession() as session:
        async with Pinghome(Connection(url=f"http://127.0.0.1:{unused_tcp_port}/{{service}}"), session) as pinghome:
            with pytest.raises(Unavailable, match="ClientConnectorError") as caught:
                await pinghome.call("webhook.submit", path={"id": "bearer-secret"}, json={})
        assert "bearer-secret" not in str(caught.value)


async def test_a_connection_that_breaks_is_unavailable() -> None:
    async def handler(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with talking_to(Stub(handler)) as (pinghome, _):
        with pytest.raises(Unavailable):
            await pinghome.call("incident.health_check")


async def test_no_secret_is_in_an_error_or_a_log(caplog: pytest.LogCaptureFixture) -> None:
    stub = Stub(answering(500))

    async def handler(request: web.Request) -> web.Response:
        echo = f"{request.path} {request.headers.get('Authorization')} {EMAIL} {PASSWORD}"
        return web.json_response({"message": echo, "errors": [{"field": echo, "message": echo}]}, status=422)

    stub.handler = handler
    async with talking_to(stub) as (pinghome, _):
        with caplog.at_level(logging.DEBUG, "bridge"), pytest.raises(Invalid) as caught:
            await pinghome.call("heartbeat.get", path={"id": "bearer-secret"})
    told = f"{caught.value!r} {caught.value} {caught.value.fields} {caplog.text} {pinghome!r}"
    for secret in ("bearer-secret", "token-1", EMAIL, PASSWORD):
        assert secret not in told


async def test_lists_repeat_their_key_and_values_are_encoded() -> None:
    stub = Stub(answering(200, b"[]"))
    async with talking_to(stub) as (pinghome, _):
        query = {"id": ["a", "b"], "result": "x y&z"}
        await pinghome.call(
            "webhook.submit", path={"id": "w/1 ?"}, query=query, json={"k": "ä"}, headers={"X-Key": "v"}
        )
    [request] = stub.seen
    assert request.raw_path == "/data-gateway/default/v1/incident/webhook/w%2F1%20%3F?id=a&id=b&result=x+y%26z"
    assert request.headers["X-Key"] == "v"
    assert request.content_type == "application/json"


async def test_an_unknown_operation_is_a_bug_of_the_caller() -> None:
    async with talking_to(Stub(answering(200))) as (pinghome, _):
        with pytest.raises(KeyError):
            await pinghome.call("team.dance")
