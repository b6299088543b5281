"""Metrics: what is shown, what is documented, and what rules and dashboard ask for are the same."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp.test_utils import TestServer

from bridge import wiring
from bridge.metrics import Counter, Histogram, gauge, render
from bridge.samples import build
from tests.conftest import Start
from tests.support.bridge import TOKEN, Bridge
from tests.support.fakes import NOW
from tests.support.sink import Sink
from tests.support.valkey import ValkeyServer
from tests.support.wait import wait_until

ROOT = Path(__file__).parents[2]
RULES = ROOT / "config" / "prometheus" / "rules.yaml"
DASHBOARD = ROOT / "config" / "grafana" / "dashboard.json"
NAME = re.compile(r"\bbridge_\w+")


def documented() -> set[str]:
    text = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    return set(re.findall(r"^\| `(bridge_\w+)`", text, flags=re.MULTILINE))


def base(name: str) -> str:
    """A histogram is documented under its own name."""
    return re.sub(r"_(bucket|sum|count)$", "", name)


async def scraped(bridge: Bridge) -> str:
    server = TestServer(wiring.build_admin(bridge.settings, bridge.store, bridge.intake), host="127.0.0.1")
    await server.start_server(access_log=None)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with bridge.http.get(server.make_url("/metrics"), headers=headers) as response:
        assert response.status == 200
        text = await response.text()
    await server.close()
    return text


def samples(text: str) -> dict[str, float]:
    """Each line's name with its labels, and its value. Fails for what is no text format."""
    line = re.compile(r'([a-z_]+(?:\{(?:[a-z]+="(?:[^"\\\n]|\\.)*",?)+\})?) ([0-9.e+-]+)')
    found = {}
    for row in text.splitlines():
        if not row.startswith("#"):
            match = line.fullmatch(row)
            assert match, row
            assert match[1] not in found, row
            found[match[1]] = float(match[2])
    return found


def types(text: str) -> dict[str, str]:
    return dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, flags=re.MULTILINE))


@pytest.fixture
async def bridge(start: Start, tmp_path: Path) -> Bridge:
    """With everything that has metrics."""
    verify = {"method": "token", "token": TOKEN}
    source = {"kind": "aws", "verify": verify, "quota": {"rate": "100/s", "burst": 100}}
    times = {"timeout": "1s", "lease": "2s", "grace": "2s", "schedule": ["50ms"]}
    return await start(sources={"aws": source}, delivery={**times, "spool": True, "spool_dir": str(tmp_path / "spool")})


async def test_every_metric_is_documented_and_every_documented_one_is_there(bridge: Bridge) -> None:
    text = await scraped(bridge)

    assert set(types(text)) == documented()
    assert text.endswith("\n")
    assert samples(text)


async def test_what_happens_is_measured(bridge: Bridge, sink: Sink) -> None:
    for _ in range(3):
        await bridge.post("aws", build("aws-sns", firing=True, now=NOW).body)
    await bridge.post("aws", b"{}", token="wrong")
    await bridge.post("nobody-knows", b"{}")

    async def measured() -> bool:
        return samples(await scraped(bridge))["bridge_delivery_seconds_count"] == 3

    await wait_until(measured, "the worker has told what it measured")
    found = samples(await scraped(bridge))
    assert found['bridge_requests_total{source="aws",status="202"}'] == 3
    assert found['bridge_requests_total{source="aws",status="401"}'] == 1
    assert found['bridge_requests_total{source="unknown",status="404"}'] == 1
    assert found["bridge_accept_seconds_count"] == 3
    assert found['bridge_accept_seconds_bucket{le="+Inf"}'] == 3
    assert found['bridge_attempts_total{verdict="done"}'] == 3
    assert found["bridge_workers"] == 1
    assert found["bridge_store_up"] == found["bridge_store_safe"] == found["bridge_spool_usable"] == 1
    assert found["bridge_store_used_bytes"] > 100_000
    assert "nobody-knows" not in str(found), "a stranger must not be able to make series"


async def test_what_waits_shows_its_age(start: Start) -> None:
    bridge = await start(worker=False)
    await bridge.post("aws", build("aws-sns", firing=True, now=NOW).body)

    async def aged() -> bool:
        found = samples(await scraped(bridge))
        return found['bridge_oldest_seconds{where="unread"}'] > 0.05

    await wait_until(aged, "it grows older")
    found = samples(await scraped(bridge))
    assert found['bridge_oldest_seconds{where="unplanned"}'] > 0
    assert found['bridge_oldest_seconds{where="ready"}'] == 0


async def test_without_redis_the_process_still_tells_what_it_knows(start: Start, valkey: ValkeyServer) -> None:
    bridge = await start(redis_url=valkey.url, worker=False)
    valkey.kill()
    await bridge.post("aws", build("aws-sns", firing=True, now=NOW).body)

    found = samples(await scraped(bridge))

    assert found["bridge_store_up"] == 0
    assert found['bridge_requests_total{source="aws",status="503"}'] == 1


async def test_a_worker_that_is_killed_is_missed_and_one_that_stops_is_not(start: Start) -> None:
    bridge = await start()

    async def workers() -> float:
        return samples(await scraped(bridge))["bridge_workers"]

    async def one() -> bool:
        return await workers() == 1

    await wait_until(one, "it is heard of")
    await bridge.stop_worker()
    assert await workers() == 0


def expressions() -> list[str]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    panels: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    rules = [rule["expr"] for group in groups for rule in group["rules"]]
    return rules + [target["expr"] for panel in panels for target in panel["targets"]]


def test_rules_and_dashboard_ask_only_for_metrics_that_exist() -> None:
    asked = {base(name) for expression in expressions() for name in NAME.findall(expression)}

    assert len(asked) > 20
    assert asked <= documented()


def test_the_dashboard_shows_every_metric() -> None:
    shown = {base(name) for name in NAME.findall(DASHBOARD.read_text())}

    assert documented() <= shown


def test_every_rule_says_how_bad_it_is_and_what_it_means() -> None:
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]

    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_promtool_takes_the_rules() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    checked = subprocess.run([promtool, "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_the_text_format() -> None:
    counter = Counter("c_total", "Counts.", ("who",))
    counter.inc('a "quoted" \\ name\n')
    counter.inc("b", by=2.5)
    histogram = Histogram("h", "Times.", (0.1, 1))
    for seconds in (0.05, 0.1, 0.5, 7):
        histogram.observe(seconds)

    text = render([counter.family(), histogram.family(), gauge("g", "Now.", [({}, 0.25)])])

    assert text.splitlines() == [
        "# HELP c_total Counts.",
        "# TYPE c_total counter",
        r'c_total{who="a \"quoted\" \\ name\n"} 1',
        'c_total{who="b"} 2.5',
        "# HELP h Times.",
        "# TYPE h histogram",
        'h_bucket{le="0.1"} 2',
        'h_bucket{le="1"} 3',
        'h_bucket{le="+Inf"} 4',
        "h_sum 7.65",
        "h_count 4",
        "# HELP g Now.",
        "# TYPE g gauge",
        "g 0.25",
    ]
