from __future__ import annotations

import pytest

from bridge.pinghome.demo import DEMO_CUSTOMER_ID, DEMO_TEAM_ID
from tests.local.world import COLLEAGUE, STRANGER, World

ENTRY = {"team_member_id": DEMO_CUSTOMER_ID, "week_days": [0, 6], "start_time": "22:00", "end_time": "06:00"}


async def test_entries_of_the_same_moment_can_be_told_apart_and_deleted(world: World) -> None:
    created = [
        (await world.call("schedule.create", path={"id": DEMO_TEAM_ID}, json=ENTRY)).data["created_at"]
        for _ in range(2)
    ]
    assert created[0] != created[1]
    query = {"team_member_id": DEMO_CUSTOMER_ID, "created_at": created[0]}
    deleted = await world.call("schedule.delete", path={"id": DEMO_TEAM_ID}, query=query)
    assert (deleted.status, deleted.data["created_at"]) == (200, created[0])
    left = (await world.call("schedule.get", path={"id": DEMO_CUSTOMER_ID})).data
    assert [entry["created_at"] for entry in left][1:] == [created[1]]


async def test_what_is_left_out_is_open(world: World) -> None:
    entry = (await world.call("schedule.create", path={"id": DEMO_TEAM_ID}, json=ENTRY)).data
    assert entry == {
        **ENTRY,
        "team_id": DEMO_TEAM_ID,
        "created_at": entry["created_at"],
        "start_date": None,
        "end_date": None,
        "months_of_year": [],
        "weeks_of_month": [],
    }


async def test_dates_are_shown_as_they_were_given(world: World) -> None:
    dated = {**ENTRY, "start_date": "2026-01-01", "end_date": "2026-01-31T23:59:59Z", "weeks_of_month": [-1, 5]}
    entry = (await world.call("schedule.create", path={"id": DEMO_TEAM_ID}, json=dated)).data
    assert {name: entry[name] for name in dated} == dated


async def test_an_entry_is_replaced_by_its_name(world: World) -> None:
    path = {"id": DEMO_TEAM_ID}
    first = (await world.call("schedule.create", path=path, json={**ENTRY, "weeks_of_month": [1]})).data
    change = {**ENTRY, "week_days": [3], "start_date": "2026-01-01", "created_at": first["created_at"]}
    changed = await world.call("schedule.update", path=path, json=change)
    assert (changed.status, changed.data) == (200, {**first, **change, "weeks_of_month": []})
    entries = (await world.call("schedule.get", path={"id": DEMO_CUSTOMER_ID})).data
    assert [entry["week_days"] for entry in entries] == [[0, 1, 2, 3, 4, 5, 6], [3]]


async def test_an_entry_that_is_not_there_is_404_and_named(world: World) -> None:
    change = {**ENTRY, "created_at": "2020-01-01T00:00:00Z"}
    answer = await world.call("schedule.update", path={"id": DEMO_TEAM_ID}, json=change)
    assert (answer.status, answer.fields) == (404, {"created_at"})
    answer = await world.call("schedule.update", path={"id": DEMO_TEAM_ID}, json={**change, "team_member_id": "x"})
    assert (answer.status, answer.fields) == (404, {"team_member_id"})


@pytest.mark.parametrize(("token", "expected"), [(COLLEAGUE, 403), (STRANGER, 404)])
async def test_entries_are_the_team_s(world: World, token: str, expected: int) -> None:
    body = {**ENTRY, "created_at": "2020-01-01T00:00:00Z"}
    answer = await world.call("schedule.update", path={"id": DEMO_TEAM_ID}, json=body, token=token)
    assert answer.status == expected
