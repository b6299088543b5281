"""The contract, over all 123 operations: what is documented is taken, and everything wrong is refused by its name."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bridge.local.app import create_app
from bridge.local.world import demo_world
from bridge.pinghome.demo import DEMO_CUSTOMER_ID, DEMO_EMAIL, DEMO_PASSWORD, DEMO_SERVICE_ID, DEMO_TEAM_ID
from bridge.pinghome.describe import Parameter, parameters
from bridge.pinghome.endpoints import ALIASES, LOCAL_EXTRAS, OPERATIONS, operation
from bridge.pinghome.operation import AnyOperation, Confirmation, Operation
from tests.local.prepared import NEW_EMAIL, NEW_PASSWORD, NOTHING_TO_FIND, Good, Prepared
from tests.local.world import COLLEAGUE, DEMO, STRANGER, UNKNOWN_ID, Clock, World
from tests.pinghome.documents import documented_row

ROWS = [*OPERATIONS, *LOCAL_EXTRAS]
SUCCEEDING = [row for row in ROWS if row.key not in NOTHING_TO_FIND]
OPEN_TO_STRANGERS = {"statuspage.cname", "billing.plan_limits", "billing.coupon"}
"""Reads of things that are nobody's."""
OF_THE_ORGANISATION = {"customer.get", "schedule.get", "webhook.events"}
"""A colleague outside of the team may read these."""


async def answer_to(world: World, row: AnyOperation, call: Good, token: str | None = DEMO) -> Any:
    return await world.call(row, path=call.path, query=call.query, json=call.body, token=token)


def test_there_is_a_call_for_every_operation(prepared: Prepared) -> None:
    assert set(prepared.calls()) == {row.key for row in SUCCEEDING}


@pytest.mark.parametrize("row", SUCCEEDING, ids=lambda row: row.key)
async def test_every_operation_succeeds(whole: World, prepared: Prepared, row: AnyOperation) -> None:
    answer = await answer_to(whole, row, prepared.calls()[row.key])
    expected = (
        204 if row.key == "auth.sign_out" else 201 if row.name.startswith(("create", "sign_up", "invite")) else 200
    )
    assert answer.status == expected, answer.json
    if answer.status != 204:
        assert isinstance(answer.json["message"], str)
        kinds = list if row.many else (dict, list) if row.answer is Confirmation else dict
        assert isinstance(answer.json.get("data", {}), kinds)


@pytest.mark.parametrize("row", ALIASES, ids=lambda row: f"{row.method} {row.service}{row.path}")
async def test_every_alias_is_the_same_operation(whole: World, prepared: Prepared, row: AnyOperation) -> None:
    call = prepared.calls()[row.key]
    if row.key == "heartbeat.submit":
        methods = {"name": "n", "service_id": DEMO_SERVICE_ID, "methods": ["GET", "HEAD", "POST"]}
        assert (await whole.call("heartbeat.update", path=call.path, json=methods)).status == 200
        if row.method == "HEAD":
            async with whole.client.head(f"/{row.service}{row.fill(call.path or {})}") as answer:
                assert answer.status == 200
            return
    assert (await answer_to(whole, row, call)).status in (200, 201)


DOCUMENTED = [row for row in OPERATIONS if row.body is not None and row.key not in NOTHING_TO_FIND]


@pytest.mark.parametrize("row", DOCUMENTED, ids=lambda row: row.key)
async def test_the_documented_body_is_taken(whole: World, prepared: Prepared, row: AnyOperation) -> None:
    found = documented_row(row)
    assert found is not None
    call = prepared.calls()[row.key]
    body = with_our_ids(row, found["example_body"], prepared)
    answer = await answer_to(whole, row, Good(path=call.path, query=call.query, body=body))
    assert answer.status in (200, 201), answer.json
    if row.name in ("create", "update") and row.key not in SHOWN_OTHERWISE:
        shown = {name: value for name, value in body.items() if name not in NEVER_SHOWN}
        assert {name: answer.data[name] for name in shown} == shown


SHOWN_OTHERWISE = {"customer.update", "team-channels.update", "customer-channels.update", "billing.update"}
"""A channel is renamed where it stands; the rest is a part of something larger."""
NEVER_SHOWN = {"password", "update_password", "channel_value", "components", "groups"}
"""Secrets; components are shown with their ids."""
CHANNELS = {
    "team-channels.create": {"value": "http://127.0.0.1:9/hook"},
    "team-channels.update": {"value": "changed@example.com"},
}
"""The documented webhook is somebody's, and codes are really posted; the prepared channel is one for e-mail."""


