from __future__ import annotations

from typing import Any, get_args

import pytest

from bridge.local.times import micros, rfc3339
from bridge.pinghome.demo import DEMO_SERVICE_ID
from bridge.pinghome.systems.server import MetricType
from tests.local.fixtures import StartWorld
from tests.local.kept import SERVER, SERVER_ID, prepare_world, server
from tests.local.world import UNKNOWN_ID, World

METRICS = {"type": "cpu-total-usage"}


async def test_a_server_is_kept_and_changed(start_world: StartWorld) -> None:
    world = await start_world()
    created = await world.call("server.create", json=server())
    assert (created.status, created.data["enabled"]) == (201, True)
    assert {name: created.data[name] for name in server()} == server()
    path = {"id": created.data["id"]}
    changed = server(name="db-2", timezone="America/Sao_Paulo", enabled=False)
    answer = await world.call("server.update", path=path, json=changed)
    assert {name: answer.data[name] for name in changed} == changed
    world = await start_world()
    assert (await world.call("server.get", path=path)).data == answer.data


@pytest.mark.parametrize(
    "zone", ["Berlin", "Europe", "../etc/passwd", "/etc/localtime", "Europe/Berlin\x00", "x" * 255]
)
async def test_a_time_zone_is_one_of_the_iana_database(world: World, zone: str) -> None:
    answer = await world.call("server.create", json=server(timezone=zone))
    assert (answer.status, answer.fields) == (422, {"timezone"})


@pytest.mark.parametrize("key", ["server.create", "server.update"])
async def test_a_service_that_is_not_there_is_404_and_named(world: World, key: str) -> None:
    await prepare_world(world)
    path = SERVER if key == "server.update" else None
    answer = await world.call(key, path=path, json=server(service_id=UNKNOWN_ID, enabled=True))
    assert (answer.status, answer.fields) == (404, {"service_id"})


async def test_a_list_comes_by_pages_and_many_are_deleted_at_once(world: World) -> None:
    ids: list[str] = []
    for _ in range(3):
        world.clock.advance(seconds=1)
        ids.append((await world.call("server.create", json=server())).data["id"])
    service = {"id": DEMO_SERVICE_ID}
    for number, expected in ((1, ids[:2]), (2, ids[2:])):
        found = await world.call("server.list", path=service, query={"page": number, "limit": 2})
        assert [entry["id"] for entry in found.data] == expected
    assert (await world.call("server.delete_many", query={"id": f"{ids[0]},{UNKNOWN_ID}"})).status == 404
    assert len((await world.call("server.list", path=service)).data) == 3
    assert (await world.call("server.delete_many", query={"id": ",".join(ids)})).data == {"ids": ids}
    assert (await world.call("server.list", path=service)).data == []


@pytest.mark.parametrize("kind", get_args(MetricType))
async def test_nothing_was_measured_and_the_answer_says_so(world: World, kind: str) -> None:
    await prepare_world(world)
    answer = await world.call("server.metrics", path=SERVER, query={"type": kind, "interval": "on-demand"})
    assert answer.json == {
        "message": "Nothing has been measured.",
        "data": {"id": SERVER_ID, "type": kind, "interval": "on-demand", "points": []},
    }


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "type"),
        ({"type": "temperature"}, "type"),
        ({**METRICS, "limit": "0"}, "limit"),
        ({**METRICS, "start_date": "x"}, "start_date"),
    ],
)
async def test_a_question_that_cannot_be_is_named(world: World, query: dict[str, str], field: str) -> None:
    await prepare_world(world)
    answer = await world.call("server.metrics", path=SERVER, query=query)
    assert (answer.status, answer.fields) == (422, {field})


async def test_what_an_agent_will_have_stored_is_found_by_type_and_time(world: World) -> None:
    await prepare_world(world)
    at = micros(world.clock())
    rows = [(SERVER_ID, "cpu-total-usage", at + number, f'{{"value":{number}}}') for number in range(3)]
    rows.append((SERVER_ID, "swap-usage", at, "{}"))
    await world.store(lambda connection: connection.executemany("INSERT INTO server_metrics VALUES (?, ?, ?, ?)", rows))

    async def found(**query: Any) -> list[int]:
        answer = await world.call("server.metrics", path=SERVER, query={**METRICS, **query})
        return [point["value"] for point in answer.data["points"]]

    assert await found() == [2, 1, 0]
    assert await found(limit=1) == [2]
    assert await found(start_date=rfc3339(at + 1), end_date=rfc3339(at + 1)) == [1]
