"""Taking a changed configuration into force while the bridge runs: validated first, swapped at once, or not at all.

The file is looked at every second (its time, size and inode: a few microseconds), which works on every file system
and with files that are replaced, as Kubernetes does; SIGHUP asks for it at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final

import structlog
from pydantic import SecretStr, ValidationError

from bridge.domain.configuration import ConfigState
from bridge.domain.errors import ConfigError, ConfigFault
from bridge.settings.load import DEFAULT_ORIGIN, configured_file, load
from bridge.settings.model import Settings
from bridge.settings.start import check_start

RELOADED: Final = ("sources", "routes", "severity", "enrichment", "templates", "heartbeats")
"""The top-level keys that a reload takes into force. Ports, hosts, the store and the rest belong to a process."""

POLL: Final = 1.0
"""Seconds between two looks at the file. It must look the same twice: a file that is being written is left alone."""

Commit = Callable[[], None]
Prepare = Callable[[Settings], Commit]

log = structlog.get_logger(__name__)


def version_of(settings: Settings) -> str:
    """Twelve hexadecimal digits that name what decides about alerts: the keys of RELOADED, with their secrets.

    Nobody learns a secret from it who does not know all the others, the webhooks' ids among them.
    """
    decides = {name: settings.model_dump(include={name}).get(name) for name in RELOADED}
    return hashlib.sha256(json.dumps(_plain(decides), sort_keys=True).encode()).hexdigest()[:12]


class Reloader:
    """The configuration of one process, kept up with its file."""

    def __init__(
        self,
        file: Path | None = None,
        *,
        insecure_dev: bool = False,
        environment: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Load it for the first time. Raises ConfigError."""
        # The path is settled now: should the file vanish, that is a fault and not the development default.
        self._file = configured_file(file, environment)
        self._insecure_dev = insecure_dev
        self._environment = environment
        self._clock = clock
        self._loaded = self._stamp()
        self._started = self.running = self._load()
        self._parts: list[Prepare] = []
        self._asked = asyncio.Event()
        self.state = ConfigState(version=version_of(self.running), loaded_at=clock())

    def add(self, prepare: Prepare) -> None:
        """Have a part take every new configuration: `prepare` builds what it needs, in a thread, and may raise; what
        it returns puts that in place, in the event loop, and may not."""
        self._parts.append(prepare)

    def ask(self) -> None:
        """Look at the file now, changed or not."""
        self._asked.set()

    def start(self, stack: AsyncExitStack) -> None:
        """Keep up with the file, and listen to SIGHUP, until the stack is closed. In the main thread only."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self.ask)
        watching = asyncio.create_task(self.watch(), name="configuration")

        async def stop() -> None:
            loop.remove_signal_handler(signal.SIGHUP)
            watching.cancel()
            await asyncio.wait((watching,))

        stack.push_async_callback(stop)

    async def watch(self) -> None:
        """Reload whenever the file has changed, or somebody asked."""
        before = self._loaded
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await self._asked.wait()
            now = self._stamp()
            if self._asked.is_set() or (now != self._loaded and now == before):
                self._asked.clear()
                self._loaded = now
                await self.reload()
            before = now

    async def reload(self) -> bool:
        """Take the file's present content into force. False: it cannot be used, and the old one stays."""
        try:
            fresh = await asyncio.to_thread(self._load)
            merged = self._merged(fresh)
            commits = [] if merged == self.running else [await asyncio.to_thread(part, merged) for part in self._parts]
        except ConfigError as error:
            self._refuse([str(fault) for fault in error.faults])
            return False
        except Exception as error:
            # Our own bug must not end the watching, and the old configuration is as good as it was.
            log.exception("config_reload_bug", error=type(error).__name__)
            self._refuse([f"the bridge failed on it ({type(error).__name__})"])
            return False
        for commit in commits:
            commit()
        self._accept(fresh, merged)
        return True

    def _accept(self, fresh: Settings, merged: Settings) -> None:
        restart = tuple(
            name
            for name in Settings.model_fields
            if name not in RELOADED and getattr(fresh, name) != getattr(self._started, name)
        )
        self.running = merged
        self.state = ConfigState(version=version_of(merged), loaded_at=self._clock(), needs_restart=restart)
        log.info("config_reloaded", version=self.state.version)
        if restart:
            log.warning("config_needs_restart", keys=restart)

    def _refuse(self, faults: list[str]) -> None:
        self.state = replace(self.state, faults=tuple(faults))
        log.error("config_refused", faults=faults, version=self.state.version)

    def _load(self) -> Settings:
        settings = load(self._file, self._environment)
        check_start(settings, insecure_dev=self._insecure_dev)
        return settings

    def _merged(self, fresh: Settings) -> Settings:
        """What is new where a reload can take it, what the process was started with elsewhere; checked as a whole."""
        fields = {name: getattr(fresh if name in RELOADED else self._started, name) for name in Settings.model_fields}
        try:
            merged = Settings.model_validate(fields)
        except ValidationError as error:
            reasons = [f"{detail['msg'].removeprefix('Value error, ')} (until a restart)" for detail in error.errors()]
            raise ConfigError([self._fault(reason) for reason in reasons]) from None
        if merged.development_credentials() and not self._started.development_credentials():
            # What keeps web pages away from them is put up at start.
            raise ConfigError([self._fault("development credentials need a restart")])
        return merged

    def _fault(self, reason: str) -> ConfigFault:
        return ConfigFault(origin=str(self._file or DEFAULT_ORIGIN), key="", reason=reason)

    def _stamp(self) -> tuple[int, int, int] | None:
        """What changes when the file does. None: there is none."""
        if self._file is None:
            return None
        try:
            facts = self._file.stat()
        except OSError:
            return None
        return facts.st_mtime_ns, facts.st_size, facts.st_ino


def _plain(value: Any) -> Any:
    """As JSON has it, secrets as they are."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, dict):
        return {str(key.value if isinstance(key, Enum) else key): _plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
