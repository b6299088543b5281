"""`pinghome-bridge pinghome <system> <operation>`: the whole API, made from the table of operations."""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer
from typer.core import TyperGroup
from typer.main import get_command

from bridge.cli.common import ConfigOption, JsonOption, configuration_faults, fail
from bridge.cli.tables import show
from bridge.pinghome.describe import Parameter, parameters
from bridge.pinghome.endpoints import LOCAL_EXTRAS, OPERATIONS, SYSTEMS
from bridge.pinghome.operation import AnyOperation, Request

if TYPE_CHECKING:
    from bridge.pinghome.connection import Connection

_PATH: Final = "path_"
_FIELD: Final = "field_"
_JSON_HELP: Final = "JSON, or @FILE."


class Systems(TyperGroup):
    """One group a system, made when it is asked for."""

    # typer brings a click of its own, whose types have no public name.
    def list_commands(self, ctx: Any) -> list[str]:
        """The systems in the order of the API's texts."""
        return list(SYSTEMS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The commands of one system; `teams` is understood as `team`."""
        name = cmd_name if cmd_name in SYSTEMS else cmd_name.removesuffix("s")
        rows = [row for row in (*OPERATIONS, *LOCAL_EXTRAS) if row.system == name]
        if not rows:
            return None
        group = typer.Typer(
            name=name,
            help=SYSTEMS[name],
            no_args_is_help=True,
            rich_markup_mode=None,
        )
        for row in rows:
            group.command(command_name(row), help=_help(row))(_command(row))
        return get_command(group)


def command_name(row: AnyOperation) -> str:
    """`delete_many` is typed `delete-many`."""
    return row.name.replace("_", "-")


def usage(row: AnyOperation) -> str:
    """An example of a call that gives what is required."""
    words = ["pinghome-bridge", "pinghome", row.system, command_name(row)]
    words += [f"<{parameter}>" for parameter in row.parameters]
    words += [f"--{one.name.replace('_', '-')} ..." for one in parameters(row) if one.required]
    if row.body is dict:
        words.append("--body '{...}'")
    return " ".join(words)


def _help(row: AnyOperation) -> str:
    only = "\n\nOnly the local Pinghome knows it." if row in LOCAL_EXTRAS else ""
    account = "" if row.auth else "\n\nNeeds no account."
    return f"{row.title}: {row.method} {row.service} {row.path}{only}{account}\n\nExample: {usage(row)}"


def _command(row: AnyOperation) -> Callable[..., None]:
    """A function whose signature is the operation's parameters: typer makes arguments and options of it."""

    def run(**given: Any) -> None:
        path = {name.removeprefix(_PATH): value for name, value in given.items() if name.startswith(_PATH)}
        fields = {
            name.removeprefix(_FIELD): value
            for name, value in given.items()
            if name.startswith(_FIELD) and value is not None and value != []
        }
        query, body = _request(row, fields, given.get("body"))
        connection = _connection(given["config"], given["url"])
        data = asyncio.run(_call(connection, row, path, query, body, everything=given.get("everything", False)))
        if given["json_output"]:
            sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
        else:
            show(data)

    run.__signature__ = inspect.Signature(list(_parameters(row)))  # type: ignore[attr-defined]
    return run


def _parameters(row: AnyOperation) -> Sequence[inspect.Parameter]:
    found = [
        _parameter(f"{_PATH}{name}", Annotated[str, typer.Argument(metavar=name.upper())], inspect.Parameter.empty)
        for name in row.parameters
    ]
    for parameter in parameters(row):
        option = typer.Option(f"--{parameter.name.replace('_', '-')}", help=_words(parameter), show_default=False)
        kind = str if parameter.kind is dict else parameter.kind
        found.append(_parameter(f"{_FIELD}{parameter.name}", Annotated[kind | None, option], None))
    if row.body is not None:
        whole = typer.Option("--body", help=f"The whole body: {_JSON_HELP} Single fields come on top.")
        found.append(_parameter("body", Annotated[str | None, whole], None))
    if row.paging is not None:
        every = typer.Option("--all", help="All of it, page after page.")
        found.append(_parameter("everything", Annotated[bool, every], False))  # noqa: FBT003 - a default
    found += [
        _parameter("url", Annotated[str | None, typer.Option("--url", help="Instead of pinghome.url.")], None),
        _parameter("config", ConfigOption, None),
        _parameter("json_output", JsonOption, False),  # noqa: FBT003 - a default
    ]
    return found


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _words(parameter: Parameter) -> str:
    words = [parameter.about]
    if parameter.choices and parameter.kind is not dict:
        words.append(f"One of {', '.join(parameter.choices)}.")
    if parameter.kind is dict:
        words.append(_JSON_HELP)
    if parameter.local:
        words.append("Only the local Pinghome knows it.")
    if parameter.required:
        words.append("Required.")
    return " ".join(word for word in words if word)


def _request(row: AnyOperation, fields: Mapping[str, Any], whole: str | None) -> tuple[Mapping[str, Any] | None, Any]:
    """Query and body, checked by the operation's models before anything is sent."""
    query, body = None, None
    if isinstance(row.query, type):
        query = _checked(row, row.query, {name: fields[name] for name in row.query.__struct_fields__ if name in fields})
    if row.body is dict:
        body = _parsed("--body", whole or "{}")
    elif row.body is not None and issubclass(row.body, Request):
        document = {} if whole is None else _parsed("--body", whole)
        if not isinstance(document, dict):
            fail("--body must be a JSON object", 2)
        for one in parameters(row):
            if one.where == "body" and one.name in fields:
                value = fields[one.name]
                document[one.name] = _parsed(f"--{one.name}", value) if one.kind is dict else value
        body = _checked(row, row.body, document)
    return query, body


def _checked(row: AnyOperation, model: type[Request], document: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return dict(msgspec.to_builtins(msgspec.convert(document, model)))
    except msgspec.ValidationError as error:
        missing = [
            field.encode_name
            for field in msgspec.structs.fields(model)
            if field.required and field.name not in document
        ]
        if missing:
            options = ", ".join(f"--{name.replace('_', '-')}" for name in missing)
            fail(f"{row.key} needs {options}", 2)
        fail(f"{row.key}: {error}", 2)


def _parsed(option: str, text: str) -> Any:
    """JSON from the command line or, with an @ before its name, from a file; any other text is itself."""
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text(encoding="utf-8")
        except OSError as error:
            fail(f"{option}: {text[1:]}: {error.strerror}", 2)
    try:
        return json.loads(text)
    except ValueError as error:
        fail(f"{option}: no JSON: {error}", 2)


def _connection(config: Path | None, url: str | None) -> Connection:
    from dataclasses import replace

    from bridge import logs
    from bridge.settings import load

    with configuration_faults():
        settings = load(config)
    logs.configure(level="error", form="console", process="pinghome")
    connection = settings.pinghome.connection()
    return connection if url is None else replace(connection, url=url)


async def _call(
    connection: Connection,
    row: AnyOperation,
    path: Mapping[str, str],
    query: Mapping[str, Any] | None,
    body: Any,
    *,
    everything: bool,
) -> Any:
    from bridge.pinghome.address import BadAddress
    from bridge.pinghome.client import Pinghome
    from bridge.pinghome.errors import PinghomeError
    from bridge.pinghome.systems.base import older, pages

    try:
        async with Pinghome(connection) as pinghome:
            if everything:
                entries = (pages if row.paging == "page" else older)(pinghome, row, path)
                return [entry async for entry in entries]
            return await pinghome.call(row, path=path, query=query, json=body)
    except BadAddress as error:
        fail(f"--url: {error}", 2)
    except (PinghomeError, ValueError) as error:
        fail(str(error))