def with_our_ids(row: AnyOperation, body: Any, prepared: Prepared) -> Any:
    """The documented body with ids, addresses and codes of things that are there."""
    call = prepared.calls()[row.key].body or {}
    ours = {
        "team_id": DEMO_TEAM_ID,
        "new_team_id": DEMO_TEAM_ID,
        "service_id": DEMO_SERVICE_ID,
        "team_member_id": DEMO_CUSTOMER_ID,
        "resource_id": prepared.ids["monitor"],
        "status_page_id": prepared.ids["page"],
        "component_id": prepared.ids["component"],
        "created_at": prepared.ids["entry"],
        "confirmation_code": prepared.ids["sign_up_code"],
    }
    document = swapped(copy.deepcopy(body), ours)
    names = {"code", "previous_password", "priority", "subdomain"}
    if row.key in ("team.withdraw_invitation", "team.remind"):
        names |= {"channel_value"}
    if row.system == "auth" and row.key != "auth.sign_up":
        names |= {"email", "password"}
    return {
        **document,
        **{name: call[name] for name in names & set(document) & set(call)},
        **CHANNELS.get(row.key, {}),
    }


def swapped(value: Any, ours: dict[str, str]) -> Any:
    """Ours in place of the documented ones, however deep; whom it is assigned to is the team."""
    if isinstance(value, list):
        return [swapped(entry, ours) for entry in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"type", "id"}:
        return {**value, "id": DEMO_TEAM_ID}
    return {name: ours[name] if name in ours else swapped(entry, ours) for name, entry in value.items()}


BODY_FIELDS = [
    (row, one) for row in ROWS for one in parameters(row) if one.where == "body" and row.key not in NOTHING_TO_FIND
]
REQUIRED = [(row, one) for row, one in BODY_FIELDS if one.required]


def named(value: AnyOperation | Parameter) -> str:
    return value.key if isinstance(value, Operation) else value.name


@pytest.mark.parametrize(("row", "one"), REQUIRED, ids=named)
async def test_a_missing_field_is_named(whole: World, prepared: Prepared, row: AnyOperation, one: Parameter) -> None:
    call = prepared.calls()[row.key]
    body = {name: value for name, value in (call.body or {}).items() if name != one.name}
    answer = await answer_to(whole, row, Good(path=call.path, query=call.query, body=body))
    assert (answer.status, answer.fields) == (422, {one.name})


@pytest.mark.parametrize(("row", "one"), BODY_FIELDS, ids=named)
async def test_a_field_of_another_type_is_named(
    whole: World, prepared: Prepared, row: AnyOperation, one: Parameter
) -> None:
    call = prepared.calls()[row.key]
    wrong: Any = {"no": "text"} if one.kind is str else "no"
    if one.name == "headers":
        wrong = 7
    body = {**(call.body or {}), one.name: wrong}
    answer = await answer_to(whole, row, Good(path=call.path, query=call.query, body=body))
    assert (answer.status, answer.fields) == (422, {one.name})


QUERY_FIELDS = [(row, one) for row in ROWS for one in parameters(row) if one.where == "query"]


@pytest.mark.parametrize(("row", "one"), [pair for pair in QUERY_FIELDS if pair[1].required], ids=named)
async def test_a_missing_parameter_is_named(
    whole: World, prepared: Prepared, row: AnyOperation, one: Parameter
) -> None:
    call = prepared.calls()[row.key]
    query = {name: value for name, value in (call.query or {}).items() if name != one.name}
    answer = await answer_to(whole, row, Good(path=call.path, query=query, body=call.body))
    assert (answer.status, answer.fields) == (422, {one.name})


WITH_BODY = [row for row in ROWS if row.body is not None]


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b"\xff", b"[" * 100_000], ids=repr)
async def test_a_body_that_is_no_object_is_400(whole: World, prepared: Prepared, body: bytes) -> None:
    for row in WITH_BODY:
        call = prepared.calls().get(row.key, Good())
        answer = await whole.call(row, path=call.path, query=call.query, body=body)
        assert (row.key, answer.status) == (row.key, 400)


