"""`provision`: what the configuration needs at Pinghome, made once, against a local Pinghome on a real socket."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge import provisioning
from bridge.pinghome.client import Pinghome
from bridge.pinghome.connection import Connection
from bridge.pinghome.demo import DEMO_EMAIL, DEMO_PASSWORD, DEMO_RULESET_ID, DEMO_TEAM_ID
from bridge.settings.load import load
from tests.local.fixtures import clock, demo_file, start_world, world
from tests.local.world import World, alert
from tests.support.processes import run

__all__ = ["clock", "demo_file", "start_world", "world"]


@pytest.fixture
def config(tmp_path: Path, world: World) -> Path:
    """One that names a webhook and two heartbeats by files that are not there yet."""
    path = tmp_path / "bridge.yaml"
    path.write_text(
        f"pinghome: {{url: 'http://127.0.0.1:{world.client.port}/{{service}}',"
        f" email: {DEMO_EMAIL}, password: {DEMO_PASSWORD}}}\n"
        f"routes: [{{name: pages, to: [{{webhook_file: {tmp_path}/webhook}}]}}]\n"
        f"heartbeats:\n"
        f"  backup: {{id_file: {tmp_path}/backup, token: secret-of-backup}}\n"
        f"  import: {{id_file: {tmp_path}/import, token: secret-of-import}}\n"
    )
    return path


def rewrite(config: Path, old: str, new: str) -> None:
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new))


async def provision(config: Path, *words: str) -> tuple[int, str, str]:
    return await run("provision", "--config", config.name, *words, cwd=config.parent)


async def marks(config: Path) -> dict[str, str]:
    _, out, _ = await provision(config, "--dry-run", "--json")
    return {step["name"]: step["mark"] for step in json.loads(out)}


async def test_what_is_needed_is_made_once_and_works(config: Path, world: World) -> None:
    await world.call("ruleset.delete", path={"id": DEMO_RULESET_ID})
    rulesets = {f"Bridge alerts ({urgency})" for urgency in ("high", "medium", "low")}
    assert await marks(config) == dict.fromkeys({"bridge: pages", *rulesets, "bridge", "backup", "import"}, "+")
    code, out, err = await provision(config, "--yes")
    assert (code, err) == (0, "")
    assert out.count("done: ") == 7

    assert set((await marks(config)).values()) == {"="}
    code, out, _ = await provision(config, "--yes")
    assert (code, "done" in out) == (0, False)
    assert len((await world.call("ruleset.list")).data) == 3

    webhook = load(config).routes[0].to[0].webhook.get_secret_value()  # type: ignore[union-attr]
    await world.call("webhook.submit", path={"id": webhook}, json=alert(urgency="low"))
    [incident] = (await world.call("incident.list", path={"id": DEMO_TEAM_ID})).data
    assert (incident["urgency"], incident["name"]) == ("low", alert()["title"])


async def test_a_dry_run_and_a_no_change_nothing(config: Path, world: World) -> None:
    before = (await world.call("webhook.list")).data
    assert (await provision(config, "--dry-run"))[0] == 0
    code, _, err = await provision(config)  # nobody answers the question
    assert code == 1
    assert "Do this?" in err
    assert (await world.call("webhook.list")).data == before
    assert not (config.parent / "webhook").exists()


async def test_a_ruleset_that_holds_already_is_enough_and_a_changed_one_is_put_right(
    config: Path, world: World
) -> None:
    assert {mark for name, mark in (await marks(config)).items() if name.startswith("Bridge")} == {"="}
    await world.call("ruleset.delete", path={"id": DEMO_RULESET_ID})
    await provision(config, "--yes")
    ours = next(one for one in (await world.call("ruleset.list")).data if one["name"] == "Bridge alerts (low)")
    changed = {name: ours[name] for name in ("rule_type", "level", "team_id", "name", "description", "assignees")}
    body = {**changed, "urgency": "high", "conditions": ours["conditions"]}
    assert (await world.call("ruleset.update", path={"id": ours["id"]}, json=body)).status == 200
    assert (await marks(config))["Bridge alerts (low)"] == "~"
    await provision(config, "--yes")
    assert (await marks(config))["Bridge alerts (low)"] == "="


async def test_a_run_that_was_cut_off_goes_on_without_making_anything_twice(config: Path, world: World) -> None:
    settings = load(config, absent=provisioning.absent)
    wanted, memory = provisioning.needs(settings), config.parent / "provisioned.json"
    connection = Connection(
        url=f"http://127.0.0.1:{world.client.port}/{{service}}", email=DEMO_EMAIL, password=DEMO_PASSWORD
    )
    async with Pinghome(connection) as pinghome:
        runs = 0
        while runs < 10 and any(value.startswith(provisioning.ABSENT) for value in wanted.heartbeats.values()):
            runs += 1
            steps = provisioning.plan(
                wanted, await provisioning.look(pinghome, wanted, provisioning.remembered(memory)), None
            )
            under_way = provisioning.carry_out(pinghome, steps, provisioning.remembered(memory), memory)
            async for _ in under_way:
                break  # cut off after one step, whatever comes next
            await under_way.aclose()  # type: ignore[attr-defined]
            settings = load(config, absent=provisioning.absent)
            wanted = provisioning.needs(settings)
        assert runs == 4
        service = provisioning.remembered(memory)
        assert service is not None
        assert sorted([one.name or "" async for one in pinghome.heartbeats.each(service)]) == ["backup", "import"]


async def test_an_id_that_nobody_knows_is_left_to_the_operator(config: Path) -> None:
    rewrite(config, f"webhook_file: {config.parent}/webhook", "webhook: unknown-id")
    code, out, err = await provision(config, "--yes")
    assert code == 1
    assert "its id is unknown upstream" in out
    assert "unknown-id" not in out + err


async def test_without_an_account_it_says_what_is_missing(config: Path) -> None:
    rewrite(config, f"email: {DEMO_EMAIL}, password: {DEMO_PASSWORD}", "strict: false")
    code, _, err = await provision(config)
    assert (code, err) == (78, "pinghome-bridge: provisioning needs pinghome.email and pinghome.password\n")
