"""arq as the host: its own command line, its settings, and what it does when Redis goes away."""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from arq import Worker

from bridge.pipeline.ledger import EventStatus
from bridge.samples import build
from bridge.settings import Settings, load
from tests.conftest import Start
from tests.support.bridge import TOKEN, WEBHOOK, Bridge
from tests.support.processes import COMMAND, Running, run
from tests.support.sink import Sink
from tests.support.valkey import ValkeyServer
from tests.support.wait import wait_until
from workers.host import Host
from workers.options import hosted, hosting
from workers.pool import deserialize, serialize

PLAIN_ARQ = (sys.executable, "-P", "-m", "arq", "workers.settings.WorkerSettings")
OUR_COMMAND = (*COMMAND, "worker")


def message() -> bytes:
    return build("aws-sns", firing=True, now=datetime.now(UTC)).body


async def delivered(bridge: Bridge, event_id: str) -> bool:
    event = await bridge.ledger.event(event_id)
    return event is not None and event.status is EventStatus.DELIVERED


@pytest.fixture(params=[PLAIN_ARQ, OUR_COMMAND], ids=["arq", "pinghome-bridge worker"])
async def worker(
    request: pytest.FixtureRequest, tmp_path: Path, valkey: ValkeyServer, sink: Sink, prefix: str
) -> AsyncIterator[Running]:
    """A worker process over the test's own Valkey."""
    environment = {
        "PINGHOME_BRIDGE_REDIS__URL": valkey.url,
        "PINGHOME_BRIDGE_REDIS__PREFIX": prefix,
        "PINGHOME_BRIDGE_PINGHOME__URL": sink.template,
        "PINGHOME_BRIDGE_SOURCES": json.dumps({"aws": {"kind": "aws", "verify": {"method": "token", "token": TOKEN}}}),
        "PINGHOME_BRIDGE_ROUTES": json.dumps([{"name": "all", "to": [{"webhook": WEBHOOK}]}]),
        "PINGHOME_BRIDGE_DELIVERY": json.dumps({"schedule": ["100ms", "100ms", "100ms"]}),
        # `arq` puts the working directory in front; -P leaves it out, and the project is installed anyway.
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    running = Running(tmp_path / "worker", *request.param, environment=environment)
    await running.start()
    yield running
    assert await running.end() == 0, running.log


async def test_it_delivers_and_retries(start: Start, valkey: ValkeyServer, sink: Sink, worker: Running) -> None:
    """The retry comes back by arq's cron job alone: nobody else promotes here."""
    bridge = await start(redis_url=valkey.url, worker=False)
    answers = iter((500, 200))
    sink.answer = lambda _: next(answers)

    _, answer = await bridge.post("aws", message())

    await wait_until(lambda: delivered(bridge, answer["id"]), f"the second attempt succeeds\n{worker.log}", within=30)


async def test_it_survives_a_restart_of_the_store(
    start: Start, valkey: ValkeyServer, sink: Sink, worker: Running
) -> None:
    """The same process goes on, its cron jobs too."""
    bridge = await start(redis_url=valkey.url, worker=False)
    _, first = await bridge.post("aws", message())
    await wait_until(lambda: delivered(bridge, first["id"]), "it works before", within=30)
    process = worker.pid

    valkey.kill()
    await wait_until(lambda: "store_away" in worker.log, "the worker has noticed")
    valkey.start()
    answers = iter((500, 200))
    sink.answer = lambda _: next(answers)
    # The ingress may still hold a connection that the kill has broken: a sender repeats after a 503.
    status = 0
    while status != 202:
        status, second = await bridge.post("aws", message())
        await asyncio.sleep(0.05)

    await wait_until(lambda: delivered(bridge, second["id"]), f"it works after\n{worker.log}", within=40)
    assert worker.pid == process


async def test_the_health_check_sees_it_live_and_die(worker: Running, tmp_path: Path) -> None:
    async def verdict() -> tuple[int, str]:
        code, out, err = await run("healthcheck", "worker", cwd=tmp_path, environment=worker.environment)
        return code, out + err

    async def well() -> bool:
        return await verdict() == (0, "worker: well\n")

    await wait_until(well, f"it is well\n{worker.log}", within=30)
    await worker.end()

    assert await verdict() == (1, "pinghome-bridge: worker: no worker of this host is alive\n")


def test_every_option_is_one_that_arq_knows() -> None:
    """arq ignores settings that it does not know in silence: a `timeout` that is none would do nothing."""
    known = set(inspect.signature(Worker).parameters)
    configured = _settings()

    assert set(hosting(configured)) <= known
    assert set(hosted(configured, Host(configured))) <= known


def test_jobs_are_json() -> None:
    """Whoever can write to Redis must not run code here."""
    job: dict[str, Any] = {"f": "promote.v1", "a": [], "k": {}, "r": ValueError("no type for this")}

    packed = serialize(job)

    assert json.loads(packed)["f"] == "promote.v1"
    assert deserialize(packed)["r"] == "ValueError('no type for this')"


def _settings() -> Settings:
    return load(environment={})
