"""What every listener has in common: the shape of errors, one closing event, the guard of development."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient
from pytest_aiohttp.plugin import AiohttpClient
from structlog.testing import LogCapture

from bridge.domain.errors import (
    Invalid,
    Rejected,
    TooLarge,
    Unauthentic,
    Unavailable,
    UnknownHeartbeat,
    UnknownSource,
    Unreadable,
)
from bridge.web import LOG_FACTS, error_response, json_response, listen, middlewares, url_of

Client = TestClient[web.Request, web.Application]
Start = Callable[..., Awaitable[Client]]


@pytest.fixture
def start(aiohttp_client: AiohttpClient) -> Start:
    """Serves a handler for GET and POST of `/v1/things/{name}`, behind all middlewares."""

    async def starter(
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]], *, guarded: bool = False
    ) -> Client:
        app = web.Application(middlewares=list(middlewares(guarded=guarded)))
        app.router.add_get("/v1/things/{name}", handler, allow_head=False)
        app.router.add_post("/v1/things/{name}", handler)
        client: Client = await aiohttp_client(app)
        return client

    return starter


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The events that the module logs, at every level."""
    capture = LogCapture()
    wrapper = structlog.make_filtering_bound_logger(0)
    monkeypatch.setattr("bridge.web.log", structlog.wrap_logger(None, processors=[capture], wrapper_class=wrapper))
    return capture.entries


async def fine(request: web.Request) -> web.Response:
    """Answers."""
    return json_response({"status": "fine"})


def raising(error: Exception) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that fails."""

    async def handler(request: web.Request) -> web.Response:
        raise error

    return handler


@pytest.mark.parametrize(
    ("error", "status", "code", "message"),
    [
        (UnknownSource("shop"), 404, "unknown_source", "no such source"),
        (UnknownHeartbeat("no heartbeat of that name"), 404, "unknown_heartbeat", "no heartbeat of that name"),
        (Unauthentic("wrong secret"), 401, "unauthorized", "the request does not prove who sent it"),
        (TooLarge("at most 5 bytes"), 413, "too_large", "at most 5 bytes"),
        (Unreadable("no JSON"), 400, "unreadable", "no JSON"),
        (Invalid("result is one of"), 422, "invalid", "result is one of"),
        (Rejected("otherwise"), 400, "rejected", "otherwise"),
    ],
)
async def test_a_refusal_has_its_status_and_its_code(
    start: Start, error: Rejected, status: int, code: str, message: str
) -> None:
    """What exactly was unauthentic is for our log only."""
    client = await start(raising(error))

    async with client.get("/v1/things/a") as response:
        assert response.status == status
        assert await response.json() == {"error": {"code": code, "message": message}}
        assert response.headers["Cache-Control"] == "no-store"


async def test_a_transient_fault_says_when_to_come_back(start: Start) -> None:
    """503 with its own code, and no word of what is wrong inside."""
    client = await start(raising(Unavailable("redis://:s3cret@h", code="store_unavailable", retry_after=7)))

    async with client.get("/v1/things/a") as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "7")
        assert await response.json() == {"error": {"code": "store_unavailable", "message": "try again later"}}


@pytest.mark.parametrize(
    "bug", [ZeroDivisionError("s3cret"), KeyError("s3cret"), RecursionError(), TimeoutError(), OSError()]
)
async def test_a_bug_of_ours_is_503(start: Start, logged: list[Any], bug: Exception) -> None:
    """Senders drop what got a 500; and the answer quotes nothing."""
    client = await start(raising(bug))

    async with client.post("/v1/things/a") as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "5")
        assert await response.json() == {"error": {"code": "internal", "message": "try again later"}}
    assert logged[0]["event"] == "request_bug"
    assert logged[0]["error"] == type(bug).__name__


async def test_a_path_that_does_not_exist(start: Start) -> None:
    """In the same shape."""
    client = await start(fine)

    async with client.get("/v2/nothing") as response:
        assert response.status == 404
        assert await response.json() == {"error": {"code": "not_found", "message": "Not Found"}}


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE"])
async def test_a_method_that_is_not_allowed(start: Start, method: str) -> None:
    """With those that are. HEAD is none: a preview is no report."""
    client = await start(fine)

    async with client.request(method, "/v1/things/a") as response:
        assert response.status == 405
        assert response.headers["Allow"] == "GET,POST"
        if method != "HEAD":
            assert (await response.json())["error"]["code"] == "method_not_allowed"


async def test_an_answer_is_kept_by_no_cache(start: Start) -> None:
    """An accepted heartbeat must not be answered by a proxy."""
    client = await start(fine)

    async with client.get("/v1/things/a") as response:
        assert response.headers["Cache-Control"] == "no-store"
        assert response.content_type == "application/json"


def test_an_error_may_bring_headers() -> None:
    """Besides its own."""
    response = error_response(401, "unauthorized", "x", headers={"WWW-Authenticate": "Bearer"})

    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Host": "evil.example.com"},
        {"Host": "evil.example.com:8080"},
        {"Host": "localhost.evil.example.com"},
        {"Host": "127.0.0.1.evil.example.com"},
        {"Host": "[::2]:80"},
        {"Host": "[::1"},
        {"Host": ""},
        {"Host": "10.0.0.1"},
    ],
)
async def test_a_page_in_a_browser_cannot_use_development_credentials(start: Start, headers: dict[str, str]) -> None:
    """It sends an Origin, or comes by a foreign name."""
    client = await start(fine, guarded=True)

    async with client.post("/v1/things/a", headers=headers) as response:
        assert response.status == 403
        assert (await response.json())["error"]["code"] == "development_only"


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "LOCALHOST", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:9"]
)
async def test_this_machine_may_use_development_credentials(start: Start, host: str) -> None:
    """By any of its own names."""
    client = await start(fine, guarded=True)

    async with client.post("/v1/things/a", headers={"Host": host}) as response:
        assert response.status == 200


async def test_the_guard_stands_only_while_development_credentials_live(start: Start) -> None:
    """Real ones are used under real names."""
    client = await start(fine, guarded=False)

    async with client.post("/v1/things/a", headers={"Host": "bridge.example.com", "Origin": "https://a"}) as response:
        assert response.status == 200


async def test_a_request_is_one_line_in_the_log(start: Start, logged: list[Any]) -> None:
    """With the route's template and what the handler knew; not the path, not the query."""

    async def handler(request: web.Request) -> web.Response:
        request[LOG_FACTS]["outcome"] = "accepted"
        return json_response({}, status=202)

    client = await start(handler)

    async with client.post(
        "/v1/things/s3cret?token=s3cret", headers={"Authorization": "Bearer s3cret"}, data=b"s3cret"
    ):
        pass

    (line,) = logged
    assert line.pop("took_ms") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "POST",
        "route": "/v1/things/{name}",
        "status": 202,
        "outcome": "accepted",
    }


