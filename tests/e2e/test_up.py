"""`pinghome-bridge up` as a user runs it, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.pinghome import demo
from bridge.pinghome.client import Pinghome
from bridge.pinghome.connection import Connection
from bridge.samples import build
from tests.support.processes import Up, children, is_alive, run
from tests.support.sink import Sink
from tests.support.wait import wait_until

pytestmark = [pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds child processes in /proc")]
AUTH = {"Authorization": "Bearer dev-token"}


@pytest.fixture
async def up(tmp_path: Path) -> AsyncIterator[Up]:
    """The embedded default."""
    running = Up(tmp_path / "up")
    await running.start()
    yield running
    await running.end()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def events(http: aiohttp.ClientSession, up: Up) -> list[dict[str, Any]]:
    """The bodies that the local Pinghome's webhook `alerts` has taken, oldest first."""
    connection = Connection(url=up.pinghome + "/{service}", email=demo.DEMO_EMAIL, password=demo.DEMO_PASSWORD)
    async with Pinghome(connection, http) as pinghome:
        (webhook,) = [w for w in await pinghome.call("webhook.list") if w["name"] == "alerts"]
        found = await pinghome.call("webhook.events", path={"id": webhook["id"]})
    return [event["body"] for event in reversed(found)]


async def post(http: aiohttp.ClientSession, up: Up, kind: str, *, firing: bool) -> int:
    sample = build(kind, firing=firing, now=datetime.now(UTC))
    url = f"{up.ingress}/v1/alerts/{sample.source}"
    async with http.post(url, data=sample.body, headers=AUTH) as response:
        return response.status


async def test_an_alarm_and_its_ok_reach_the_local_pinghome(up: Up, http: aiohttp.ClientSession) -> None:
    assert await post(http, up, "aws-sns", firing=True) == 202
    assert await post(http, up, "aws-sns", firing=False) == 202

    async def both() -> bool:
        return len(await events(http, up)) == 2

    await wait_until(both, "both are among the webhook's events")
    first, second = await events(http, up)
    assert first["schema"] == second["schema"] == "bridge.alert/v1"
    assert (first["action"], second["action"]) == ("trigger", "resolve")
    assert first["dedup_key"] == second["dedup_key"]


async def test_one_alarm_in_three_spellings_is_one_incident(up: Up, http: aiohttp.ClientSession) -> None:
    """By SNS, by EventBridge, and as the Lambda action that is often forwarded as it is."""
    sns = build("aws-sns", firing=True, now=datetime.now(UTC))
    message = json.loads(json.loads(sns.body)["Message"])
    action = {
        "source": "aws.cloudwatch",
        "alarmArn": message["AlarmArn"],
        "accountId": message["AWSAccountId"],
        "time": message["StateChangeTime"],
        "region": "eu-west-1",
        "alarmData": {
            "alarmName": message["AlarmName"],
            "state": {"value": "ALARM", "reason": "because", "timestamp": message["StateChangeTime"]},
            "configuration": {"metrics": []},
        },
    }
    assert await post(http, up, "aws-sns", firing=True) == 202
    assert await post(http, up, "aws-eventbridge", firing=True) == 202
    async with http.post(f"{up.ingress}/v1/alerts/aws", json=action, headers=AUTH) as response:
        assert response.status == 202

    async def all_three() -> bool:
        return len(await events(http, up)) == 3

    await wait_until(all_three, "all three are delivered")
    assert len({event["dedup_key"] for event in await events(http, up)}) == 1


async def test_a_stop_is_clean_and_leaves_nothing_running(tmp_path: Path) -> None:
    up = Up(tmp_path / "up")
    await up.start()
    parts = children(up.pid)

    assert await up.end(signal.SIGINT) == 0
    assert len(parts) == 4
    assert not any(is_alive(pid) for pid in parts)


async def test_what_was_accepted_survives_kill_9_of_everything(
    tmp_path: Path, http: aiohttp.ClientSession, sink: Sink
) -> None:
    """The supervisor is killed: Valkey and all parts die with it, and the next start delivers what was accepted."""
    environment = {"PINGHOME_BRIDGE_PINGHOME__URL": sink.template}
    sink.hold = asyncio.Event()
    up = Up(tmp_path / "up", environment=environment)
    await up.start()
    parts = children(up.pid)
    assert await post(http, up, "gcp-monitoring", firing=True) == 202

    assert await up.end(signal.SIGKILL) == -signal.SIGKILL
    await wait_until(lambda: not any(is_alive(pid) for pid in parts), "all parts are gone", within=30)
    sink.hold.set()
    delivered_before = len(sink.received)
    again = Up(tmp_path / "up", environment=environment)
    await again.start()

    await wait_until(lambda: len(sink.received) > delivered_before, "it is delivered after the restart")
    await again.end()


