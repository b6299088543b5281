"""A request that is wrong in one field is refused under that field's name."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.pinghome.demo import (
    DEMO_CUSTOMER_ID,
    DEMO_HEARTBEAT_ID,
    DEMO_RULESET_ID,
    DEMO_SERVICE_ID,
    DEMO_TEAM_ID,
)
from tests.local.world import UNKNOWN_ID, World, ruleset

INCIDENT = {"name": "n", "description": "d", "urgency": "high"}
SCHEDULE = {"team_member_id": DEMO_CUSTOMER_ID, "week_days": [1], "start_time": "09:00", "end_time": "17:00:00"}
HEARTBEAT = {"name": "n", "service_id": DEMO_SERVICE_ID}
CONDITION = {"type": "json-check", "key": "a", "operator": "equal", "values": ["1"]}

GOOD: dict[str, tuple[dict[str, str] | None, dict[str, Any]]] = {
    "auth.sign_in": (None, {"email": "a@example.com", "password": "p"}),
    "service.create": (None, {"name": "n", "team_id": DEMO_TEAM_ID}),
    "heartbeat.create": (None, HEARTBEAT),
    "heartbeat.update": ({"id": DEMO_HEARTBEAT_ID}, {**HEARTBEAT, "methods": ["GET"]}),
    "ruleset.create": (None, ruleset()),
    "ruleset.update": ({"id": DEMO_RULESET_ID}, ruleset()),
    "incident.create": ({"id": DEMO_TEAM_ID}, INCIDENT),
    "schedule.create": ({"id": DEMO_TEAM_ID}, SCHEDULE),
    "schedule.update": ({"id": DEMO_TEAM_ID}, {**SCHEDULE, "created_at": "2026-01-01T00:00:00Z"}),
    "ruleset.update_actions": ({"id": DEMO_RULESET_ID}, {"actions": []}),
}
REQUIRED = [(key, field) for key, (_, body) in GOOD.items() for field in body]


@pytest.mark.parametrize(("key", "field"), REQUIRED)
async def test_a_missing_field_is_named(world: World, key: str, field: str) -> None:
    path, body = GOOD[key]
    answer = await world.call(key, path=path, json={name: value for name, value in body.items() if name != field})
    assert (answer.status, answer.fields) == (422, {field})


@pytest.mark.parametrize(("key", "field"), REQUIRED)
async def test_a_field_of_another_type_is_named(world: World, key: str, field: str) -> None:
    path, body = GOOD[key]
    answer = await world.call(key, path=path, json={**body, field: 17})
    assert (answer.status, answer.fields) == (422, {field})


async def test_all_faults_are_reported_at_once(world: World) -> None:
    answer = await world.call("ruleset.create", json={})
    assert answer.fields == {"rule_type", "conditions", "level", "team_id", "name", "description", "urgency"}


@pytest.mark.parametrize(
    ("key", "change", "field"),
    [
        ("service.create", {"name": " "}, "name"),
        ("service.create", {"name": "x" * 256}, "name"),
        ("heartbeat.create", {"methods": ["FETCH"]}, "methods"),
        ("heartbeat.create", {"methods": "GET"}, "methods"),
        ("heartbeat.create", {"period_seconds": 0}, "period_seconds"),
        ("heartbeat.create", {"period_seconds": True}, "period_seconds"),
        ("heartbeat.update", {"grace_seconds": "60"}, "grace_seconds"),
        ("ruleset.create", {"rule_type": "other"}, "rule_type"),
        ("ruleset.create", {"urgency": "critical"}, "urgency"),
        ("ruleset.create", {"conditions": {}}, "conditions"),
        ("ruleset.create", {"conditions": [1]}, "conditions"),
        ("ruleset.create", {"conditions": [CONDITION, {**CONDITION, "key": "a["}]}, "conditions[1].key"),
        ("ruleset.create", {"conditions": [{**CONDITION, "key": 1}]}, "conditions[0].key"),
        ("ruleset.create", {"conditions": [{**CONDITION, "operator": "is"}]}, "conditions[0].operator"),
        ("ruleset.create", {"conditions": [{**CONDITION, "type": "xml-check"}]}, "conditions[0].type"),
        ("ruleset.create", {"conditions": [{**CONDITION, "values": []}]}, "conditions[0].values"),
        ("ruleset.create", {"conditions": [{**CONDITION, "values": [{}]}]}, "conditions[0].values"),
        (
            "ruleset.create",
            {"conditions": [{**CONDITION, "operator": "matches", "values": ["("]}]},
            "conditions[0].values",
        ),
        ("ruleset.create", {"assignees": [{"type": "team"}]}, "assignees[0].id"),
        ("incident.create", {"urgency": "urgent"}, "urgency"),
        ("incident.create", {"actions": [{}]}, "actions[0].type"),
        ("incident.create", {"status": "closed"}, "status"),
        ("schedule.create", {"week_days": [7]}, "week_days"),
        ("schedule.create", {"week_days": [True]}, "week_days"),
        ("schedule.create", {"months_of_year": [0]}, "months_of_year"),
        ("schedule.create", {"weeks_of_month": [0]}, "weeks_of_month"),
        ("schedule.create", {"weeks_of_month": [6]}, "weeks_of_month"),
        ("schedule.create", {"start_time": "25:00"}, "start_time"),
        ("schedule.create", {"end_time": "9"}, "end_time"),
        ("schedule.create", {"start_date": "soon"}, "start_date"),
        ("schedule.create", {"start_date": "2026-02-01", "end_date": "2026-01-31"}, "end_date"),
        ("schedule.update", {"created_at": "once"}, "created_at"),
        ("ruleset.update_actions", {"actions": [{"type": "page"}]}, "actions[0].type"),
        (
            "ruleset.update_actions",
            {"actions": [{"type": "trigger-alerts", "settings": [{"status_page_id": "x"}]}]},
            "actions[0].settings[0].component_id",
        ),
    ],
)
async def test_a_value_that_cannot_be_is_named(world: World, key: str, change: dict[str, Any], field: str) -> None:
    path, body = GOOD[key]
    answer = await world.call(key, path=path, json={**body, **change})
    assert (answer.status, field in answer.fields) == (422, True)


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("service.create", "team_id"),
        ("heartbeat.create", "service_id"),
        ("heartbeat.update", "service_id"),
        ("ruleset.create", "team_id"),
        ("ruleset.update", "team_id"),
        ("schedule.create", "team_member_id"),
    ],
)
async def test_a_field_that_names_an_unknown_thing_is_404_and_named(world: World, key: str, field: str) -> None:
    path, body = GOOD[key]
    answer = await world.call(key, path=path, json={**body, field: UNKNOWN_ID})
    assert (answer.status, answer.fields) == (404, {field})


@pytest.mark.parametrize(
    ("key", "path", "query", "field"),
    [
        ("heartbeat.list", {"id": DEMO_SERVICE_ID}, {"limit": "0"}, "limit"),
        ("heartbeat.list", {"id": DEMO_SERVICE_ID}, {"limit": "101"}, "limit"),
        ("heartbeat.list", {"id": DEMO_SERVICE_ID}, {"page": "-1"}, "page"),
        ("heartbeat.list", {"id": DEMO_SERVICE_ID}, {"page": "x"}, "page"),
        ("heartbeat.events", {"id": DEMO_HEARTBEAT_ID}, {"last_received_at": "yesterday"}, "last_received_at"),
        ("heartbeat.delete_many", None, {}, "id"),
        ("heartbeat.statistic", {"id": DEMO_HEARTBEAT_ID}, {"interval": "2h"}, "interval"),
        ("heartbeat.statistic", {"id": DEMO_HEARTBEAT_ID}, {"end_date": "yesterday"}, "end_date"),
        ("heartbeat.statistic", {"id": DEMO_HEARTBEAT_ID}, {"start_date": "2030-01-01"}, "start_date"),
        ("heartbeat.statistic", {"id": DEMO_HEARTBEAT_ID}, {"start_date": "1990-01-01"}, "start_date"),
        ("incident.list", {"id": DEMO_TEAM_ID}, {"status": "closed"}, "status"),
        ("schedule.delete", {"id": DEMO_TEAM_ID}, {"team_member_id": "x"}, "created_at"),
        ("schedule.delete", {"id": DEMO_TEAM_ID}, {"created_at": "2026-01-01T00:00:00Z"}, "team_member_id"),
    ],
)
async def test_a_query_that_cannot_be_is_named(
    world: World, key: str, path: dict[str, str] | None, query: dict[str, str], field: str
) -> None:
    answer = await world.call(key, path=path, query=query)
    assert (answer.status, answer.fields) == (422, {field})
