"""The parts, one process each: `serve`, `worker`, `local-pinghome`."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.cli.common import (
    DEFAULT_DATA,
    EX_CANTCREAT,
    EX_UNAVAILABLE,
    ConfigOption,
    DataOption,
    InsecureOption,
    SocketOption,
    announce,
    fail,
    inherited,
    start,
)

if TYPE_CHECKING:
    from bridge.settings import Settings
    from bridge.settings.reload import Reloader


def serve(
    config: ConfigOption = None,
    insecure_dev: InsecureOption = False,
    ingress_fd: SocketOption = None,
    admin_fd: SocketOption = None,
    ready_fd: SocketOption = None,
) -> None:
    """Run the ingress and the admin API.

    Example: pinghome-bridge serve --config bridge.yaml
    """
    reloader = start("ingress", config, insecure_dev=insecure_dev)
    settings = reloader.running
    ingress = _bound("ingress", ingress_fd, settings.ingress.host, settings.ingress.port)
    admin = _bound("admin", admin_fd, settings.admin.host, settings.admin.port)
    asyncio.run(_serve(reloader, ingress, admin, ready_fd))


def worker(config: ConfigOption = None, insecure_dev: InsecureOption = False, ready_fd: SocketOption = None) -> None:
    """Run one worker: it plans, delivers and retries. Run as many as you like.

    Example: pinghome-bridge worker --config bridge.yaml
    """
    from workers.run import run

    reloader = start("worker", config, insecure_dev=insecure_dev)
    asyncio.run(run(reloader.running, lambda: announce(ready_fd), reloader))


def local_pinghome(
    config: ConfigOption = None,
    data: DataOption = DEFAULT_DATA,
    port: int | None = None,
    insecure_dev: InsecureOption = False,
    listen_fd: SocketOption = None,
    ready_fd: SocketOption = None,
) -> None:
    """Run the local Pinghome: accounts, webhooks, rulesets, incidents, heartbeats, kept in one SQLite file.

    Example: pinghome-bridge local-pinghome --data .bridge --port 8090
    """
    settings = start("pinghome", config, insecure_dev=insecure_dev).running
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        fail(f"{data}: {error.strerror}", EX_CANTCREAT)
    bound = _bound("pinghome", listen_fd, settings.pinghome.host, settings.pinghome.port if port is None else port)
    asyncio.run(_local(settings, data / "pinghome.sqlite3", bound, ready_fd))


def _bound(name: str, descriptor: int | None, host: str, port: int) -> socket.socket:
    from bridge.web import listen

    if descriptor is not None:
        return inherited(descriptor)
    try:
        return listen(host, port)
    except OSError as error:
        fail(f"{name}: cannot listen on {host}:{port}: {error.strerror}", EX_UNAVAILABLE)


async def _serve(reloader: Reloader, ingress: socket.socket, admin: socket.socket, ready_fd: int | None) -> None:
    from bridge import web, wiring

    settings = reloader.running
    async with AsyncExitStack() as stack:
        store = wiring.open_store(stack, settings)
        await web.serve(stack, wiring.build_admin(settings, store, reloader), admin)
        await web.serve(stack, await wiring.build_ingress(stack, settings, store, reloader), ingress)
        reloader.start(stack)
        await wiring.tell_guarantee(store)
        await _until_told(ready_fd)


async def _local(settings: Settings, database: Path, bound: socket.socket, ready_fd: int | None) -> None:
    from bridge import web, wiring

    async with AsyncExitStack() as stack:
        await web.serve(stack, wiring.build_local(settings, database), bound)
        await _until_told(ready_fd)


async def _until_told(ready_fd: int | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    announce(ready_fd)
    await stop.wait()
