"""Channels: what is stored, verified, switched on, shown and refused. What is sent: test_channel_messages.py."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from bridge.pinghome.demo import DEMO_TEAM_ID
from bridge.pinghome.endpoints import operation
from tests.local.channels import CUSTOMER, EMAIL, SMS, TEAM, Owner
from tests.local.fixtures import StartWorld
from tests.local.people import newcomer, wrong
from tests.local.test_query_plans import explained
from tests.local.test_teams import hire
from tests.local.world import COLLEAGUE, STRANGER, World
from tests.pinghome.documents import documented_row

pytestmark = pytest.mark.parametrize("owner", [CUSTOMER, TEAM], ids=lambda owner: owner.kind)

URL = {"type": "webhook", "value": "http://127.0.0.1:9/hook"}


async def test_a_channel_is_on_once_its_code_came_back(world: World, owner: Owner) -> None:
    created = await owner.call(world, "create", EMAIL)
    assert created.status == 201
    assert {name: created.data[name] for name in ("priority", "verified", "enabled", "last_test")} == {
        "priority": 1,
        "verified": False,
        "enabled": False,
        "last_test": None,
    }
    world.clock.advance(minutes=1)
    verified = await owner.verify(world, 1, await owner.code(world, 1))
    assert verified.status == 200
    assert (verified.data["verified"], verified.data["enabled"]) == (True, True)
    assert verified.data["verified_at"] > verified.data["created_at"]
    assert await owner.listed(world) == [verified.data]
    assert (await owner.verify(world, 1, "000000")).status == 409


@pytest.mark.parametrize("name", ["create", "list", "update", "verify", "delete_many", "test", "set_enabled"])
async def test_what_is_documented_is_taken(world: World, owner: Owner, name: str) -> None:
    found = documented_row(operation(f"{owner.kind}-channels.{name}"))
    assert found is not None
    # Real posts are for this machine alone.
    body = swapped(found["example_body"], "https://webhook.site/", "http://127.0.0.1:9/")
    await owner.verified(world, {"type": "call", "value": SMS["value"]} if owner == CUSTOMER else URL)
    for number in (2, 3, 4):
        await owner.create(world, {"type": "email", "value": f"{number}@example.org"})
    if name == "verify":
        body |= {"code": await owner.code(world, 4), "priority": 4}
    elif name == "update" and owner == CUSTOMER:
        body |= {"priority": 2}
    query = dict(parse_qsl(found["example_query"] or ""))
    answer = await owner.call(world, name, body, query)
    assert answer.status == (201 if name == "create" else 200), answer.json
    if name in ("create", "update", "set_enabled"):
        assert {field: answer.data[field] for field in body} == body


def swapped(document: Any, old: str, new: str) -> Any:
    """A document's texts with something else in place of `old`."""
    return document and {
        name: value.replace(old, new) if isinstance(value, str) else value for name, value in document.items()
    }


async def test_a_wrong_code_is_refused_and_after_five_the_right_one_too(world: World, owner: Owner) -> None:
    await owner.create(world, EMAIL)
    code = await owner.code(world, 1)
    for given in (*[wrong(code)] * 5, code):
        answer = await owner.verify(world, 1, given)
        assert (answer.status, answer.fields) == (422, {"code"})
    assert not (await owner.one(world, 1))["verified"]


async def test_a_code_is_good_for_15_minutes_and_the_same_value_asks_for_another(world: World, owner: Owner) -> None:
    await owner.create(world, EMAIL)
    old = await owner.code(world, 1)
    world.clock.advance(minutes=15)
    assert (await owner.verify(world, 1, old)).status == 422
    assert (await owner.call(world, "update", {"value": EMAIL["value"], "priority": 1})).status == 200
    assert (await owner.verify(world, 1, await owner.code(world, 1))).status == 200


async def test_codes_are_a_minute_apart_even_for_a_channel_that_was_made_anew(world: World, owner: Owner) -> None:
    await owner.create(world, EMAIL)
    again = await owner.call(world, "update", {"value": EMAIL["value"], "priority": 1})
    assert (again.status, again.headers["Retry-After"]) == (429, "60")
    assert (await owner.call(world, "delete_many", query={"priority": 1})).status == 200
    assert (await owner.call(world, "create", EMAIL)).status == 429
    assert await owner.listed(world) == []
    assert (await owner.call(world, "create", SMS)).status == 201
    world.clock.advance(seconds=60)
    assert (await owner.call(world, "create", EMAIL)).status == 201


async def test_the_code_of_one_value_does_not_verify_another(world: World, owner: Owner) -> None:
    await owner.create(world, EMAIL)
    old = await owner.code(world, 1)
    changed = await owner.call(world, "update", {"value": "other@example.org", "priority": 1})
    assert (changed.status, changed.data["value"]) == (200, "other@example.org")
    new = await owner.code(world, 1)
    if old != new:
        assert (await owner.verify(world, 1, old)).status == 422
    assert (await owner.verify(world, 1, new)).status == 200


