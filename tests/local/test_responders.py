"""Who is told of an incident, why they, and by which way."""

from __future__ import annotations

import json
from typing import Any

from bridge.pinghome.demo import DEMO_CUSTOMER_ID, DEMO_EMAIL, DEMO_RULESET_ID, DEMO_TEAM_ID, DEMO_WEBHOOK_ID
from tests.local.world import COLLEAGUE_ID, STRANGER_ID, STRANGER_TEAM_ID, World, alert, resolve, ruleset

TEAM = {"id": DEMO_TEAM_ID}
NIGHT = {"week_days": [], "start_time": "18:00", "end_time": "08:00"}
DAY = {"week_days": [], "start_time": "08:00", "end_time": "18:00"}
"""The clock of these tests stands at noon."""


async def join(world: World, customer_id: str = COLLEAGUE_ID) -> None:
    await world.store(
        lambda connection: connection.execute(
            "INSERT INTO team_members VALUES (?, ?, 'user', 1)", (DEMO_TEAM_ID, customer_id)
        )
    )


async def on_call(world: World, customer_id: str, entry: dict[str, Any]) -> None:
    """In place of whatever schedule there is."""
    await world.store(lambda connection: connection.execute("DELETE FROM schedules"))
    body = {**entry, "team_member_id": customer_id}
    assert (await world.call("schedule.create", path=TEAM, json=body)).status == 201


async def channel(world: World, owner: tuple[str, str], priority: int, value: str, **changes: Any) -> None:
    row = {"type": "email", "verified_at": 1, "enabled": 1, **changes}
    await world.store(
        lambda connection: connection.execute(
            "INSERT INTO channels VALUES (?, ?, ?, ?, ?, ?, ?, 1, 1)",
            (*owner, priority, row["type"], value, row["verified_at"], row["enabled"]),
        )
    )


async def post(world: World, body: dict[str, Any]) -> None:
    assert (await world.call("webhook.submit", path={"id": DEMO_WEBHOOK_ID}, json=body)).status == 200


async def assigned(world: World, *assignees: dict[str, str]) -> None:
    body = ruleset(assignees=list(assignees), urgency=None)
    assert (await world.call("ruleset.update", path={"id": DEMO_RULESET_ID}, json=body)).status == 200


async def responders(world: World) -> list[tuple[str, str]]:
    [incident] = (await world.call("incident.list", path=TEAM)).data
    return [(one["customer_id"], one["reason"]) for one in incident["responders"]]


async def told(world: World) -> list[tuple[str, str, str]]:
    rows = await world.store(
        lambda connection: connection.execute(
            "SELECT channel_type, channel_value, subject FROM outbox WHERE purpose = 'notification' ORDER BY id"
        ).fetchall()
    )
    return [tuple(row) for row in rows]


async def test_a_team_is_who_of_it_is_on_call(world: World) -> None:
    await join(world)
    await on_call(world, COLLEAGUE_ID, DAY)
    await post(world, alert())
    assert await responders(world) == [(COLLEAGUE_ID, "on call")]


async def test_where_nobody_is_on_call_it_is_the_owners(world: World) -> None:
    await join(world)
    await on_call(world, COLLEAGUE_ID, NIGHT)
    await post(world, alert())
    assert await responders(world) == [(DEMO_CUSTOMER_ID, "fallback: owners")]


async def test_without_an_owner_it_is_the_first_member(world: World) -> None:
    await world.store(lambda connection: connection.execute("DELETE FROM schedules"))
    await world.store(
        lambda connection: connection.execute(
            "UPDATE team_members SET role = 'user' WHERE team_id = ?", (DEMO_TEAM_ID,)
        )
    )
    await post(world, alert())
    assert await responders(world) == [(DEMO_CUSTOMER_ID, "fallback: owners")]


async def test_a_ruleset_without_assignees_is_for_its_team(world: World) -> None:
    await assigned(world)
    await post(world, alert())
    assert await responders(world) == [(DEMO_CUSTOMER_ID, "on call")]


