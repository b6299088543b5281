"""What accepting durably costs, and how long an alert takes: both sides in one run, on this machine.

One side is `pinghome-bridge up` (embedded Valkey, fsync before every answer) with a sink behind it, the other a
bare aiohttp handler that reads the body and keeps nothing. The same client posts the same message at both, in
turns. Client, sink, ingress, worker and Valkey share the machine's cores.

Example: python benchmarks/relay.py --messages 4000 --rounds 3
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp import web

from bridge.samples import build

CONNECTIONS = 32
HEADERS = {"Authorization": "Bearer dev-token"}
SAMPLE = build("aws-sns", firing=True, now=datetime.now(UTC)).body
MESSAGE_ID = json.loads(SAMPLE)["MessageId"].encode()
ALARM = b"checkout-cpu-high"
BARE = """
import asyncio
from aiohttp import web

async def take(request):
    await request.read()
    return web.json_response({"status": "accepted"}, status=202)

async def main():
    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"ready ingress=http://127.0.0.1:{runner.addresses[0][1]} ", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@dataclass(slots=True)
class Sink:
    """Takes everything at once and notes when each alarm came."""

    arrived: dict[str, float] = field(default_factory=dict)

    async def take(self, request: web.Request) -> web.Response:
        """One webhook post."""
        body = await request.read()
        name = body.partition(b'"title":"ALARM: ')[2].partition(b'"')[0].decode()
        self.arrived[name] = time.perf_counter()
        return web.json_response({})

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """On a free port of 127.0.0.1."""
        app = web.Application(client_max_size=16 << 20)
        app.router.add_route("*", "/{path:.*}", self.take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        await runner.cleanup()


@asynccontextmanager
async def server(*command: str, **environment: str) -> AsyncIterator[str]:
    """A process that says `ready ingress=URL ...` when it serves."""
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environment}, stdout=asyncio.subprocess.PIPE
    )
    if process.stdout is None:
        raise RuntimeError("no output")
    line = (await process.stdout.readline()).decode()
    yield line.partition("ingress=")[2].partition(" ")[0]
    process.terminate()
    await process.wait()


async def post_all(session: aiohttp.ClientSession, url: str, names: Sequence[str]) -> tuple[float, list[float]]:
    """Post one message a name over CONNECTIONS connections: messages a second, and each answer's time in s."""
    waiting = iter(names)
    times: list[float] = []

    async def poster() -> None:
        for name in waiting:
            await post(session, url, name, times)

    began = time.perf_counter()
    await asyncio.gather(*(poster() for _ in range(CONNECTIONS)))
    return len(names) / (time.perf_counter() - began), times


async def post(session: aiohttp.ClientSession, url: str, name: str, times: list[float]) -> None:
    """One message of its own MessageId and alarm."""
    body = SAMPLE.replace(MESSAGE_ID, str(uuid.uuid4()).encode()).replace(ALARM, name.encode())
    began = time.perf_counter()
    async with session.post(f"{url}/v1/alerts/aws", data=body, headers=HEADERS) as response:
        await response.read()
        if response.status != 202:
            raise RuntimeError(f"answered {response.status}")
    times.append(time.perf_counter() - began)


async def paced(session: aiohttp.ClientSession, url: str, sink: Sink, *, rate: float, count: int) -> list[float]:
    """Post at a steady rate; seconds from each post to its arrival at the sink."""
    sent: dict[str, float] = {}
    posts = []
    start = time.perf_counter()
    for number in range(count):
        await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
        name = f"paced-{uuid.uuid4().hex}"
        sent[name] = time.perf_counter()
        posts.append(asyncio.create_task(post(session, url, name, [])))
    await asyncio.gather(*posts)
    await arrived(sink, set(sent))
    return [sink.arrived[name] - began for name, began in sent.items()]


async def arrived(sink: Sink, names: set[str]) -> None:
    """Until all of these are at the sink."""
    while not names <= sink.arrived.keys():
        await asyncio.sleep(0.01)


def fsync_ms(folder: Path, count: int = 200) -> float:
    """The median time of a 4 KiB write and fsync, in milliseconds: the disk's part of every answer."""
    times = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(count):
            began = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def percentile(values: Sequence[float], share: float) -> float:
    """In milliseconds, of values in seconds."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


async def measure(messages: int, rounds: int) -> dict[str, object]:
    """All figures of one run."""
    sink = Sink()
    accept, plain, end_to_end, answers = [], [], [], []
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as name:
        folder = Path(name)
        up = (sys.executable, "-P", "-m", "bridge", "up", "--port", "0", "--admin-port", "0", "--data", name + "/data")
        async with (
            sink.served() as sink_url,
            server(sys.executable, "-c", BARE) as bare,
            server(
                *up, PINGHOME_BRIDGE_PINGHOME__URL=sink_url + "/{service}", PINGHOME_BRIDGE_LOGGING__LEVEL="warning"
            ) as bridge,
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
        ):
            await post_all(session, bridge, [f"warm-{i}" for i in range(200)])
            for turn in range(rounds):
                plain.append((await post_all(session, bare, [f"b{turn}-{i}" for i in range(messages)]))[0])
                names = [f"a{turn}-{i}" for i in range(messages)]
                began = time.perf_counter()
                rate, times = await post_all(session, bridge, names)
                await arrived(sink, set(names))
                end_to_end.append(messages / (time.perf_counter() - began))
                accept.append(rate)
                answers += times
            half = statistics.median(end_to_end) / 2
            latency = await paced(session, bridge, sink, rate=half, count=int(min(half * 5, messages)))
        return {
            "accept_vs_bare": round(statistics.median(accept) / statistics.median(plain), 2),
            "accept_per_s": [round(rate) for rate in accept],
            "bare_per_s": [round(rate) for rate in plain],
            "end_to_end_per_s": [round(rate) for rate in end_to_end],
            "accept_p50_ms": round(percentile(answers, 0.5), 1),
            "accept_p99_ms": round(percentile(answers, 0.99), 1),
            "half_load_per_s": round(half),
            "accept_to_delivery_p50_ms": round(percentile(latency, 0.5), 1),
            "accept_to_delivery_p99_ms": round(percentile(latency, 0.99), 1),
            "fsync_p50_ms": round(fsync_ms(folder), 2),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
            "connections": CONNECTIONS,
            "messages": messages,
        }


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    figures = asyncio.run(measure(arguments.messages, arguments.rounds))
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