@pytest.mark.parametrize(
    ("error", "status"), [(Unauthentic("x"), 401), (Unavailable("x"), 503), (web.HTTPGone(), 410), (None, 200)]
)
async def test_every_answer_is_logged_once(
    start: Start, logged: list[Any], error: Exception | None, status: int
) -> None:
    """With the status that was sent."""
    client = await start(raising(error) if error else fine)

    async with client.get("/v1/things/a"):
        pass

    assert [(line["event"], line["status"]) for line in logged] == [("request", status)]


async def test_a_path_that_does_not_exist_is_logged_without_it(start: Start, logged: list[Any]) -> None:
    """A misspelt URL may end in a secret."""
    client = await start(fine)

    async with client.get("/v1/thing/s3cret"):
        pass

    (line,) = logged
    assert (line["route"], line["status"]) == (None, 404)
    assert "s3cret" not in repr(line)


async def test_a_guarded_refusal_is_logged_too(start: Start, logged: list[Any]) -> None:
    """Somebody should see it."""
    client = await start(fine, guarded=True)

    async with client.get("/v1/things/a", headers={"Origin": "https://evil.example.com"}):
        pass

    assert [line["status"] for line in logged] == [403]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_free_port_is_found_and_named(host: str) -> None:
    """With brackets where they belong."""
    try:
        bound = listen(host, 0)
    except OSError:
        pytest.skip("this machine has no such address")
    with bound:
        port = bound.getsockname()[1]
        assert url_of(bound) == (f"http://[::1]:{port}" if ":" in host else f"http://127.0.0.1:{port}")
        assert not bound.getblocking()


def test_a_port_that_is_taken_is_an_error() -> None:
    """And leaves no socket behind."""
    with listen("127.0.0.1", 0) as bound, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", bound.getsockname()[1])


def test_a_bound_socket_listens_at_once() -> None:
    """Who connects before the server serves waits, and is not refused."""
    with listen("127.0.0.1", 0) as bound, socket.create_connection(bound.getsockname(), timeout=1):
        pass


async def test_a_handler_that_answers_nothing_is_503(start: Start) -> None:
    """A bug like any other: senders drop what got a 500."""

    async def forgetful(request: web.Request) -> web.StreamResponse:
        return None  # type: ignore[return-value]

    client = await start(forgetful)

    async with client.post("/v1/things/a") as response:
        assert response.status == 503


async def test_a_raised_redirect_is_logged_too(start: Start, logged: list[Any]) -> None:
    """One line a request."""
    client = await start(raising(web.HTTPFound("/elsewhere")))

    async with client.get("/v1/things/a", allow_redirects=False):
        pass

    assert [line["status"] for line in logged] == [302]
