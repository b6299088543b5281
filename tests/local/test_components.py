"""How long a component had which status: real data, of what was said and not of what was measured."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.local.pages.components import POINTS, set_status
from bridge.local.times import micros, rfc3339
from bridge.pinghome.demo import DEMO_TEAM_ID
from tests.local.kept import COMPONENT, COMPONENT_ID, PAGE_ID, prepare_world
from tests.local.world import STRANGER, UNKNOWN_ID, World


@pytest.fixture
async def page_world(world: World) -> World:
    return await prepare_world(world)


async def say(world: World, status: Any, *, incident_id: str | None = None) -> bool:
    now = micros(world.clock())
    found: bool = await world.store(
        lambda connection: set_status(connection, COMPONENT_ID, status, now, incident_id=incident_id)
    )
    return found


async def statistics(world: World) -> dict[str, Any]:
    answer = await world.call("statuspage.component_statistics", path=COMPONENT)
    assert answer.status == 200
    data: dict[str, Any] = answer.data
    return data


async def test_without_a_history_nothing_is_known(page_world: World) -> None:
    assert (await statistics(page_world))["uptime"] is None
    await page_world.store(lambda connection: connection.execute("DELETE FROM component_statuses"))
    known = await statistics(page_world)
    assert (known["uptime"], known["status_since"], known["duration_seconds"], known["points"]) == (
        None,
        None,
        None,
        [],
    )


async def test_the_share_of_up_time_is_told_by_the_statuses(page_world: World) -> None:
    began = rfc3339(micros(page_world.clock()))
    for status, hours in (("degraded-performance", 5), ("major-outage", 1), ("partial-outage", 1), ("operational", 0)):
        page_world.clock.advance(hours=1)
        assert await say(page_world, status)
        page_world.clock.advance(hours=hours)
    known = await statistics(page_world)
    # Up for 1 + 5 + 1 hours, then down for 1 + 1 and again 1 hour: the time before a change belongs to what was.
    assert known["uptime"] == pytest.approx(100 * 7 / 11, abs=0.001)
    assert (known["status"], known["duration_seconds"]) == ("operational", 0)
    assert [point["status"] for point in known["points"]] == [
        "operational",
        "partial-outage",
        "major-outage",
        "degraded-performance",
        "operational",
    ]
    oldest = known["points"][-1]
    assert (oldest["since"], oldest["duration_seconds"]) == (began, 3600)
    assert oldest["until"] == known["points"][-2]["since"]
    assert known["points"][0]["until"] is None


async def test_maintenance_counts_in_no_share(page_world: World) -> None:
    page_world.clock.advance(hours=1)
    await say(page_world, "maintenance")
    page_world.clock.advance(hours=100)
    assert (await statistics(page_world))["uptime"] == 100


async def test_only_the_last_ninety_days_count(page_world: World) -> None:
    await say(page_world, "major-outage")
    page_world.clock.advance(days=100)
    await say(page_world, "operational")
    page_world.clock.advance(days=45)
    known = await statistics(page_world)
    assert (known["uptime"], known["period_days"]) == (50, 90)
    page_world.clock.advance(days=90)
    known = await statistics(page_world)
    assert (known["uptime"], len(known["points"])) == (100, 1)


async def test_saying_the_same_again_is_no_change_and_two_at_once_are_two(page_world: World) -> None:
    await say(page_world, "operational")
    assert len((await statistics(page_world))["points"]) == 1
    await say(page_world, "major-outage")
    await say(page_world, "operational")
    assert len((await statistics(page_world))["points"]) == 3


async def test_only_the_newest_changes_are_shown_and_all_count(page_world: World) -> None:
    page_world.clock.advance(days=1)
    for number in range(POINTS):
        await say(page_world, "operational" if number % 2 else "major-outage")
    known = await statistics(page_world)
    assert len(known["points"]) == POINTS
    assert known["uptime"] > 99


async def test_a_component_tells_the_open_incidents_that_touched_it(page_world: World) -> None:
    body = {"name": "Down", "description": "d", "urgency": "high"}
    incident = (await page_world.call("incident.create", path={"id": DEMO_TEAM_ID}, json=body)).data["id"]
    for status in ("partial-outage", "major-outage"):
        await say(page_world, status, incident_id=incident)
    [opened] = (await statistics(page_world))["open_incidents"]
    assert (opened["id"], opened["name"], opened["urgency"]) == (incident, "Down", "high")
    await page_world.store(lambda connection: connection.execute("UPDATE incidents SET status = 'resolved'"))
    assert (await statistics(page_world))["open_incidents"] == []


async def test_a_component_that_is_gone_is_told_and_nothing_breaks(page_world: World) -> None:
    assert await page_world.store(lambda connection: set_status(connection, UNKNOWN_ID, "operational", 1)) is False


async def test_changing_a_page_writes_history_where_the_status_changed(page_world: World) -> None:
    body = {"name": "Page", "description": "", "subdomain": "prepared", "type": "public"}
    for status, points in (("operational", 1), ("major-outage", 2), (None, 2)):
        page_world.clock.advance(minutes=1)
        component = {"id": COMPONENT_ID, "name": "API", "type": "resource", "status": status}
        answer = await page_world.call(
            "statuspage.update", path={"id": PAGE_ID}, json={**body, "components": [component]}
        )
        assert answer.status == 200
        assert len((await statistics(page_world))["points"]) == points


async def test_the_statistics_of_another_organisation_are_404(page_world: World) -> None:
    answer = await page_world.call("statuspage.component_statistics", path=COMPONENT, token=STRANGER)
    assert answer.status == 404
