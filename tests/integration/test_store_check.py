"""What the bridge says of its store when it starts, and which ones it refuses."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from bridge.store.connect import query_client
from bridge.store.health import StoreHealth, store_facts
from tests.support.processes import Up, run
from tests.support.valkey import ValkeyServer


@pytest.fixture
def unsafe(valkey: ValkeyServer) -> ValkeyServer:
    """A server without an append-only file, which evicts."""
    with redis.Redis.from_url(valkey.url) as client:
        client.config_set("appendonly", "no")
        client.config_set("maxmemory-policy", "allkeys-lru")
    return valkey


async def facts(url: str) -> tuple[str, list[str], list[str]]:
    client = query_client(url)
    try:
        found = await StoreHealth(client).facts()
    finally:
        await client.aclose()
    return found.guarantee, list(found.hazards), list(found.cautions)


async def test_the_embedded_store_guarantees_everything(valkey: ValkeyServer) -> None:
    guarantee, hazards, cautions = await facts(valkey.url)

    assert guarantee == "every accepted alert is on disk before it is answered"
    assert (hazards, cautions) == ([], [])


async def test_a_weaker_fsync_and_no_bound_are_said_and_not_refused(valkey: ValkeyServer) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        client.config_set("appendfsync", "everysec")
        client.config_set("maxmemory", "0")

    guarantee, hazards, cautions = await facts(valkey.url)

    assert "about a second" in guarantee
    assert hazards == []
    assert [caution.partition(":")[0] for caution in cautions] == ["appendfsync everysec", "no maxmemory"]


def test_an_old_server_a_wrong_clock_and_a_failed_rewrite_are_noticed() -> None:
    info = {
        "redis_version": "6.0.16",
        "aof_enabled": 1,
        "maxmemory": 1,
        "maxmemory_policy": "noeviction",
        "aof_last_bgrewrite_status": "err",
    }

    found = store_facts(info, "always", timedelta(seconds=-90))

    assert found.hazards == ("the store is older than Redis 6.2",)
    assert len(found.cautions) == 2
    assert "-90.0 s" in found.cautions[1]


@pytest.mark.parametrize("command", ["serve", "worker", "up"])
async def test_a_store_that_loses_alerts_is_refused(command: str, unsafe: ValkeyServer, tmp_path: Path) -> None:
    environment = {
        "PINGHOME_BRIDGE_REDIS__URL": unsafe.url,
        "PINGHOME_BRIDGE_INGRESS__PORT": "0",
        "PINGHOME_BRIDGE_ADMIN__PORT": "0",
        "PINGHOME_BRIDGE_PINGHOME__PORT": "0",
    }

    code, out, err = await run(command, cwd=tmp_path, environment=environment)

    assert (code, out) == (78, "")
    assert "redis: no append-only file" in err
    assert "redis: maxmemory-policy allkeys-lru" in err
    assert "redis.allow_unsafe" in err
    assert "Traceback" not in err


async def test_an_operator_may_say_otherwise(unsafe: ValkeyServer, tmp_path: Path) -> None:
    """It starts, and says in its log what that costs."""
    environment = {"PINGHOME_BRIDGE_REDIS__URL": unsafe.url, "PINGHOME_BRIDGE_REDIS__ALLOW_UNSAFE": "true"}
    up = Up(tmp_path / "up", environment=environment)
    await up.start()
    assert await up.end() == 0

    told = [json.loads(line) for line in up.log.splitlines() if '"store_guarantee"' in line]
    assert told
    assert all(line["level"] == "warning" and not line["safe"] for line in told)
    assert "restart of the store loses" in told[0]["guarantee"]
