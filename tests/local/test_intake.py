"""What events do to incidents, kindly and strictly."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.pinghome.demo import DEMO_CUSTOMER_ID, DEMO_RULESET_ID, DEMO_TEAM_ID, DEMO_WEBHOOK_ID
from tests.local.fixtures import StartWorld
from tests.local.world import World, alert, resolve, ruleset


async def post(world: World, body: dict[str, Any]) -> list[str]:
    answer = await world.call("webhook.submit", path={"id": DEMO_WEBHOOK_ID}, json=body, token=None)
    assert answer.status == 200
    return [incident["change"] for incident in answer.data["incidents"]]


async def incidents(world: World, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.call("incident.list", path={"id": DEMO_TEAM_ID}, query=query)).data
    return found


async def test_an_alert_opens_an_incident_in_its_own_words(world: World) -> None:
    assert await post(world, alert()) == ["opened"]
    [incident] = await incidents(world)
    assert incident == {
        "id": incident["id"],
        "team_id": DEMO_TEAM_ID,
        "webhook_id": DEMO_WEBHOOK_ID,
        "ruleset_id": DEMO_RULESET_ID,
        "dedup_key": alert()["dedup_key"],
        "name": alert()["title"],
        "description": alert()["description"],
        "urgency": "high",
        "assignees": [{"type": "team", "id": DEMO_TEAM_ID}],
        "actions": [],
        "responders": [{"customer_id": DEMO_CUSTOMER_ID, "reason": "on call"}],
        "status": "open",
        "occurrences": 1,
        "opened_at": "2026-11-22T12:00:00.000000Z",
        "updated_at": "2026-11-22T12:00:00.000000Z",
        "acknowledged_at": None,
        "resolved_at": None,
    }


async def test_open_update_resolve_and_open_again_by_key(world: World) -> None:
    await post(world, alert())
    world.clock.advance(minutes=1)
    assert await post(world, alert(title="CPU above 95 %")) == ["updated"]
    world.clock.advance(minutes=1)
    assert await post(world, resolve()) == ["resolved"]
    [incident] = await incidents(world)
    assert (incident["name"], incident["status"], incident["occurrences"]) == ("CPU above 95 %", "resolved", 2)
    assert incident["opened_at"] == "2026-11-22T12:00:00.000000Z"
    assert incident["resolved_at"] == incident["updated_at"] == "2026-11-22T12:02:00.000000Z"
    assert await post(world, resolve()) == []
    world.clock.advance(minutes=1)
    assert await post(world, alert()) == ["opened"]
    assert [found["status"] for found in await incidents(world)] == ["open", "resolved"]


async def test_an_acknowledged_incident_is_updated_and_resolved_like_an_open_one(world: World) -> None:
    await post(world, alert())
    world.clock.advance(minutes=1)
    assert await post(world, alert(action="acknowledge", status="acknowledged")) == ["acknowledged"]
    assert await post(world, alert(action="acknowledge", status="acknowledged")) == []
    assert await post(world, alert()) == ["updated"]
    [incident] = await incidents(world, status="acknowledged")
    assert (incident["acknowledged_at"], incident["occurrences"]) == ("2026-11-22T12:01:00.000000Z", 2)
    assert await post(world, resolve()) == ["resolved"]


async def test_another_key_is_another_incident(world: World) -> None:
    assert await post(world, alert()) == ["opened"]
    assert await post(world, alert(dedup_key="other")) == ["opened"]
    assert await post(world, resolve(dedup_key="other")) == ["resolved"]
    assert [found["dedup_key"] for found in await incidents(world, status="open")] == [alert()["dedup_key"]]


async def test_a_resolve_resolves_whatever_the_conditions_and_whoever_opened(world: World) -> None:
    second = (await world.call("ruleset.create", json=ruleset(conditions=[]))).data["id"]
    assert await post(world, alert()) == ["opened", "opened"]
    await world.call("ruleset.delete", path={"id": second})
    await world.call("ruleset.delete", path={"id": DEMO_RULESET_ID})
    assert await post(world, resolve()) == ["resolved", "resolved"]


async def test_a_ruleset_has_its_urgency_and_assignees(world: World) -> None:
    await world.call("ruleset.delete", path={"id": DEMO_RULESET_ID})
    assignees = [{"type": "team", "id": DEMO_TEAM_ID}, {"type": "customer", "id": "x"}]
    await world.call("ruleset.create", json=ruleset(urgency="low", assignees=assignees))
    await post(world, alert(urgency="high"))
    [incident] = await incidents(world)
    assert (incident["urgency"], incident["assignees"]) == ("low", assignees)


async def test_all_conditions_must_hold(world: World) -> None:
    status = ruleset()["conditions"][0]
    region = {"type": "json-check", "key": "labels.region", "operator": "not-equal", "values": ["eu", "us"]}
    await world.call("ruleset.update", path={"id": DEMO_RULESET_ID}, json=ruleset(conditions=[status, region]))
    assert await post(world, {"status": "firing", "labels": {"region": "eu"}}) == []
    assert await post(world, {"status": "resolved", "labels": {"region": "ap"}}) == []
    assert await post(world, {"status": "firing", "labels": {"region": "ap"}}) == ["opened"]


async def test_a_changed_ruleset_counts_from_then_on(world: World) -> None:
    assert await post(world, {"status": "warning"}) == []
    condition = {"type": "json-check", "key": "status", "operator": "equal", "values": ["warning"]}
    await world.call("ruleset.update", path={"id": DEMO_RULESET_ID}, json=ruleset(conditions=[condition]))
    assert await post(world, {"status": "warning"}) == ["opened"]


async def test_a_state_change_ruleset_sees_no_webhook_events(world: World) -> None:
    await world.call("ruleset.update", path={"id": DEMO_RULESET_ID}, json=ruleset(rule_type="state-change"))
    assert await post(world, alert()) == []


async def test_any_other_body_opens_an_incident_named_by_the_ruleset_each_time(world: World) -> None:
    await world.call("ruleset.update", path={"id": DEMO_RULESET_ID}, json=ruleset(urgency=None, name="Disk"))
    body = {"status": "firing", "title": "not ours", "dedup_key": "k", "urgency": "high", "action": "resolve"}
    assert await post(world, body) == ["opened"]
    assert await post(world, body) == ["opened"]
    assert [(found["name"], found["urgency"], found["dedup_key"]) for found in await incidents(world)] == [
        ("Disk", "medium", None)
    ] * 2


@pytest.mark.parametrize("change", [{"dedup_key": ""}, {"dedup_key": None}, {"dedup_key": 7}])
async def test_an_alert_without_a_usable_key_opens_each_time(world: World, change: dict[str, Any]) -> None:
    assert await post(world, alert(**change)) == ["opened"]
    assert await post(world, alert(**change)) == ["opened"]


async def test_odd_facts_of_an_alert_fall_back_to_the_ruleset(world: World) -> None:
    await post(world, alert(title=None, description=5, urgency="critical"))
    [incident] = await incidents(world)
    assert incident["name"] == "Firing alerts"
    assert incident["description"] == "Opened by a firing alert."
    assert incident["urgency"] == "medium"


@pytest.mark.parametrize("strict", [False, True])
async def test_a_test_event_is_stored_and_touches_no_incident(start_world: StartWorld, strict: bool) -> None:  # noqa: FBT001
    world = await start_world(strict=strict)
    await post(world, alert())
    assert await post(world, alert(test=True)) == []
    assert await post(world, resolve(test=True)) == []
    [incident] = await incidents(world)
    assert (incident["status"], incident["occurrences"]) == ("open", 1)
    assert len((await world.call("webhook.events", path={"id": DEMO_WEBHOOK_ID})).data) == 3


async def test_strictly_every_matching_event_opens_and_none_resolves(start_world: StartWorld) -> None:
    world = await start_world(strict=True)
    assert await post(world, alert()) == ["opened"]
    assert await post(world, alert()) == ["opened"]
    assert await post(world, resolve()) == []
    assert [found["status"] for found in await incidents(world)] == ["open", "open"]


async def test_a_person_resolves_and_opens_by_status_but_not_strictly(start_world: StartWorld) -> None:
    world = await start_world()
    await post(world, alert())
    [incident] = await incidents(world)
    body = {"name": "n", "description": "", "urgency": "low"}
    path = {"id": incident["id"]}
    done = (await world.call("incident.update", path=path, json={**body, "status": "resolved"})).data
    assert (done["status"], done["resolved_at"]) == ("resolved", "2026-11-22T12:00:00.000000Z")
    assert done["assignees"] == incident["assignees"]
    kept = (await world.call("incident.update", path=path, json=body)).data
    assert (kept["status"], kept["resolved_at"]) == ("resolved", done["resolved_at"])
    again = (await world.call("incident.update", path=path, json={**body, "status": "open"})).data
    assert (again["status"], again["resolved_at"]) == ("open", None)
    world = await start_world(strict=True)
    ignored = (await world.call("incident.update", path=path, json={**body, "status": "resolved"})).data
    assert ignored["status"] == "open"


async def test_incidents_are_listed_by_page_newest_first(world: World) -> None:
    for number in range(5):
        world.clock.advance(seconds=1)
        await post(world, alert(dedup_key=f"k{number}"))
    pages = [await incidents(world, page=str(number), limit="2") for number in (1, 2, 3, 4)]
    assert [[found["dedup_key"] for found in page] for page in pages] == [["k4", "k3"], ["k2", "k1"], ["k0"], []]
    assert len(await incidents(world)) == 5
