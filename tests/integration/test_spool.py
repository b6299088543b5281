"""The spool in front of a real store that is killed, paused and filled, and in a process that is killed itself."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import redis

from bridge.samples import build
from bridge.store.keys import Keys
from bridge.store.transitions import decode_delivery
from bridge.web import listen
from tests.conftest import Start
from tests.support.bridge import TOKEN, WEBHOOK, Bridge
from tests.support.disk import small_disk
from tests.support.processes import COMMAND, Running
from tests.support.sink import Sink
from tests.support.valkey import ValkeyServer
from tests.support.wait import wait_until

AUTH = {"Authorization": f"Bearer {TOKEN}"}


def delivery(spool_dir: Path, **changes: Any) -> dict[str, Any]:
    """Delivery settings with a spool."""
    schedule = ["50ms", "50ms", "50ms", "50ms"]
    times = {"timeout": "1s", "lease": "2s", "grace": "2s", "schedule": schedule}
    return {**times, "spool": True, "spool_dir": str(spool_dir), **changes}


def with_id() -> bytes:
    """A message with its sender's id."""
    return build("aws-sns", firing=True, now=datetime.now(UTC)).body


def without_id(name: str) -> bytes:
    """A message that is never called a duplicate."""
    document = json.loads(build("azure-monitor", firing=True, now=datetime.now(UTC)).body)
    document["data"]["essentials"]["alertRule"] = name
    return json.dumps(document).encode()


@pytest.fixture
async def bridge(start: Start, valkey: ValkeyServer, tmp_path: Path) -> Bridge:
    """A bridge with a spool, over a server that may be killed."""
    return await start(redis_url=valkey.url, delivery=delivery(tmp_path / "spool"))


async def readiness(bridge: Bridge) -> tuple[int, dict[str, Any]]:
    async with bridge.http.get(bridge.url("/readyz")) as response:
        return response.status, await response.json()


async def ready(bridge: Bridge) -> bool:
    return await readiness(bridge) == (200, {"status": "ready"})


async def test_while_the_store_is_away_alerts_are_taken_and_delivered_when_it_is_back(
    bridge: Bridge, valkey: ValkeyServer, sink: Sink
) -> None:
    assert await ready(bridge)
    valkey.kill()

    answers = await asyncio.gather(*(bridge.post("aws", with_id()) for _ in range(40)))
    assert Counter(status for status, _ in answers) == {202: 40}
    assert await readiness(bridge) == (200, {"status": "ready", "degraded": "spooling"})
    valkey.start()

    await wait_until(lambda: len(sink.received) == 40, "all are delivered")
    await wait_until(lambda: ready(bridge), "the spool is empty")
    assert set(sink.ids().values()) == {1}
    event = await bridge.ledger.event(answers[0][1]["id"])
    assert event is not None, "it has the id that its sender was told"


async def test_a_store_that_hangs_is_spooled_around_and_nothing_is_stored_twice(
    bridge: Bridge, valkey: ValkeyServer, sink: Sink
) -> None:
    """The first calls may be executed when it wakes up: they and the spool bring the same delivery, once."""
    await bridge.stop_worker()
    valkey.send(signal.SIGSTOP)

    answers = await asyncio.gather(*(bridge.post("azure", without_id(f"rule-{n}")) for n in range(60)))
    later = [await bridge.post("azure", without_id(f"later-{n}")) for n in range(20)]
    valkey.send(signal.SIGCONT)

    assert {status for status, _ in (*answers, *later)} == {202}
    await wait_until(lambda: ready(bridge), "the spool is empty")
    with redis.Redis.from_url(valkey.url) as client:
        entries: Any = client.xrange(bridge.store.keys.inbox)
    stored = Counter(delivery_id(fields) for _, fields in entries)
    assert stored == Counter(answer["id"] for _, answer in (*answers, *later))
    await bridge.start_worker()
    await wait_until(lambda: len(sink.received) == 80, "all are delivered")


