"""The real Alertmanager (Debian's `prometheus-alertmanager`) sends to our real ingress."""

from __future__ import annotations

import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.sources.alertmanager_wire import fingerprint
from tests.conftest import Start
from tests.support.bridge import TOKEN, Bridge
from tests.support.processes import Running
from tests.support.sink import Sink
from tests.support.valkey import ValkeyServer
from tests.support.wait import wait_until

BINARY = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
pytestmark = pytest.mark.skipif(BINARY is None, reason="the package prometheus-alertmanager is not installed")

SOURCES = {"alertmanager": {"kind": "alertmanager", "verify": {"method": "token", "token": TOKEN}}}


class Alertmanager(Running):
    """One Alertmanager without a cluster, whose groups wait for nothing."""

    def __init__(self, folder: Path, receiver: str) -> None:
        """Not started yet. `receiver` is the address that it posts to."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        webhook = {"url": receiver, "http_config": {"authorization": {"credentials": TOKEN}}}
        route = {"receiver": "bridge", "group_by": ["alertname"], "group_wait": "1ms", "group_interval": "100ms"}
        configured = {"route": route, "receivers": [{"name": "bridge", "webhook_configs": [webhook]}]}
        folder.mkdir()
        (folder / "alertmanager.yml").write_text(yaml.safe_dump(configured))
        super().__init__(
            folder,
            str(BINARY),
            "--config.file=alertmanager.yml",
            "--storage.path=data",
            f"--web.listen-address={self.url.removeprefix('http://')}",
            "--web.external-url=http://alertmanager.shop.example",
            "--web.route-prefix=/",
            "--cluster.listen-address=",
        )


@pytest.fixture
async def bridge(start: Start, valkey: ValkeyServer) -> Bridge:
    return await start(sources=SOURCES, redis_url=valkey.url)


@pytest.fixture
async def alertmanager(bridge: Bridge, tmp_path: Path) -> AsyncIterator[Alertmanager]:
    process = Alertmanager(tmp_path / "alertmanager", bridge.url("/v1/alerts/alertmanager"))
    await process.start()

    async def ready() -> bool:
        try:
            async with bridge.http.get(f"{process.url}/-/ready") as response:
                return response.status == 200
        except OSError:
            return False

    try:
        await wait_until(ready, f"Alertmanager is ready; its log lies in {process.folder}")
        yield process
    finally:
        await process.end()


async def report(bridge: Bridge, alertmanager: Alertmanager, *instances: str, over: bool = False) -> None:
    """What Prometheus would tell Alertmanager of these instances."""
    now = datetime.now(UTC)
    alerts = [
        {
            "labels": {"alertname": "InstanceDown", "instance": instance, "severity": "critical"},
            "annotations": {"summary": f"{instance} ist außer Betrieb"},
            "startsAt": (now - timedelta(minutes=5)).isoformat(),
            "endsAt": (now - timedelta(seconds=1) if over else now + timedelta(hours=1)).isoformat(),
            "generatorURL": "http://prometheus.shop.example/graph?g0.expr=up+%3D%3D+0",
        }
        for instance in instances
    ]
    async with bridge.http.post(f"{alertmanager.url}/api/v2/alerts", json=alerts) as response:
        assert response.status == 200, await response.text()


def of(alerts: Sequence[dict[str, Any]], instance: str) -> list[dict[str, Any]]:
    return [alert for alert in alerts if alert["labels"]["instance"] == instance]


async def test_two_alerts_fire_and_one_of_them_is_resolved(
    bridge: Bridge, alertmanager: Alertmanager, sink: Sink
) -> None:
    await report(bridge, alertmanager, "web-1", "web-2")
    await wait_until(lambda: of(sink.alerts, "web-1") and of(sink.alerts, "web-2"), "both are delivered")
    await report(bridge, alertmanager, "web-1", over=True)
    await wait_until(lambda: of(sink.alerts, "web-1")[-1]["action"] == "resolve", "the one is resolved")

    first, last = of(sink.alerts, "web-1")[0], of(sink.alerts, "web-1")[-1]
    assert (first["action"], first["dedup_key"]) == ("trigger", last["dedup_key"])
    assert last["ends_at"] is not None
    assert {alert["action"] for alert in of(sink.alerts, "web-2")} == {"trigger"}
    assert of(sink.alerts, "web-2")[0]["dedup_key"] != first["dedup_key"]


async def test_what_it_sends_is_what_we_think(bridge: Bridge, alertmanager: Alertmanager, sink: Sink) -> None:
    await report(bridge, alertmanager, "web-1")
    await wait_until(lambda: sink.alerts, "it is delivered")

    (alert, *_) = sink.alerts
    assert alert["raw"]["labels"]["instance"] == "web-1"
    assert alert["raw"]["fingerprint"] == fingerprint(alert["raw"]["labels"])
    assert alert["dedup_key"] == f"alertmanager:http://alertmanager.shop.example/{alert['raw']['fingerprint']}"
    assert (alert["severity"], alert["condition"]["text"]) == ("critical", "up == 0")
    assert alert["title"] == "Firing: InstanceDown: web-1 ist außer Betrieb"


async def test_what_could_not_be_stored_comes_again(
    bridge: Bridge, alertmanager: Alertmanager, sink: Sink, valkey: ValkeyServer
) -> None:
    """Our 503 is one that Alertmanager tries again on."""
    valkey.kill()
    await report(bridge, alertmanager, "web-1")
    await wait_until(lambda: "status code 503" in alertmanager.log, "it was refused once")
    assert sink.alerts == []
    valkey.start()

    await wait_until(lambda: sink.alerts, "it is delivered")
    assert sink.alerts[0]["action"] == "trigger"
