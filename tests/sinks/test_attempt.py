"""One HTTP attempt: bounded in time and size, and never raising for what the far side does."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.outbound.session import open_session
from bridge.sinks.attempt import Attempter
from tests.support.fakes import NOW, clock

SECRET = "c03b02ec-244f-4d2c-8f68-3910071ed5c8"
SHORT = timedelta(milliseconds=60)
LONG = timedelta(seconds=10)
CONNECTIONS = 4

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session as the worker opens it, with few connections, so that a leak shows."""
    async with AsyncExitStack() as stack:
        yield await open_session(stack, connections=CONNECTIONS)


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """The URL of a webhook at a server that answers by this handler."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(shutdown_timeout=0.1)
    try:
        yield str(server.make_url(f"/webhook/{SECRET}?key={SECRET}"))
    finally:
        await server.close()


@asynccontextmanager
async def speaking(speak: Raw) -> AsyncIterator[str]:
    """The URL of a webhook at a server that says whatever it likes once it has read the head of a request."""
    tasks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await speak(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(talk(reader, writer))
        tasks.add(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/webhook/{SECRET}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def answering(status: int = 200, body: bytes = b"", **headers: str) -> Handler:
    """A handler that always says the same."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=status, body=body, headers={n.replace("_", "-"): v for n, v in headers.items()})

    return handler


def attempter(session: aiohttp.ClientSession, timeout: timedelta = LONG) -> Attempter:
    """With a clock that stands still."""
    return Attempter(session, timeout=timeout, clock=clock)


@pytest.mark.parametrize("status", [200, 202, 400, 404, 410, 500, 503])
async def test_an_answer_is_its_status_and_its_first_words(session: aiohttp.ClientSession, status: int) -> None:
    """Good or bad."""
    async with serving(answering(status, b'{"message": "said"}', Content_Type="application/json")) as url:
        answer = await attempter(session).attempt("POST", url, data=b"{}")

    assert (answer.status, answer.detail, answer.retry_after) == (status, '{"message": "said"}', None)


async def test_what_is_sent_arrives(session: aiohttp.ClientSession) -> None:
    """Method, body, headers, query."""
    seen: list[tuple[str, bytes, str, str]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.method, await request.read(), request.headers["Idempotency-Key"], request.query["result"]))
        return web.Response()

    async with serving(handler) as url:
        await attempter(session).attempt(
            "POST", url, data=b"body", headers={"Idempotency-Key": "k"}, params={"result": "tick"}
        )

    assert seen == [("POST", b"body", "k", "tick")]


async def test_only_the_beginning_of_an_answer_is_kept(session: aiohttp.ClientSession) -> None:
    """512 bytes, for people."""
    async with serving(answering(200, b"x" * 5000, Content_Type="text/plain")) as url:
        answer = await attempter(session).attempt("POST", url)

    assert answer.detail == "x" * 512


async def test_an_answer_cut_inside_a_character_is_still_text(session: aiohttp.ClientSession) -> None:
    """Nothing raises for it."""
    async with serving(answering(200, b"x" + "ü".encode() * 400, Content_Type="text/plain; charset=utf-8")) as url:
        answer = await attempter(session).attempt("POST", url)

    assert answer.status == 200
    assert answer.detail.startswith("xü")


async def test_an_answer_without_end_is_read_only_so_far(session: aiohttp.ClientSession) -> None:
    """64 KiB; its status is what counts."""

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        while True:
            await response.write(b"y" * 16_384)

    async with serving(endless) as url:
        answer = await attempter(session).attempt("POST", url)

    assert (answer.status, answer.detail) == (200, "y" * 512)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(session: aiohttp.ClientSession, status: int) -> None:
    """It would carry the page to somebody else."""
    async with serving(answering(500)) as elsewhere, serving(answering(status, Location=elsewhere)) as url:
        answer = await attempter(session).attempt("POST", url)

    assert answer.status == status


