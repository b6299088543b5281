"""The API from the command line, against a local Pinghome on a real socket."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from bridge.cli.main import app
from bridge.cli.pinghome import Systems, command_name
from bridge.pinghome.demo import DEMO_HEARTBEAT_ID, DEMO_SERVICE_ID, DEMO_TEAM_ID, DEMO_WEBHOOK_ID
from bridge.pinghome.endpoints import LOCAL_EXTRAS, OPERATIONS
from bridge.pinghome.operation import AnyOperation
from tests.local.fixtures import clock, demo_file, start_world, world
from tests.local.world import World
from tests.support.processes import run

__all__ = ["clock", "demo_file", "start_world", "world"]


async def pinghome(world: World, cwd: Path, *words: str) -> tuple[int, str, str]:
    return await run("pinghome", *words, "--url", f"http://127.0.0.1:{world.client.port}/{{service}}", cwd=cwd)


@pytest.mark.parametrize("row", [*OPERATIONS, *LOCAL_EXTRAS], ids=lambda row: row.key)
def test_every_operation_has_its_command_with_an_example(row: AnyOperation) -> None:
    root = get_command(app)
    group = root.commands["pinghome"]  # type: ignore[attr-defined]
    assert isinstance(group, Systems)
    context = typer.Context(group, info_name="pinghome-bridge pinghome")
    system = group.get_command(context, row.system)
    command = system.commands[command_name(row)]
    text = command.get_help(typer.Context(command, info_name=command_name(row)))
    assert f"Example: pinghome-bridge pinghome {row.system} {command_name(row)}" in " ".join(text.split())


async def test_a_list_is_a_table_and_with_json_the_data(world: World, tmp_path: Path) -> None:
    code, out, err = await pinghome(world, tmp_path, "team", "list")
    assert (code, err) == (0, "")
    assert DEMO_TEAM_ID in out
    code, out, _ = await pinghome(world, tmp_path, "teams", "list", "--json")
    assert [team["team_id"] for team in json.loads(out)] == [DEMO_TEAM_ID]


async def test_fields_are_options_and_a_body_may_come_from_a_file(world: World, tmp_path: Path) -> None:
    words = ("heartbeat", "create", "--service-id", DEMO_SERVICE_ID, "--name", "nightly", "--methods", "GET")
    code, out, err = await pinghome(world, tmp_path, *words, "--methods", "POST", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["methods"] == ["GET", "POST"]
    (tmp_path / "event.json").write_text('{"status": "firing"}')
    code, _, err = await pinghome(world, tmp_path, "webhook", "submit", DEMO_WEBHOOK_ID, "--body", "@event.json")
    assert (code, err) == (0, "")
    events = (await world.call("webhook.events", path={"id": DEMO_WEBHOOK_ID})).data
    assert [event["body"] for event in events] == [{"status": "firing"}]


async def test_all_pages_are_read(world: World, tmp_path: Path) -> None:
    for number in range(120):
        body = {"service_id": DEMO_SERVICE_ID, "name": str(number)}
        assert (await world.call("heartbeat.create", json=body)).status == 201
    code, out, _ = await pinghome(world, tmp_path, "heartbeat", "list", DEMO_SERVICE_ID, "--all", "--json")
    assert (code, len(json.loads(out))) == (0, 121)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("team", "members", "unknown"), 1, "team.members: 404"),
        (("service", "create", "--name", "n"), 2, "service.create needs --team-id"),
        (("incident", "create", DEMO_TEAM_ID, "--body", "{"), 2, "--body: no JSON"),
        (("incident", "create", DEMO_TEAM_ID, "--body", "[]"), 2, "--body must be a JSON object"),
        (("heartbeat", "submit", DEMO_HEARTBEAT_ID, "--result", "maybe"), 2, "Invalid enum value 'maybe'"),
        (("heartbeat", "get", ".."), 1, "needs the path parameter 'id'"),
        (("team", "create", "--name", "x" * 256), 2, "length <= 255"),
    ],
)
async def test_a_mistake_is_one_clear_line(
    world: World, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    ended, out, err = await pinghome(world, tmp_path, *words)
    assert (ended, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1


async def test_a_pinghome_that_is_not_there_is_said_in_one_line(tmp_path: Path, unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}/{{service}}"
    code, _, err = await run("pinghome", "incident", "health-check", "--url", url, cwd=tmp_path)
    assert code == 1
    assert err == "pinghome-bridge: incident.health_check: no answer: ClientConnectorError\n"


async def test_an_address_that_is_none_is_said_in_one_line(tmp_path: Path) -> None:
    code, _, err = await run("pinghome", "team", "list", "--url", "http://nowhere", cwd=tmp_path)
    assert (code, err) == (
        2,
        "pinghome-bridge: --url: the template must contain {service} exactly once, or be 'cloud'\n",
    )
