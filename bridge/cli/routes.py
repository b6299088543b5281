"""`pinghome-bridge routes`: rules that move between the bridge and Pinghome's rulesets."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bridge.cli.common import EX_UNAVAILABLE, ConfigOption, JsonOption, configuration_faults, fail
from bridge.domain.alert import Urgency

if TYPE_CHECKING:
    from bridge.pinghome.client import Pinghome
    from bridge.settings import Settings

app = typer.Typer(help="Move rules between the bridge and Pinghome's rulesets.", no_args_is_help=True)

T = TypeVar("T")


@app.command("export")
def export_routes(
    names: Annotated[list[str] | None, typer.Argument(help="Routes to export. Default: all.")] = None,
    config: ConfigOption = None,
    team: Annotated[str | None, typer.Option(help="Team of the routes that have no incident target.")] = None,
    urgency: Annotated[Urgency, typer.Option(help="Where the route says none.")] = Urgency.MEDIUM,
    online: Annotated[bool, typer.Option("--online", help="Create or update them in Pinghome by their name.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Print routes as the JSON of rulesets, or put them into Pinghome. Exit 1 where one cannot be said in a ruleset.

    Example: pinghome-bridge routes export database-pages --team 445a5c1f-c0eb-403a-96d7-3976e5dc74ed
    """
    from bridge.pinghome.rulesets import NotExpressible, to_ruleset

    settings = _load(config)
    routes = [route.route() for route in settings.routes]
    unknown = sorted(set(names or ()) - {route.name for route in routes})
    if unknown:
        fail(f"no route {unknown[0]!r}; there are: {', '.join(route.name for route in routes)}", 2)
    rulesets, left_out, before = [], 0, ""
    for route in routes:
        if not names or route.name in names:
            try:
                rulesets.append(to_ruleset(route, team=team, urgency=urgency))
            except NotExpressible as error:
                left_out += 1
                _note(f"{route.name}: left out: {error}")
            else:
                if before:
                    _note(f"{route.name}: rulesets have no order: it will also see what {before!r} takes here")
        before = before if route.proceed else route.name
    if online:
        _online(settings, lambda pinghome: _put(pinghome, rulesets, yes=yes))
    else:
        sys.stdout.write(json.dumps(rulesets, indent=2, ensure_ascii=False) + "\n")
    raise typer.Exit(1 if left_out else 0)


@app.command("import")
def import_routes(
    file: Annotated[Path | None, typer.Argument(help="JSON of one ruleset, or of a list of them.")] = None,
    config: ConfigOption = None,
    online: Annotated[bool, typer.Option("--online", help="Read them from Pinghome.")] = False,
    json_output: JsonOption = False,
) -> None:
    """Print rulesets as routes for the configuration (YAML). Exit 1 where one cannot be said in a route.

    Example: pinghome-bridge routes import rulesets.json
    """
    import yaml
    from pydantic import ValidationError

    from bridge.pinghome.rulesets import NotExpressible, to_route
    from bridge.settings.routes import RouteSettings

    if (file is None) is not online:
        fail("give either a file or --online", 2)
    found = _online(_load(config), _listed) if file is None else _read(file)
    routes: list[dict[str, Any]] = []
    left_out = 0
    for ruleset in found:
        try:
            route = to_route(ruleset, [route["name"] for route in routes])
            RouteSettings.model_validate(route)
        except NotExpressible as error:
            reason = str(error)
        except ValidationError as error:
            reason = "; ".join(detail["msg"].removeprefix("Value error, ") for detail in error.errors())
        else:
            routes.append(route)
            continue
        left_out += 1
        _note(f"{ruleset.get('name')}: left out: {reason}")
    if json_output:
        sys.stdout.write(json.dumps(routes, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(yaml.safe_dump({"routes": routes}, sort_keys=False, allow_unicode=True))
    raise typer.Exit(1 if left_out else 0)


def _load(config: Path | None) -> Settings:
    from bridge.settings import load

    with configuration_faults():
        return load(config)


def _note(text: str) -> None:
    sys.stderr.write(f"pinghome-bridge: {text}\n")


def _read(file: Path) -> Sequence[dict[str, Any]]:
    """One ruleset, a list of them, or the API's answer with such a list."""
    try:
        document = json.loads(file.read_bytes())
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    except (ValueError, RecursionError):
        fail(f"{file}: is no JSON")
    if isinstance(document, dict) and isinstance(document.get("data"), dict | list):
        document = document["data"]
    found = document if isinstance(document, list) else [document]
    if not all(isinstance(one, dict) for one in found):
        fail(f"{file}: holds no rulesets")
    return found


def _online(settings: Settings, work: Callable[[Pinghome], Awaitable[T]]) -> T:
    """Work with the API; its failures are one line."""
    from bridge.outbound.session import open_session
    from bridge.pinghome.errors import PinghomeError
    from bridge.wiring import open_pinghome

    async def run() -> T:
        async with AsyncExitStack() as stack:
            session = await open_session(stack, connections=2)
            return await work(open_pinghome(stack, settings, session))

    try:
        return asyncio.run(run())
    except PinghomeError as error:
        fail(str(error), EX_UNAVAILABLE)


async def _listed(pinghome: Pinghome) -> Sequence[dict[str, Any]]:
    data = await pinghome.call("ruleset.list")
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []


async def _put(pinghome: Pinghome, rulesets: Sequence[dict[str, Any]], *, yes: bool) -> None:
    """Create what is not there and replace what has the same name, team and type."""
    known = {_identity(one): str(one["id"]) for one in await _listed(pinghome) if "id" in one}
    for ruleset in rulesets:
        verb = "replace" if _identity(ruleset) in known else "create"
        sys.stdout.write(f"{verb} ruleset {ruleset['name']!r} of team {ruleset['team_id']}\n")
    if not rulesets or not (yes or typer.confirm(f"{len(rulesets)} rulesets: go on?")):
        return
    for ruleset in rulesets:
        if (there := known.get(_identity(ruleset))) is not None:
            await pinghome.call("ruleset.update", path={"id": there}, json=ruleset)
        else:
            await pinghome.call("ruleset.create", json=ruleset)
    sys.stdout.write("done\n")


def _identity(ruleset: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(ruleset.get(name) for name in ("rule_type", "team_id", "name"))
