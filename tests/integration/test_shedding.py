"""Refusing in time: before the store is full, and one noisy sender before it takes everybody's room."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime

import redis

from bridge.samples import build
from tests.conftest import Start
from tests.support.bridge import TOKEN, Bridge
from tests.support.sink import Sink
from tests.support.valkey import ValkeyServer
from tests.support.wait import wait_until


def message(kind: str = "aws-sns") -> bytes:
    return build(kind, firing=True, now=datetime.now(UTC)).body


async def refusal(bridge: Bridge) -> tuple[int, str | None, str | None]:
    """Status, code and Retry-After of one message."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with bridge.http.post(bridge.url("/v1/alerts/aws"), data=message(), headers=headers) as response:
        document = await response.json()
        return response.status, document.get("error", {}).get("code"), response.headers.get("Retry-After")


async def test_beyond_the_watermark_alerts_are_503_while_delivery_goes_on(
    start: Start, valkey: ValkeyServer, sink: Sink
) -> None:
    """The store itself would still take them: what is in it needs the rest of the memory to be delivered."""
    bridge = await start(redis_url=valkey.url, delivery={"timeout": "20s", "lease": "60s"})
    sink.hold = asyncio.Event()
    assert (await bridge.post("aws", message()))[0] == 202
    await wait_until(lambda: sink.under_way == 1, "the first is under way")
    with redis.Redis.from_url(valkey.url) as client:
        used = int(client.info("memory")["used_memory"])
        client.config_set("maxmemory", int(used / 0.9))

    async def shut() -> bool:
        return await refusal(bridge) == (503, "shed", "15")

    await wait_until(shut, "it is shut")
    sink.hold.set()

    async def delivered() -> bool:
        return (await bridge.ledger.counts()).get("delivered", 0) >= 1

    await wait_until(delivered, "what is there is delivered")
    with redis.Redis.from_url(valkey.url) as client:
        client.config_set("maxmemory", "512mb")

    async def open_again() -> bool:
        return (await bridge.post("aws", message()))[0] == 202

    await wait_until(open_again, "it is open again")
    assert bridge.intake.gate.shed["memory"] >= 1


async def test_a_backlog_beyond_its_bound_is_shed(start: Start) -> None:
    bridge = await start(worker=False, ingress={"shed_backlog": 5})
    for _ in range(5):
        assert (await bridge.post("aws", message()))[0] == 202

    async def shut() -> bool:
        return (await refusal(bridge))[:2] == (503, "shed")

    await wait_until(shut, "it is shut")


async def test_one_noisy_source_does_not_shed_the_others(start: Start) -> None:
    verify = {"method": "token", "token": TOKEN}
    noisy = {"kind": "aws", "verify": verify, "quota": {"rate": "1/m", "burst": 5}}
    bridge = await start(worker=False, sources={"aws": noisy, "azure": {"kind": "azure", "verify": verify}})

    answers = [await refusal(bridge) for _ in range(10)]

    assert Counter(status for status, _, _ in answers) == {202: 5, 503: 5}
    assert answers[-1] == (503, "over_quota", "60")
    assert (await bridge.post("azure", message("azure-monitor")))[0] == 202


async def test_strangers_do_not_use_up_a_quota(start: Start) -> None:
    source = {"kind": "aws", "verify": {"method": "token", "token": TOKEN}, "quota": {"rate": "1/m", "burst": 1}}
    bridge = await start(worker=False, sources={"aws": source})

    for _ in range(20):
        assert (await bridge.post("aws", message(), token="wrong"))[0] == 401

    assert (await bridge.post("aws", message()))[0] == 202
