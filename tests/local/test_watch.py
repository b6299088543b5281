"""Heartbeats that go missing, fail and come back, and the incidents of that."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.local.app import CLOCK
from bridge.pinghome.demo import DEMO_HEARTBEAT_ID, DEMO_RULESET_ID, DEMO_SERVICE_ID, DEMO_TEAM_ID
from tests.local.fixtures import StartWorld
from tests.local.world import World, ruleset
from tests.support.wait import wait_until

HERE = {"id": DEMO_HEARTBEAT_ID}
MISSING = {"type": "json-check", "key": "status", "operator": "equal", "values": ["missing"]}
ANY = {"type": "json-check", "key": "type", "operator": "equal", "values": ["heartbeat"]}


async def watched(world: World, *conditions: dict[str, Any], **changes: Any) -> str:
    """A state-change ruleset in place of the demo world's; returns its id."""
    body = ruleset(rule_type="state-change", conditions=list(conditions or (ANY,)), **changes)
    await world.call("ruleset.update", path={"id": DEMO_RULESET_ID}, json=body)
    return DEMO_RULESET_ID


async def report(world: World, result: str = "tick", path: dict[str, str] = HERE) -> None:
    assert (await world.call("heartbeat.submit", path=path, query={"result": result})).status == 200


async def monitor(world: World, path: dict[str, str] = HERE) -> dict[str, Any]:
    found: dict[str, Any] = (await world.call("heartbeat.get", path=path)).data
    return found


async def incidents(world: World) -> list[tuple[str, str]]:
    found = (await world.call("incident.list", path={"id": DEMO_TEAM_ID})).data
    return [(incident["name"], incident["status"]) for incident in found]


async def later(world: World, **by: float) -> None:
    """Move the clock and have the watch look at it."""
    world.clock.advance(**by)
    world.app[CLOCK].wake()


async def goes_missing(world: World, path: dict[str, str] = HERE) -> None:
    await wait_until(lambda: _is_missing(world, path), "it is missing")


async def _is_missing(world: World, path: dict[str, str]) -> bool:
    return bool((await monitor(world, path))["status"] == "missing")


async def test_nothing_is_expected_of_a_monitor_that_was_never_heard(world: World) -> None:
    await watched(world)
    await later(world, days=300)
    found = await monitor(world)
    assert (found["status"], found["due_at"]) == ("pending", None)
    assert await incidents(world) == []


async def test_a_missing_report_opens_an_incident_and_the_next_one_resolves_it(world: World) -> None:
    await watched(world)
    await report(world)
    assert (await monitor(world))["due_at"] == "2026-11-22T12:02:00.000000Z"
    await later(world, seconds=119)
    assert (await monitor(world))["status"] == "up"
    await later(world, seconds=1)
    await goes_missing(world)
    assert await incidents(world) == [("demo-job is missing", "open")]
    await report(world)
    found = await monitor(world)
    assert (found["status"], found["status_since"]) == ("up", "2026-11-22T12:02:00.000000Z")
    assert await incidents(world) == [("demo-job is missing", "resolved")]


async def test_a_failure_opens_one_incident_until_a_good_report(world: World) -> None:
    await watched(world)
    for result in ("fail", "fail", "run"):
        await report(world, result)
        assert await incidents(world) == [("demo-job has failed", "open")]
    await report(world, "complete")
    assert await incidents(world) == [("demo-job has failed", "resolved")]


async def test_only_a_change_is_an_event(world: World) -> None:
    await watched(world)
    await report(world, "fail")
    await report(world, "fail")
    [incident] = (await world.call("incident.list", path={"id": DEMO_TEAM_ID})).data
    assert incident["occurrences"] == 1
    body = {"name": "n", "description": "", "urgency": "low", "status": "resolved"}
    await world.call("incident.update", path={"id": incident["id"]}, json=body)
    await report(world, "fail")
    assert await incidents(world) == [("n", "resolved")]


async def test_a_failed_one_that_goes_missing_too_keeps_its_incident(world: World) -> None:
    await watched(world)
    await report(world, "fail")
    await later(world, minutes=2)
    await goes_missing(world)
    assert await incidents(world) == [("demo-job is missing", "open")]
    await report(world, "run")
    assert await incidents(world) == [("demo-job is missing", "resolved")]


async def test_conditions_are_held_against_the_change(world: World) -> None:
    await watched(world, MISSING)
    await report(world, "fail")
    assert await incidents(world) == []
    await later(world, minutes=2)
    await goes_missing(world)
    assert await incidents(world) == [("demo-job is missing", "open")]


async def test_a_webhook_ruleset_sees_no_change_of_state(world: World) -> None:
    await world.call("ruleset.update", path={"id": DEMO_RULESET_ID}, json=ruleset(conditions=[]))
    await report(world, "fail")
    assert await incidents(world) == []


@pytest.mark.parametrize(("level", "seen"), [("team", 0), ("organisation", 1)])
async def test_a_ruleset_of_a_team_sees_its_monitors_alone(world: World, level: str, seen: int) -> None:
    team = (await world.call("team.create", json={"name": "second"})).data["team_id"]
    await watched(world, level=level, team_id=team)
    await report(world, "fail")
    found = (await world.call("incident.list", path={"id": team})).data
    assert len(found) == seen


async def test_what_fell_due_while_nobody_watched_is_missing_after_a_restart(start_world: StartWorld) -> None:
    world = await start_world()
    await watched(world)
    await report(world)
    world.clock.advance(hours=1)
    world = await start_world()
    await goes_missing(world)
    assert await incidents(world) == [("demo-job is missing", "open")]
    world = await start_world()
    assert await incidents(world) == [("demo-job is missing", "open")]


async def test_a_late_report_tells_that_it_was_missing_though_nobody_had_looked(world: World) -> None:
    await watched(world)
    await report(world)
    world.clock.advance(hours=1)
    await report(world)
    assert await incidents(world) == [("demo-job is missing", "resolved")]


async def test_a_shorter_period_counts_from_the_last_report(world: World) -> None:
    await watched(world)
    created = await world.call(
        "heartbeat.create", json={"name": "slow", "service_id": DEMO_SERVICE_ID, "period_seconds": 3600}
    )
    path = {"id": created.data["id"]}
    await report(world, path=path)
    world.clock.advance(minutes=10)
    body = {"name": "slow", "service_id": DEMO_SERVICE_ID, "methods": ["GET"], "period_seconds": 60}
    await world.call("heartbeat.update", path=path, json=body)
    await goes_missing(world, path)


async def test_a_deleted_monitor_leaves_no_open_incident(world: World) -> None:
    await watched(world)
    await report(world, "fail")
    await world.call("heartbeat.delete", path=HERE)
    assert await incidents(world) == [("demo-job has failed", "resolved")]


async def test_many_are_found_missing(world: World) -> None:
    def add(connection: Any) -> None:
        for number in range(250):
            connection.execute(
                "INSERT INTO heartbeats (id, service_id, name, methods, period_seconds, grace_seconds, status,"
                " last_received_at, due_at, created_at) VALUES (?, ?, 'n', '[]', 60, 60, 'up', 1, 120000001, 1)",
                (f"h{number}", DEMO_SERVICE_ID),
            )

    await world.store(add)
    last = {"id": "h249"}
    await goes_missing(world, last)
    left = "SELECT count(*) FROM heartbeats WHERE due_at IS NOT NULL"
    await wait_until(lambda: _none(world, left), "all are missing")


async def _none(world: World, count: str) -> bool:
    return bool(await world.store(lambda connection: connection.execute(count).fetchone()[0]) == 0)