async def test_while_its_valkey_hangs_alarms_go_to_the_spool(up: Up, http: aiohttp.ClientSession) -> None:
    """`up` has a spool unless it is told otherwise."""
    valkey = up.part("valkey-server")
    assert valkey is not None
    os.kill(valkey, signal.SIGSTOP)
    try:
        assert await post(http, up, "aws-sns", firing=True) == 202
        async with http.get(f"{up.ingress}/readyz") as response:
            assert await response.json() == {"status": "ready", "degraded": "spooling"}
    finally:
        os.kill(valkey, signal.SIGCONT)

    async def delivered() -> bool:
        return len(await events(http, up)) == 1

    await wait_until(delivered, "it is delivered")


async def test_a_second_up_on_the_same_folder_is_told_so(up: Up, tmp_path: Path) -> None:
    code, _, err = await run("up", "--port", "0", "--data", str(up.folder / "data"), cwd=tmp_path)

    assert code == 73
    assert "in use by another `pinghome-bridge up`" in err


async def test_a_taken_port_is_told_so(up: Up, tmp_path: Path) -> None:
    port = up.ingress.rpartition(":")[2]

    code, _, err = await run("up", "--port", port, "--data", "other", cwd=tmp_path)

    assert code == 69
    assert f"cannot listen on 127.0.0.1:{port}" in err


@pytest.mark.parametrize("listener", ["INGRESS", "ADMIN", "PINGHOME"])
async def test_development_credentials_stay_on_this_machine(tmp_path: Path, listener: str) -> None:
    environment = {f"PINGHOME_BRIDGE_{listener}__HOST": "0.0.0.0"}  # noqa: S104

    code, _, err = await run("up", cwd=tmp_path, environment=environment)

    assert code == 78
    assert "admin.token" in err
    assert "dev-token" not in err


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_no_202_is_lost_while_worker_and_store_are_killed(
    tmp_path: Path, http: aiohttp.ClientSession, sink: Sink
) -> None:
    """The oracle: every alarm that got its 202 is among those that Pinghome took, at least once."""
    environment = {
        "PINGHOME_BRIDGE_PINGHOME__URL": sink.template,
        "PINGHOME_BRIDGE_DELIVERY__TIMEOUT": "2s",
        "PINGHOME_BRIDGE_DELIVERY__LEASE": "5s",
    }
    up = Up(tmp_path / "up", environment=environment)
    await up.start()
    accepted: set[str] = set()
    finished = asyncio.Event()

    async def sender(number: int) -> None:
        """Posts alarms of its own until told to stop; a refused one is posted again, as senders do."""
        count = 0
        while not finished.is_set():
            name = f"alarm-{number}-{count}"
            with_name = build("aws-sns", firing=True, now=datetime.now(UTC)).body.replace(
                b"checkout-cpu-high", name.encode()
            )
            try:
                async with http.post(f"{up.ingress}/v1/alerts/aws", data=with_name, headers=AUTH) as response:
                    if response.status == 202:
                        accepted.add(name)
                        count += 1
                    else:
                        assert response.status == 503
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.002)

    senders = [asyncio.create_task(sender(number)) for number in range(4)]
    for name in ("bridge worker", "valkey-server", "bridge worker", "bridge serve", "valkey-server"):
        before, taken = len(accepted), len(sink.received)
        await wait_until(
            lambda before=before, taken=taken: len(accepted) > before + 40 and len(sink.received) > taken + 20,  # type: ignore[misc]
            f"alarms flow before {name} is killed", within=40,
        )  # fmt: skip
        sink.hold = asyncio.Event()
        await wait_until(lambda: sink.under_way > 0, "sends are under way")
        up.kill(name)
        sink.hold.set()
    finished.set()
    await asyncio.gather(*senders)

    def delivered() -> set[str]:
        return {alert["title"].removeprefix("ALARM: ") for alert in sink.alerts}

    await wait_until(lambda: accepted <= delivered(), "every accepted alarm is delivered", within=60)
    repeats = sum(sink.ids().values()) - len(sink.ids())
    assert repeats <= 5 * 64, "duplicates are bounded by what was under way at each kill"
    assert await up.end() == 0
