"""The embedded server wherever the user keeps the data."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import redis

from bridge.embedded.valkey import SETTINGS, program
from tests.support.valkey import ValkeyServer


def test_a_folder_with_a_long_path_gets_a_socket_elsewhere(tmp_path: Path) -> None:
    """A Unix socket's path has at most 107 bytes; the data stay where they were asked for."""
    folder = tmp_path / ("deep" * 20) / ("folder" * 15)
    server = ValkeyServer(folder).start()
    socket = Path(server.url.removeprefix("unix://"))
    try:
        with redis.Redis.from_url(server.url) as client:
            client.set("kept", "here")
    finally:
        server.stop()

    assert len(str(socket)) < 107
    assert socket.parent != folder
    assert socket.parent.stat().st_mode & 0o077 == 0
    assert list(folder.glob("appendonlydir/*"))
    socket.parent.rmdir()


def test_it_writes_to_disk_before_it_answers_and_evicts_nothing(tmp_path: Path) -> None:
    """What `up` promises rests on these, so they are asked of the running server."""
    server = ValkeyServer(tmp_path / "valkey").start()
    try:
        with redis.Redis.from_url(server.url) as client:
            found = {
                name: client.config_get(name)[name]
                for name in ("appendonly", "appendfsync", "maxmemory-policy", "port")
            }
    finally:
        server.send(signal.SIGKILL)
        server.stop()

    assert found == {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "port": "0"}
    assert found.items() <= SETTINGS.items()


def test_a_relative_folder_is_taken_from_where_the_user_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server changes its folder before it opens its log."""
    monkeypatch.chdir(tmp_path)

    command = program(Path("relative"))[0].command

    assert command[command.index("--dir") + 1] == str(tmp_path / "relative")
    assert command[command.index("--logfile") + 1] == str(tmp_path / "relative" / "valkey.log")
