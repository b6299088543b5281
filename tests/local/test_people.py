"""The contract of accounts, customers, teams and services: what the texts document is taken, and what every
operation has to refuse is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from bridge.local.handlers import accounts
from bridge.local.times import micros
from bridge.pinghome.demo import DEMO_CUSTOMER_ID, DEMO_EMAIL, DEMO_PASSWORD, DEMO_SERVICE_ID, DEMO_TEAM_ID
from bridge.pinghome.endpoints import OPERATIONS, operation
from bridge.pinghome.systems.auth import NewAccount
from tests.local.people import JANE, account, code_for, letters
from tests.local.test_query_plans import explained, plans_of
from tests.local.world import COLLEAGUE, COLLEAGUE_ID, STRANGER, UNKNOWN_ID, World
from tests.pinghome.documents import documented_row
from tests.support.wait import wait_until

TEAM, SERVICE = {"id": DEMO_TEAM_ID}, {"id": DEMO_SERVICE_ID}
MEMBER = {"id": DEMO_TEAM_ID, "memberId": COLLEAGUE_ID}
INVITED = "test@pinghome.eu"
"""Whom the texts invite."""


@dataclass(frozen=True)
class Case:
    """How an operation is called here: `here` are fields that have to name what exists, `code_of` is a field that
    takes the code that was sent to an address, `wrong` are values that are refused, all at once.

    `colleague` is what somebody of the organisation is answered who is no member; None where it is their own affair.
    """

    path: Mapping[str, str] | None = None
    here: Mapping[str, str] = field(default_factory=dict)
    code_of: tuple[str, str] | None = None
    status: int = 200
    wrong: Mapping[str, Any] = field(default_factory=dict)
    colleague: int | None = None


CASES: dict[str, Case] = {
    "auth.sign_up": Case(status=201, wrong={"name": "", "surname": 1, "email": "no address", "password": None}),
    "auth.confirm": Case(here={"email": JANE}, code_of=("confirmation_code", JANE), wrong={"email": "x"}),
    "auth.resend_code": Case(wrong={"email": "a b@c.d"}),
    "auth.sign_in": Case(here={"email": DEMO_EMAIL, "password": DEMO_PASSWORD}, wrong={"email": 1, "password": ""}),
    "auth.sign_out": Case(status=204),
    "auth.recover_password": Case(wrong={"email": {}}),
    "auth.reset_password": Case(here={"email": DEMO_EMAIL}, code_of=("code", DEMO_EMAIL), wrong={"password": []}),
    "auth.change_password": Case(here={"previous_password": DEMO_PASSWORD}, wrong={"proposed_password": "x" * 1025}),
    "customer.get": Case(path={"customer_id": DEMO_CUSTOMER_ID}, colleague=200),
    "customer.update": Case(wrong={"name": "x" * 256, "surname": "  "}),
    "customer.delete": Case(wrong={"reason": 5}),
    "customer.change_username": Case(wrong={"email": "nobody"}),
    "customer.confirm_username": Case(code_of=("code", "new@example.org"), wrong={"code": 293479}),
    "customer.send_feedback": Case(wrong={"feedback": ""}),
    "team.create": Case(status=201, wrong={"name": ["x"]}),
    "team.list": Case(),
    "team.update": Case(path=TEAM, wrong={"name": None}, colleague=403),
    "team.delete": Case(path=TEAM, colleague=403),
    "team.invitations": Case(path=TEAM, colleague=403),
    "team.invite": Case(
        path=TEAM,
        here={"channel_value": "new@example.org"},
        status=201,
        wrong={"channel_type": "fax"},
        colleague=403,
    ),
    "team.withdraw_invitation": Case(path=TEAM, wrong={"channel_value": 1}, colleague=403),
    "team.members": Case(path=TEAM, colleague=403),
    "team.remove_member": Case(path=MEMBER, colleague=403),
    "team.update_member": Case(path=MEMBER, here={"new_team_id": DEMO_TEAM_ID}, wrong={"role": "boss"}, colleague=403),
    "team.remind": Case(path=TEAM, wrong={"channel_value": ""}, colleague=403),
    "service.create": Case(here={"team_id": DEMO_TEAM_ID}, status=201, wrong={"name": 1}, colleague=403),
    "service.update": Case(path=SERVICE, wrong={"name": " "}, colleague=403),
    "service.delete": Case(path=SERVICE, colleague=403),
    "service.get": Case(path=SERVICE, colleague=403),
}
WITH_BODY = {key: case for key, case in CASES.items() if operation(key).body is not None}


def test_every_operation_of_these_systems_is_among_them() -> None:
    systems = ("auth", "customer", "team", "service")
    assert set(CASES) == {row.key for row in OPERATIONS if row.system in systems}


@pytest.fixture
async def peopled(world: World) -> World:
    """With somebody who signed up, somebody who is invited, a second member, and codes on their way."""
    jane, now = NewAccount(**account()), micros(world.clock())
    # Past the API: hashing a password is slow by intent.
    await world.store(lambda connection: accounts._sign_up(connection, jane, "no hash", now))
    await world.call("auth.recover_password", json={"email": DEMO_EMAIL})
    await world.call("customer.change_username", json={"email": "new@example.org"})
    await world.call("team.invite", path=TEAM, json={"channel_value": INVITED, "channel_type": "email"})
    world.clock.advance(minutes=10)
    return world


async def hire(world: World) -> None:
    await world.call(
        "team.invite", path=TEAM, json={"channel_value": f"{COLLEAGUE_ID}@example.com", "channel_type": "email"}
    )


async def body_of(world: World, key: str) -> dict[str, Any] | None:
    """The documented body, with what exists here."""
    case = CASES[key]
    found = documented_row(operation(key))
    assert found is not None
    if found["example_body"] is None:
        return None
    body = {**found["example_body"], **case.here}
    if case.code_of is not None:
        name, address = case.code_of
        body[name] = await code_for(world, address)
    return body


def arguments(case: Case, body: dict[str, Any] | None) -> dict[str, Any]:
    return {"path": case.path, **({} if body is None else {"json": body})}


@pytest.mark.parametrize("key", CASES)
async def test_what_is_documented_is_taken(peopled: World, key: str) -> None:
    case = CASES[key]
    if case.path == MEMBER:
        await hire(peopled)
    body = await body_of(peopled, key)
    answer = await peopled.call(key, **arguments(case, body))
    assert answer.status == case.status, answer.json
    assert answer.status == 204 or isinstance(answer.json["message"], str)
    if key in ("team.create", "team.update", "service.create", "service.update", "customer.update"):
        assert body is not None
        assert {name: answer.data[name] for name in body} == body


@pytest.mark.parametrize("key", WITH_BODY)
async def test_every_field_that_is_missing_or_wrong_is_named(peopled: World, key: str) -> None:
    case = CASES[key]
    if case.path == MEMBER:
        await hire(peopled)
    body = await body_of(peopled, key)
    assert body is not None
    for name in body:
        rest = {other: value for other, value in body.items() if other != name}
        answer = await peopled.call(key, path=case.path, json=rest)
        assert (answer.status, answer.fields) == (422, {name})
    answer = await peopled.call(key, path=case.path, json={**body, **case.wrong})
    assert (answer.status, answer.fields) == (422, set(case.wrong))
    assert (await peopled.call(key, path=case.path, json={})).fields == set(body)
    for broken in (b"", b"[]", b"{"):
        answer = await peopled.call(key, path=case.path, body=broken)
        # A password may be reset by the query as well: without a body its fields are missing.
        assert answer.status == (422 if (key, broken) == ("auth.reset_password", b"") else 400)
    assert (await peopled.call(key, **arguments(case, body))).status == case.status, "nothing was done before"


@pytest.mark.parametrize("key", [key for key, case in CASES.items() if case.colleague is not None])
async def test_a_stranger_finds_nothing_and_a_colleague_is_sent_away(peopled: World, key: str) -> None:
    case = CASES[key]
    body = await body_of(peopled, key)
    foreign = await peopled.call(key, **arguments(case, body), token=STRANGER)
    assert (foreign.status, "data" in foreign.json) == (404, False)
    assert (await peopled.call(key, **arguments(case, body), token=COLLEAGUE)).status == case.colleague


@pytest.mark.parametrize("key", [key for key, case in CASES.items() if case.path is not None])
async def test_an_unknown_id_is_404_whatever_the_body(world: World, key: str) -> None:
    path = dict.fromkeys(operation(key).parameters, UNKNOWN_ID)
    assert (await world.call(key, path=path, json={})).status == 404


@pytest.mark.parametrize("key", CASES)
async def test_every_statement_uses_an_index(peopled: World, key: str) -> None:
    case = CASES[key]
    if case.path == MEMBER:
        await hire(peopled)
    plans = await plans_of(peopled, (key, arguments(case, await body_of(peopled, key))))
    assert {statement: plan for statement, plan in plans.items() if "SCAN" in plan} == {}


async def test_the_end_of_an_organisation_reads_no_whole_table(world: World) -> None:
    await world.store(
        lambda connection: connection.execute("DELETE FROM customers WHERE id = ?", (COLLEAGUE_ID,)).rowcount
    )
    plans = await plans_of(world, ("customer.delete", {"json": {"reason": "r"}}))
    assert any("DELETE FROM organisations" in statement for statement in plans)
    assert {statement: plan for statement, plan in plans.items() if "SCAN" in plan} == {}


async def test_the_courier_reads_no_whole_table(world: World) -> None:
    statements: list[str] = []
    await world.store(lambda connection: connection.set_trace_callback(statements.append))
    world.clock.advance(hours=2)
    await world.call("team.invite", path=TEAM, json={"channel_value": INVITED, "channel_type": "email"})

    async def kept() -> bool:
        return any(one.state == "kept" for one in await letters(world, INVITED))

    await wait_until(kept, "the courier has seen it")
    await world.store(lambda connection: connection.set_trace_callback(None))
    plans = await world.store(lambda connection: explained(connection, statements))
    for words in ("GROUP BY channel_type", "DELETE FROM outbox", "UPDATE outbox", "due_at > "):
        assert any(words in statement for statement in plans), words
    assert {statement: plan for statement, plan in plans.items() if "SCAN" in plan} == {}