async def test_an_answer_that_does_not_come_is_a_timeout(session: aiohttp.ClientSession) -> None:
    """In words that name the time."""
    never = asyncio.Event()

    async def silent(request: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    async with serving(silent) as url:
        answer = await attempter(session, SHORT).attempt("POST", url)
        never.set()

    assert (answer.status, answer.detail) == (None, "no answer within 0.06 s")


@pytest.mark.parametrize("drop", [b"HTTP/1.1 200 OK\r\nX-Drop: ", b""], ids=["headers", "body"])
async def test_a_dripping_answer_ends_with_the_attempt(session: aiohttp.ClientSession, drop: bytes) -> None:
    """One byte every now and then keeps no attempt alive."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(drop or b"HTTP/1.1 500 Oh\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.002)

    async with speaking(drip) as url, asyncio.timeout(5):
        answer = await attempter(session, SHORT).attempt("POST", url)

    # The status is the answer; a body that never ends changes nothing about it.
    assert answer.status == (None if drop else 500)


async def test_a_reset_connection_is_an_answer(session: aiohttp.ClientSession) -> None:
    """Of the kind that says nothing."""

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with speaking(reset) as url:
        answer = await attempter(session).attempt("POST", url, data=b"{}")

    assert answer.status is None
    assert answer.detail in {"ServerDisconnectedError", "ClientOSError"}


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\x00\x01 what",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nxx",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9\r\n",
    ],
    ids=["nothing", "bytes", "status", "negative length", "bad chunk", "long header", "other protocol"],
)
async def test_an_answer_that_is_no_http_is_an_answer(session: aiohttp.ClientSession, said: bytes) -> None:
    """Whatever a wrong port says."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()

    async with speaking(speak) as url:
        answer = await attempter(session).attempt("POST", url)

    assert answer.status is None
    assert answer.detail
    assert SECRET not in answer.detail


@pytest.mark.parametrize(
    "kind", ["", "x", "text", "text/plain; charset=no-such", "a/b/c; ;=", "application/json; charset=utf-16"]
)
async def test_a_strange_content_type_is_no_trouble(session: aiohttp.ClientSession, kind: str) -> None:
    """The status counts."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 202 OK\r\nContent-Type: {kind}\r\nContent-Length: 2\r\n\r\nok".encode())
        await writer.drain()

    async with speaking(speak) as url:
        answer = await attempter(session).attempt("POST", url)

    assert answer.status == 202


@pytest.mark.parametrize(
    "body", [gzip.compress(b'{"message": "x"}' * 1000, mtime=0), b"this is no gzip"], ids=["gzip", "no gzip"]
)
async def test_a_packed_answer_is_not_unpacked(session: aiohttp.ClientSession, body: bytes) -> None:
    """A bomb would unpack in our hands; only its size is told."""
    async with serving(answering(200, body, Content_Type="application/json", Content_Encoding="gzip")) as url:
        answer = await attempter(session).attempt("POST", url)

    assert (answer.status, answer.detail) == (200, f"{len(body)} bytes of application/json")


async def test_an_answer_that_is_no_text_is_not_shown(session: aiohttp.ClientSession) -> None:
    """Only its size and kind."""
    async with serving(answering(200, b"\x00\x01", Content_Type="image/png")) as url:
        answer = await attempter(session).attempt("POST", url)

    assert answer.detail == "2 bytes of image/png"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("86401", 86_400),
        ("9" * 400, 86_400),
        (format_datetime(NOW + timedelta(minutes=3), usegmt=True), 180),
        (format_datetime(NOW - timedelta(minutes=3), usegmt=True), 0),
        ("Sun, 22 Nov 2026 10:02:00", 120),
        ("Sun, 22 Nov 2026 12:02:00 +0200", 120),
    ],
)
async def test_a_retry_after_in_seconds_or_as_a_date(session: aiohttp.ClientSession, header: str, seconds: int) -> None:
    """RFC 9110; never in the past."""
    async with serving(answering(503, Retry_After=header)) as url:
        answer = await attempter(session).attempt("POST", url)

    assert answer.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize("header", ["", "soon", "-5", "1.5", "1e3", "Sun, 99 Nov 2026 10:00:00 GMT", "²", ",", "0x10"])
async def test_a_retry_after_that_means_nothing_is_none(session: aiohttp.ClientSession, header: str) -> None:
    """The schedule knows better."""
    async with serving(answering(503, Retry_After=header)) as url:
        answer = await attempter(session).attempt("POST", url)

    assert (answer.status, answer.retry_after) == (503, None)


@pytest.fixture
def refused_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


async def test_a_refused_connection_is_an_answer(session: aiohttp.ClientSession, refused_port: int) -> None:
    """With the reason, without the URL."""
    answer = await attempter(session).attempt("POST", f"http://127.0.0.1:{refused_port}/webhook/{SECRET}")

    assert answer.status is None
    assert answer.detail.startswith("no connection: ")
    assert SECRET not in answer.detail


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        (f"http://no-such-host.invalid/webhook/{SECRET}", "the name cannot be resolved"),
        (f"http://127.0.0.1:99999/webhook/{SECRET}", ""),
        (f"nothing/{SECRET}", ""),
        (f"http:///{SECRET}", ""),
        (f"ftp://127.0.0.1/{SECRET}", ""),
    ],
)
async def test_a_url_that_leads_nowhere_is_an_answer(session: aiohttp.ClientSession, url: str, detail: str) -> None:
    """And its detail does not name it."""
    answer = await attempter(session).attempt("POST", url)

    assert answer.status is None
    assert answer.detail.startswith(detail)
    assert SECRET not in answer.detail


async def test_tls_that_fails_is_an_answer(session: aiohttp.ClientSession) -> None:
    """A server that speaks no TLS."""

    async with serving(answering()) as url:
        answer = await attempter(session).attempt("POST", url.replace("http://", "https://"))

    assert (answer.status, answer.detail) == (None, "TLS failed")


async def test_the_session_outlives_timeouts_and_cancellations(session: aiohttp.ClientSession) -> None:
    """200 timeouts and 50 cancellations later it still delivers, and holds no connection."""
    never, inside = asyncio.Event(), asyncio.Semaphore(0)

    async def handler(request: web.Request) -> web.Response:
        if request.query.get("wait") == "no":
            return web.Response(text="taken")
        inside.release()
        await never.wait()
        return web.Response()

    async with serving(handler) as url:
        quick, patient = attempter(session, timedelta(milliseconds=15)), attempter(session)
        for _ in range(5):
            answers = await asyncio.gather(*(quick.attempt("POST", url, data=b"{}") for _ in range(40)))
            assert {answer.status for answer in answers} == {None}
        while not inside.locked():
            await inside.acquire()
        waiting = [asyncio.create_task(patient.attempt("POST", url, data=b"{}")) for _ in range(50)]
        await inside.acquire()
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)

        assert all(task.cancelled() for task in waiting)
        delivered = await asyncio.gather(
            *(patient.attempt("POST", url, data=b"{}", params={"wait": "no"}) for _ in range(3 * CONNECTIONS))
        )
        never.set()

    assert {answer.status for answer in delivered} == {200}
    assert isinstance(session.connector, aiohttp.TCPConnector)
    assert not session.connector._acquired


@pytest.mark.parametrize(
    "header", ["Wed, 01 Jan 99999999999 00:00:00 GMT", "Wed, 01 Jan 2026 00:00:00 +99999999999999"]
)
async def test_a_date_beyond_reason_is_no_trouble(session: aiohttp.ClientSession, header: str) -> None:
    """It is as good as none; as a bug it would make a claim poison and a page dead."""
    async with serving(answering(503, Retry_After=header)) as url:
        answer = await attempter(session).attempt("POST", url)

    assert (answer.status, answer.retry_after) == (503, None)


async def test_a_body_that_breaks_off_does_not_undo_its_status(session: aiohttp.ClientSession) -> None:
    """Pinghome has said 200: it has the alert, and must not get it again."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort")
        await writer.drain()

    async with speaking(speak) as url:
        answer = await attempter(session).attempt("POST", url)

    assert answer.status == 200


async def test_an_answer_that_quotes_the_url_does_not_carry_it_on(session: aiohttp.ClientSession) -> None:
    """`webhook ... not found`: the id is a bearer secret, and the detail is shown to people."""

    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"message": f"no webhook at {request.path}"}, status=404)

    async with serving(echo) as url:
        answer = await attempter(session).attempt("POST", url)

    assert answer.status == 404
    assert SECRET not in answer.detail
