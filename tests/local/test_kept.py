"""The things that keep state, all together: the documented bodies, whose they are, and the plans of the statements."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from bridge.pinghome.demo import DEMO_SERVICE_ID
from bridge.pinghome.endpoints import OPERATIONS, operation
from tests.local.kept import (
    BILLED,
    CALLS,
    FOLLOWED,
    FOLLOWER,
    MONITOR,
    MONITOR_ID,
    PAGE,
    SERVER,
    prepare_world,
)
from tests.local.test_query_plans import explained
from tests.local.world import COLLEAGUE, STRANGER, World
from tests.pinghome.documents import documented_row

SYSTEMS = ("uptime", "server", "statuspage", "statuspage-subscription", "billing")
ROWS = [row for row in OPERATIONS if row.system in SYSTEMS]
WITH_BODY = [row.key for row in ROWS if row.body is not None]
PATHS: dict[str, dict[str, str]] = {
    "billing.update": BILLED,
    "server.update": SERVER,
    "statuspage.set_enabled": PAGE,
    "statuspage.update": PAGE,
    "uptime.update_integration": FOLLOWED,
}
NEVER_SHOWN = {"password", "update_password"}
OF_THE_ORGANISATION = {"statuspage", "billing"}
"""What is the whole organisation's: a colleague of no team may have it."""


def test_every_operation_is_called() -> None:
    assert {key for key, _ in CALLS} == {row.key for row in ROWS}


@pytest.mark.parametrize("key", WITH_BODY)
async def test_the_documented_body_is_taken_and_shown_again(world: World, key: str) -> None:
    await prepare_world(world)
    row = operation(key)
    found = documented_row(row)
    assert found is not None
    body = {
        **found["example_body"],
        **({"service_id": DEMO_SERVICE_ID} if "service_id" in found["example_body"] else {}),
    }
    path = PATHS.get(key, MONITOR if row.parameters else None)
    if "reminder" in key and row.method == "PUT":
        await world.call(key.replace("update", "set"), path=path, json={"days_before": [30]})
    if key == "uptime.update_integration":
        await world.call("uptime.create_integration", path=MONITOR, json=FOLLOWER)
    answer = await world.call(row, path=path, json=body)
    assert answer.status == (201 if row.name.startswith("create") else 200), answer.json
    assert holds(answer.data, {name: value for name, value in body.items() if name not in NEVER_SHOWN})
    assert not NEVER_SHOWN & set(answer.data)


def holds(shown: Any, written: Any) -> bool:
    """Whether everything that was written is shown; more, such as an id, may be."""
    if isinstance(written, dict):
        return isinstance(shown, dict) and all(
            name in shown and holds(shown[name], value) for name, value in written.items()
        )
    if isinstance(written, list):
        return isinstance(shown, list) and len(shown) == len(written) and all(map(holds, shown, written))
    return bool(shown == written)


# The rest asks about what is one's own, or nobody's.
OWNED = [
    (key, arguments)
    for key, arguments in CALLS
    if operation(key).auth
    and (operation(key).parameters or operation(key).query or "service_id" in arguments.get("json", {}))
    and key not in ("billing.plan_limits", "billing.coupon", "statuspage.cname")
]


@pytest.mark.parametrize(("key", "arguments"), OWNED)
async def test_a_stranger_finds_nothing_and_a_colleague_what_is_the_organisations(
    world: World, key: str, arguments: dict[str, Any]
) -> None:
    await prepare_world(world)
    foreign = await world.call(key, **arguments, token=STRANGER)
    assert (foreign.status, "data" in foreign.json) == (404, False)
    colleague = await world.call(key, **arguments, token=COLLEAGUE)
    assert (colleague.status == 403) is (operation(key).system not in OF_THE_ORGANISATION)


async def test_a_list_of_another_service_is_refused(world: World) -> None:
    for key in ("uptime.list", "server.list"):
        for token, status in ((STRANGER, 404), (COLLEAGUE, 403)):
            assert (await world.call(key, path={"id": DEMO_SERVICE_ID}, token=token)).status == status


async def test_every_statement_uses_an_index_and_every_call_succeeds(world: World) -> None:
    await prepare_world(world)
    statements: list[str] = []
    await world.store(lambda connection: connection.set_trace_callback(statements.append))
    statuses = [(key, (await world.call(key, **arguments)).status) for key, arguments in CALLS]
    await world.store(lambda connection: connection.set_trace_callback(None))
    nothing = {"statuspage-subscription.verify", "statuspage-subscription.delete", "uptime.delete"}
    assert {key for key, status in statuses if status not in (200, 201)} == nothing
    plans = await world.store(lambda connection: explained(connection, statements))
    assert len(plans) > 60
    assert {statement: plan for statement, plan in plans.items() if "SCAN" in plan} == {}


async def test_what_belongs_to_a_thing_is_found_by_an_index_when_the_thing_goes(world: World) -> None:
    """SQLite looks for the rows of a foreign key itself, by no statement that could be explained."""

    def unindexed(connection: sqlite3.Connection) -> list[str]:
        tables = [row["name"] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return [
            f"{table}.{key['from']}"
            for table in tables
            for key in connection.execute(f"PRAGMA foreign_key_list({table})")
            if key["seq"] == 0 and not covered(connection, table, key["from"])
        ]

    found = [name for name in await world.store(unindexed) if name.split(".")[0] in TABLES]
    assert found == []


TABLES = {
    "monitors",
    "monitor_states",
    "monitor_reminders",
    "monitor_integrations",
    "servers",
    "server_metrics",
    "status_pages",
    "component_groups",
    "components",
    "component_statuses",
    "status_page_subscriptions",
    "billing_subscriptions",
    "purchase_infos",
    "applied_vouchers",
}


def covered(connection: sqlite3.Connection, table: str, column: str) -> bool:
    query = f"EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {column} = 'x'"  # noqa: S608 - names of the schema
    return all("SCAN" not in row["detail"] for row in connection.execute(query))


async def test_a_deleted_service_takes_its_monitors_along(world: World) -> None:
    await prepare_world(world)
    await world.store(lambda connection: connection.execute("DELETE FROM services WHERE id = ?", (DEMO_SERVICE_ID,)))
    for key, path in (("uptime.get", MONITOR), ("server.get", SERVER)):
        assert (await world.call(key, path=path)).status == 404
    [component] = (await world.call("statuspage.components", path=PAGE)).data
    assert (component["resource_id"], MONITOR_ID in str(component)) == (None, False)
