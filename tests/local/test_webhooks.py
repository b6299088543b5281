from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bridge.pinghome.demo import DEMO_TEAM_ID, DEMO_WEBHOOK_ID
from tests.local.fixtures import StartWorld
from tests.local.test_auth import count
from tests.local.world import UNKNOWN_ID, World, alert

HERE = {"id": DEMO_WEBHOOK_ID}


async def test_an_event_is_kept_exactly_with_its_meta_information(world: World) -> None:
    body = b' {"b": 1.0, "a":\t[1e3, 1.50, 123456789012345678901234567890], "b": "\\u00e4\xc3\xa4"} '
    posted = await world.call(
        "webhook.submit", path=HERE, body=body, headers={"Content-Type": "application/json"}, token=None
    )
    assert posted.status == 200
    assert posted.data == {
        "id": posted.data["id"],
        "received_at": "2026-11-22T12:00:00.000000Z",
        "content_type": "application/json",
        "ip": "127.0.0.1",
        "incidents": [],
    }
    stored = await world.store(lambda connection: connection.execute("SELECT body FROM webhook_events").fetchone()[0])
    assert stored == body
    headers = {"Authorization": "Bearer token-of-demo"}
    url = f"/incident-query/default/v1/webhook/{DEMO_WEBHOOK_ID}/events"
    async with world.client.get(url, headers=headers) as answer:
        assert body in await answer.read()


async def test_events_are_listed_newest_first_and_the_cursor_neither_skips_nor_repeats(world: World) -> None:
    # The clock stands still: all seven arrive in the same microsecond.
    for number in range(7):
        await world.call("webhook.submit", path=HERE, json={"number": number})
    seen: list[int] = []
    query: dict[str, str] = {"limit": "3"}
    while page := (await world.call("webhook.events", path=HERE, query=query)).data:
        seen += [event["body"]["number"] for event in page]
        query["last_received_at"] = page[-1]["received_at"]
    assert seen == [6, 5, 4, 3, 2, 1, 0]


async def test_the_documented_cursor_is_read(world: World) -> None:
    await world.call("webhook.submit", path=HERE, json={})
    older = {"limit": "10", "last_received_at": "2024-03-15T19:09:39Z"}
    assert (await world.call("webhook.events", path=HERE, query=older)).data == []
    newer = {"last_received_at": "2030-01-01T00:00:00+02:00"}
    assert len((await world.call("webhook.events", path=HERE, query=newer)).data) == 1


async def test_an_unknown_webhook_stores_nothing(world: World) -> None:
    answer = await world.call("webhook.submit", path={"id": UNKNOWN_ID}, json=alert())
    assert answer.status == 404
    assert await world.store(lambda connection: count(connection, "webhook_events")) == 0


async def test_a_repeated_key_gets_the_same_answer_and_changes_nothing(world: World) -> None:
    key = {"Idempotency-Key": "0192-a"}
    first = await world.call("webhook.submit", path=HERE, json=alert(), headers=key)
    world.clock.advance(hours=23, minutes=59)
    again = await world.call("webhook.submit", path=HERE, json=alert(), headers=key)
    assert (again.status, again.json) == (200, first.json)
    assert await tally(world) == (1, [1])


async def test_a_key_is_forgotten_after_a_day_and_removed(world: World) -> None:
    for number in range(3):
        await world.call("webhook.submit", path=HERE, json=alert(), headers={"Idempotency-Key": f"old-{number}"})
    world.clock.advance(hours=24)
    await world.call("webhook.submit", path=HERE, json=alert(), headers={"Idempotency-Key": "old-0"})
    assert await tally(world) == (4, [4])
    await world.call("webhook.submit", path=HERE, json=alert(), headers={"Idempotency-Key": "new"})
    assert await world.store(lambda connection: count(connection, "webhook_answers")) == 2


async def test_a_key_counts_for_its_webhook_only(world: World) -> None:
    other = (await world.call("webhook.create", json={"name": "other"})).data["id"]
    for webhook in (DEMO_WEBHOOK_ID, other):
        await world.call("webhook.submit", path={"id": webhook}, json=alert(), headers={"Idempotency-Key": "same"})
    assert await tally(world) == (2, [2])


async def test_the_same_key_many_times_at_once_is_stored_once(world: World) -> None:
    posts = (world.call("webhook.submit", path=HERE, json=alert(), headers={"Idempotency-Key": "k"}) for _ in range(20))
    answers = await asyncio.gather(*posts)
    assert [answer.json for answer in answers] == [answers[0].json] * 20
    assert await tally(world) == (1, [1])


async def test_a_key_that_is_too_long_is_refused(world: World) -> None:
    answer = await world.call("webhook.submit", path=HERE, json={}, headers={"Idempotency-Key": "x" * 256})
    assert answer.status == 400


async def test_strict_mode_knows_no_keys(start_world: StartWorld) -> None:
    world = await start_world(strict=True)
    for _ in range(2):
        await world.call("webhook.submit", path=HERE, json=alert(), headers={"Idempotency-Key": "k" * 300})
    assert await tally(world) == (2, [1, 1])


@pytest.mark.parametrize("body", [{}, {"name": None}, {"name": "n", "description": "d"}])
async def test_name_and_description_are_optional(world: World, body: dict[str, Any]) -> None:
    answer = await world.call("webhook.create", json=body)
    assert answer.status == 201
    assert (answer.data["name"], answer.data["description"]) == (body.get("name"), body.get("description"))


async def test_a_body_nested_as_deep_as_the_parser_allows_is_stored(world: World) -> None:
    rule = {
        "rule_type": "webhook",
        "conditions": [{"type": "json-check", "key": "deep", "operator": "equal", "values": ["x"]}],
        "level": "team",
        "team_id": DEMO_TEAM_ID,
        "name": "Deep",
        "description": "",
        "urgency": "low",
    }
    assert (await world.call("ruleset.create", json=rule)).status == 201
    statuses = set()
    for depth in (*range(900, 1000, 3), 9_000, 50_000):  # how deep that is depends on the release of Python
        body = b'{"deep":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
        answer = await world.call("webhook.submit", path=HERE, body=body)
        statuses.add(answer.status)
    assert statuses == {200, 400}


async def tally(world: World) -> tuple[int, list[int]]:
    """How many events are stored, and the occurrences of every incident."""
    events = await world.store(lambda connection: count(connection, "webhook_events"))
    incidents = (await world.call("incident.list", path={"id": DEMO_TEAM_ID})).data
    return events, [incident["occurrences"] for incident in incidents]