async def test_a_person_may_be_assigned_and_each_is_told_once(world: World) -> None:
    await join(world)
    await assigned(
        world,
        {"type": "customer", "id": COLLEAGUE_ID},
        {"type": "team", "id": DEMO_TEAM_ID},
        {"type": "customer", "id": DEMO_CUSTOMER_ID},
    )
    await post(world, alert())
    assert await responders(world) == [(COLLEAGUE_ID, "assigned"), (DEMO_CUSTOMER_ID, "on call")]


async def test_strangers_are_nobody_and_nobody_is_the_team(world: World) -> None:
    await assigned(world, {"type": "customer", "id": STRANGER_ID}, {"type": "team", "id": STRANGER_TEAM_ID})
    await post(world, alert())
    assert await responders(world) == [(DEMO_CUSTOMER_ID, "on call")]


async def test_who_was_told_of_the_beginning_is_told_of_the_end(world: World) -> None:
    await join(world)
    await on_call(world, COLLEAGUE_ID, DAY)
    await post(world, alert())
    world.clock.advance(hours=8)
    await post(world, resolve())
    assert await responders(world) == [(COLLEAGUE_ID, "on call")]
    address = f"{COLLEAGUE_ID}@example.com"
    assert await told(world) == [
        ("email", address, f"[OPEN] {alert()['title']}"),
        ("email", address, f"[RESOLVED] {alert()['title']}"),
    ]


async def test_every_usable_channel_is_used_in_order_and_each_address_once(world: World) -> None:
    me, team = ("customer", DEMO_CUSTOMER_ID), ("team", DEMO_TEAM_ID)
    await channel(world, me, 2, "+4400", type="sms")
    await channel(world, me, 1, "me@example.org")
    await channel(world, me, 3, "off@example.org", enabled=0)
    await channel(world, me, 4, "new@example.org", verified_at=None)
    await channel(world, team, 1, "https://hooks.example.org/x", type="webhook")
    await channel(world, team, 2, "me@example.org")
    await post(world, alert())
    assert [(kind, value) for kind, value, _ in await told(world)] == [
        ("email", "me@example.org"),
        ("sms", "+4400"),
        ("webhook", "https://hooks.example.org/x"),
    ]


async def test_without_a_usable_channel_it_is_the_account_s_address(world: World) -> None:
    await channel(world, ("customer", DEMO_CUSTOMER_ID), 1, "new@example.org", verified_at=None)
    await post(world, alert())
    assert [value for _, value, _ in await told(world)] == [DEMO_EMAIL]


async def test_an_update_is_told_only_where_it_is_more_urgent(world: World) -> None:
    for urgency in ("low", "low", "high", "medium", "high"):
        await post(world, alert(urgency=urgency))
    assert [subject.split("]")[0] for _, _, subject in await told(world)] == ["[OPEN", "[RAISED", "[RAISED"]


async def test_a_webhook_is_sent_the_facts(world: World) -> None:
    await post(world, alert())
    [incident] = (await world.call("incident.list", path=TEAM)).data
    row = await world.store(
        lambda connection: connection.execute("SELECT * FROM outbox WHERE reference = ?", (incident["id"],)).fetchone()
    )
    assert json.loads(row["document"]) == {
        "event": "incident.opened",
        "incident": {
            "id": incident["id"],
            "name": alert()["title"],
            "description": alert()["description"],
            "urgency": "high",
            "status": "open",
            "team": "demo",
            "team_id": DEMO_TEAM_ID,
            "opened_at": "2026-11-22T12:00:00.000000Z",
            "resolved_at": None,
        },
    }
    assert "Urgency: high" in row["body"]


async def test_what_a_person_does_to_an_incident_is_told_too(world: World) -> None:
    body = {"name": "Shop is slow", "description": "", "urgency": "low"}
    created = (await world.call("incident.create", path=TEAM, json=body)).data
    path = {"id": created["id"]}
    for change in (
        {"urgency": "high"},
        {"status": "acknowledged"},
        {"status": "acknowledged"},
        {"status": "open"},
        {"status": "resolved"},
        {"status": "resolved"},
        {"status": "open"},
    ):
        answer = await world.call("incident.update", path=path, json={**body, "urgency": "high", **change})
        assert answer.status == 200
        if "status" in change:
            assert answer.data["status"] == change["status"]
    assert [subject.split("]")[0] for _, _, subject in await told(world)] == ["[OPEN", "[RAISED", "[RESOLVED", "[OPEN"]
