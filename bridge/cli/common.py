"""What all commands share: how they end, and the options that they have in common."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import structlog
import typer

from bridge.domain.errors import ConfigError

if TYPE_CHECKING:
    from bridge.settings.reload import Reloader

EX_CONFIG: Final = 78
EX_UNAVAILABLE: Final = 69
EX_CANTCREAT: Final = 73

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="Configuration file. Default: $PINGHOME_BRIDGE_CONFIG or config/bridge.yaml."),
]
InsecureOption = Annotated[
    bool, typer.Option("--insecure-dev", help="Allow development credentials and unproven sources anywhere.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
DataOption = Annotated[Path, typer.Option("--data", help="Folder for everything that is kept.")]
SocketOption = Annotated[int | None, typer.Option(hidden=True)]


ControlOption = Annotated[
    bool, typer.Option("--control", help="Serve /_local/* of the local Pinghome: faults, clock, outbox. For tests.")
]
CONTROL_VARIABLE: Final = "PINGHOME_BRIDGE_PINGHOME__CONTROL__ENABLED"

DEFAULT_DATA: Final = Path(".bridge")

log = structlog.get_logger(__name__)


def fail(message: str, code: int = 1) -> NoReturn:
    """One clear line on stderr and a non-zero exit."""
    sys.stderr.write(f"pinghome-bridge: {message}\n")
    raise typer.Exit(code)


@contextmanager
def configuration_faults() -> Iterator[None]:
    """Print every fault of the configuration, a line each, and exit with 78."""
    try:
        yield
    except ConfigError as error:
        for fault in error.faults:
            sys.stderr.write(f"pinghome-bridge: {fault}\n")
        raise typer.Exit(EX_CONFIG) from None


def start(process: str, config: Path | None, *, insecure_dev: bool) -> Reloader:
    """What every long-running command does first: read the configuration, refuse an unsafe one, set up the log."""
    from bridge import logs
    from bridge.settings.reload import Reloader
    from bridge.settings.start import widened

    with configuration_faults():
        reloader = Reloader(config, insecure_dev=insecure_dev)
    settings = reloader.running
    logs.configure(level=settings.logging.level, form=settings.logging.format, process=process)
    for source, hosts in widened(settings).items():
        log.warning("keys_from_other_hosts", source=source, hosts=hosts)
    return reloader


def inherited(descriptor: int) -> socket.socket:
    """A listening socket that the parent process bound: it outlives a crash of ours."""
    bound = socket.socket(fileno=descriptor)
    bound.setblocking(False)  # noqa: FBT003 - the socket API
    return bound


def announce(descriptor: int | None) -> None:
    """Tell the parent that this process is up."""
    if descriptor is not None:
        os.write(descriptor, b"ready\n")
