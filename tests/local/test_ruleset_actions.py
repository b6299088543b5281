"""What a ruleset does to status pages."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.pinghome.demo import DEMO_HEARTBEAT_ID, DEMO_RULESET_ID, DEMO_TEAM_ID, DEMO_WEBHOOK_ID
from tests.local.kept import COMPONENT_ID, PAGE_ID, prepare_world
from tests.local.world import COLLEAGUE, STRANGER, UNKNOWN_ID, World, alert, resolve, ruleset

RULESET = {"id": DEMO_RULESET_ID}
SETTING = {"status_page_id": PAGE_ID, "component_id": COMPONENT_ID}
ACTION = {"type": "trigger-alerts", "settings": [SETTING]}


@pytest.fixture
async def page_world(world: World) -> World:
    return await prepare_world(world)


async def acting(world: World, *actions: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await world.call("ruleset.update_actions", path=RULESET, json={"actions": list(actions)})
    assert answer.status == 200
    return (await world.call("ruleset.actions", path=RULESET)).data  # type: ignore[no-any-return]


async def post(world: World, body: dict[str, Any]) -> None:
    assert (await world.call("webhook.submit", path={"id": DEMO_WEBHOOK_ID}, json=body)).status == 200


async def status(world: World) -> str:
    found: str = await world.store(
        lambda connection: connection.execute("SELECT status FROM components WHERE id = ?", (COMPONENT_ID,)).fetchone()[
            0
        ]
    )
    return found


async def test_actions_and_settings_have_ids_and_keep_them(page_world: World) -> None:
    assert (await page_world.call("ruleset.actions", path=RULESET)).data == []
    [action] = await acting(page_world, {**ACTION, "id": "", "settings": [{**SETTING, "id": "of somebody else"}]})
    [setting] = action["settings"]
    assert {name: setting[name] for name in SETTING} == SETTING
    assert setting["id"] not in ("", "of somebody else")
    kept, added = await acting(page_world, action, ACTION)
    assert kept == action
    assert added["id"] not in ("", action["id"])
    assert await acting(page_world) == []


@pytest.mark.parametrize(
    ("setting", "field"),
    [
        ({**SETTING, "status_page_id": UNKNOWN_ID}, "actions[0].settings[0].status_page_id"),
        ({**SETTING, "component_id": UNKNOWN_ID}, "actions[0].settings[0].component_id"),
    ],
)
async def test_page_and_component_must_be_there(page_world: World, setting: dict[str, str], field: str) -> None:
    body = {"actions": [{**ACTION, "settings": [setting]}]}
    answer = await page_world.call("ruleset.update_actions", path=RULESET, json=body)
    assert (answer.status, answer.fields) == (404, {field})


async def test_another_organisation_s_page_is_not_there(page_world: World) -> None:
    await page_world.store(
        lambda connection: connection.execute(
            "UPDATE status_pages SET organisation_id = (SELECT id FROM organisations WHERE name = 'Other')"
        )
    )
    answer = await page_world.call("ruleset.update_actions", path=RULESET, json={"actions": [ACTION]})
    assert (answer.status, answer.fields) == (404, {"actions[0].settings[0].status_page_id"})


@pytest.mark.parametrize(("token", "expected"), [(COLLEAGUE, 403), (STRANGER, 404)])
async def test_actions_are_the_team_s(page_world: World, token: str, expected: int) -> None:
    read = await page_world.call("ruleset.actions", path=RULESET, token=token)
    write = await page_world.call("ruleset.update_actions", path=RULESET, json={"actions": []}, token=token)
    assert (read.status, write.status) == (expected, expected)


async def test_a_component_is_out_until_the_last_incident_that_holds_it_ends(page_world: World) -> None:
    await acting(page_world, ACTION)
    await post(page_world, alert())
    await post(page_world, alert(dedup_key="other"))
    assert await status(page_world) == "major-outage"
    await post(page_world, resolve())
    assert await status(page_world) == "major-outage"
    await post(page_world, resolve(dedup_key="other"))
    assert await status(page_world) == "operational"


async def test_a_missing_heartbeat_touches_it_too(page_world: World) -> None:
    body = ruleset(rule_type="state-change", conditions=[])
    await page_world.call("ruleset.update", path=RULESET, json=body)
    await acting(page_world, ACTION)
    for result, expected in (("fail", "major-outage"), ("complete", "operational")):
        await page_world.call("heartbeat.submit", path={"id": DEMO_HEARTBEAT_ID}, query={"result": result})
        assert await status(page_world) == expected


async def test_actions_of_a_person_s_incident_are_carried_out_where_they_can_be(page_world: World) -> None:
    other = {**SETTING, "component_id": UNKNOWN_ID}
    body = {"name": "n", "description": "", "urgency": "low", "actions": [{**ACTION, "settings": [other, SETTING]}]}
    created = (await page_world.call("incident.create", path={"id": DEMO_TEAM_ID}, json=body)).data
    assert created["actions"] == body["actions"]
    assert await status(page_world) == "major-outage"
    await page_world.call("incident.update", path={"id": created["id"]}, json={**body, "status": "resolved"})
    assert await status(page_world) == "operational"


async def test_a_component_that_is_gone_hinders_nothing(page_world: World) -> None:
    await acting(page_world, ACTION)
    await post(page_world, alert())
    await page_world.store(lambda connection: connection.execute("DELETE FROM components"))
    await post(page_world, resolve())
    await post(page_world, alert())
    assert len((await page_world.call("incident.list", path={"id": DEMO_TEAM_ID})).data) == 2
