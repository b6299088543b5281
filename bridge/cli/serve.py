"""The parts, one process each: `serve`, `worker`, `local-pinghome`."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from bridge.cli.common import (
    EX_UNAVAILABLE,
    ConfigOption,
    InsecureOption,
    SocketOption,
    announce,
    configuration_faults,
    fail,
    inherited,
    start,
)

if TYPE_CHECKING:
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
    ingress = bound("ingress", ingress_fd, settings.ingress.host, settings.ingress.port)
    admin = bound("admin", admin_fd, settings.admin.host, settings.admin.port)
    with configuration_faults():
        asyncio.run(_serve(reloader, ingress, admin, ready_fd))


def worker(config: ConfigOption = None, insecure_dev: InsecureOption = False, ready_fd: SocketOption = None) -> None:
    """Run one worker: it plans, delivers and retries. Run as many as you like.

    Example: pinghome-bridge worker --config bridge.yaml
    """
    from workers.run import run

    reloader = start("worker", config, insecure_dev=insecure_dev)
    with configuration_faults():
        asyncio.run(run(reloader.running, lambda: announce(ready_fd), reloader))


def bound(name: str, descriptor: int | None, host: str, port: int) -> socket.socket:
    from bridge.web import listen

    if descriptor is not None:
        return inherited(descriptor)
    try:
        return listen(host, port)
    except OSError as error:
        fail(f"{name}: cannot listen on {host}:{port}: {error.strerror}", EX_UNAVAILABLE)


async def _serve(reloader: Reloader, ingress: socket.socket, admin: socket.socket, ready_fd: int | None) -> None:
    from bridge import watching, web, wiring

    settings = reloader.running
    async with AsyncExitStack() as stack:
        store = wiring.open_store(stack, settings)
        await watching.tell_guarantee(store, settings)
        intake = await wiring.share_intake(stack, settings, store)
        await web.serve(stack, wiring.build_admin(settings, store, intake, reloader), admin)
        await web.serve(stack, await wiring.build_ingress(stack, settings, store, intake, reloader), ingress)
        reloader.start(stack)
        await until_told(ready_fd)


async def until_told(ready_fd: int | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    announce(ready_fd)
    await stop.wait()