@pytest.mark.parametrize("row", [row for row in ROWS if row.auth], ids=lambda row: row.key)
async def test_without_a_token_it_is_401(whole: World, prepared: Prepared, row: AnyOperation) -> None:
    call = prepared.calls().get(row.key, Good(path=NOTHING_TO_FIND.get(row.key)))
    for token in (None, "unknown", ""):
        answer = await answer_to(whole, row, call, token)
        assert (answer.status, answer.json["errors"]) == (401, [])


OWNED = [
    row
    for row in SUCCEEDING
    if row.auth and row.parameters and row.key not in OPEN_TO_STRANGERS and row.system != "auth"
]


@pytest.mark.parametrize("row", OWNED, ids=lambda row: row.key)
async def test_a_stranger_is_told_that_there_is_nothing(whole: World, prepared: Prepared, row: AnyOperation) -> None:
    answer = await answer_to(whole, row, prepared.calls()[row.key], STRANGER)
    assert (answer.status, "data" in answer.json) == (404, False)


@pytest.mark.parametrize("row", OWNED, ids=lambda row: row.key)
async def test_a_colleague_of_no_team_is_refused_what_is_the_teams(
    whole: World, prepared: Prepared, row: AnyOperation
) -> None:
    answer = await answer_to(whole, row, prepared.calls()[row.key], COLLEAGUE)
    if row.key in OF_THE_ORGANISATION or row.system in ("statuspage", "billing"):
        assert answer.status == 200
    else:
        assert (answer.status, "data" in answer.json) == (403, False)


BY_ID = [row for row in SUCCEEDING if row.parameters and row.key not in OPEN_TO_STRANGERS]


@pytest.mark.parametrize("row", BY_ID, ids=lambda row: row.key)
async def test_an_unknown_id_is_404(whole: World, prepared: Prepared, row: AnyOperation) -> None:
    call = prepared.calls()[row.key]
    for name in row.parameters:
        path = {**(call.path or {}), name: UNKNOWN_ID}
        answer = await answer_to(whole, row, Good(path=path, query=call.query, body=call.body))
        assert (name, answer.status) == (name, 404)


@pytest.mark.parametrize(("key", "path"), NOTHING_TO_FIND.items())
async def test_what_is_not_sold_is_not_found(whole: World, key: str, path: dict[str, str] | None) -> None:
    body = {"code": "AAACCCBBDD-CSSSS1"} if operation(key).body is not None else None
    assert (await whole.call(key, path=path, json=body)).status == 404


async def test_everything_is_there_after_a_restart(tmp_path: Path, prepared_file: tuple[Path, Prepared]) -> None:
    path, prepared = prepared_file
    copied = tmp_path / "pinghome.db"
    shutil.copyfile(path, copied)
    reads = [row for row in SUCCEEDING if row.method == "GET" and row.key != "heartbeat.submit"]
    told: list[dict[str, Any]] = []
    for _ in range(2):
        clock = Clock()
        clock.advance(minutes=10)
        app = create_app(copied, clock=clock, world=demo_world())
        async with TestClient(TestServer(app, host="127.0.0.1")) as client:
            world = World(client=client, clock=clock, app=app)
            answers = {row.key: await answer_to(world, row, prepared.calls()[row.key]) for row in reads}
        told.append({key: strip(answer.json) for key, answer in answers.items()})
    assert told[0] == told[1]


def strip(value: Any) -> Any:
    """Without the addresses of webhooks, which are those of whoever asks."""
    if isinstance(value, dict):
        return {name: strip(entry) for name, entry in value.items() if name != "url"}
    return [strip(entry) for entry in value] if isinstance(value, list) else value


async def test_a_new_account_can_sign_in_once_it_is_confirmed(whole: World, prepared: Prepared) -> None:
    credentials = {"email": NEW_EMAIL, "password": NEW_PASSWORD}
    assert (await whole.call("auth.sign_in", json=credentials)).status in (401, 403, 409)
    assert (await answer_to(whole, operation("auth.confirm"), prepared.calls()["auth.confirm"])).status == 200
    assert (await whole.call("auth.sign_in", json=credentials)).status == 200
    assert (await whole.call("auth.sign_in", json={"email": DEMO_EMAIL, "password": DEMO_PASSWORD})).status == 200
