"""The bridge's own troubles: what is wrong with us, as opposed to what senders tell us of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TroubleKind(StrEnum):
    """What is wrong."""

    STORE_DOWN = "store_down"
    STORE_UNSAFE = "store_unsafe"
    STORE_FULL = "store_full"
    SPOOL_IN_USE = "spool_in_use"
    SPOOL_UNUSABLE = "spool_unusable"
    WORKERS_GONE = "workers_gone"
    DEAD_LETTERS = "dead_letters"
    AUDIT_DRIFT = "audit_drift"
    UPSTREAM_REFUSES = "upstream_refuses"
    DESTINATION_GONE = "destination_gone"
    DESTINATION_DOWN = "destination_down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is wrong. `subject` says with what (a target, masked; a host), `text` is one line for people."""

    kind: TroubleKind
    subject: str
    text: str

    @property
    def key(self) -> str:
        """The same as long as it is the same trouble."""
        return f"{self.kind}/{self.subject}"


class NoticeState(StrEnum):
    """Which of an episode's notices this is."""

    RAISED = "raised"
    REPEATED = "repeated"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is told of a trouble: that it began, that it goes on, that it is over."""

    state: NoticeState
    trouble: Trouble
    since: datetime
