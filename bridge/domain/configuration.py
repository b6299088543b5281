"""What is told of the configuration in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigState:
    """The configuration that decides now, and what came of the last look at its file.

    `faults`: why the file's present content is not in force. `needs_restart`: top-level keys that it changes and a
    reload does not.
    """

    version: str
    loaded_at: datetime
    faults: tuple[str, ...] = ()
    needs_restart: tuple[str, ...] = ()
