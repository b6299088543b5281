from __future__ import annotations

from bridge.pinghome.demo import DEMO_CUSTOMER_ID, DEMO_TEAM_ID
from tests.local.world import World

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
