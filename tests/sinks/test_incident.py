"""Incidents by the API: opened once, updated, resolved as far as the API can, over a real store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
import redis

from bridge import wiring
from bridge.domain.alert import Action
from bridge.domain.send import Target, TargetKind
from bridge.outbound.session import open_session
from bridge.pinghome.address import CLOUD
from bridge.pinghome.demo import DEMO_EMAIL, DEMO_PASSWORD, DEMO_TEAM_ID
from bridge.pipeline.ports import Answer
from bridge.pipeline.verdict import Verdict, judge
from bridge.sinks.incident import IncidentSink
from bridge.store.incidents import RedisIncidents
from bridge.store.keys import Keys
from tests.local.fixtures import StartWorld, clock, demo_file, start_world, world
from tests.local.world import World
from tests.support.bridge import settings
from tests.support.cloud import EMAIL, PASSWORD, Cloud
from tests.support.fakes import send
from tests.support.wait import wait_until

__all__ = ["clock", "demo_file", "start_world", "world"]

TEAM = Target(kind=TargetKind.INCIDENT, id=DEMO_TEAM_ID)


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    running = await Cloud().start()
    yield running
    await running.stop()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


class Desk:
    """A sink at one Pinghome, and what is said to it."""

    def __init__(self, sink: IncidentSink, memory: RedisIncidents) -> None:
        self.sink = sink
        self.memory = memory

    async def say(self, action: Action, name: str = "disk full", **said: Any) -> Answer:
        """One alert of the same problem."""
        order = {"action": action, "name": name, "description": "94 %", "urgency": "high", "at": "2026-11-22T10:00:00Z"}
        body = json.dumps(order | said).encode()
        return await self.sink.send(send(target=TEAM, body=body, idempotency_key=f"{action}-1"))


async def open_desk(
    stack: AsyncExitStack, redis_url: str, prefix: str, url: str, *, saas: bool = True, **pinghome: Any
) -> Desk:
    """Over the real store and the real client."""
    account = {"url": url, "email": EMAIL, "password": PASSWORD}
    patient = {"timeout": "15s"}  # a sign-in hashes a password, which is slow by intent
    configured = settings(redis_url, prefix, url, pinghome=account | pinghome, delivery=patient)
    store = wiring.open_store(stack, configured)
    session = await open_session(stack, connections=2)
    memory = RedisIncidents(store.queries, store.commit, store.keys, keep=timedelta(days=1))
    return Desk(IncidentSink(wiring.open_pinghome(stack, configured, session), memory, knows_status=not saas), memory)


@pytest.fixture
async def desk(stack: AsyncExitStack, shared_valkey: str, prefix: str, cloud: Cloud) -> Desk:
    """At the SaaS."""
    return await open_desk(stack, shared_valkey, prefix, cloud.template)


async def local_desk(stack: AsyncExitStack, redis_url: str, prefix: str, world: World) -> Desk:
    """At a local Pinghome."""
    url = str(world.client.make_url("/")) + "{service}"
    return await open_desk(stack, redis_url, prefix, url, saas=False, email=DEMO_EMAIL, password=DEMO_PASSWORD)


def counted(redis_url: str, keys: Keys, what: str) -> int:
    """A counter of the store."""
    with redis.Redis.from_url(redis_url) as client:
        return int(client.hget(keys.counts, what) or 0)


async def test_a_trigger_opens_an_incident(desk: Desk, cloud: Cloud) -> None:
    answer = await desk.say(Action.TRIGGER, assignees=[{"type": "team", "id": "t"}], actions=[{"type": "a"}])

    assert (answer.status, answer.detail, judge(answer)) == (201, "opened", Verdict.DONE)
    assert cloud.calls == [
        (
            "POST",
            DEMO_TEAM_ID,
            {
                "name": "disk full",
                "description": "94 %",
                "urgency": "high",
                "assignees": [{"type": "team", "id": "t"}],
                "actions": [{"type": "a"}],
            },
        )
    ]
    assert cloud.headers[0]["Idempotency-Key"] == "trigger-1"


async def test_what_comes_later_updates_it(desk: Desk, cloud: Cloud) -> None:
    """Whom it is assigned to is left alone: a person may have changed that."""
    await desk.say(Action.TRIGGER)

    again = await desk.say(Action.TRIGGER, "disk fuller", assignees=[{"type": "team", "id": "t"}])
    acknowledged = await desk.say(Action.ACKNOWLEDGE, "looked at")

    assert [again.detail, acknowledged.detail] == ["updated", "updated"]
    assert [method for method, _, _ in cloud.calls] == ["POST", "PUT", "PUT"]
    assert cloud.calls[1][2] == {"name": "disk fuller", "description": "94 %", "urgency": "high"}
    assert len(cloud.incidents) == 1


async def test_the_saas_is_told_of_a_resolve_by_name_and_description(desk: Desk, cloud: Cloud) -> None:
    """And the ledger says why."""
    await desk.say(Action.TRIGGER)

    answer = await desk.say(Action.RESOLVE, "disk fine", at="2026-11-22T11:00:00Z")

    assert answer.detail == "resolve not supported by the API: renamed"
    (incident,) = cloud.incidents.values()
    assert incident["name"] == "[RESOLVED] disk fine"
    assert incident["description"] == "94 %\n\nResolved at 2026-11-22T11:00:00Z."
    assert "status" not in cloud.calls[-1][2]


async def test_a_problem_that_fires_again_is_a_new_incident(desk: Desk, cloud: Cloud) -> None:
    for action in (Action.TRIGGER, Action.RESOLVE, Action.TRIGGER, Action.RESOLVE):
        await desk.say(action)

    assert [incident["name"] for incident in cloud.incidents.values()] == ["[RESOLVED] disk full"] * 2


async def test_the_name_of_a_resolved_incident_is_not_too_long(desk: Desk, cloud: Cloud) -> None:
    await desk.say(Action.TRIGGER)
    await desk.say(Action.RESOLVE, "x" * 255, description="y" * 16_384)

    (incident,) = cloud.incidents.values()
    assert (len(incident["name"]), len(incident["description"])) == (255, 16_384)
    assert incident["description"].endswith("Resolved at 2026-11-22T10:00:00Z.")


@pytest.mark.parametrize("strict", [False, True], ids=["as it is", "strict"])
async def test_the_local_pinghome_resolves_if_it_may(
    stack: AsyncExitStack, shared_valkey: str, prefix: str, start_world: StartWorld, *, strict: bool
) -> None:
    """Strict, it knows no more than the SaaS."""
    world = await start_world(strict=strict)
    desk = await local_desk(stack, shared_valkey, prefix, world)

    await desk.say(Action.TRIGGER)
    answer = await desk.say(Action.RESOLVE)

    (incident,) = (await world.call("incident.list", path={"id": DEMO_TEAM_ID})).data
    assert answer.detail == ("resolve not supported by the API: renamed" if strict else "resolved")
    assert (incident["status"], incident["name"]) == (
        ("open", "[RESOLVED] disk full") if strict else ("resolved", "disk full")
    )


async def test_another_pinghome_that_refuses_a_status_is_told_by_name(
    stack: AsyncExitStack, shared_valkey: str, prefix: str, cloud: Cloud
) -> None:
    desk = await open_desk(stack, shared_valkey, prefix, cloud.template, saas=False)

    await desk.say(Action.TRIGGER)

    assert (await desk.say(Action.RESOLVE)).detail == "resolve not supported by the API: renamed"
    assert [sorted(body) for _, _, body in cloud.calls[1:]] == [
        ["description", "name", "status", "urgency"],
        ["description", "name", "urgency"],
    ]


@pytest.mark.parametrize("action", [Action.RESOLVE, Action.ACKNOWLEDGE])
async def test_what_belongs_to_no_incident_is_settled_without_a_call(desk: Desk, cloud: Cloud, action: Action) -> None:
    answer = await desk.say(action)

    assert (answer.status, judge(answer)) == (None, Verdict.DONE)
    assert answer.detail.startswith("no incident is known for it")
    assert cloud.calls == []


async def test_an_incident_that_somebody_deleted_is_opened_again(desk: Desk, cloud: Cloud) -> None:
    await desk.say(Action.TRIGGER)
    cloud.incidents.clear()

    answer = await desk.say(Action.TRIGGER)

    assert (answer.detail, len(cloud.incidents)) == ("opened", 1)


@pytest.mark.parametrize("action", [Action.RESOLVE, Action.ACKNOWLEDGE])
async def test_of_an_incident_that_somebody_deleted_nothing_is_to_be_done(
    desk: Desk, cloud: Cloud, action: Action
) -> None:
    await desk.say(Action.TRIGGER)
    cloud.incidents.clear()

    answer = await desk.say(action)

    assert (answer.detail, judge(answer)) == ("its incident is gone", Verdict.DONE)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(500, Verdict.RETRY), (429, Verdict.RETRY), (404, Verdict.MISCONFIGURED), (422, Verdict.REFUSED),
     (410, Verdict.GONE)],
)  # fmt: skip
async def test_a_refusal_is_judged_like_any_other(desk: Desk, cloud: Cloud, status: int, verdict: Verdict) -> None:
    cloud.next.append(status)

    answer = await desk.say(Action.TRIGGER)

    assert (answer.status, judge(answer)) == (status, verdict)
    assert "scripted" in answer.detail
    assert answer.retry_after == (timedelta(seconds=7) if status == 429 else None)
    assert DEMO_TEAM_ID not in answer.detail


async def test_an_attempt_whose_outcome_is_unknown_may_open_a_second_incident_and_is_counted(
    desk: Desk, cloud: Cloud, shared_valkey: str, keys: Keys
) -> None:
    """The API took it and its answer was lost: it cannot be asked, and a page is worth more than a duplicate."""
    cloud.late = True
    cloud.next.extend((500, 500))

    answers = [await desk.say(Action.TRIGGER) for _ in range(4)]

    assert [answer.status for answer in answers] == [500, 500, 201, 200]
    assert len(cloud.incidents) == 3
    assert counted(shared_valkey, keys, "incidents_repeated") == 2


@pytest.mark.parametrize("status", [401, 404, 422, 429])
async def test_a_refused_attempt_is_not_counted_as_one_that_may_have_happened(
    desk: Desk, cloud: Cloud, shared_valkey: str, keys: Keys, status: int
) -> None:
    cloud.next.extend((status, status))

    await desk.say(Action.TRIGGER)
    await desk.say(Action.TRIGGER)

    assert counted(shared_valkey, keys, "incidents_repeated") == 0


async def test_nobody_there_is_a_passing_fault_that_left_nothing(
    desk: Desk, cloud: Cloud, shared_valkey: str, keys: Keys
) -> None:
    await cloud.stop()

    answers = [await desk.say(Action.TRIGGER) for _ in range(2)]

    assert {judge(answer) for answer in answers} == {Verdict.RETRY}
    assert counted(shared_valkey, keys, "incidents_repeated") == 0


async def test_a_worker_that_dies_while_it_opens_one_is_counted_too(
    desk: Desk, cloud: Cloud, shared_valkey: str, keys: Keys
) -> None:
    """Its successor knows no more than that something was begun."""
    cloud.hold = asyncio.Event()
    first = asyncio.create_task(desk.say(Action.TRIGGER))
    await wait_until(lambda: cloud.incidents, "it is with the API")
    first.cancel()
    await asyncio.wait([first])
    cloud.hold.set()

    assert (await desk.say(Action.TRIGGER)).detail == "opened"
    assert counted(shared_valkey, keys, "incidents_repeated") == 1


async def test_without_an_account_it_says_so(
    stack: AsyncExitStack, shared_valkey: str, prefix: str, cloud: Cloud
) -> None:
    desk = await open_desk(stack, shared_valkey, prefix, cloud.template, email=None, password=None)

    answer = await desk.say(Action.TRIGGER)

    assert (answer.status, judge(answer)) == (401, Verdict.MISCONFIGURED)
    assert "pinghome.email" in answer.detail


async def test_an_answer_that_names_no_id_opens_no_second_incident(desk: Desk, cloud: Cloud) -> None:
    """The API documents no answers. What cannot be updated is left as it is, until it is resolved and fires again."""
    cloud.silent = True

    said = [await desk.say(action) for action in (Action.TRIGGER, Action.TRIGGER, Action.RESOLVE)]

    assert [answer.detail for answer in said] == [
        "opened, but the answer names no id",
        "its incident is open, and cannot be updated: the API did not tell its id",
        "resolve not possible: the API did not tell the incident's id",
    ]
    assert {judge(answer) for answer in said} == {Verdict.DONE}
    await desk.say(Action.TRIGGER)
    assert len(cloud.incidents) == 2


async def test_what_is_remembered_ends(desk: Desk, shared_valkey: str, keys: Keys) -> None:
    """Every key of the map has a time to live, before and after its incident has an id."""
    with redis.Redis.from_url(shared_valkey) as client:
        await desk.memory.begin("lane-1")
        begun = client.pttl(keys.incident("lane-1"))
        await desk.memory.keep("lane-1", "incident-1")
        kept = client.pttl(keys.incident("lane-1"))
        assert await desk.memory.find("lane-1") == "incident-1"
        await desk.memory.forget("lane-1")

        day = 24 * 3600 * 1000
        assert day - 60_000 < begun <= day
        assert day - 60_000 < kept <= day
        assert await desk.memory.find("lane-1") is None


def test_the_saas_is_known_by_its_address() -> None:
    """Only there no status is tried."""
    assert CLOUD == "https://{service}.api.pinghome.io"
