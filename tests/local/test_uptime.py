from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bridge.pinghome.demo import DEMO_SERVICE_ID
from bridge.pinghome.endpoints import ALIASES
from tests.local.fixtures import StartWorld
from tests.local.kept import (
    FOLLOWED,
    INTEGRATION,
    MONITOR,
    MONITOR_ID,
    changed_monitor,
    http_monitor,
    prepare_world,
)
from tests.local.world import COLLEAGUE, DEMO, STRANGER, UNKNOWN_ID, World

REMINDERS = ["ssl", "tld"]
REMINDER_ALIASES = [row for row in ALIASES if row.system == "uptime"]
PAGE = {"name": "Down", "status": "investigating", "integration": INTEGRATION, "type": "statuspageIo", "items": ["a"]}


async def create(world: World, **changes: Any) -> dict[str, Any]:
    answer = await world.call("uptime.create", json=http_monitor(**changes))
    assert answer.status == 201
    data: dict[str, Any] = answer.data
    return data


async def test_a_monitor_is_shown_as_it_was_asked_for_and_nothing_is_known_of_its_target(world: World) -> None:
    body = http_monitor(headers={"Authorization": "Bearer x"}, maintenance_cron_expression="*/8 * * * *")
    monitor = await create(world, **body)
    assert {name: monitor[name] for name in body} == body
    assert (monitor["enabled"], monitor["status"]) == (True, "unknown")
    assert (await world.call("uptime.get", path={"id": monitor["id"]})).data == monitor


async def test_headers_are_kept_in_the_spelling_in_which_they_came(world: World) -> None:
    text = '{"X-Key": "1"}'
    monitor = await create(world, headers=text)
    assert monitor["headers"] == text
    answer = await world.call(
        "uptime.update", path={"id": monitor["id"]}, json=changed_monitor(headers=json.loads(text))
    )
    assert answer.data["headers"] == {"X-Key": "1"}


async def test_the_same_target_may_be_checked_twice(world: World) -> None:
    assert (await create(world))["id"] != (await create(world))["id"]


async def test_a_monitor_without_http_has_a_host(world: World) -> None:
    body = http_monitor(type="tcp", host="db.example.com", port="5432")
    del body["url"], body["conditions"]
    answer = await world.call("uptime.create", json=body)
    assert (answer.status, answer.data["host"], answer.data["port"]) == (201, "db.example.com", "5432")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": None}, "url"),
        ({"url": ""}, "url"),
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://example.com:99999"}, "url"),
        ({"host": "example.com"}, "host"),
        ({"conditions": None}, "conditions"),
        ({"conditions": [{"type": "response-json-check", "key": "a[", "operator": "exists"}]}, "conditions[0].key"),
        ({"conditions": [{"type": "response-json-check", "key": "a", "operator": "is"}]}, "conditions[0].operator"),
        ({"conditions": [{"type": "response-json-check", "key": "a", "operator": "equal"}]}, "conditions[0].values"),
        ({"conditions": [{"type": "xml", "key": "a", "operator": "exists"}]}, "conditions[0].type"),
        ({"type": "smtp"}, "type"),
        ({"type": "ping", "url": None}, "host"),
        ({"type": "ping", "url": None, "host": "a b"}, "host"),
        ({"type": "ping", "host": "example.com"}, "url"),
        ({"type": "tcp", "url": None, "host": "example.com"}, "port"),
        ({"port": "0"}, "port"),
        ({"port": "65536"}, "port"),
        ({"port": "http"}, "port"),
        ({"port": "80\n"}, "port"),
        ({"port": "٣"}, "port"),
        ({"grace_period": -1}, "grace_period"),
        ({"regions": []}, "regions"),
        ({"headers": "{"}, "headers"),
        ({"headers": '{"X": 1}'}, "headers"),
        ({"headers": {"X": "a\r\nY: b"}}, "headers"),
        ({"headers": {"a b": "c"}}, "headers"),
        ({"maintenance_cron_expression": "* * * *"}, "maintenance_cron_expression"),
        ({"maintenance_cron_expression": "61 * * * *"}, "maintenance_cron_expression"),
    ],
)
async def test_what_cannot_be_checked_is_refused_by_its_field(
    world: World, changes: dict[str, Any], field: str
) -> None:
    answer = await world.call("uptime.create", json=http_monitor(**changes))
    assert (answer.status, answer.fields) == (422, {field})


