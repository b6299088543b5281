"""Statistics of a monitor: from what was reported, and null where nothing was."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.pinghome.demo import DEMO_HEARTBEAT_ID
from tests.local.world import COLLEAGUE, STRANGER, World

HERE = {"id": DEMO_HEARTBEAT_ID}
"""Period and grace are a minute each: it is up for two minutes after a good report."""


async def report(world: World, *results: str, every: float = 1) -> None:
    for result in results:
        assert (await world.call("heartbeat.submit", path=HERE, query={"result": result})).status == 200
        world.clock.advance(minutes=every)


async def statistic(world: World, **query: str) -> dict[str, Any]:
    answer = await world.call("heartbeat.statistic", path=HERE, query=query)
    assert answer.status == 200
    found: dict[str, Any] = answer.data
    return found


async def test_without_a_report_nothing_is_known(world: World) -> None:
    found = await statistic(world, interval="1h")
    assert (found["uptime"], found["longest_gap_seconds"]) == (None, None)
    assert found["events"] == {"tick": 0, "run": 0, "complete": 0, "fail": 0}
    assert {point["uptime"] for point in found["points"]} == {None}
    assert (found["start_date"], found["end_date"]) == ("2026-11-22T11:00:00.000000Z", "2026-11-22T12:00:00.000000Z")


async def test_results_are_counted_and_up_time_is_shared(world: World) -> None:
    await report(world, "tick", "run", "complete", "fail", "run", "complete")
    world.clock.advance(minutes=4)
    found = await statistic(world, interval="1h")
    assert found["events"] == {"tick": 1, "run": 2, "complete": 2, "fail": 1}
    # Ten minutes are known: up 0 to 3, failed 3 to 5, up 5 to 7, missing 7 to 10.
    assert found["uptime"] == 50.0
    assert found["longest_gap_seconds"] == 300
    assert sum(point["events"]["run"] for point in found["points"]) == 2


async def test_points_share_the_time(world: World) -> None:
    await report(world, *["tick"] * 10)
    world.clock.advance(minutes=10)
    found = await statistic(world, start_date="2026-11-22T12:00:00Z", end_date="2026-11-22T12:20:00Z")
    assert (found["interval_seconds"], len(found["points"])) == (60, 20)
    assert [point["uptime"] for point in found["points"]] == [100.0] * 11 + [0.0] * 9
    assert found["uptime"] == 55.0


async def test_what_was_before_the_period_goes_on_in_it(world: World) -> None:
    await report(world, "fail", "run")
    found = await statistic(world, start_date="2026-11-22T12:01:30Z")
    assert (found["uptime"], found["events"]["fail"], found["longest_gap_seconds"]) == (0.0, 0, 30)
    world.clock.advance(minutes=10)
    quiet = await statistic(world, start_date="2026-11-22T12:05:00Z")
    assert (quiet["uptime"], quiet["longest_gap_seconds"]) == (0.0, 420)


@pytest.mark.parametrize("interval", ["1h", "3h", "12h", "1d", "3d", "7d", "30d"])
async def test_every_interval_has_a_handful_of_points(world: World, interval: str) -> None:
    await report(world, "tick")
    found = await statistic(world, interval=interval)
    assert 12 <= len(found["points"]) <= 60
    assert found["events"]["tick"] == 1


async def test_the_future_is_not_told(world: World) -> None:
    assert (await statistic(world, end_date="2030-01-01T00:00:00Z"))["end_date"] == "2026-11-22T12:00:00.000000Z"


@pytest.mark.parametrize(("token", "expected"), [(COLLEAGUE, 403), (STRANGER, 404)])
async def test_they_are_the_team_s(world: World, token: str, expected: int) -> None:
    assert (await world.call("heartbeat.statistic", path=HERE, token=token)).status == expected
