"""A configuration that changes under a running bridge: real ingress, worker, store and file."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp.test_utils import TestServer

from bridge import wiring
from bridge.samples import build
from bridge.settings import reload as module
from bridge.settings.reload import Reloader
from tests.support.bridge import TOKEN, Bridge
from tests.support.processes import Up
from tests.support.sink import Sink
from tests.support.wait import wait_until

FIRST, SECOND = "c03b02ec-244f-4d2c-8f68-3910071ed5c8", "7f3c1d4e-0000-4000-8000-000000000002"
AUTH = {"Authorization": f"Bearer {TOKEN}"}

Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path, shared_valkey: str, prefix: str, sink: Sink) -> Write:
    """Writes a whole configuration; `changes` replace top-level keys."""

    def writer(**changes: Any) -> None:
        document = {
            "redis": {"url": shared_valkey, "prefix": prefix},
            "pinghome": {"url": sink.template},
            "admin": {"token": TOKEN},
            "sources": {"aws": {"kind": "aws", "verify": {"method": "token", "token": TOKEN}}},
            "routes": [{"name": "first", "to": [{"webhook": FIRST}]}],
        }
        fresh = tmp_path / "bridge.new"
        fresh.write_text(yaml.safe_dump(document | changes))
        fresh.replace(tmp_path / "bridge.yaml")

    return writer


@pytest.fixture
async def bridge(tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bridge]:
    """Looks at its file often, so that tests need not wait."""
    monkeypatch.setattr(module, "POLL", 0.02)
    write()
    reloader = Reloader(tmp_path / "bridge.yaml", environment={})
    running = await Bridge(reloader.running, reloader).start()
    yield running
    await running.stop()


def alarm(name: str = "checkout-cpu-high") -> bytes:
    """A CloudWatch alarm of that name."""
    return build("aws-sns", firing=True, now=datetime.now(UTC)).body.replace(b"checkout-cpu-high", name.encode())


def version(bridge: Bridge) -> str:
    """What is in force."""
    assert bridge.reloader is not None
    return bridge.reloader.state.version


async def test_the_next_alert_goes_by_the_new_routes_facts_and_words(bridge: Bridge, sink: Sink, write: Write) -> None:
    before = version(bridge)
    _, first = await bridge.post("aws", alarm("one"))
    await wait_until(lambda: len(sink.alerts) == 1, "the first is delivered")

    write(
        routes=[{"name": "second", "to": [{"webhook": SECOND}]}],
        severity={"rules": [{"when": [{"key": "title", "operator": "exists"}], "severity": "low"}]},
        enrichment=[{"set": {"service": "shop"}}],
        templates=[{"title": "{{ service }}: {{ title }}"}],
    )
    await wait_until(lambda: version(bridge) != before, "the new configuration is in force")
    _, second = await bridge.post("aws", alarm("two"))
    await wait_until(lambda: len(sink.alerts) == 2, "the second is delivered")

    assert [one.path.rpartition("/")[2] for one in sink.received] == [FIRST, SECOND]
    assert (sink.alerts[1]["title"], sink.alerts[1]["severity"]) == ("shop: ALARM: two", "low")
    events = [await bridge.ledger.event(answer["id"]) for answer in (first, second)]
    assert [event.facts.config for event in events if event] == [before, version(bridge)]


async def test_sources_come_and_go_and_what_waits_of_a_gone_one_is_delivered(
    bridge: Bridge, sink: Sink, write: Write
) -> None:
    """Plain, since nobody says any more how it is read. Nothing that was answered 202 is lost."""
    before = version(bridge)
    await bridge.stop_worker()
    assert (await bridge.post("aws", alarm()))[0] == 202
    # The worker that comes back watches the file itself; until then the ingress has nobody who does.
    write(sources={"gcp": {"kind": "gcp", "verify": {"method": "token", "token": "another"}}})
    await bridge.start_worker()
    await wait_until(lambda: version(bridge) != before, "the new configuration is in force")

    assert (await bridge.post("aws", alarm()))[0] == 404
    assert (await bridge.post("gcp", b"{}"))[0] == 401
    assert (await bridge.post("gcp", b"{}", token="another"))[0] == 202
    await wait_until(lambda: len(sink.alerts) == 2, "both are delivered")


async def test_a_bad_file_leaves_everything_as_it_was_and_is_shown(bridge: Bridge, sink: Sink, write: Write) -> None:
    server = TestServer(wiring.build_admin(bridge.settings, bridge.store, reloader=bridge.reloader), host="127.0.0.1")
    await server.start_server(access_log=None)
    reloader = bridge.reloader
    assert reloader is not None

    write(routes=[{"name": "first", "to": [{"drop": True}]}], sources={})
    await wait_until(lambda: reloader.state.faults, "the fault is known")

    assert (await bridge.post("aws", alarm()))[0] == 202
    await wait_until(lambda: len(sink.alerts) == 1, "it is delivered all the same")
    async with bridge.http.get(server.make_url("/v1/config"), headers=AUTH) as response:
        shown = await response.json()
    async with bridge.http.get(server.make_url("/metrics"), headers=AUTH) as response:
        metrics = await response.text()
    await server.close()
    assert shown["version"] == version(bridge)
    assert "no alert could ever get out" in shown["reload"]["faults"][0]
    assert list(shown["sources"]) == ["aws"]
    assert "bridge_config_good 0" in metrics


async def test_no_alert_is_lost_while_the_configuration_keeps_changing(
    bridge: Bridge, sink: Sink, write: Write
) -> None:
    """Each of the accepted alarms is delivered once, to the one webhook or to the other."""
    accepted: set[str] = set()
    finished = asyncio.Event()

    async def sender() -> None:
        while not finished.is_set():
            name = f"alarm-{len(accepted)}"
            status, _ = await bridge.post("aws", alarm(name))
            assert status == 202
            accepted.add(f"ALARM: {name}")

    sending = asyncio.create_task(sender())
    for number in range(6):
        before, there = version(bridge), len(sink.alerts)
        webhook = (SECOND, FIRST)[number % 2]
        write(routes=[{"name": f"route-{number}", "to": [{"webhook": webhook}]}])
        await wait_until(lambda before=before: version(bridge) != before, "it is in force")  # type: ignore[misc]
        await wait_until(lambda there=there: len(sink.alerts) > there + 5, "alerts flow")  # type: ignore[misc]
    finished.set()
    await sending
    await wait_until(lambda: len(sink.alerts) >= len(accepted), "all are delivered")

    assert sorted(alert["title"] for alert in sink.alerts) == sorted(accepted)
    assert len({one.path for one in sink.received}) == 2


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds child processes in /proc")
async def test_a_signal_to_up_reloads_its_parts(tmp_path: Path, sink: Sink, write: Write) -> None:
    """The supervisor passes it on; no part ends by it."""
    write()
    up = Up(tmp_path / "up", "--config", str(tmp_path / "bridge.yaml"))
    await up.start()
    try:
        parts = {name: up.part(name) for name in ("bridge serve", "bridge worker")}
        await asyncio.to_thread(lambda: write(routes=[{"name": "second", "to": [{"webhook": SECOND}]}]))
        up.tell(signal.SIGHUP)
        await wait_until(lambda: up.log.count('"config_reloaded"') >= 2, "both parts have reloaded", within=30)
        async with aiohttp.ClientSession() as http:
            async with http.post(f"{up.ingress}/v1/alerts/aws", data=alarm(), headers=AUTH) as response:
                assert response.status == 202
            await wait_until(lambda: sink.alerts, "it is delivered")
            async with http.get(f"{up.admin}/v1/config", headers=AUTH) as response:
                assert (await response.json())["routes"][0]["name"] == "second"
        assert sink.alerts[0]["routing"]["route"] == "second"
        assert parts == {name: up.part(name) for name in parts}
    finally:
        with suppress(ProcessLookupError):
            await up.end()