async def test_a_monitor_can_move_to_another_service_and_keeps_what_it_checks(world: World) -> None:
    monitor = await create(world, data="d", not_follow_redirect=True)
    service = (await world.call("service.create", json={"name": "n", "team_id": await team_of(world)})).data["id"]
    answer = await world.call(
        "uptime.update", path={"id": monitor["id"]}, json=changed_monitor(name="new", service_id=service)
    )
    assert answer.status == 200
    kept = {name: answer.data[name] for name in ("url", "type", "data", "not_follow_redirect")}
    assert kept == {name: monitor[name] for name in kept}
    assert (answer.data["name"], answer.data["service_id"]) == ("new", service)
    refused = await world.call("uptime.update", path={"id": monitor["id"]}, json=changed_monitor(service_id=UNKNOWN_ID))
    assert (refused.status, refused.fields) == (404, {"service_id"})


async def team_of(world: World) -> str:
    team: str = (await world.call("service.get", path={"id": DEMO_SERVICE_ID})).data["team_id"]
    return team


async def test_switching_off_and_on_is_the_only_history_there_is(world: World) -> None:
    path = {"id": (await create(world))["id"]}
    assert (await world.call("uptime.state_changes", path=path)).data == []
    for enabled in (False, False, True):
        world.clock.advance(minutes=1)
        answer = await world.call("uptime.set_enabled", path=path, json={"enabled": enabled})
        assert (answer.data["enabled"], answer.data["status"]) == (enabled, "unknown" if enabled else "paused")
    changes = (await world.call("uptime.state_changes", path=path)).data
    assert [(change["state"], change["reason"]) for change in changes] == [
        ("unknown", "switched on"),
        ("paused", "switched off"),
    ]
    newest, oldest = (change["changed_at"] for change in changes)
    for query, times in (
        ({"start_date": newest}, [newest]),
        ({"end_date": oldest}, [oldest]),
        ({"limit": "1"}, [newest]),
    ):
        found = (await world.call("uptime.state_changes", path=path, query=query)).data
        assert [change["changed_at"] for change in found] == times


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start_date": "yesterday"}, "start_date"),
        ({"end_date": "2026-13-01T00:00:00Z"}, "end_date"),
        ({"start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"}, "end_date"),
        ({"limit": "101"}, "limit"),
    ],
)
@pytest.mark.parametrize("key", ["uptime.statistic", "uptime.state_changes"])
async def test_a_period_that_cannot_be_is_named(world: World, key: str, query: dict[str, str], field: str) -> None:
    answer = await world.call(key, path={"id": (await create(world))["id"]}, query=query)
    assert (answer.status, answer.fields) == (422, {field})


async def test_what_was_not_measured_is_null(world: World) -> None:
    path = {"id": (await create(world))["id"]}
    report = (await world.call("uptime.statistic", path=path, query={"interval": "minute", "limit": "4"})).data
    assert (report["uptime"], report["response_time"], report["points"]) == (None, None, [])
    for key in ("uptime.ssl", "uptime.tld"):
        known = (await world.call(key, path=path)).data
        assert {value for name, value in known.items() if name != "id"} == {None}
    assert (await world.call("uptime.regions", path=path)).data == [{"id": "eu-central-1", "name": None}]


@pytest.mark.parametrize("what", REMINDERS)
async def test_there_is_one_reminder_of_a_kind(world: World, what: str) -> None:
    await prepare_world(world)
    other = "ssl" if what == "tld" else "tld"
    set_, update, delete, get = (f"uptime.{name}{what}_reminder" for name in ("set_", "update_", "delete_", ""))
    days = {"days_before": [1, 7]}
    assert (await world.call(update, path=MONITOR, json=days)).status == 404
    assert (await world.call(get, path=MONITOR)).status == 404
    assert (await world.call(delete, path=MONITOR)).status == 404
    assert (await world.call(set_, path=MONITOR, json=days)).status == 200
    assert (await world.call(set_, path=MONITOR, json=days)).status == 409
    assert (await world.call(f"uptime.{other}_reminder", path=MONITOR)).status == 404
    assert (await world.call(f"uptime.set_{other}_reminder", path=MONITOR, json={"days_before": [30]})).status == 200
    assert (await world.call(update, path=MONITOR, json={"days_before": [3]})).status == 200
    assert (await world.call(get, path=MONITOR)).data["days_before"] == [3]
    for wrong in ([], [0], ["1"], 1):
        assert (await world.call(update, path=MONITOR, json={"days_before": wrong})).fields == {"days_before"}
    assert (await world.call(delete, path=MONITOR)).status == 200
    assert (await world.call(get, path=MONITOR)).status == 404
    assert (await world.call(f"uptime.{other}_reminder", path=MONITOR)).data["days_before"] == [30]


