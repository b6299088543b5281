"""How the client gets, shares and renews its token."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from bridge.pinghome.errors import Unauthorized
from tests.pinghome.stub import Stub, answering, talking_to


async def test_many_callers_share_one_sign_in_and_one_renewal() -> None:
    stub = Stub(answering(500))

    async def handler(request: web.Request) -> web.Response:
        return stub.guarded(request)

    stub.handler = handler
    async with talking_to(stub) as (pinghome, _):
        await asyncio.gather(*(pinghome.call("team.list") for _ in range(30)))
        assert stub.sign_ins == 1
        stub.good_tokens = set()
        results = await asyncio.gather(*(pinghome.call("team.list") for _ in range(30)))
        assert results == [[{"team_id": "t"}]] * 30
        assert stub.sign_ins == 2


async def test_a_fresh_token_that_is_refused_too_is_an_error_after_one_renewal() -> None:
    stub = Stub(answering(401))
    async with talking_to(stub) as (pinghome, _):
        with pytest.raises(Unauthorized):
            await pinghome.call("team.list")
        assert (stub.sign_ins, len(stub.seen)) == (2, 2)


async def test_a_refused_sign_in_is_tried_once_for_all_and_again_for_the_next() -> None:
    stub = Stub(answering(200), sign_in_status=401)
    async with talking_to(stub) as (pinghome, _):
        calls = (pinghome.call("team.list") for _ in range(10))
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(result) for result in results] == [Unauthorized] * 10
        assert (stub.sign_ins, len(stub.seen)) == (1, 0)
        with pytest.raises(Unauthorized):
            await pinghome.call("team.list")
        assert stub.sign_ins == 2


async def test_a_caller_that_gives_up_leaves_the_sign_in_to_the_others() -> None:
    stub = Stub(answering(200, b"[]"))
    async with talking_to(stub) as (pinghome, _):
        impatient = asyncio.create_task(pinghome.call("team.list"))
        patient = asyncio.create_task(pinghome.call("team.list"))
        await asyncio.sleep(0)
        impatient.cancel()
        assert await patient == []
        assert stub.sign_ins == 1
        with pytest.raises(asyncio.CancelledError):
            await impatient


async def test_without_an_account_only_open_operations_can_be_called() -> None:
    stub = Stub(answering(200, b"[]"))
    async with talking_to(stub, account=False) as (pinghome, _):
        assert await pinghome.call("webhook.submit", path={"id": "w"}, json={}) == []
        assert "Authorization" not in stub.seen[0].headers
        with pytest.raises(Unauthorized, match=r"set pinghome\.email and pinghome\.password"):
            await pinghome.call("team.list")
        assert (stub.sign_ins, len(stub.seen)) == (0, 1)


async def test_closing_stops_a_sign_in_under_way() -> None:
    stuck = asyncio.Event()
    stub = Stub(answering(200))

    async def never(_request: web.Request) -> web.Response:
        await stuck.wait()
        return web.Response()

    stub.sign_in = never  # type: ignore[method-assign, assignment]
    async with talking_to(stub) as (pinghome, _):
        waiting = asyncio.create_task(pinghome.call("team.list"))
        await asyncio.sleep(0)
        await pinghome.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        stuck.set()