async def test_what_came_before_and_after_an_outage_keeps_its_order(bridge: Bridge, valkey: ValkeyServer) -> None:
    """While anything waits in the spool nothing goes past it."""
    await bridge.stop_worker()
    valkey.kill()
    for n in range(10):
        await bridge.post("azure", without_id(f"rule-{n}"))
    valkey.start()
    for n in range(10, 30):
        assert (await bridge.post("azure", without_id(f"rule-{n}")))[0] == 202
    await wait_until(lambda: ready(bridge), "the spool is empty")

    with redis.Redis.from_url(valkey.url) as client:
        entries: Any = client.xrange(bridge.store.keys.inbox)
    rules = [json.loads(decode_delivery(fields).body)["data"]["essentials"]["alertRule"] for _, fields in entries]
    assert rules == [f"rule-{n}" for n in range(30)]


async def test_a_senders_retry_while_spooling_is_a_duplicate(bridge: Bridge, valkey: ValkeyServer, sink: Sink) -> None:
    known = with_id()
    assert (await bridge.post("aws", known))[0] == 202
    valkey.kill()
    message = with_id()

    first = await bridge.post("aws", message)
    again = await bridge.post("aws", message)
    assert (first[0], again) == (202, (200, {"id": first[1]["id"], "status": "duplicate"}))
    assert (await bridge.post("aws", known))[0] == 202, "what only the store knows is settled by the drain"
    valkey.start()

    await wait_until(lambda: ready(bridge), "the spool is empty")
    await wait_until(lambda: len(sink.received) == 2, "both are delivered")
    assert (await bridge.ledger.counts())["duplicates"] == 1


async def test_heartbeats_are_spooled_too_and_keep_their_order(
    start: Start, valkey: ValkeyServer, sink: Sink, tmp_path: Path
) -> None:
    heartbeats = {"job": {"id": WEBHOOK, "open": True}}
    bridge = await start(redis_url=valkey.url, delivery=delivery(tmp_path / "spool"), heartbeats=heartbeats)
    valkey.kill()

    for result in ("run", "complete", "run", "fail"):
        async with bridge.http.get(bridge.url(f"/v1/heartbeats/job/{result}")) as response:
            assert response.status == 202
    valkey.start()

    await wait_until(lambda: len(sink.received) == 4, "all are delivered")
    assert [one.query["result"] for one in sink.received] == ["run", "complete", "run", "fail"]


async def test_a_full_store_is_spooled_around_and_drains_when_there_is_room(
    bridge: Bridge, valkey: ValkeyServer, sink: Sink
) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        client.config_set("maxmemory", "1")
        answers = [await bridge.post("aws", with_id()) for _ in range(5)]
        assert {status for status, _ in answers} == {202}
        client.config_set("maxmemory", "512mb")

    await wait_until(lambda: len(sink.received) == 5, "all are delivered")


async def test_a_full_spool_is_503_and_says_that_it_is_not_ready(
    start: Start, valkey: ValkeyServer, tmp_path: Path
) -> None:
    bridge = await start(redis_url=valkey.url, delivery=delivery(tmp_path / "spool", spool_entries=3))
    valkey.kill()

    answers = [await bridge.post("aws", with_id()) for _ in range(5)]

    assert [status for status, _ in answers] == [202, 202, 202, 503, 503]
    assert answers[-1][1]["error"]["code"] == "spool_full"
    status, document = await readiness(bridge)
    assert status == 503
    assert "the spool is full" in document["problems"]