async def test_another_value_makes_a_channel_unverified_and_off_and_the_same_one_does_not(
    world: World, owner: Owner
) -> None:
    priority = await owner.verified(world, EMAIL)
    same = await owner.call(world, "update", {"value": " PAGER@example.org ", "priority": priority})
    assert (same.status, same.data["verified"], same.data["enabled"]) == (200, True, True)
    assert len(await owner.posted(world, "code", priority)) == 1
    other = await owner.call(world, "update", {"value": "other@example.org", "priority": priority})
    assert (other.status, other.data["verified"], other.data["enabled"]) == (200, False, False)
    assert other.data["verified_at"] is None


async def test_a_channel_can_be_switched_off_and_on_but_not_on_before_it_is_verified(
    world: World, owner: Owner
) -> None:
    await owner.create(world, EMAIL)
    on, off = ({"enabled": enabled, "priority": 1} for enabled in (True, False))
    assert (await owner.call(world, "set_enabled", on)).status == 409
    assert (await owner.call(world, "set_enabled", off)).status == 200
    await owner.verify(world, 1, await owner.code(world, 1))
    for body, enabled in ((off, False), (on, True), (on, True)):
        answer = await owner.call(world, "set_enabled", body)
        assert (answer.status, answer.data["enabled"], answer.data["verified"]) == (200, enabled, True)
        assert await owner.listed(world) == [answer.data]


async def test_an_owner_has_an_address_once_and_two_owners_may_share_it(world: World, owner: Owner) -> None:
    await owner.create(world, EMAIL)
    await owner.create(world, SMS)
    double = await owner.call(world, "create", {"type": "email", "value": "Pager@Example.org"})
    assert (double.status, double.fields) == (409, {"value"})
    assert (await owner.call(world, "create", {"type": "call", "value": SMS["value"]})).status == 201
    await owner.create(world, {"type": "email", "value": "second@example.org"})
    moved = await owner.call(world, "update", {"value": EMAIL["value"], "priority": 4})
    assert (moved.status, moved.fields) == (409, {"value"})
    other = TEAM if owner == CUSTOMER else CUSTOMER
    assert await other.create(world, EMAIL) == 1


async def test_a_new_channel_comes_last_and_the_others_keep_their_priorities(world: World, owner: Owner) -> None:
    for number in range(1, 5):
        assert await owner.create(world, {"type": "email", "value": f"{number}@example.org"}) == number
    assert (await owner.call(world, "delete_many", query={"priority": 2})).data == {"priorities": [2]}
    assert await owner.create(world, SMS) == 5
    assert [channel["priority"] for channel in await owner.listed(world)] == [1, 3, 4, 5]


@pytest.mark.parametrize("query", [[("priority", "1"), ("priority", "3")], {"priority": "3,1"}, {"priority": "1,3,1"}])
async def test_deleting_many_takes_both_spellings(world: World, owner: Owner, query: object) -> None:
    for number in range(1, 4):
        await owner.create(world, {"type": "email", "value": f"{number}@example.org"})
    assert (await owner.call(world, "delete_many", query=query)).data == {"priorities": [1, 3]}
    assert [channel["priority"] for channel in await owner.listed(world)] == [2]


async def test_deleting_many_deletes_none_where_one_is_missing(world: World, owner: Owner) -> None:
    await owner.create(world, EMAIL)
    answer = await owner.call(world, "delete_many", query={"priority": "1,7"})
    assert (answer.status, answer.fields) == (404, {"priority"})
    assert answer.json["message"] == "There is no channel with the priority 7."
    for query in ({}, {"priority": ""}, {"priority": "0"}, {"priority": "one"}, {"priority": "9999999999"}):
        answer = await owner.call(world, "delete_many", query=query)
        assert (answer.status, answer.fields) == (422, {"priority"})
    assert len(await owner.listed(world)) == 1


async def test_a_list_can_be_narrowed_by_types_in_both_spellings(world: World, owner: Owner) -> None:
    for channel in (EMAIL, SMS, URL):
        await owner.create(world, channel)

    async def types(query: object) -> list[str]:
        return [channel["type"] for channel in await owner.listed(world, query)]

    assert await types({"include_types": "sms,email", "exclude_types": "push-notification"}) == ["email", "sms"]
    assert await types([("include_types", "webhook"), ("include_types", "sms")]) == ["sms", "webhook"]
    assert await types({"exclude_types": "email,webhook"}) == ["sms"]
    assert await types({"include_types": "email", "exclude_types": "email"}) == []
    assert await types({"include_types": ""}) == ["email", "sms", "webhook"]
    for name in ("include_types", "exclude_types"):
        answer = await owner.call(world, "list", query={name: "sms,pigeon"})
        assert (answer.status, answer.fields) == (422, {name})


