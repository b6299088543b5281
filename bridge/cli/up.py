"""`pinghome-bridge up`: the whole bridge in one command, as a supervisor of its parts."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
import sys
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bridge.cli.common import (
    CONTROL_VARIABLE,
    DEFAULT_DATA,
    EX_CANTCREAT,
    EX_UNAVAILABLE,
    ConfigOption,
    ControlOption,
    DataOption,
    InsecureOption,
    configuration_faults,
    fail,
    start,
)

if TYPE_CHECKING:
    from bridge.embedded.process import Child, Program
    from bridge.settings import Settings

START_LIMIT: Final = 30.0
VALKEY_GRACE: Final = 10.0

PortOption = Annotated[int | None, typer.Option(min=0, max=65535, help="0 takes a free one.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listeners:
    """The sockets of the whole bridge. The supervisor owns them, so that no connection is refused while a
    part is started again."""

    ingress: socket.socket
    admin: socket.socket
    pinghome: socket.socket | None


def up(
    config: ConfigOption = None,
    port: PortOption = None,
    admin_port: PortOption = None,
    pinghome_port: PortOption = None,
    data: DataOption = DEFAULT_DATA,
    insecure_dev: InsecureOption = False,
    control: ControlOption = False,
) -> None:
    """Run everything: ingress, worker, an embedded Valkey (unless redis.url is set) and a local Pinghome
    (unless pinghome.url is set).

    Example: pinghome-bridge up --port 8080 --data .bridge
    """
    if control:
        os.environ[CONTROL_VARIABLE] = "true"
    settings = start("up", config, insecure_dev=insecure_dev).running
    with _locked(data):
        listeners = _listen(settings, port, admin_port, pinghome_port)
        with configuration_faults():
            code = asyncio.run(_run(settings, listeners, config, data, insecure_dev=insecure_dev))
        raise typer.Exit(code)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One `up` a folder. The kernel gives the lock back when the process is gone, however it went."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / "lock").open("w", encoding="ascii")
    except OSError as error:
        fail(f"{folder}: {error.strerror}", EX_CANTCREAT)
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            fail(f"{folder} is in use by another `pinghome-bridge up`; stop it or choose --data", EX_CANTCREAT)
        yield


def _listen(settings: Settings, port: int | None, admin_port: int | None, pinghome_port: int | None) -> Listeners:
    def bound(name: str, host: str, configured: int, chosen: int | None) -> socket.socket:
        from bridge.web import listen

        number = configured if chosen is None else chosen
        try:
            return listen(host, number)
        except OSError as error:
            option = "--port" if name == "ingress" else f"--{name}-port"
            fail(f"{name}: cannot listen on {host}:{number}: {error.strerror}; choose {option}", EX_UNAVAILABLE)

    local = settings.pinghome.url is None
    return Listeners(
        ingress=bound("ingress", settings.ingress.host, settings.ingress.port, port),
        admin=bound("admin", settings.admin.host, settings.admin.port, admin_port),
        pinghome=bound("pinghome", settings.pinghome.host, settings.pinghome.port, pinghome_port) if local else None,
    )


async def _run(settings: Settings, listeners: Listeners, config: Path | None, data: Path, *, insecure_dev: bool) -> int:
    from bridge import watching
    from bridge.embedded.process import Child
    from bridge.web import url_of

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    environment = _environment(listeners, config) | _spool(settings, data)
    async with AsyncExitStack() as stack:
        if settings.redis.url is None:
            environment["PINGHOME_BRIDGE_REDIS__URL"] = await _start_valkey(stack, data)
        else:
            await watching.check_store(settings)
        ready = _ReadyPipe(stack)
        grace = settings.delivery.grace.total_seconds() + 5
        for together in _programs(listeners, environment, data, ready.write_end, insecure_dev=insecure_dev):
            children = [Child(program) for program in together]
            await _keep(stack, *children, grace=grace)
        # The last are those that decide by the configuration: serve and worker.
        loop.add_signal_handler(signal.SIGHUP, _pass_on, children)
        await _first(ready.count(3 if listeners.pinghome else 2), stop.wait())
        if not stop.is_set():
            pinghome = url_of(listeners.pinghome) if listeners.pinghome else settings.pinghome.template()
            line = f"ready ingress={url_of(listeners.ingress)} admin={url_of(listeners.admin)} pinghome={pinghome}"
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
            await stop.wait()
    return 0


def _pass_on(children: Sequence[Child]) -> None:
    for child in children:
        child.tell(signal.SIGHUP)


def _environment(listeners: Listeners, config: Path | None) -> dict[str, str]:
    from bridge.web import url_of

    environment: dict[str, str] = {}
    if config is not None:
        environment["PINGHOME_BRIDGE_CONFIG"] = str(config)
    if listeners.pinghome is not None:
        environment["PINGHOME_BRIDGE_PINGHOME__URL"] = url_of(listeners.pinghome) + "/{service}"
    return environment


def _spool(settings: Settings, data: Path) -> dict[str, str]:
    """On unless the configuration says otherwise, and beside everything else that is kept."""
    said, environment = settings.delivery.model_fields_set, dict[str, str]()
    if "spool" not in said:
        environment["PINGHOME_BRIDGE_DELIVERY__SPOOL"] = "true"
    if "spool_dir" not in said:
        environment["PINGHOME_BRIDGE_DELIVERY__SPOOL_DIR"] = str(data / "spool")
    return environment


def _programs(
    listeners: Listeners, environment: dict[str, str], data: Path, ready: int, *, insecure_dev: bool
) -> Iterator[Sequence[Program]]:
    """In the order of starting; what is stopped together comes together."""
    from bridge.embedded.process import Program

    def part(name: str, *options: str, files: tuple[int, ...] = ()) -> Program:
        # -P: a folder named `bridge` where the user happens to stand must not be taken for ours.
        command = [sys.executable, "-P", "-m", "bridge", name, *options, "--ready-fd", str(ready)]
        return Program(name=name, command=command, environment=environment, files=(*files, ready))

    insecure = ("--insecure-dev",) if insecure_dev else ()
    if listeners.pinghome is not None:
        descriptor = listeners.pinghome.fileno()
        yield (
            part("local-pinghome", *insecure, "--data", str(data), "--listen-fd", str(descriptor), files=(descriptor,)),
        )
    ingress, admin = listeners.ingress.fileno(), listeners.admin.fileno()
    yield (
        part("serve", *insecure, "--ingress-fd", str(ingress), "--admin-fd", str(admin), files=(ingress, admin)),
        part("worker", *insecure),
    )


async def _start_valkey(stack: AsyncExitStack, data: Path) -> str:
    from bridge.embedded import valkey
    from bridge.embedded.process import Child

    try:
        program, url = valkey.program(data / "valkey")
    except valkey.NoServer as error:
        fail(str(error), EX_UNAVAILABLE)
    await _keep(stack, Child(program), grace=VALKEY_GRACE)
    if not await valkey.answers(url, within=START_LIMIT):
        fail(f"the embedded Valkey does not answer; see {data / 'valkey' / 'valkey.log'}", EX_UNAVAILABLE)
    return url


async def _keep(stack: AsyncExitStack, *children: Child, grace: float) -> None:
    """Start children now, keep them running, and stop them together with the stack (the last started first)."""
    keepers = []
    for child in children:
        await child.start()
        keepers.append(asyncio.create_task(child.keep()))

    async def stop() -> None:
        await asyncio.gather(*(child.stop(grace) for child in children))
        for keeper in keepers:
            keeper.cancel()
        await asyncio.wait(keepers)

    stack.push_async_callback(stop)


class _ReadyPipe:
    """Each part writes a line when it is up."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._read_end, self.write_end = os.pipe()
        stack.callback(os.close, self.write_end)
        stack.callback(os.close, self._read_end)

    async def count(self, lines: int) -> None:
        """Wait for so many lines."""
        loop, seen = asyncio.get_running_loop(), 0
        readable = asyncio.Event()
        loop.add_reader(self._read_end, readable.set)
        try:
            async with asyncio.timeout(START_LIMIT):
                while seen < lines:
                    await readable.wait()
                    readable.clear()
                    seen += os.read(self._read_end, 4096).count(b"\n")
        except TimeoutError:
            fail(f"not everything came up within {START_LIMIT:g} s; the log above says what", EX_UNAVAILABLE)
        finally:
            loop.remove_reader(self._read_end)


async def _first(*waits: Coroutine[Any, Any, object]) -> None:
    """Until the first of them is done; its error, if it has one, is ours."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    for task in done:
        task.result()
