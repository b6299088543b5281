from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.pinghome.demo import DEMO_HEARTBEAT_ID, DEMO_SERVICE_ID
from bridge.pinghome.endpoints import operation
from tests.local.test_auth import count
from tests.local.world import Answer, World

HERE = {"id": DEMO_HEARTBEAT_ID}
SUBMIT = operation("heartbeat.submit")


async def submit(world: World, method: str = "GET", path: dict[str, str] = HERE, **query: str) -> Answer:
    return await world.call(replace(SUBMIT, method=method), path=path, query=query)


@pytest.mark.parametrize("result", ["tick", "run", "complete", "fail"])
async def test_a_report_is_stored_and_shown(world: World, result: str) -> None:
    answer = await submit(world, result=result, message="exit 2 — ä")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    [event] = (await world.call("heartbeat.events", path=HERE)).data
    assert event == {
        "id": answer.data["id"],
        "result": result,
        "message": "exit 2 — ä",
        "method": "GET",
        "ip": "127.0.0.1",
        "received_at": "2026-11-22T12:00:00.000000Z",
    }
    monitor = (await world.call("heartbeat.get", path=HERE)).data
    assert (monitor["last_result"], monitor["last_received_at"]) == (result, event["received_at"])


async def test_a_report_without_a_result_is_a_tick(world: World) -> None:
    assert (await submit(world)).data["result"] == "tick"


async def test_nothing_is_said_of_a_monitor_that_was_never_heard(world: World) -> None:
    monitor = (await world.call("heartbeat.get", path=HERE)).data
    assert (monitor["last_result"], monitor["last_received_at"]) == (None, None)


@pytest.mark.parametrize("result", ["ok", "TICK", ""])
async def test_any_other_result_is_422_and_stores_nothing(world: World, result: str) -> None:
    answer = await submit(world, result=result)
    assert (answer.status, answer.fields) == (422, {"result"})
    assert await world.store(lambda connection: count(connection, "heartbeat_events")) == 0


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("POST", 200), ("HEAD", 405)])
async def test_the_methods_of_a_monitor_limit_who_may_report(world: World, method: str, status: int) -> None:
    answer = await submit(world, method)
    assert answer.status == status
    assert answer.headers.get("Allow") == ("GET, POST" if status == 405 else None)


async def test_a_monitor_takes_get_unless_told_otherwise(world: World) -> None:
    body: dict[str, Any] = {"name": "n", "service_id": DEMO_SERVICE_ID}
    created = (await world.call("heartbeat.create", json=body)).data
    assert (created["methods"], created["period_seconds"], created["grace_seconds"]) == (["GET"], 60, 60)
    path = {"id": created["id"]}
    assert (await submit(world, "POST", path)).status == 405
    body |= {"methods": ["HEAD", "POST"], "period_seconds": 300}
    changed = (await world.call("heartbeat.update", path=path, json=body)).data
    assert (changed["methods"], changed["period_seconds"], changed["grace_seconds"]) == (["HEAD", "POST"], 300, 60)
    assert [(await submit(world, method, path)).status for method in ("GET", "HEAD", "POST")] == [405, 200, 200]
    del body["period_seconds"]
    assert (await world.call("heartbeat.update", path=path, json=body)).data["period_seconds"] == 300


async def test_the_cursor_of_events_neither_skips_nor_repeats(world: World) -> None:
    for number in range(5):
        await submit(world, message=str(number))
    seen: list[str] = []
    query = {"limit": "2"}
    while page := (await world.call("heartbeat.events", path=HERE, query=query)).data:
        seen += [event["message"] for event in page]
        query["last_received_at"] = page[-1]["received_at"]
    assert seen == ["4", "3", "2", "1", "0"]


async def test_monitors_are_listed_by_page(world: World) -> None:
    for name in ("b", "c"):
        world.clock.advance(seconds=1)
        await world.call("heartbeat.create", json={"name": name, "service_id": DEMO_SERVICE_ID})
    pages = [
        (await world.call("heartbeat.list", path={"id": DEMO_SERVICE_ID}, query={"page": page, "limit": "2"})).data
        for page in ("1", "2", "3")
    ]
    assert [[monitor["name"] for monitor in page] for page in pages] == [["demo-job", "b"], ["c"], []]


@pytest.mark.parametrize("comma", [True, False])
async def test_deleting_many_takes_both_spellings_of_a_list(world: World, comma: bool) -> None:  # noqa: FBT001
    ids = [
        (await world.call("heartbeat.create", json={"name": name, "service_id": DEMO_SERVICE_ID})).data["id"]
        for name in ("a", "b")
    ]
    query: Any = {"id": ",".join(ids)} if comma else [("id", found) for found in ids]
    assert (await world.call("heartbeat.delete_many", query=query)).data == {"ids": ids}
    assert [(await world.call("heartbeat.get", path={"id": found})).status for found in ids] == [404, 404]


async def test_a_deleted_monitor_takes_its_events_along(world: World) -> None:
    await submit(world)
    assert (await world.call("heartbeat.delete", path=HERE)).data == HERE
    assert await world.store(lambda connection: count(connection, "heartbeat_events")) == 0
    assert (await submit(world)).status == 404