@pytest.mark.parametrize("name", ["update", "verify", "test", "set_enabled"])
async def test_an_unknown_priority_is_404(world: World, owner: Owner, name: str) -> None:
    fields: dict[str, dict[str, Any]] = {
        "update": {"value": "x@example.org"},
        "verify": {"code": "123456"},
        "test": {},
        "set_enabled": {"enabled": False},
    }
    body = fields[name]
    answer = await owner.call(world, name, {**body, "priority": 9})
    assert (answer.status, answer.fields) == (404, {"priority"})
    for priority in (0, -1, 2**31, "1", None, 1.5, True):
        answer = await owner.call(world, name, {**body, "priority": priority})
        assert (answer.status, answer.fields) == (422, {"priority"})


async def test_a_stranger_finds_nothing_and_a_colleague_is_refused(world: World, owner: Owner) -> None:
    await owner.create(world, EMAIL)
    calls = (
        ("create", SMS, None),
        ("list", None, None),
        ("update", {"value": "x@example.org", "priority": 1}, None),
        ("verify", {"code": "123456", "priority": 1}, None),
        ("delete_many", None, {"priority": 1}),
        ("test", {"priority": 1}, None),
        ("set_enabled", {"enabled": False, "priority": 1}, None),
    )
    for name, json, query in calls:
        for token, status in ((STRANGER, 404), (COLLEAGUE, 403)):
            answer = await owner.call(world, name, json, query, token)
            assert (name, answer.status, "data" in answer.json) == (name, status, False)
    assert [channel["value"] for channel in await owner.listed(world)] == [EMAIL["value"]]


@pytest.mark.parametrize(("role", "made"), [("user", 403), ("manager", 201), ("admin", 201), ("owner", 201)])
async def test_members_read_a_teams_channels_and_managers_change_them(
    world: World, owner: Owner, role: str, made: int
) -> None:
    await hire(world, role)
    await owner.create(world, EMAIL)
    listed = await owner.call(world, "list", token=COLLEAGUE)
    created = await owner.call(world, "create", SMS, token=COLLEAGUE)
    assert (listed.status, created.status) == ((200, made) if owner == TEAM else (403, 403))


async def test_channels_go_with_their_owner(world: World, owner: Owner) -> None:
    token = await newcomer(world, "somebody@example.org")
    team = (await world.call("team.list", token=token)).data[0]["team_id"]
    profile = await world.call("team.members", path={"id": team}, token=token)
    theirs = Owner(owner.kind, team if owner == TEAM else profile.data[0]["customer_id"])
    for one, person in ((theirs, token), (TEAM, None), (CUSTOMER, None)):
        made = await (one.call(world, "create", EMAIL, token=person) if person else one.call(world, "create", EMAIL))
        assert made.status == 201
    gone = await world.call("customer.delete", json={"reason": "poor-features"}, token=token)
    assert gone.status == 200
    assert await owners(world) == {(CUSTOMER.kind, CUSTOMER.id), (TEAM.kind, TEAM.id)}
    assert (await world.call("team.delete", path={"id": DEMO_TEAM_ID})).status == 200
    assert await owners(world) == {(CUSTOMER.kind, CUSTOMER.id)}


async def owners(world: World) -> set[tuple[str, str]]:
    """Whoever has a channel."""
    found: set[tuple[str, str]] = await world.store(
        lambda connection: {tuple(row) for row in connection.execute("SELECT owner_kind, owner_id FROM channels")}
    )
    return found


async def test_channels_are_there_after_a_restart(start_world: StartWorld, owner: Owner) -> None:
    world = await start_world()
    await owner.verified(world, EMAIL)
    await owner.create(world, SMS)
    before, code = await owner.listed(world), await owner.code(world, 2)
    world = await start_world()
    assert await owner.listed(world) == before
    assert (await owner.verify(world, 2, code)).status == 200


async def test_a_code_stands_nowhere_but_in_its_message(world: World, owner: Owner) -> None:
    await owner.create(world, EMAIL)
    code = await owner.code(world, 1)
    stored = await world.store(
        lambda connection: [tuple(row) for row in connection.execute("SELECT * FROM codes JOIN channels")]
    )
    assert len(stored) == 1
    assert code not in map(str, stored[0])


async def test_every_statement_uses_an_index(world: World, owner: Owner) -> None:
    statements: list[str] = []
    await world.store(lambda connection: connection.set_trace_callback(statements.append))
    await owner.verified(world, EMAIL)
    for name, json, query in (
        ("test", {"priority": 1}, None),
        ("set_enabled", {"enabled": False, "priority": 1}, None),
        ("update", {"value": "other@example.org", "priority": 1}, None),
        ("list", None, None),
        ("delete_many", None, {"priority": 1}),
    ):
        assert (await owner.call(world, name, json, query)).status == 200
    await world.store(lambda connection: connection.set_trace_callback(None))
    # What a trigger does when an owner goes.
    statements.append("DELETE FROM channels WHERE owner_kind = 'customer' AND owner_id = 'x'")
    plans = await world.store(lambda connection: explained(connection, statements))
    assert len(plans) > 20
    assert {statement: plan for statement, plan in plans.items() if "SCAN" in plan} == {}
