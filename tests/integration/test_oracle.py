"""Oracle Cloud's confirmation over real sockets: what is fetched, and above all what is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.conftest import Start
from tests.support.bridge import TOKEN, Bridge
from tests.support.sink import Sink
from tests.support.wait import wait_until

PATH = "/20181201/subscriptions/ocid1.onssubscription.oc1.eu.aaaa/confirmation?token=s3cret&protocol=CUSTOM_HTTPS"
ALARM = Path(__file__).parents[1] / "sources" / "oracle" / "alarm-firing.json"


@dataclass(slots=True)
class Oracle:
    """Counts the confirmations that it is asked for."""

    confirmed: list[str] = field(default_factory=list)
    status: int = 200
    server: TestServer | None = None

    async def take(self, request: web.Request) -> web.Response:
        """Any GET."""
        self.confirmed.append(request.path_qs)
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})

    @property
    def host(self) -> str:
        """`host:port`."""
        assert self.server is not None
        return f"127.0.0.1:{self.server.port}"


@pytest.fixture
async def oracle() -> AsyncIterator[Oracle]:
    stand_in = Oracle()
    app = web.Application()
    app.router.add_get("/{path:.*}", stand_in.take)
    stand_in.server = TestServer(app, host="127.0.0.1")
    await stand_in.server.start_server()
    yield stand_in
    await stand_in.server.close()


def sources(oracle: Oracle, **changes: Any) -> dict[str, Any]:
    source = {"kind": "oracle", "verify": {"method": "token", "token": TOKEN}, "confirm_subscriptions": True}
    return {"oci": {**source, "confirmation_hosts": [oracle.host], **changes}}


async def ask(bridge: Bridge, url: str, **sent: Any) -> tuple[int, dict[str, Any]]:
    headers = {"X-OCI-NS-ConfirmationURL": url, "X-OCI-NS-MessageType": "SubscriptionConfirmation",
               "X-OCI-NS-TopicName": "alarms"}  # fmt: skip
    return await bridge.post("oci", b'{"ConfirmationURL": "ignored"}', headers=headers, **sent)


async def test_a_subscription_is_confirmed_by_one_get(start: Start, oracle: Oracle) -> None:
    bridge = await start(worker=False, sources=sources(oracle))

    assert await ask(bridge, f"http://{oracle.host}{PATH}") == (200, {"status": "confirmed"})
    assert oracle.confirmed == [PATH]
    assert (await bridge.ledger.counts()).get("accepted", 0) == 0


async def test_a_redirect_is_not_followed_and_the_sender_asks_again(start: Start, oracle: Oracle) -> None:
    bridge = await start(worker=False, sources=sources(oracle))
    oracle.status = 302

    assert (await ask(bridge, f"http://{oracle.host}{PATH}"))[0] == 503
    assert oracle.confirmed == [PATH]


async def test_nothing_is_fetched_unless_configured(start: Start, oracle: Oracle) -> None:
    bridge = await start(worker=False, sources=sources(oracle, confirm_subscriptions=False))

    assert await ask(bridge, f"http://{oracle.host}{PATH}") == (200, {"status": "not_confirmed"})
    assert oracle.confirmed == []


async def test_strangers_and_other_addresses_are_refused(start: Start, oracle: Oracle) -> None:
    bridge = await start(worker=False, sources=sources(oracle))

    assert (await ask(bridge, f"http://{oracle.host}{PATH}", token="wrong"))[0] == 401
    for other in (f"http://{oracle.host}/unsubscription?token=x", f"http://localhost:{oracle.host[10:]}{PATH}", "x"):
        assert (await ask(bridge, other))[0] == 401
    assert oracle.confirmed == []


async def test_a_message_has_its_id_in_a_header(start: Start, oracle: Oracle, sink: Sink) -> None:
    """The same alarm goes through once, an hour later it goes through again."""
    bridge = await start(sources=sources(oracle))
    body = ALARM.read_bytes()

    answers = [await bridge.post("oci", body, headers={"X-OCI-NS-MessageId": id_}) for id_ in ("m1", "m1", "m2")]

    assert [status for status, _ in answers] == [202, 200, 202]
    await wait_until(lambda: len(sink.alerts) == 2, "both are delivered")
    assert {alert["source"]["event_id"] for alert in sink.alerts} == {"m1", "m2"}
