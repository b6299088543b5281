"""`local-pinghome`: the local Pinghome as a process, and what it told people."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sqlite3
import sys
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bridge.cli.common import (
    CONTROL_VARIABLE,
    DEFAULT_DATA,
    EX_CANTCREAT,
    ConfigOption,
    ControlOption,
    DataOption,
    InsecureOption,
    JsonOption,
    SocketOption,
    fail,
    start,
)
from bridge.cli.serve import bound, until_told
from bridge.cli.tables import show

if TYPE_CHECKING:
    from bridge.settings import Settings

DATABASE: Final = "pinghome.sqlite3"

app = typer.Typer(rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def local_pinghome(
    context: typer.Context,
    config: ConfigOption = None,
    data: DataOption = DEFAULT_DATA,
    port: int | None = None,
    insecure_dev: InsecureOption = False,
    control: ControlOption = False,
    listen_fd: SocketOption = None,
    ready_fd: SocketOption = None,
) -> None:
    """Run the local Pinghome: the whole API, kept in one SQLite file.

    Example: pinghome-bridge local-pinghome --data .bridge --port 8090
    """
    if context.invoked_subcommand is not None:
        return
    if control:
        os.environ[CONTROL_VARIABLE] = "true"
    settings = start("pinghome", config, insecure_dev=insecure_dev).running
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        fail(f"{data}: {error.strerror}", EX_CANTCREAT)
    listening = bound("pinghome", listen_fd, settings.pinghome.host, settings.pinghome.port if port is None else port)
    asyncio.run(_local(settings, data / DATABASE, listening, ready_fd))


@app.command()
def outbox(
    data: DataOption = DEFAULT_DATA,
    purpose: Annotated[
        str | None, typer.Option(help="Only code, invitation, notification, test or subscription.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="Only what goes to this address.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, the newest first.")] = 50,
    json_output: JsonOption = False,
) -> None:
    """Show what the local Pinghome told people, or would have: codes, invitations, notifications.

    Example: pinghome-bridge local-pinghome outbox --purpose code
    """
    file = data / DATABASE
    if not file.is_file():
        fail(f"{file} is not there: --data names the folder of `up` or `local-pinghome`")
    try:
        rows = _read(file, purpose, to, limit)
    except sqlite3.Error as error:
        fail(f"{file}: {error}")
    if json_output:
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    else:
        show(rows)


def _read(file: Path, purpose: str | None, to: str | None, limit: int) -> list[dict[str, Any]]:
    """Read past the API: whoever may read the file may read what is in it."""
    from bridge.local.messages.outbox import listing
    from bridge.local.times import rfc3339

    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        posted = listing(connection, purpose=purpose, channel_value=to, limit=limit)
    return [
        {
            "at": rfc3339(one.created_at),
            "purpose": one.message.purpose,
            "to": f"{one.message.channel_type} {one.message.channel_value}",
            "subject": one.message.subject,
            "body": one.message.body,
            "state": one.state,
            "detail": one.detail,
        }
        for one in posted
    ]


async def _local(settings: Settings, database: Path, bound: socket.socket, ready_fd: int | None) -> None:
    from bridge import web, wiring

    async with AsyncExitStack() as stack:
        await web.serve(stack, wiring.build_local(settings, database), bound)
        await until_told(ready_fd)
