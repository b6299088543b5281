"""A real Valkey for tests, killed and restarted like a real one."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import redis

from bridge.embedded.valkey import program


class ValkeyServer:
    """The embedded server over a folder of its own: append-only file, fsync always."""

    def __init__(self, folder: Path) -> None:
        """Not started yet."""
        self.folder = folder
        self._program, self.url = program(folder)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> ValkeyServer:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(self._program.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                except redis.RedisError:
                    assert time.monotonic() < deadline, (self.folder / "valkey.log").read_text()
                    time.sleep(0.01)
                else:
                    return self

    def send(self, number: signal.Signals) -> None:
        """A real signal."""
        assert self._process is not None
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        """kill -9, and wait for the end."""
        self.send(signal.SIGKILL)
        self._wait()

    def stop(self) -> None:
        """SIGTERM, if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self.send(signal.SIGCONT)
            self.send(signal.SIGTERM)
            self._wait()

    def _wait(self) -> None:
        assert self._process is not None
        self._process.wait(timeout=10)