@pytest.mark.parametrize("row", REMINDER_ALIASES, ids=lambda row: f"{row.method} {row.path}")
async def test_the_other_spellings_of_the_reminders_paths_are_understood(world: World, row: Any) -> None:
    await prepare_world(world)
    if "set" not in row.name:
        first = replace(row, method="POST", name="set")
        assert (await world.call(first, path=MONITOR, json={"days_before": [1]})).status == 200
    body = None if row.method == "DELETE" else {"days_before": [2]}
    assert (await world.call(row, path=MONITOR, json=body)).status == 200


async def test_a_page_elsewhere_follows_a_monitor_once(world: World) -> None:
    await prepare_world(world)
    created = await world.call("uptime.create_integration", path=MONITOR, json=PAGE)
    assert (created.status, {name: created.data[name] for name in PAGE}) == (201, PAGE)
    again = await world.call("uptime.create_integration", path=MONITOR, json=PAGE)
    assert (again.status, again.fields) == (409, {"integration"})
    change = {"name": "Up", "status": "resolved", "message": "All is well", "items": []}
    path = {"id": MONITOR_ID, "integration": created.data["id"]}
    assert (await world.call("uptime.update_integration", path=path, json=change)).status == 200
    [shown] = (await world.call("uptime.integrations", path=MONITOR)).data
    assert {name: shown[name] for name in change} == change
    assert (await world.call("uptime.delete_integration", path=path)).status == 200
    assert (await world.call("uptime.integrations", path=MONITOR)).data == []


@pytest.mark.parametrize("key", ["uptime.update_integration", "uptime.delete_integration"])
async def test_an_integration_that_is_not_there_is_404(world: World, key: str) -> None:
    await prepare_world(world)
    assert (await world.call(key, path=FOLLOWED, json={} if "update" in key else None)).status == 404


async def test_a_list_comes_by_pages_the_oldest_first(world: World) -> None:
    ids = []
    for _ in range(3):
        world.clock.advance(seconds=1)
        ids.append((await create(world))["id"])
    service = {"id": DEMO_SERVICE_ID}
    for page, expected in ((1, ids[:2]), (2, ids[2:]), (3, [])):
        found = await world.call("uptime.list", path=service, query={"page": page, "limit": 2})
        assert [monitor["id"] for monitor in found.data] == expected


async def test_deleting_many_deletes_all_or_none(world: World) -> None:
    first, second = (await create(world))["id"], (await create(world))["id"]
    for wrong, token in ((f"{first},{UNKNOWN_ID}", DEMO), (first, STRANGER), (first, COLLEAGUE)):
        answer = await world.call("uptime.delete_many", query={"id": wrong}, token=token)
        assert answer.status == (403 if token == COLLEAGUE else 404)
    assert (await world.call("uptime.delete_many")).fields == {"id"}
    assert (await world.call("uptime.get", path={"id": first})).status == 200
    deleted = await world.call("uptime.delete_many", query=[("id", first), ("id", second)])
    assert (deleted.status, deleted.data) == (200, {"ids": [first, second]})
    assert (await world.call("uptime.list", path={"id": DEMO_SERVICE_ID})).data == []


async def test_a_deleted_monitor_is_gone_with_all_that_was_its(world: World) -> None:
    await prepare_world(world)
    await world.call("uptime.set_ssl_reminder", path=MONITOR, json={"days_before": [1]})
    await world.call("uptime.create_integration", path=MONITOR, json=PAGE)
    assert (await world.call("uptime.delete", path=MONITOR)).data == MONITOR
    assert (await world.call("uptime.delete", path=MONITOR)).status == 404
    left = await world.store(
        lambda connection: [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - names of ours
            for table in ("monitors", "monitor_reminders", "monitor_integrations", "monitor_states")
        ]
    )
    assert left == [0, 0, 0, 0]


async def test_a_monitor_is_there_after_a_restart(start_world: StartWorld) -> None:
    world = await start_world()
    monitor = await create(world)
    world = await start_world()
    assert (await world.call("uptime.get", path={"id": monitor["id"]})).data == monitor
