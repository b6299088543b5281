"""From a delivery to its sends. Nothing that is promised here may lose a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.alert import Action, Alert, Severity, Status
from bridge.domain.conditions import Condition
from bridge.domain.errors import Undecoded
from bridge.domain.identity import lane_of
from bridge.domain.routing import CATCH_ALL, Route, Router
from bridge.domain.send import Target, TargetKind
from bridge.pipeline.plan import Planner, SourceReading
from bridge.pipeline.ports import Plan
from bridge.sources import SOURCES
from bridge.sources.base import Source
from tests.support.fakes import BOUNDED, NOW, WEBHOOK, FakeSource, alert, clock, delivery

OTHER = Target(kind=TargetKind.WEBHOOK, id="7f3c1d4e-0000-4000-8000-000000000002")
ALL = Route(name="all", when=(), to=(WEBHOOK,))


def when(key: str, value: str) -> tuple[Condition, ...]:
    """When this key has this value."""
    return (Condition(key=key, operator="equal", values=(value,)),)


def planner(source: Source, routes: Sequence[Route] = (ALL,), **reading: Any) -> Planner:
    """For one source, `shop`."""
    facts: dict[str, Any] = {"name": "shop", "kind": "aws", "scope": "shop"}
    return Planner({"shop": SourceReading(source=source, **(facts | reading))}, Router(routes), clock)


def bodies(plan: Plan) -> list[dict[str, Any]]:
    """What would be posted."""
    return [json.loads(send.body) for send in plan.sends]


def test_an_alert_becomes_a_send() -> None:
    """To the target of its route, under its own id, with its title as the label."""
    plan = planner(FakeSource(alert(severity=Severity.HIGH))).plan(delivery())

    (send,), (facts,) = plan.sends, plan.facts.alerts
    assert (send.target, send.label, send.planned_at, send.delivery_id) == (WEBHOOK, "disk full", NOW, delivery().id)
    assert send.idempotency_key == facts.id == bodies(plan)[0]["id"]
    assert (send.tries, send.attempts) == (0, ())
    assert plan.counts == {}


def test_every_alert_of_a_message_becomes_its_own_send() -> None:
    """Each with its own id and lane."""
    plan = planner(FakeSource(*(alert(key=f"alarm/{n}") for n in range(3)))).plan(delivery())

    assert len({send.id for send in plan.sends}) == 3
    assert len({send.lane for send in plan.sends}) == 3
    assert [body["dedup_key"] for body in bodies(plan)] == ["shop:alarm/0", "shop:alarm/1", "shop:alarm/2"]


def test_members_with_the_same_problem_and_state_are_one_alert() -> None:
    """A batch that says it twice pages once; the first word counts."""
    plan = planner(FakeSource(alert(title="first"), alert(title="second"))).plan(delivery())

    assert [body["title"] for body in bodies(plan)] == ["first"]
    assert len(plan.facts.alerts) == 1


def test_a_trigger_and_its_resolve_in_one_message_stay_two() -> None:
    """In one lane, in their order."""
    resolved = alert(status=Status.RESOLVED, action=Action.RESOLVE)

    plan = planner(FakeSource(alert(), resolved)).plan(delivery())

    assert [body["action"] for body in bodies(plan)] == ["trigger", "resolve"]
    assert len({send.lane for send in plan.sends}) == 1


def test_ids_do_not_depend_on_the_place_in_the_message() -> None:
    """A batch in another order has the same ids."""
    one, two = alert(key="alarm/1"), alert(key="alarm/2")

    forwards = planner(FakeSource(one, two)).plan(delivery())
    backwards = planner(FakeSource(two, one)).plan(delivery())

    assert {send.id for send in forwards.sends} == {send.id for send in backwards.sends}


def test_a_route_with_two_webhooks_fans_out() -> None:
    """One alert, one body, two sends in lanes of their own."""
    plan = planner(FakeSource(alert()), [Route(name="both", when=(), to=(WEBHOOK, OTHER))]).plan(delivery())

    first, second = plan.sends
    assert (first.target, second.target) == (WEBHOOK, OTHER)
    assert first.body == second.body
    assert first.idempotency_key == second.idempotency_key
    assert first.id != second.id
    assert first.lane != second.lane


def test_a_dropping_route_is_counted_and_kept() -> None:
    """The ledger knows what was dropped, by which route and why."""
    drop = Route(name="noise", when=when("severity", "low"), to=())

    plan = planner(FakeSource(alert(severity=Severity.LOW), alert(key="alarm/2")), [drop, ALL]).plan(delivery())

    assert [body["dedup_key"] for body in bodies(plan)] == ["shop:alarm/2"]
    assert [facts.route for facts in plan.facts.alerts] == ["noise", "all"]
    assert plan.counts["dropped"] == 1


def test_an_unknown_message_is_a_plain_alert_by_the_routes() -> None:
    """It carries the body, says why it is plain, and is counted."""
    routes = [Route(name="plain", when=when("source.type", "undecoded"), to=(OTHER,)), ALL]

    plan = planner(FakeSource(failure=Undecoded("no decoder for Foo")), routes).plan(delivery(b'{"foo": 1}'))

    (body,) = bodies(plan)
    assert (plan.sends[0].target, plan.counts) == (OTHER, {"undecoded": 1})
    assert (body["status"], body["action"], body["severity"]) == ("firing", "trigger", "high")
    assert body["raw"] == {"foo": 1}
    assert "no decoder for Foo" in body["description"]
    assert plan.facts.undecoded == "no decoder for Foo"


def test_two_unknown_messages_are_two_problems() -> None:
    """Nobody knows whether they are the same."""
    unknown = planner(FakeSource(failure=Undecoded("?")))

    first, second = unknown.plan(delivery()), unknown.plan(delivery(id="0197a000-0000-7000-8000-000000000002"))

    assert bodies(first)[0]["dedup_key"] != bodies(second)[0]["dedup_key"]


@pytest.mark.parametrize("bug", [ZeroDivisionError("x"), RecursionError("x"), KeyError("x"), MemoryError("x")])
def test_a_bug_of_ours_pages_by_the_surest_way(bug: Exception) -> None:
    """At once, past all conditions, with its type and not its words, which may quote the message."""
    routes = [Route(name="picky", when=when("severity", "high"), to=()), ALL]

    plan = planner(FakeSource(failure=bug), routes).plan(delivery(b"s3cret"))

    (body,) = bodies(plan)
    assert (body["routing"]["route"], plan.counts) == (CATCH_ALL, {"bugs": 1})
    assert type(bug).__name__ in body["description"]
    assert body["source"]["type"] == "undecoded"


def test_a_message_whose_source_is_gone_is_still_a_page() -> None:
    """It was accepted before the configuration changed."""
    plan = planner(FakeSource(alert())).plan(delivery(b"[]", source="retired"))

    (body,) = bodies(plan)
    assert body["source"]["name"] == "retired"
    assert body["source"]["kind"] == "unknown"
    assert body["severity"] == "high"
    assert "no longer configured" in body["description"]
    assert plan.counts == {"undecoded": 1}


def test_a_message_that_killed_workers_is_not_decoded_again() -> None:
    """The plain alert says so."""
    plan = planner(FakeSource(alert())).plan(delivery(), plain="workers died 5 times while they decoded it")

    (body,) = bodies(plan)
    assert body["source"]["type"] == "undecoded"
    assert "workers died 5 times" in body["description"]
    assert body["routing"]["route"] == CATCH_ALL


@pytest.mark.parametrize("default", [Severity.CRITICAL, Severity.LOW])
def test_an_unmapped_severity_takes_the_default_of_its_source(default: Severity) -> None:
    """And is counted, so that somebody maps it."""
    source = FakeSource(alert(severity=None, severity_raw="P7"), alert(key="alarm/2", severity=Severity.MEDIUM))

    plan = planner(source, default_severity=default).plan(delivery())

    assert [body["severity"] for body in bodies(plan)] == [default.value, "medium"]
    assert bodies(plan)[0]["severity_raw"] == "P7"
    assert plan.counts == {"severity_unmapped": 1}


def test_the_default_severity_is_high() -> None:
    """Never info."""
    assert bodies(planner(FakeSource(alert())).plan(delivery()))[0]["severity"] == "high"


@pytest.mark.parametrize(("global_key", "key"), [(True, "prod:alarm/1"), (False, "shop:alarm/1")])
def test_an_identity_group_shares_only_keys_that_are_unique_in_the_world(*, global_key: bool, key: str) -> None:
    """What a client chooses itself stays in its source."""
    plan = planner(FakeSource(alert(global_key=global_key)), scope="prod").plan(delivery())

    assert bodies(plan)[0]["dedup_key"] == key


def test_a_delivery_planned_twice_is_the_same_plan() -> None:
    """A worker that died after planning does not page twice."""
    source = FakeSource(alert(), alert(key="alarm/2", raw=b'{"member": 2}'))
    later = Planner(
        {"shop": SourceReading(name="shop", kind="aws", source=source, scope="shop")},
        Router([ALL]),
        lambda: NOW + timedelta(hours=1),
    )

    first, second = planner(source).plan(delivery()), later.plan(delivery())

    assert [(s.id, s.idempotency_key, s.lane, s.body) for s in first.sends] == [
        (s.id, s.idempotency_key, s.lane, s.body) for s in second.sends
    ]
    assert first.facts == second.facts


def test_a_member_of_a_batch_carries_only_itself() -> None:
    """The others are none of its business."""
    plan = planner(FakeSource(alert(raw=b'{"member": 1}'))).plan(delivery(b'[{"member": 1}, {"member": 2}]'))

    assert bodies(plan)[0]["raw"] == {"member": 1}


def test_what_a_source_redacts_is_in_no_send() -> None:
    """Nor in a plain alert of that source."""
    body = b'{"Token": "s3cret"}'
    redacted = frozenset({"Token"})

    decoded = planner(FakeSource(alert(), redacted=redacted)).plan(delivery(body))
    plain = planner(FakeSource(failure=KeyError(), redacted=redacted)).plan(delivery(body))

    assert all(b"s3cret" not in send.body for plan in (decoded, plain) for send in plan.sends)


def test_conditions_may_look_into_the_raw_message() -> None:
    """Of the member, where there are several."""
    routes = [Route(name="raw", when=when("raw.incident.state", "open"), to=(OTHER,)), ALL]
    member = alert(key="alarm/2", raw=b'{"incident": {"state": "closed"}}')

    plan = planner(FakeSource(alert(), member), routes).plan(delivery(b'{"incident": {"state": "open"}}'))

    assert [send.target for send in plan.sends] == [OTHER, WEBHOOK]


def test_the_ledger_knows_what_was_decided() -> None:
    """Who sent it, what it was, which route took it and why."""
    facts = planner(FakeSource(alert())).plan(delivery(event_id="message-1", headers={"user-agent": "x"})).facts

    (one,) = facts.alerts
    assert (facts.source, facts.principal, facts.event_id) == ("shop", "token: token", "message-1")
    assert facts.headers == {"user-agent": "x"}
    assert (one.type, one.action, one.severity, one.route) == ("test-alarm", "trigger", "high", "all")
    assert one.reason == "route without conditions"


def test_lanes_keep_targets_and_problems_apart() -> None:
    """And the boundary between the two."""
    heartbeat = Target(kind=TargetKind.HEARTBEAT, id=WEBHOOK.id)

    lanes = {lane_of(WEBHOOK, "a"), lane_of(WEBHOOK, "b"), lane_of(OTHER, "a"), lane_of(heartbeat, "a")}

    assert len(lanes) == 4
    assert lane_of(WEBHOOK, "a") == lane_of(WEBHOOK, "a")


@pytest.mark.parametrize("kind", sorted(SOURCES))
@BOUNDED
@given(body=st.binary(max_size=80) | st.text(alphabet='{}[]":,\\u0d8 Type1e9', max_size=60).map(str.encode))
def test_every_accepted_message_becomes_a_send(kind: str, body: bytes) -> None:
    """Whatever its bytes, through the real decoders, with a route that reads them."""
    routes = [Route(name="raw", when=when("raw.a.b", "c"), to=(OTHER,)), ALL]

    plan = planner(SOURCES[kind](), routes).plan(delivery(body))

    assert plan.sends
    assert all(send.idempotency_key and json.loads(send.body)["schema"] for send in plan.sends)


@BOUNDED
@given(
    title=st.text(max_size=20), key=st.text(max_size=300), label=st.text(max_size=5), description=st.text(max_size=9)
)
def test_no_text_of_an_alert_loses_the_page(title: str, key: str, label: str, description: str) -> None:
    """Controls, emoji, a key without end."""
    one: Alert = alert(title=title, key=key, labels={label: label}, description=description)

    (body,) = bodies(planner(FakeSource(one)).plan(delivery()))

    assert (body["title"], body["labels"], body["description"]) == (title, {label: label}, description)


def test_a_lone_surrogate_of_a_careless_decoder_is_a_plain_alert() -> None:
    """It cannot be written as UTF-8, so the page goes without what was decoded."""
    (body,) = bodies(planner(FakeSource(alert(title="\ud800"))).plan(delivery()))

    assert body["source"]["type"] == "undecoded"


def test_a_decoder_that_finds_nothing_is_a_plain_alert() -> None:
    """The port promises at least one alert; a decoder that breaks the promise must not lose the page."""
    assert planner(FakeSource()).plan(delivery()).sends


def test_a_byte_order_mark_does_not_spoil_a_route_on_raw() -> None:
    """Every source tolerates it."""
    routes = [Route(name="raw", when=when("raw.incident.state", "open"), to=(OTHER,)), ALL]
    body = b'\xef\xbb\xbf{"incident": {"state": "open"}}'

    plan = planner(FakeSource(alert()), routes).plan(delivery(body))

    assert (plan.counts["bugs"], plan.sends[0].target) == (0, OTHER)


def test_a_route_on_raw_takes_an_unknown_message_too() -> None:
    """It goes by the routes, and those see what a ruleset of Pinghome would see."""
    routes = [Route(name="raw", when=when("raw.team", "shop"), to=(OTHER,)), ALL]

    plan = planner(FakeSource(failure=Undecoded("?")), routes).plan(delivery(b'{"team": "shop"}'))

    assert plan.sends[0].target == OTHER


def test_a_target_given_twice_is_sent_to_once() -> None:
    """Nothing refuses such a route, so its sends must not collide."""
    plan = planner(FakeSource(alert()), [Route(name="twice", when=(), to=(WEBHOOK, WEBHOOK))]).plan(delivery())

    ids = [send.id for send in plan.sends]
    assert len(ids) == len(set(ids))
