from __future__ import annotations

from bridge.pinghome.demo import DEMO_HEARTBEAT_ID, DEMO_SERVICE_ID, DEMO_TEAM_ID
from tests.local.world import World

SERVICE = {"id": DEMO_SERVICE_ID}


async def test_a_service_is_renamed_and_stays_what_it_is(world: World) -> None:
    before = (await world.call("service.get", path=SERVICE)).data
    answer = await world.call("service.update", path=SERVICE, json={"name": "renamed"})
    assert (answer.status, answer.data) == (200, {**before, "name": "renamed"})
    assert (await world.call("service.get", path=SERVICE)).data == answer.data


async def test_a_bad_name_is_refused_and_changes_nothing(world: World) -> None:
    before = (await world.call("service.get", path=SERVICE)).data
    for name in (" ", None, 1, "x" * 256):
        answer = await world.call("service.update", path=SERVICE, json={"name": name})
        assert (answer.status, answer.fields) == (422, {"name"})
    assert (await world.call("service.get", path=SERVICE)).data == before


async def test_a_service_goes_with_its_monitors_and_their_history(world: World) -> None:
    await world.call("heartbeat.submit", path={"id": DEMO_HEARTBEAT_ID})
    other = (await world.call("service.create", json={"name": "other", "team_id": DEMO_TEAM_ID})).data["id"]
    assert (await world.call("service.delete", path=SERVICE)).data == SERVICE
    for key, path in (("service.get", SERVICE), ("heartbeat.get", {"id": DEMO_HEARTBEAT_ID})):
        assert (await world.call(key, path=path)).status == 404
    assert (await world.call("heartbeat.submit", path={"id": DEMO_HEARTBEAT_ID})).status == 404
    assert (await world.call("service.delete", path=SERVICE)).status == 404
    assert (await world.call("service.get", path={"id": other})).status == 200
