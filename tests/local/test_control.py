"""`/_local/*`: faults, the clock and the outbox."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from bridge.local.clock import Clock
from bridge.local.messages.outbox import Message, post
from bridge.pinghome.demo import DEMO_HEARTBEAT_ID, DEMO_TEAM_ID, DEMO_WEBHOOK_ID
from tests.local.fixtures import StartWorld
from tests.local.world import World

TOKEN = "control-token-of-a-test"
WEBHOOK = {"id": DEMO_WEBHOOK_ID}


@pytest.fixture
async def controlled(start_world: StartWorld) -> World:
    return await start_world(control_token=TOKEN)


async def control(world: World, method: str, path: str, json: Any = None, token: str = TOKEN) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    async with world.client.request(method, f"/_local/{path}", json=json, headers=headers) as answer:
        return answer.status, await answer.json()


async def data(world: World, method: str, path: str, json: Any = None) -> Any:
    status, document = await control(world, method, path, json)
    assert status == 200, document
    return document["data"]


@pytest.mark.parametrize("path", ["faults", "clock", "outbox"])
async def test_it_is_not_there_unless_switched_on(world: World, path: str) -> None:
    assert (await control(world, "GET", path))[0] == 404


@pytest.mark.parametrize("path", ["faults", "clock", "outbox"])
async def test_it_takes_its_token_alone(controlled: World, path: str) -> None:
    assert (await control(controlled, "GET", path, token="token-of-demo"))[0] == 401
    assert (await control(controlled, "GET", path))[0] == 200


async def test_a_fault_meets_its_operation_as_often_as_told(controlled: World) -> None:
    await data(
        controlled, "POST", "faults", {"operation": "webhook.submit", "status": 503, "retry_after": 7, "times": 2}
    )
    assert (await controlled.call("heartbeat.submit", path={"id": DEMO_HEARTBEAT_ID})).status == 200
    for _ in range(2):
        answer = await controlled.call("webhook.submit", path=WEBHOOK, json={})
        assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
    assert (await controlled.call("webhook.submit", path=WEBHOOK, json={})).status == 200
    assert await data(controlled, "GET", "faults") == []
    assert len((await controlled.call("webhook.events", path=WEBHOOK)).data) == 1


async def test_a_fault_for_all_operations_lasts_until_it_is_cleared(controlled: World) -> None:
    await data(controlled, "POST", "faults", {"status": 500})
    assert (await controlled.call("team.list")).status == 500
    assert (await controlled.call("incident.health_check")).status == 500
    await data(controlled, "DELETE", "faults")
    assert (await controlled.call("team.list")).status == 200


@pytest.mark.parametrize(("after", "stored"), [(False, 0), (True, 1)])
async def test_a_dropped_connection_loses_the_call_or_its_answer(
    controlled: World,
    after: bool,  # noqa: FBT001
    stored: int,
) -> None:
    await data(controlled, "POST", "faults", {"operation": "webhook.submit", "drop": True, "after": after, "times": 1})
    with pytest.raises(aiohttp.ClientError):
        await controlled.call("webhook.submit", path=WEBHOOK, json={})
    assert len((await controlled.call("webhook.events", path=WEBHOOK)).data) == stored


async def test_a_delay_alone_changes_nothing_else(controlled: World) -> None:
    await data(controlled, "POST", "faults", {"operation": "team.list", "delay": 0.01, "times": 1})
    assert (await controlled.call("team.list")).status == 200


@pytest.mark.parametrize(
    "body", [{"operation": "team.dance"}, {"status": 200}, {"delay": 301}, {"unknown": 1}, {"times": 0}, []]
)
async def test_a_fault_that_cannot_be_is_refused(controlled: World, body: Any) -> None:
    assert (await control(controlled, "POST", "faults", body))[0] in (400, 422)


async def test_the_clock_moves_what_the_api_calls_now(controlled: World) -> None:
    at = datetime(2027, 2, 3, 4, 5, tzinfo=UTC)
    assert (await data(controlled, "PUT", "clock", {"at": at.isoformat()}))["now"] == at.isoformat()
    await data(controlled, "PUT", "clock", {"advance": 60})
    made = await controlled.call("service.create", json={"name": "n", "team_id": DEMO_TEAM_ID})
    assert made.data["created_at"] == "2027-02-03T04:06:00.000000Z"
    assert (await data(controlled, "DELETE", "clock"))["offset_seconds"] == 0


@pytest.mark.parametrize("body", [{}, {"at": "2027-01-01T00:00:00Z", "advance": 1}, {"advance": 1e15}, {"at": "x"}])
async def test_a_time_that_cannot_be_is_refused(controlled: World, body: Any) -> None:
    assert (await control(controlled, "PUT", "clock", body))[0] in (400, 422)


async def test_the_outbox_is_read_newest_first_and_by_what_it_is_for(controlled: World) -> None:
    def fill(connection: Any) -> None:
        for number in range(3):
            message = Message(
                organisation_id=None,
                channel_type="sms",
                channel_value=f"+{number}",
                purpose="code" if number else "test",
                reference=None,
                subject="s",
                body=f"body {number}",
            )
            post(connection, message, 0)

    await controlled.store(fill)
    assert [row["body"] for row in await data(controlled, "GET", "outbox")] == ["body 2", "body 1", "body 0"]
    assert [row["body"] for row in await data(controlled, "GET", "outbox?purpose=test")] == ["body 0"]
    assert [row["body"] for row in await data(controlled, "GET", "outbox?channel_value=%2B1")] == ["body 1"]


async def test_moving_the_clock_wakes_who_waits_for_a_time() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    clock, changed = Clock(lambda: start), asyncio.Event()
    waiting = asyncio.create_task(clock.wait_until(start + timedelta(minutes=5), changed))
    await asyncio.sleep(0)
    assert not waiting.done()
    clock.move(timedelta(minutes=5))
    await waiting
    await clock.wait_until(start, changed)
    changed.set()
    await clock.wait_until(None, changed)
    assert not changed.is_set()
