from __future__ import annotations

import logging
from typing import Any

import pytest

from bridge.local.app import BODY_LIMIT, DATABASE
from bridge.local.handlers import HANDLERS, STEPPED_HANDLERS
from bridge.pinghome.demo import DEMO_TEAM_ID, DEMO_WEBHOOK_ID
from bridge.pinghome.endpoints import LOCAL_EXTRAS, OPERATIONS
from bridge.pinghome.operation import AnyOperation
from tests.local.fixtures import StartWorld
from tests.local.world import UNKNOWN_ID, World, alert

ROWS = (*OPERATIONS, *LOCAL_EXTRAS)
PROTECTED = [row for row in ROWS if row.auth]


def test_every_operation_has_exactly_one_handler() -> None:
    assert sorted([*HANDLERS, *STEPPED_HANDLERS]) == sorted(row.key for row in ROWS)


@pytest.mark.parametrize("row", PROTECTED, ids=lambda row: row.key)
@pytest.mark.parametrize("token", [None, "", "unknown"])
async def test_without_a_good_token_nothing_is_answered(world: World, row: AnyOperation, token: str | None) -> None:
    answer = await world.call(row, path=dict.fromkeys(row.parameters, "x"), token=token)
    assert answer.status == 401
    assert answer.json["errors"] == []
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("row", [row for row in ROWS if row.parameters], ids=lambda row: row.key)
async def test_an_unknown_id_is_404(world: World, row: AnyOperation) -> None:
    body: dict[str, Any] | None = {} if row.method in ("POST", "PUT") else None
    answer = await world.call(row, path=dict.fromkeys(row.parameters, UNKNOWN_ID), json=body)
    assert answer.status == 404
    assert set(answer.json) == {"message", "errors"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/auth/v1/nowhere", 404),
        ("DELETE", "/customer-query/default/v1/teams", 405),
        ("PUT", f"/data-gateway/default/v1/incident/webhook/{DEMO_WEBHOOK_ID}", 405),
    ],
)
async def test_errors_of_the_server_have_the_shape_of_the_api(
    world: World, method: str, path: str, status: int
) -> None:
    async with world.client.request(method, path) as answer:
        body = await answer.json()
        assert answer.status == status
        assert set(body) == {"message", "errors"}
        assert DEMO_WEBHOOK_ID not in str(body)
        assert ("Allow" in answer.headers) is (status == 405)


async def test_a_body_over_the_limit_is_413_and_one_at_the_limit_is_stored(world: World) -> None:
    frame = b'{"k":""}'
    fits = b'{"k":"' + b"x" * (BODY_LIMIT - len(frame)) + b'"}'
    at_limit = await world.call("webhook.submit", path={"id": DEMO_WEBHOOK_ID}, body=fits)
    beyond = await world.call("webhook.submit", path={"id": DEMO_WEBHOOK_ID}, body=fits + b" ")
    assert (at_limit.status, beyond.status) == (200, 413)
    assert set(beyond.json) == {"message", "errors"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b'"text"', b"\xff{}", b"[" * 100_000])
@pytest.mark.parametrize("key", ["webhook.create", "webhook.submit", "auth.sign_in"])
async def test_a_body_that_is_no_json_object_is_400(world: World, key: str, body: bytes) -> None:
    path = {"id": DEMO_WEBHOOK_ID} if key == "webhook.submit" else None
    answer = await world.call(key, path=path, body=body)
    assert answer.status == 400
    assert answer.json["errors"] == []


async def test_livez_and_readyz(world: World) -> None:
    for path in ("/livez", "/readyz"):
        async with world.client.get(path) as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_a_database_that_cannot_be_used_is_503_and_not_ready_but_alive(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.app[DATABASE].close()
    with caplog.at_level(logging.ERROR, "bridge.local.app"):
        refused = await world.call("webhook.submit", path={"id": DEMO_WEBHOOK_ID}, json=alert())
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert DEMO_WEBHOOK_ID not in caplog.text
    for path, status in (("/readyz", 503), ("/livez", 200)):
        async with world.client.get(path) as answer:
            assert answer.status == status


async def test_a_bug_of_ours_is_500_without_its_text_and_without_the_id_in_the_log(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any) -> Any:
        raise KeyError("inner workings")

    monkeypatch.setattr("bridge.local.handlers.webhooks._store", broken)
    with caplog.at_level(logging.ERROR, "bridge.local.app"):
        answer = await world.call("webhook.submit", path={"id": DEMO_WEBHOOK_ID}, json={})
    assert (answer.status, answer.json) == (500, {"message": "Internal error.", "errors": []})
    assert "/incident/webhook/{id}" in caplog.text
    assert DEMO_WEBHOOK_ID not in caplog.text


async def test_what_was_answered_is_there_after_a_restart(start_world: StartWorld) -> None:
    world = await start_world()
    await world.call("webhook.submit", path={"id": DEMO_WEBHOOK_ID}, json=alert())
    before = await world.call("incident.list", path={"id": DEMO_TEAM_ID})
    assert len(before.data) == 1
    world = await start_world(people=False)
    assert (await world.call("incident.list", path={"id": DEMO_TEAM_ID})).data == before.data
    assert len((await world.call("webhook.events", path={"id": DEMO_WEBHOOK_ID})).data) == 1


async def test_the_health_check_needs_no_token(world: World) -> None:
    answer = await world.call("incident.health_check", token=None)
    assert (answer.status, answer.json) == (200, {"message": "The incident service is operational."})
