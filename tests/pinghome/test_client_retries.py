"""What the client tries again, and what it never does twice."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.pinghome.client import PATIENCE_S, TRIES, Pinghome
from bridge.pinghome.connection import Connection
from bridge.pinghome.errors import NotFound, RateLimited, Unavailable
from tests.pinghome.stub import Stub, answering, talking_to


class Sequence:
    """Answers one after the other."""

    def __init__(self, *statuses: int) -> None:
        self._left = list(statuses)

    async def __call__(self, _request: web.Request) -> web.Response:
        status = self._left.pop(0)
        return web.Response(status=status, body=b"[]" if status == 200 else b"")


async def test_a_read_outlives_a_moment_of_trouble() -> None:
    stub = Stub(Sequence(503, 429, 200))
    async with talking_to(stub) as (pinghome, _):
        assert await pinghome.teams.list() == []
    assert len(stub.seen) == 3


async def test_a_create_is_never_done_twice() -> None:
    stub = Stub(Sequence(503, 200))
    async with talking_to(stub) as (pinghome, _):
        with pytest.raises(Unavailable):
            await pinghome.teams.create("a")
    assert len(stub.seen) == 1


async def test_a_heartbeat_is_never_reported_twice_though_it_is_a_get() -> None:
    stub = Stub(Sequence(503, 200))
    async with talking_to(stub) as (pinghome, _):
        with pytest.raises(Unavailable):
            await pinghome.heartbeats.submit("h", "run")
    assert len(stub.seen) == 1


async def test_what_an_unanswered_deletion_has_deleted_is_deleted() -> None:
    stub = Stub(Sequence(502, 404))
    async with talking_to(stub) as (pinghome, _):
        await pinghome.services.delete("s")
    stub = Stub(Sequence(404))
    async with talking_to(stub) as (pinghome, _):
        with pytest.raises(NotFound):
            await pinghome.services.delete("s")


@pytest.mark.parametrize(("seconds", "tries"), [("0", TRIES), (str(int(PATIENCE_S)), TRIES), ("21", 1)])
async def test_a_short_retry_after_is_waited_for_and_a_long_one_is_the_callers(seconds: str, tries: int) -> None:
    stub = Stub(answering(429, b"", Retry_After=seconds))
    async with talking_to(stub) as (pinghome, _):
        with pytest.raises(RateLimited):
            await pinghome.teams.list()
    assert len(stub.seen) == tries


async def test_closing_revokes_the_token() -> None:
    stub = Stub(answering(200, b"[]"))
    async with talking_to(stub) as (pinghome, _):
        await pinghome.teams.list()
        assert stub.signed_out == []
    assert stub.signed_out == ["Bearer token-1"]


async def test_closing_without_a_token_asks_for_nothing() -> None:
    stub = Stub(answering(200, b"[]"))
    async with talking_to(stub) as (pinghome, _):
        await pinghome.incidents.health_check()
    assert (stub.sign_ins, stub.signed_out) == (0, [])


async def test_a_client_of_its_own_closes_its_own_session() -> None:
    app = web.Application()
    app.router.add_get("/incident-query/default/v1/health-check", answering(200, b'{"message": "fine"}'))
    async with TestServer(app, host="127.0.0.1") as server:
        async with Pinghome(Connection(url=f"http://127.0.0.1:{server.port}/{{service}}")) as pinghome:
            assert (await pinghome.incidents.health_check()).message == "fine"
            own = pinghome._own
        assert isinstance(own, aiohttp.ClientSession)
        assert own.closed
