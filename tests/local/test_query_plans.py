"""No statement of any operation reads a whole table, however the operation was called."""

from __future__ import annotations

import sqlite3
from typing import Any

from bridge.local.monitoring import pulse
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
from bridge.pinghome.endpoints import LOCAL_EXTRAS, OPERATIONS
from tests.local.kept import CALLS as KEPT_CALLS
from tests.local.world import World, alert, resolve, ruleset

HEARTBEAT = {"name": "n", "service_id": DEMO_SERVICE_ID}
INCIDENT = {"name": "n", "description": "d", "urgency": "high"}
SCHEDULE = {"team_member_id": DEMO_CUSTOMER_ID, "week_days": [1], "start_time": "09:00", "end_time": "17:00"}
CURSOR = {"limit": "10", "last_received_at": "2030-01-01T00:00:00Z"}
TEAM, SERVICE, WEBHOOK = {"id": DEMO_TEAM_ID}, {"id": DEMO_SERVICE_ID}, {"id": DEMO_WEBHOOK_ID}
CUSTOMER, MONITOR, RULESET = {"id": DEMO_CUSTOMER_ID}, {"id": DEMO_HEARTBEAT_ID}, {"id": DEMO_RULESET_ID}
DELETED_SCHEDULE = {"team_member_id": DEMO_CUSTOMER_ID, "created_at": "2026-01-01T00:00:00Z"}

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("auth.sign_in", {"json": {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}}),
    ("customer.get", {"path": {"customer_id": DEMO_CUSTOMER_ID}}),
    ("team.list", {}),
    ("team.members", {"path": TEAM}),
    ("service.create", {"json": {"name": "n", "team_id": DEMO_TEAM_ID}}),
    ("service.get", {"path": SERVICE}),
    ("heartbeat.create", {"json": HEARTBEAT}),
    ("heartbeat.list", {"path": SERVICE}),
    ("heartbeat.get", {"path": MONITOR}),
    ("heartbeat.update", {"path": MONITOR, "json": {**HEARTBEAT, "methods": ["GET"]}}),
    ("heartbeat.submit", {"path": MONITOR}),
    ("ruleset.create", {"json": ruleset(rule_type="state-change", conditions=[])}),
    ("heartbeat.submit", {"path": MONITOR, "query": {"result": "fail"}}),
    ("heartbeat.submit", {"path": MONITOR}),
    ("heartbeat.events", {"path": MONITOR, "query": CURSOR}),
    ("heartbeat.statistic", {"path": MONITOR, "query": {"start_date": "2026-11-21T00:00:00Z"}}),
    ("webhook.list", {}),
    ("webhook.create", {"json": {}}),
    ("webhook.submit", {"path": WEBHOOK, "json": alert(), "headers": {"Idempotency-Key": "k"}}),
    ("webhook.submit", {"path": WEBHOOK, "json": alert()}),
    ("webhook.submit", {"path": WEBHOOK, "json": alert(action="acknowledge")}),
    ("webhook.submit", {"path": WEBHOOK, "json": resolve()}),
    ("webhook.events", {"path": WEBHOOK, "query": CURSOR}),
    ("ruleset.list", {}),
    ("ruleset.create", {"json": ruleset()}),
    ("ruleset.update", {"path": RULESET, "json": ruleset()}),
    ("ruleset.update_actions", {"path": RULESET, "json": {"actions": [{"type": "trigger-alerts"}]}}),
    ("ruleset.actions", {"path": RULESET}),
    ("incident.health_check", {}),
    ("incident.create", {"path": TEAM, "json": INCIDENT}),
    ("incident.list", {"path": TEAM}),
    ("incident.list", {"path": TEAM, "query": {"status": "open"}}),
    ("schedule.get", {"path": CUSTOMER}),
    ("schedule.create", {"path": TEAM, "json": SCHEDULE}),
    ("schedule.update", {"path": TEAM, "json": {**SCHEDULE, "created_at": "2026-01-01T00:00:00Z"}}),
    ("schedule.delete", {"path": TEAM, "query": DELETED_SCHEDULE}),
    ("ruleset.delete", {"path": RULESET}),
    ("heartbeat.delete_many", {"query": {"id": DEMO_HEARTBEAT_ID}}),
    ("heartbeat.delete", {"path": MONITOR}),
    ("auth.sign_out", {}),
]
ASKED_IN_ANOTHER_CALL = {"incident.update"}
ASKED_IN_ANOTHER_TEST = {
    *(key for key, _ in KEPT_CALLS),
    *(row.key for row in OPERATIONS if row.system in ("auth", "customer", "team", "service")),
    *(row.key for row in OPERATIONS if row.system in ("customer-channels", "team-channels")),
}
"""In test_kept.py, of a world that has one of each; in test_channels.py; in test_people.py."""
HEALTH_CHECK = "SELECT id FROM incidents LIMIT 1"
"""Reads one row of whatever index there is; its plan calls that a scan."""


