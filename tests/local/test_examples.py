"""Every operation that takes a body takes the documented one, with ids that exist here."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.pinghome.demo import (
    DEMO_CUSTOMER_ID,
    DEMO_EMAIL,
    DEMO_HEARTBEAT_ID,
    DEMO_PASSWORD,
    DEMO_RULESET_ID,
    DEMO_SERVICE_ID,
    DEMO_TEAM_ID,
    DEMO_WEBHOOK_ID,
)
from bridge.pinghome.endpoints import OPERATIONS, Operation, operation
from tests.local.world import World
from tests.pinghome.documents import documented_row

HERE = {
    "team_id": DEMO_TEAM_ID,
    "service_id": DEMO_SERVICE_ID,
    "team_member_id": DEMO_CUSTOMER_ID,
    "email": DEMO_EMAIL,
    "password": DEMO_PASSWORD,
}
PATHS = {
    "ruleset.update": {"id": DEMO_RULESET_ID},
    "heartbeat.update": {"id": DEMO_HEARTBEAT_ID},
    "webhook.submit": {"id": DEMO_WEBHOOK_ID},
    "incident.create": {"id": DEMO_TEAM_ID},
    "schedule.create": {"id": DEMO_TEAM_ID},
}


def example(row: Operation) -> dict[str, Any]:
    found = documented_row(row)
    assert found is not None
    body: dict[str, Any] = found["example_body"]
    return {name: HERE.get(name, value) for name, value in body.items()}


WITH_BODY = [row for row in OPERATIONS if row.method in ("POST", "PUT") and row.key != "incident.update"]


@pytest.mark.parametrize("row", WITH_BODY, ids=lambda row: row.key)
async def test_the_documented_body_is_taken_and_shown_again(world: World, row: Operation) -> None:
    body = example(row)
    answer = await world.call(row, path=PATHS.get(row.key), json=body)
    assert answer.status == (201 if row.name == "create" else 200)
    assert isinstance(answer.json["message"], str)
    if row.name in ("create", "update"):
        assert {name: answer.data[name] for name in body} == body


async def test_the_documented_update_of_an_incident(world: World) -> None:
    created = await world.call("incident.create", path={"id": DEMO_TEAM_ID}, json=example(operation("incident.create")))
    body = example(operation("incident.update"))
    answer = await world.call("incident.update", path={"id": created.data["id"]}, json=body)
    assert answer.status == 200
    assert {name: answer.data[name] for name in body} == body


async def test_every_read_of_the_demo_world(world: World) -> None:
    one = {"id": DEMO_SERVICE_ID}
    assert (await world.call("service.get", path=one)).data["team_id"] == DEMO_TEAM_ID
    assert [monitor["name"] for monitor in (await world.call("heartbeat.list", path=one)).data] == ["demo-job"]
    profile = (await world.call("customer.get", path={"customer_id": DEMO_CUSTOMER_ID})).data
    assert profile["teams"] == [{"team_id": DEMO_TEAM_ID, "name": "demo", "role": "owner"}]
    teams = (await world.call("team.list")).data
    assert [(team["team_id"], team["name"], team["member_count"]) for team in teams] == [(DEMO_TEAM_ID, "demo", 1)]
    members = (await world.call("team.members", path={"id": DEMO_TEAM_ID})).data
    assert [(member["customer_id"], member["email"]) for member in members] == [(DEMO_CUSTOMER_ID, DEMO_EMAIL)]
    webhooks = (await world.call("webhook.list")).data
    assert [(webhook["id"], webhook["name"]) for webhook in webhooks] == [(DEMO_WEBHOOK_ID, "alerts")]
    rulesets = (await world.call("ruleset.list")).data
    assert [(ruleset["id"], ruleset["rule_type"]) for ruleset in rulesets] == [(DEMO_RULESET_ID, "webhook")]
    schedule = (await world.call("schedule.get", path={"id": DEMO_CUSTOMER_ID})).data
    assert [entry["week_days"] for entry in schedule] == [[0, 1, 2, 3, 4, 5, 6]]


async def test_the_url_of_a_webhook_takes_events(world: World) -> None:
    url = (await world.call("webhook.list")).data[0]["url"]
    async with world.client.session.post(url, json={"status": "firing"}) as answer:
        assert answer.status == 200
