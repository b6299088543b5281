"""A child process that is kept alive, and that dies with us however we die."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

log = structlog.get_logger(__name__)

_GUARD: Final = """
import ctypes, os, signal, sys
parent, program = int(sys.argv[1]), sys.argv[2:]
if sys.platform == "linux":
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
if os.getppid() != parent:
    sys.exit(1)
os.execv(program[0], program)
"""
"""Asks the kernel to end it when our process is gone (kill -9 included), then becomes the program.

SIGKILL and not SIGTERM: two servers on one append-only file would be worse than a crash, which every part
survives anyway. Done in a process of its own: between fork and exec of a process with threads no Python may run.
SIGHUP asks a part to reload: until it listens it must not be killed by it.
"""

_LONGEST_PAUSE: Final = 5.0
_STEADY: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run. `files` are file descriptors that it inherits."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[int] = ()
    output: int | None = None


class Child:
    """Keeps one program running until it is told to stop."""

    def __init__(self, program: Program) -> None:
        """Nothing is started yet."""
        self._program = program
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    async def start(self) -> None:
        """Start the program once. Raises OSError."""
        program = self._program
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", "-c", _GUARD, str(os.getpid()), *program.command,
            env={**os.environ, **program.environment}, pass_fds=program.files, stdout=program.output,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C is ours: we stop the parts in order
        )  # fmt: skip
        log.debug("started", program=program.name, pid=self._process.pid)

    async def keep(self) -> None:
        """Start it again whenever it ends, at once the first time, slower if it keeps ending."""
        failures, loop = 0, asyncio.get_running_loop()
        while True:
            if self._process is None:
                await self.start()
                continue
            began = loop.time()
            code = await self._process.wait()
            if self._stopping:
                return
            failures = 0 if loop.time() - began > _STEADY else failures + 1
            log.warning("ended", program=self._program.name, code=code, hint="it is started again")
            await asyncio.sleep(min(0.1 * 2 ** (failures - 1), _LONGEST_PAUSE) if failures else 0)
            self._process = None

    def tell(self, number: signal.Signals) -> None:
        """Send a signal, if it runs."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def stop(self, grace: float) -> None:
        """SIGTERM, and SIGKILL after `grace` seconds."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(grace):
                await process.wait()
        except TimeoutError:
            log.warning("killed", program=self._program.name, grace=grace)
            process.kill()
            await process.wait()
