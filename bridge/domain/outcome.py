"""What is to be done after an attempt. One function makes it, one function carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The far side took it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Try again at `due`."""

    due: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """Give up and keep everything for a person to look at."""

    reason: str


Outcome = Done | Retry | Dead
