"""The bridge as its users run it: real processes, real signals."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

READY = re.compile(r"ready ingress=(\S+) admin=(\S+) pinghome=(\S+)\n")
COMMAND = (sys.executable, "-P", "-m", "bridge")


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without any setting of the bridge."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PINGHOME_")}
    return {**inherited, **(extra or {})}


async def run(
    *arguments: str, cwd: Path, environment: Mapping[str, str] | None = None, within: float = 30
) -> tuple[int, str, str]:
    """Run a command to its end: exit code, stdout, stderr."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, cwd=cwd, env=clean_environment(environment),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(within):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


class Running:
    """A long-running command in a folder of its own; its log lies in the file `log`."""

    def __init__(self, folder: Path, *command: str, environment: Mapping[str, str] | None = None) -> None:
        """Not started yet."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._command = command
        self.environment = environment
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it."""
        with (self.folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, cwd=self.folder, env=clean_environment(self.environment),
                stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip

    @property
    def log(self) -> str:
        """What it logged so far."""
        return (self.folder / "log").read_text()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def tell(self, number: signal.Signals) -> None:
        """Send a signal and go on."""
        os.kill(self.pid, number)

    async def line(self) -> str:
        """The next line of its output."""
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(30):
            return (await self._process.stdout.readline()).decode()

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        async with asyncio.timeout(40):
            return await self._process.wait()


class Up(Running):
    """`pinghome-bridge up` on free ports."""

    def __init__(self, folder: Path, *options: str, environment: Mapping[str, str] | None = None) -> None:
        """Its data lies in `data` beside its log."""
        ports = ("--port", "0", "--admin-port", "0", "--pinghome-port", "0")
        super().__init__(folder, *COMMAND, "up", *ports, "--data", "data", *options, environment=environment)
        self.ingress = self.admin = self.pinghome = ""

    async def start(self) -> None:
        """Start it and wait for its ready line."""
        await super().start()
        try:
            line = await self.line()
            found = READY.fullmatch(line)
            assert found is not None, f"{line!r}\n{self.log}"
        except BaseException:
            await self.end(signal.SIGKILL)
            raise
        self.ingress, self.admin, self.pinghome = found.groups()

    def part(self, name: str) -> int | None:
        """The process id of the child whose command line holds `name`."""
        return next((pid for pid in children(self.pid) if name in command_line(pid)), None)

    def kill(self, name: str) -> None:
        """kill -9 that child."""
        pid = self.part(name)
        assert pid is not None, f"no {name} among {[command_line(pid) for pid in children(self.pid)]}"
        os.kill(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    """The processes whose parent this is (Linux)."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name in parentheses may hold anything; the parent is the second field after it.
            if int(status.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(status.parent.name))
    return found


def command_line(pid: int) -> str:
    """The words of a process's command, or nothing if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    """Does the process still run? A zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