async def test_a_full_disk_is_503_and_what_was_taken_before_is_delivered(
    start: Start, valkey: ValkeyServer, sink: Sink, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", kibibytes=64) as disk:
        bridge = await start(redis_url=valkey.url, delivery=delivery(disk / "spool"))
        valkey.kill()
        statuses = [(await bridge.post("aws", with_id()))[0] for _ in range(60)]
        assert set(statuses) == {202, 503}
        assert (await readiness(bridge))[0] == 503
        valkey.start()

        await wait_until(lambda: len(sink.received) == statuses.count(202), "what was answered 202 is delivered")
        await bridge.stop()


async def test_without_a_spool_it_is_503_as_before(start: Start, valkey: ValkeyServer) -> None:
    bridge = await start(redis_url=valkey.url)
    valkey.kill()

    assert (await bridge.post("aws", with_id()))[0] == 503


class Serve(Running):
    """`pinghome-bridge serve` with a spool, in a folder of its own."""

    def __init__(self, folder: Path, redis_url: str, prefix: str, port: int) -> None:
        """On a fixed port, so that it is the same after a restart."""
        folder.mkdir(parents=True, exist_ok=True)
        source = {"kind": "azure", "verify": {"method": "token", "token": TOKEN}}
        document = {
            "redis": {"url": redis_url, "prefix": prefix},
            "ingress": {"port": port},
            "admin": {"port": 0, "token": TOKEN},
            "sources": {"azure": source},
            "routes": [{"name": "all", "to": [{"webhook": WEBHOOK}]}],
            "delivery": {"spool": True, "spool_dir": str(folder / "spool")},
        }
        (folder / "bridge.yaml").write_text(json.dumps(document))
        super().__init__(folder, *COMMAND, "serve", "--config", "bridge.yaml")
        self.url = f"http://127.0.0.1:{port}"

    async def up(self, http: aiohttp.ClientSession) -> None:
        """Start it, and wait until it answers."""
        await self.start()

        async def answers() -> bool:
            try:
                async with http.get(f"{self.url}/livez") as response:
                    return response.status == 200
            except aiohttp.ClientError:
                return False

        await wait_until(answers, f"it serves\n{self.log}", within=30)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.slow
async def test_kill_9_of_the_ingress_in_the_middle_of_a_drain_loses_and_doubles_nothing(
    tmp_path: Path, valkey: ValkeyServer, http: aiohttp.ClientSession, prefix: str
) -> None:
    """Spooled by one process, drained by three more that are killed on the way; the stream is the oracle."""
    bound = free_port()
    serve = Serve(tmp_path / "serve", valkey.url, prefix, bound)
    await serve.up(http)
    valkey.kill()
    accepted: set[str] = set()

    async def post(number: int) -> None:
        body = without_id(f"rule-{number}") + b" " * 4000
        async with http.post(f"{serve.url}/v1/alerts/azure", data=body, headers=AUTH) as response:
            assert response.status == 202
            accepted.add((await response.json())["id"])

    for begin in range(0, 2000, 100):
        await asyncio.gather(*(post(number) for number in range(begin, begin + 100)))
    await serve.end(signal.SIGKILL)
    valkey.start()
    keys = Keys(prefix)
    with redis.Redis.from_url(valkey.url) as client:
        for share in (0.1, 0.4, 0.7):
            await serve.up(http)
            await wait_until(lambda share=share: client.xlen(keys.inbox) > share * 2000, "the drain is under way")  # type: ignore[misc]
            await serve.end(signal.SIGKILL)
        await serve.up(http)
        await wait_until(lambda: not spooled(tmp_path / "serve"), "it is drained")
        stored = Counter(delivery_id(fields) for _, fields in client.xrange(keys.inbox))
    assert await serve.end() == 0
    assert set(stored) == accepted
    assert max(stored.values()) == 1


def spooled(folder: Path) -> list[Path]:
    """The files that are not drained yet."""
    return list(folder.glob("spool/0/*.spool"))


def free_port() -> int:
    """A free port."""
    with listen("127.0.0.1", 0) as bound:
        return int(bound.getsockname()[1])


def delivery_id(fields: dict[bytes, bytes]) -> str:
    """The id of a delivery in the stream."""
    return decode_delivery(fields).id
