"""What the typed client makes of answers that nobody documented, and of lists that come in parts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import web

from bridge.pinghome.systems.base import PAGE_SIZE
from bridge.pinghome.systems.service import Service
from bridge.pinghome.systems.team import Member, Team
from tests.pinghome.stub import Stub, answering, talking_to


def test_an_id_is_found_under_its_other_names_and_the_rest_is_kept() -> None:
    team = Team.read({"id": "t", "name": "ops", "member_count": "3", "colour": "red"})
    assert team == Team(team_id="t", name="ops", member_count=3, extra={"colour": "red"})


def test_both_spellings_are_not_confused() -> None:
    member = Member.read({"team_member_id": "m", "id": "other"})
    assert (member.team_member_id, member.extra) == ("m", {"id": "other"})


@pytest.mark.parametrize("document", [None, [], 7, {}, "x"])
def test_any_document_can_be_read(document: Any) -> None:
    assert Service.read(document).name is None


def test_a_value_of_another_type_is_not_lost() -> None:
    service = Service.read({"id": "s", "name": ["unexpected"]})
    assert (service.id, service.name, service.extra) == ("s", None, {"name": ["unexpected"]})


def test_a_bare_id_is_an_id() -> None:
    assert Service.read("s").id == "s"


@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_list_may_be_wrapped_in_an_object(wrapped: bool) -> None:  # noqa: FBT001
    entries = [{"team_id": "a"}, {"team_id": "b"}]
    document: Any = {"items": entries, "total": 2} if wrapped else entries
    async with talking_to(Stub(answering(200, json.dumps(document).encode()))) as (pinghome, _):
        assert [team.team_id for team in await pinghome.teams.list()] == ["a", "b"]


async def test_pages_are_read_to_the_end() -> None:
    async def page(request: web.Request) -> web.Response:
        number, size = int(request.query["page"]), int(request.query["limit"])
        ids = range((number - 1) * size, min(number * size, 2 * PAGE_SIZE + 7))
        return web.json_response([{"id": str(each)} for each in ids])

    stub = Stub(page)
    async with talking_to(stub) as (pinghome, _):
        found = [monitor.id async for monitor in pinghome.heartbeats.each("s")]
    assert found == [str(number) for number in range(2 * PAGE_SIZE + 7)]
    assert len(stub.seen) == 3


async def test_an_api_that_knows_no_pages_is_read_once() -> None:
    document = json.dumps([{"id": str(number)} for number in range(PAGE_SIZE)]).encode()
    async with talking_to(Stub(answering(200, document))) as (pinghome, _):
        assert len([monitor async for monitor in pinghome.uptime.each("s")]) == PAGE_SIZE


async def test_a_history_goes_on_below_the_last_time() -> None:
    async def events(request: web.Request) -> web.Response:
        below = int(request.query.get("last_received_at", "250"))
        times = range(below - 1, max(below - 1 - int(request.query["limit"]), -1), -1)
        return web.json_response([{"received_at": str(time)} for time in times])

    async with talking_to(Stub(events)) as (pinghome, _):
        found = [event.received_at async for event in pinghome.webhooks.each_event("w")]
    assert found == [str(time) for time in range(249, -1, -1)]
