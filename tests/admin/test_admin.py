"""The operators' listener: what became of each event, and nothing for strangers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from bridge import wiring
from bridge.samples import build
from tests.conftest import Start
from tests.support.bridge import TOKEN, WEBHOOK, Bridge
from tests.support.sink import Sink
from tests.support.wait import wait_until

AUTH = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def bridge(start: Start) -> Bridge:
    return await start()


@pytest.fixture
async def admin(bridge: Bridge) -> AsyncIterator[str]:
    server = TestServer(wiring.build_admin(bridge.settings, bridge.store, bridge.intake), host="127.0.0.1")
    await server.start_server(access_log=None)
    yield str(server.make_url("/")).rstrip("/")
    await server.close()


async def accepted(bridge: Bridge, body: bytes | None = None) -> str:
    """One message, delivered; its id."""
    body = body or build("aws-sns", firing=True, now=datetime.now(UTC)).body
    _, answer = await bridge.post("aws", body)
    event_id: str = answer["id"]

    async def settled() -> bool:
        event = await bridge.ledger.event(event_id)
        return event is not None and event.status == "delivered"

    await wait_until(settled, "it is delivered")
    return event_id


@pytest.mark.parametrize(
    "path", ["/metrics", "/v1/events", "/v1/events/x", "/v1/events/x/raw", "/v1/dead", "/v1/config"]
)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
async def test_nobody_gets_in_without_the_token(bridge: Bridge, admin: str, path: str, headers: dict[str, str]) -> None:
    async with bridge.http.get(admin + path, headers=headers) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_a_token_in_the_url_is_not_taken(bridge: Bridge, admin: str) -> None:
    """It would end up in a browser's history and in proxies' logs."""
    async with bridge.http.get(f"{admin}/v1/events", params={"token": TOKEN}) as response:
        assert response.status == 401


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_probes_need_no_token(bridge: Bridge, admin: str, path: str) -> None:
    async with bridge.http.get(admin + path) as response:
        assert response.status == 200


async def test_an_event_can_be_followed(bridge: Bridge, admin: str, sink: Sink) -> None:
    event_id = await accepted(bridge)

    async with bridge.http.get(f"{admin}/v1/events/{event_id}", headers=AUTH) as response:
        event = await response.json()

    assert event["status"] == "delivered"
    assert event["principal"] == "token: token"
    assert event["alerts"][0]["route"] == "all"
    (send,) = event["sends"]
    assert send["state"] == "delivered"
    assert send["attempts"][0]["status"] == 200
    assert WEBHOOK not in str(event), "the webhook's id is a bearer secret"


async def test_the_list_is_newest_first(bridge: Bridge, admin: str) -> None:
    ids = [await accepted(bridge) for _ in range(3)]

    async with bridge.http.get(f"{admin}/v1/events", params={"limit": "2"}, headers=AUTH) as response:
        page = [event["id"] for event in (await response.json())["events"]]
    async with bridge.http.get(f"{admin}/v1/events", params={"before": page[-1]}, headers=AUTH) as response:
        rest = [event["id"] for event in (await response.json())["events"]]

    assert page + rest == ids[::-1]


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "many", "²"])
async def test_a_senseless_limit_is_refused(bridge: Bridge, admin: str, limit: str) -> None:
    async with bridge.http.get(f"{admin}/v1/events", params={"limit": limit}, headers=AUTH) as response:
        assert response.status == 422


async def test_the_raw_body_is_the_bytes_that_came(bridge: Bridge, admin: str) -> None:
    body = b'{ "odd" :  1.0 , "bytes": "\xff" }'
    event_id = await accepted(bridge, body)

    async with bridge.http.get(f"{admin}/v1/events/{event_id}/raw", headers=AUTH) as response:
        assert await response.read() == body
        assert response.content_type == "application/octet-stream"


@pytest.mark.parametrize("path", ["/v1/events/unknown", "/v1/events/unknown/raw"])
async def test_an_unknown_event_is_not_found(bridge: Bridge, admin: str, path: str) -> None:
    async with bridge.http.get(admin + path, headers=AUTH) as response:
        assert response.status == 404
        assert (await response.json())["error"]["code"] == "unknown_event"


async def test_the_configuration_is_shown_without_its_secrets(bridge: Bridge, admin: str) -> None:
    async with bridge.http.get(f"{admin}/v1/config", headers=AUTH) as response:
        text = await response.text()

    assert '"kind":"aws"' in text
    assert TOKEN not in text
    assert WEBHOOK not in text


async def test_metrics_count_what_happened(bridge: Bridge, admin: str) -> None:
    await accepted(bridge)

    async with bridge.http.get(f"{admin}/metrics", headers=AUTH) as response:
        lines = (await response.text()).splitlines()

    assert 'bridge_happened_total{what="accepted"} 1' in lines
    assert 'bridge_happened_total{what="delivered"} 1' in lines
    assert 'bridge_depth{where="unplanned"} 0' in lines


async def test_without_a_token_it_is_open_to_this_machine_and_to_no_web_page(start: Start) -> None:
    """A name that was bound to 127.0.0.1 makes a page's requests look like ours, but for their Host."""
    bridge = await start(worker=False, admin={})
    server = TestServer(wiring.build_admin(bridge.settings, bridge.store, bridge.intake), host="127.0.0.1")
    await server.start_server(access_log=None)

    async def read(**headers: str) -> int:
        async with bridge.http.get(server.make_url("/v1/events"), headers=headers) as response:
            return response.status

    assert await read() == 200
    assert await read(Host="rebound.example") == 403
    assert await read(Origin="https://evil.example") == 403
    await server.close()


async def test_a_foreign_page_cannot_use_development_credentials(start: Start) -> None:
    """A web page on this very machine can reach a loopback listener; it cannot hide its Origin."""
    verify = {"method": "token", "token": "dev-token"}
    bridge = await start(worker=False, sources={"aws": {"kind": "aws", "verify": verify}})
    headers = {"Authorization": "Bearer dev-token"}

    async def posted(**extra: str) -> int:
        session: ClientSession = bridge.http
        url = bridge.url("/v1/alerts/aws")
        async with session.post(url, data=b"{}", headers=headers | extra) as response:
            return response.status

    assert await posted() == 202
    assert await posted(Origin="https://evil.example") == 403
    assert await posted(Host="rebound.example:8080") == 403
