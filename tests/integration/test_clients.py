"""Other people's own clients against our real ingress. They are no dependencies: without them this is skipped."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.conftest import Start
from tests.support.bridge import TOKEN, Bridge
from tests.support.sink import Sink
from tests.support.wait import wait_until
from tests.verify.signing import make_signer

KEY = "R0000000000000000000000000000001"
VERIFY = {"method": "token", "token": TOKEN}

pytestmark = pytest.mark.filterwarnings("default")  # their warnings are not ours


@asynccontextmanager
async def tls(bridge: Bridge, folder: Path) -> AsyncIterator[tuple[str, ssl.SSLContext]]:
    """A proxy with TLS before the ingress, as in production; its address, and the context that trusts it."""
    signer = make_signer()
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    key.write_bytes(signer.key_pem)
    certificate.write_bytes(signer.certificate_pem)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))
    trusting.check_hostname = False

    async def forward(request: web.Request) -> web.Response:
        async with bridge.http.post(bridge.url(request.path), data=await request.read()) as response:
            return web.Response(status=response.status, body=await response.read(), content_type="application/json")

    app = web.Application()
    app.router.add_post("/{path:.*}", forward)
    server = TestServer(app, host="127.0.0.1", scheme="https")
    await server.start_server(ssl=serving)
    try:
        yield str(server.make_url("/")).rstrip("/"), trusting
    finally:
        await server.close()


async def test_pagerdutys_own_client_works_unchanged(start: Start, sink: Sink, tmp_path: Path) -> None:
    pagerduty: Any = pytest.importorskip("pagerduty", reason="PagerDuty's client `pagerduty` is not installed")
    bridge = await start(sources={"shop": {"kind": "pagerduty", "verify": VERIFY, "routing_keys": [KEY]}})

    def talk(url: str, trusting: ssl.SSLContext) -> Callable[[str], str]:
        def with_key(key: str) -> str:
            with pagerduty.EventsApiV2Client(key, base_url=url, verify=trusting) as client:
                made: str = client.trigger("disk full", "db-1", severity="error", custom_details={"mount": "/var"})
                assert client.acknowledge(made) == made
                assert client.resolve(made) == made
                client.send_change_event({"summary": "deployed 4.2", "source": "ci"})
                return made

        return with_key

    async with tls(bridge, tmp_path) as (url, trusting):
        made = await asyncio.to_thread(talk(url, trusting), KEY)
        with pytest.raises(pagerduty.Error):
            await asyncio.to_thread(talk(url, trusting), "R-nobody")

    await wait_until(lambda: len(sink.alerts) == 4, "all are delivered")
    of_it = [alert for alert in sink.alerts if alert["dedup_key"] == f"shop:event/{made}"]
    assert [alert["action"] for alert in of_it] == ["trigger", "acknowledge", "resolve"]


@pytest.mark.parametrize("mode", ["structured", "binary"])
async def test_events_of_the_cloudevents_sdk_are_read(start: Start, sink: Sink, mode: str) -> None:
    http: Any = pytest.importorskip("cloudevents.core.bindings.http", reason="the SDK `cloudevents` 2 is not installed")
    events: Any = pytest.importorskip("cloudevents.core.v1.event", reason="the SDK `cloudevents` 2 is not installed")
    formats: Any = pytest.importorskip("cloudevents.core.formats.json")
    bridge = await start(sources={"events": {"kind": "cloudevents", "verify": VERIFY}})
    attributes = {"type": "com.example.shop.alert.triggered", "source": "/shop/größe", "id": "A1", "specversion": "1.0",
                  "subject": "db 1/disk", "time": datetime(2026, 3, 1, 10, tzinfo=UTC),
                  "datacontenttype": "application/json"}  # fmt: skip
    event = events.CloudEvent(attributes, {"title": "disk full", "severity": "critical"})
    write = http.to_structured if mode == "structured" else http.to_binary
    message = write(event, formats.JSONFormat())
    sent = {"Authorization": f"Bearer {TOKEN}", **message.headers}

    for expected in (202, 200):
        async with bridge.http.post(bridge.url("/v1/alerts/events"), data=message.body, headers=sent) as response:
            assert response.status == expected
    await wait_until(lambda: sink.alerts, "it is delivered")
    (alert,) = sink.alerts
    assert (alert["source"]["type"], alert["title"], alert["severity"]) == ("cloud-event", "disk full", "critical")
    assert alert["dedup_key"] == "events:/shop/größe|com.example.shop.alert|db 1/disk"
    assert alert["starts_at"] == "2026-03-01T10:00:00Z"
    assert json.dumps(alert["raw"])