async def test_every_statement_uses_an_index(world: World) -> None:
    statements: list[str] = []
    await world.store(lambda connection: connection.set_trace_callback(statements.append))
    for key, arguments in CALLS:
        answer = await world.call(key, **arguments)
        assert answer.status < 500
        if key == "incident.create":
            await world.call("incident.update", path={"id": answer.data["id"]}, json=INCIDENT, token=None)
            await world.call("incident.update", path={"id": answer.data["id"]}, json=INCIDENT)
    await world.store(lambda connection: connection.set_trace_callback(None))
    plans = await world.store(lambda connection: explained(connection, statements))
    assert len(plans) > 50
    assert {statement: plan for statement, plan in plans.items() if "SCAN" in plan} == {}


def test_every_operation_is_among_them() -> None:
    asked = {key for key, _ in CALLS} | ASKED_IN_ANOTHER_CALL | ASKED_IN_ANOTHER_TEST
    assert asked == {row.key for row in (*OPERATIONS, *LOCAL_EXTRAS)}


async def test_an_open_incident_is_found_by_its_key(world: World) -> None:
    posts = [("webhook.submit", {"path": WEBHOOK, "json": body}) for body in (alert(), resolve())]
    plans = await plans_of(world, *posts)
    by_key = [plan for statement, plan in plans.items() if statement.lstrip().startswith("SELECT * FROM incidents")]
    assert len(by_key) == 2
    assert all("incidents_open_by_key (dedup_key=?" in plan for plan in by_key)


async def test_what_is_overdue_and_what_is_next_are_found_by_their_index(world: World) -> None:
    await world.call("heartbeat.submit", path=MONITOR)
    plans = await world.store(
        lambda connection: explained(connection, [text.replace("?", "1") for text in (pulse.DUE, pulse.NEXT)])
    )
    assert len(plans) == 2
    assert all("heartbeats_due (due_at" in plan and "TEMP B-TREE" not in plan for plan in plans.values())


async def test_listing_events_uses_the_index_of_times_and_sorts_nothing(world: World) -> None:
    listing = (
        "SELECT * FROM webhook_events WHERE webhook_id = 'x' AND received_at < 1 ORDER BY received_at DESC LIMIT 5"
    )
    plan = (await world.store(lambda connection: explained(connection, [listing])))[listing]
    assert "webhook_events_by_time (webhook_id=? AND received_at<?)" in plan
    assert "TEMP B-TREE" not in plan


async def plans_of(world: World, *calls: tuple[str, dict[str, Any]]) -> dict[str, str]:
    """The plans of all statements that these calls run."""
    statements: list[str] = []
    await world.store(lambda connection: connection.set_trace_callback(statements.append))
    for key, arguments in calls:
        assert (await world.call(key, **arguments)).status < 300
    await world.store(lambda connection: connection.set_trace_callback(None))
    plans: dict[str, str] = await world.store(lambda connection: explained(connection, statements))
    return plans


def explained(connection: sqlite3.Connection, statements: list[str]) -> dict[str, str]:
    """The query plan of every distinct statement that reads or writes tables."""
    wanted = {text for text in statements if text.split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE")}
    return {
        text: "\n".join(row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}"))
        for text in wanted
        if text != HEALTH_CHECK
    }
