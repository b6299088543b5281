from __future__ import annotations

from typing import Any

import pytest

from bridge.pinghome.demo import (
    DEMO_CUSTOMER_ID,
    DEMO_HEARTBEAT_ID,
    DEMO_RULESET_ID,
    DEMO_SERVICE_ID,
    DEMO_TEAM_ID,
    DEMO_WEBHOOK_ID,
)
from tests.local.world import COLLEAGUE, DEMO, STRANGER, STRANGER_ID, STRANGER_TEAM_ID, World, ruleset

SCHEDULE = {"team_member_id": DEMO_CUSTOMER_ID, "week_days": [1], "start_time": "09:00", "end_time": "17:00"}
INCIDENT = {"name": "n", "description": "d", "urgency": "high"}

CALLS: list[tuple[str, dict[str, str] | None, Any, int]] = [
    ("customer.get", {"customer_id": DEMO_CUSTOMER_ID}, None, 200),
    ("team.members", {"id": DEMO_TEAM_ID}, None, 403),
    ("service.create", None, {"name": "n", "team_id": DEMO_TEAM_ID}, 403),
    ("service.get", {"id": DEMO_SERVICE_ID}, None, 403),
    ("heartbeat.create", None, {"name": "n", "service_id": DEMO_SERVICE_ID}, 403),
    ("heartbeat.list", {"id": DEMO_SERVICE_ID}, None, 403),
    ("heartbeat.get", {"id": DEMO_HEARTBEAT_ID}, None, 403),
    ("heartbeat.update", {"id": DEMO_HEARTBEAT_ID}, {"name": "n", "service_id": DEMO_SERVICE_ID}, 403),
    ("heartbeat.delete", {"id": DEMO_HEARTBEAT_ID}, None, 403),
    ("heartbeat.events", {"id": DEMO_HEARTBEAT_ID}, None, 403),
    ("ruleset.create", None, ruleset(), 403),
    ("ruleset.update", {"id": DEMO_RULESET_ID}, ruleset(), 403),
    ("ruleset.delete", {"id": DEMO_RULESET_ID}, None, 403),
    ("webhook.events", {"id": DEMO_WEBHOOK_ID}, None, 200),
    ("incident.create", {"id": DEMO_TEAM_ID}, INCIDENT, 403),
    ("incident.list", {"id": DEMO_TEAM_ID}, None, 403),
    ("schedule.get", {"id": DEMO_CUSTOMER_ID}, None, 200),
    ("schedule.create", {"id": DEMO_TEAM_ID}, SCHEDULE, 403),
]


@pytest.mark.parametrize(("key", "path", "body", "colleague"), CALLS, ids=[call[0] for call in CALLS])
async def test_a_stranger_sees_nothing_and_a_colleague_what_is_the_organisations(
    world: World, key: str, path: dict[str, str] | None, body: Any, colleague: int
) -> None:
    foreign = await world.call(key, path=path, json=body, token=STRANGER)
    assert (foreign.status, "data" in foreign.json) == (404, False)
    assert (await world.call(key, path=path, json=body, token=COLLEAGUE)).status == colleague


async def test_deleting_many_of_somebody_else_deletes_none(world: World) -> None:
    mine = (await world.call("heartbeat.create", json={"name": "mine", "service_id": DEMO_SERVICE_ID})).data["id"]
    query = [("id", mine), ("id", "unknown")]
    assert (await world.call("heartbeat.delete_many", query=query)).status == 404
    assert (await world.call("heartbeat.delete_many", query={"id": mine}, token=STRANGER)).status == 404
    assert (await world.call("heartbeat.get", path={"id": mine})).status == 200


async def test_an_incident_of_another_organisation_cannot_be_changed(world: World) -> None:
    incident = (await world.call("incident.create", path={"id": DEMO_TEAM_ID}, json=INCIDENT)).data["id"]
    changed = {**INCIDENT, "name": "changed"}
    for token, status in ((STRANGER, 404), (COLLEAGUE, 403), (DEMO, 200)):
        answer = await world.call("incident.update", path={"id": incident}, json=changed, token=token)
        assert answer.status == status


async def test_a_schedule_of_another_organisation_cannot_be_deleted(world: World) -> None:
    entry = (await world.call("schedule.get", path={"id": DEMO_CUSTOMER_ID})).data[0]
    query = {"team_member_id": DEMO_CUSTOMER_ID, "created_at": entry["created_at"]}
    for token, status in ((STRANGER, 404), (COLLEAGUE, 403), (DEMO, 200), (DEMO, 404)):
        answer = await world.call("schedule.delete", path={"id": DEMO_TEAM_ID}, query=query, token=token)
        assert answer.status == status


@pytest.mark.parametrize("key", ["team.list", "webhook.list", "ruleset.list"])
async def test_lists_hold_only_what_is_ones_own(world: World, key: str) -> None:
    mine, theirs = (await world.call(key)).data, (await world.call(key, token=STRANGER)).data
    assert len(mine) == 1
    assert all(entry not in mine for entry in theirs)


async def test_a_thing_cannot_be_moved_to_another_organisation(world: World) -> None:
    moved = await world.call("ruleset.update", path={"id": DEMO_RULESET_ID}, json=ruleset(team_id=STRANGER_TEAM_ID))
    assert (moved.status, moved.fields) == (404, {"team_id"})


async def test_only_a_member_of_the_team_can_be_scheduled(world: World) -> None:
    answer = await world.call(
        "schedule.create", path={"id": DEMO_TEAM_ID}, json={**SCHEDULE, "team_member_id": STRANGER_ID}
    )
    assert (answer.status, answer.fields) == (404, {"team_member_id"})


async def test_events_do_not_cross_organisations(world: World) -> None:
    webhook = (await world.call("webhook.create", json={}, token=STRANGER)).data["id"]
    posted = await world.call("webhook.submit", path={"id": webhook}, json={"status": "firing"})
    assert posted.data["incidents"] == []
