"""How to reach a Pinghome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where Pinghome is and who we are there. `url` is a template with `{service}`; `timeout` in seconds covers one
    attempt, from waiting for a connection to the last byte."""

    url: str
    email: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 10.0


class Configured(Protocol):
    """Settings that say how to reach Pinghome."""

    def connection(self) -> Connection:
        """How to reach it."""
