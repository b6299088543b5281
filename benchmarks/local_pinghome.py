"""How fast the local Pinghome answers reads, small and full: both sides in one run, on this machine.

One side holds ten heartbeat monitors and a hundred webhook events, the other 10,000 and 100,000. The same
client asks both the same, in turns. If a read grew with a table, the full side would be slower.

Example: python benchmarks/local_pinghome.py --requests 3000 --rounds 3
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import socket
import sqlite3
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bridge.local.storage.database import connect
from bridge.pinghome import demo

CONNECTIONS = 32
HEARTBEATS, EVENTS = 10_000, 100_000
MONTH_US = 30 * 86_400 * 1_000_000
READS = (
    f"/resource-query/default/v1/heartbeat/{demo.DEMO_HEARTBEAT_ID}",
    f"/resource-query/default/v1/service/{demo.DEMO_SERVICE_ID}/heartbeats?page=1&limit=10",
    f"/statistic-query/default/v1/heartbeat/{demo.DEMO_HEARTBEAT_ID}/events?limit=10",
    f"/incident-query/default/v1/webhook/{demo.DEMO_WEBHOOK_ID}/events?limit=10",
    f"/incident-query/default/v1/team/{demo.DEMO_TEAM_ID}/incidents?limit=10",
    "/customer-query/default/v1/teams",
    "/incident-query/default/v1/webhooks",
)
BODY = json.dumps({"schema": "example", "status": "firing", "padding": "x" * 300}).encode()


@dataclass(frozen=True, slots=True)
class Side:
    """One local Pinghome."""

    name: str
    url: str
    headers: dict[str, str]


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[str]:
    """`pinghome-bridge local-pinghome` on a free port; its address."""
    read_end, write_end = os.pipe()
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "bridge", "local-pinghome", "--data", str(folder), "--port", str(port)),
        *("--ready-fd", str(write_end)),
        pass_fds=(write_end,),
        stderr=asyncio.subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if not name.startswith("PINGHOME_")},
    )
    os.close(write_end)
    try:
        await asyncio.to_thread(os.read, read_end, 16)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.close(read_end)
        process.terminate()
        await process.wait()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fill(file: Path, heartbeats: int, events: int) -> None:
    """Monitors and events, written straight into the file."""
    now = time.time_ns() // 1000
    with closing(connect(file)) as connection:
        connection.execute("BEGIN")
        template = connection.execute("SELECT * FROM heartbeats LIMIT 1").fetchone()
        columns = template.keys()
        for number in range(heartbeats):
            changed = {"id": str(uuid.uuid4()), "name": f"job {number}", "created_at": now + number}
            insert(connection, "heartbeats", {**dict(zip(columns, template, strict=True)), **changed})
        for number in range(events):
            at = now - MONTH_US + number * (MONTH_US // events)
            connection.execute(
                "INSERT INTO webhook_events (webhook_id, received_at, content_type, ip, body)"
                " VALUES (?, ?, 'application/json', '127.0.0.1', ?)",
                (demo.DEMO_WEBHOOK_ID, at, BODY),
            )
            if number % 10 == 0:
                connection.execute(
                    "INSERT INTO heartbeat_events (heartbeat_id, received_at, method, result)"
                    " VALUES (?, ?, 'GET', 'tick')",
                    (demo.DEMO_HEARTBEAT_ID, at),
                )
        connection.execute("COMMIT")


def insert(connection: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    """One row by the names of its columns."""
    names = ", ".join(row)
    marks = ", ".join("?" for _ in row)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))  # noqa: S608 - ours


async def sign_in(session: aiohttp.ClientSession, url: str) -> dict[str, str]:
    """The header of a signed-in demo account."""
    credentials = {"email": demo.DEMO_EMAIL, "password": demo.DEMO_PASSWORD}
    async with session.post(f"{url}/auth/v1/auth", json=credentials) as answer:
        answer.raise_for_status()
        return {"Authorization": f"Bearer {(await answer.json())['data']['access_token']}"}


async def ask(session: aiohttp.ClientSession, side: Side, requests: int) -> tuple[float, list[float]]:
    """Requests a second, and how long each took in ms."""
    took: list[float] = []
    left = iter(range(requests))

    async def asker() -> None:
        for number in left:
            started = time.perf_counter()
            async with session.get(side.url + READS[number % len(READS)], headers=side.headers) as answer:
                await answer.read()
                answer.raise_for_status()
            took.append((time.perf_counter() - started) * 1000)

    started = time.perf_counter()
    await asyncio.gather(*(asker() for _ in range(CONNECTIONS)))
    return requests / (time.perf_counter() - started), took


async def measure(requests: int, rounds: int) -> dict[str, object]:
    """Both sides in turns."""
    with tempfile.TemporaryDirectory() as name:
        small, full = Path(name) / "small", Path(name) / "full"
        for folder, heartbeats, events in ((small, 10, 100), (full, HEARTBEATS, EVENTS)):
            async with served(folder):
                pass
            fill(folder / "pinghome.sqlite3", heartbeats, events)
        connector = aiohttp.TCPConnector(limit=CONNECTIONS)
        async with served(small) as one, served(full) as other, aiohttp.ClientSession(connector=connector) as session:
            sides = [
                Side("small", one, await sign_in(session, one)),
                Side("full", other, await sign_in(session, other)),
            ]
            rates: dict[str, list[float]] = {side.name: [] for side in sides}
            times: dict[str, list[float]] = {side.name: [] for side in sides}
            for side in sides:
                await ask(session, side, requests // 10)
            for _ in range(rounds):
                for side in sides:
                    rate, took = await ask(session, side, requests)
                    rates[side.name].append(rate)
                    times[side.name] += took
    report: dict[str, object] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "heartbeats": HEARTBEATS,
        "webhook_events": EVENTS,
        "full_vs_small": round(statistics.median(rates["full"]) / statistics.median(rates["small"]), 2),
    }
    for name_of, found in rates.items():
        cuts = statistics.quantiles(times[name_of], n=100)
        report[name_of] = {
            "requests_per_second": [round(rate) for rate in found],
            "p50_ms": round(cuts[49], 1),
            "p99_ms": round(cuts[98], 1),
        }
    return report


def main() -> None:
    """Print the measures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    sys.stdout.write(json.dumps(asyncio.run(measure(options.requests, options.rounds)), indent=2) + "\n")


if __name__ == "__main__":
    main()
