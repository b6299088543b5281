"""`pinghome-bridge routes`, and what `explain` tells of them: real processes, a real local Pinghome."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.pinghome.demo import DEMO_EMAIL, DEMO_PASSWORD, DEMO_TEAM_ID
from bridge.samples import build
from bridge.settings import load
from tests.local.fixtures import clock, demo_file, start_world, world
from tests.local.world import World, ruleset
from tests.support.fakes import NOW
from tests.support.processes import run

__all__ = ["clock", "demo_file", "start_world", "world"]

HIGH = {"key": "severity", "operator": "equal", "values": ["critical", "high"]}
DATABASE = {"key": "labels.team", "operator": "equal", "values": ["database"]}
ROUTES = [
    {"name": "noise", "when": [{"key": "title", "operator": "starts-with", "values": ["nightly"]}],
     "to": [{"drop": True}]},
    {"name": "database", "when": [HIGH, {"not": DATABASE}], "to": [{"incident": {"team": DEMO_TEAM_ID}}]},
    {"name": "either", "when": [{"any": [HIGH, DATABASE]}], "to": [{"webhook": "w"}]},
    {"name": "rest", "to": [{"webhook": "w-0123456789"}]},
]  # fmt: skip


def configure(folder: Path, **changes: Any) -> Path:
    """A configuration with four routes, at the default place."""
    file = folder / "config" / "bridge.yaml"
    file.parent.mkdir()
    document: dict[str, Any] = {
        "pinghome": {"email": DEMO_EMAIL, "password": DEMO_PASSWORD},
        "sources": {"aws": {"kind": "aws", "verify": {"method": "token", "token": "t"}}},
        "routes": ROUTES,
    }
    file.write_text(yaml.safe_dump(document | changes))
    return file


async def test_routes_are_printed_as_rulesets(tmp_path: Path) -> None:
    """What cannot be said is named, and so is an order that is lost."""
    configure(tmp_path)

    code, out, err = await run("routes", "export", "--team", DEMO_TEAM_ID, cwd=tmp_path)

    exported = json.loads(out)
    assert code == 1
    assert [one["name"] for one in exported] == ["database", "rest"]
    assert [one["operator"] for one in exported[0]["conditions"]] == ["equal", "not-equal"]
    assert "noise: left out: a ruleset cannot drop" in err
    assert "either: left out: a ruleset has no words for any of" in err
    assert "rest: rulesets have no order" in err


async def test_one_route_that_can_be_said_is_a_success(tmp_path: Path) -> None:
    configure(tmp_path)

    code, out, _ = await run("routes", "export", "database", cwd=tmp_path)

    assert (code, len(json.loads(out))) == (0, 1)


async def test_an_unknown_route_is_told(tmp_path: Path) -> None:
    configure(tmp_path)

    code, _, err = await run("routes", "export", "nothing", cwd=tmp_path)

    assert code == 2
    assert "there are: noise, database, either, rest" in err


async def test_rulesets_are_printed_as_routes(tmp_path: Path) -> None:
    """That the configuration takes as they are."""
    monitors = ruleset(name="Monitors", rule_type="state-change")
    (tmp_path / "rulesets.json").write_text(json.dumps({"data": [ruleset(name="Firing"), monitors]}))

    code, out, err = await run("routes", "import", "rulesets.json", cwd=tmp_path)

    assert code == 1
    assert "Monitors: left out: rule_type 'state-change' sees no webhook events" in err
    file = configure(tmp_path, **yaml.safe_load(out))
    (route,) = load(file, {}).routes
    assert (route.name, route.proceed, len(route.when)) == ("firing", True, 1)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["nowhere.json"], 1), (["bad.json"], 1), (["list.json"], 1), ([], 2), (["list.json", "--online"], 2)],
)
async def test_what_cannot_be_imported_is_one_line(tmp_path: Path, arguments: list[str], code: int) -> None:
    (tmp_path / "bad.json").write_text("[")
    (tmp_path / "list.json").write_text("[1]")

    ended, out, err = await run("routes", "import", *arguments, cwd=tmp_path)

    assert (ended, out, err.count("\n")) == (code, "", 1)


async def test_rules_move_to_pinghome_and_back(tmp_path: Path, world: World) -> None:
    """The second time they replace what is there."""
    url = str(world.client.make_url("/")) + "{service}"
    configure(tmp_path, pinghome={"email": DEMO_EMAIL, "password": DEMO_PASSWORD, "url": url})

    outs = [await run("routes", "export", "database", "--online", "--yes", cwd=tmp_path, within=60) for _ in range(2)]
    code, out, err = await run("routes", "import", "--online", "--json", cwd=tmp_path, within=60)

    assert [(one[0], one[1].splitlines()) for one in outs] == [
        (0, [f"{verb} ruleset 'database' of team {DEMO_TEAM_ID}", "done"]) for verb in ("create", "replace")
    ]
    assert (code, err) == (0, "")
    assert sorted(route["name"] for route in json.loads(out)) == ["database", "firing-alerts"]
    assert {route["to"][0]["incident"]["team"] for route in json.loads(out)} == {DEMO_TEAM_ID}


async def test_nobody_is_asked_for_nothing(tmp_path: Path, world: World) -> None:
    """Without `--yes` and without an answer nothing is changed."""
    url = str(world.client.make_url("/")) + "{service}"
    configure(tmp_path, pinghome={"email": DEMO_EMAIL, "password": DEMO_PASSWORD, "url": url})

    await run("routes", "export", "database", "--online", cwd=tmp_path, within=60)

    assert [one["name"] for one in (await world.call("ruleset.list")).data] == ["Firing alerts"]


async def test_a_pinghome_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    account = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD, "url": "http://127.0.0.1:1/{service}"}
    configure(tmp_path, pinghome=account)

    code, _, err = await run("routes", "import", "--online", cwd=tmp_path)

    assert (code, err.count("\n")) == (69, 1)
    assert "Traceback" not in err


async def test_explain_shows_the_whole_decision(tmp_path: Path) -> None:
    configure(tmp_path, enrichment=[{"set": {"service": "shop", "environment": "production"}}])
    (tmp_path / "alarm.json").write_bytes(build("aws-sns", firing=True, now=NOW).body)

    shown = await run("explain", "--source", "aws", "alarm.json", cwd=tmp_path)
    _, out, _ = await run("explain", "--source", "aws", "alarm.json", "--json", cwd=tmp_path)
    _, checked, _ = await run("check-config", "config/bridge.yaml", cwd=tmp_path)

    assert shown[0] == 0
    told = (
        "token (explain does not check it)",
        "aws: cloudwatch-alarm",
        "shop",
        "production",
        "- noise: title starts-with nightly: it is",
        "+ database: conditions hold",
        "incident:de30…",
    )
    for part in told:
        assert part in shown[1]
    (alert,) = json.loads(out)
    decision = alert.pop("decision")
    assert [(one["route"], one["took"]) for one in decision["tried"]] == [("noise", False), ("database", True)]
    assert (decision["decoder"], decision["targets"]) == ("aws: cloudwatch-alarm", ["incident:de30…"])
    assert f"version {decision['config']}" in checked
    assert decision["config"] in shown[1]
    assert alert["routing"]["team_id"] == DEMO_TEAM_ID
