"""What has become of everything that was accepted, and the port to read it by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bridge.domain.send import Send, SendRecord, SendState
from bridge.pipeline.ports import EventFacts


class EventStatus(StrEnum):
    """What has become of one accepted message."""

    ACCEPTED = "accepted"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    DROPPED = "dropped"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One accepted message with all its sends."""

    facts: EventFacts
    sends: tuple[SendRecord, ...] | None

    @property
    def status(self) -> EventStatus:
        """Derived from the sends: dead if any is dead, delivered only if all are."""
        if self.sends is None:
            return EventStatus.ACCEPTED
        if not self.sends:
            return EventStatus.DROPPED
        states = {send.state for send in self.sends}
        if states & {SendState.WAITING, SendState.DUE}:
            return EventStatus.DELIVERING
        return EventStatus.DEAD if SendState.DEAD in states else EventStatus.DELIVERED


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A send that was given up."""

    send: Send
    record: SendRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Depths:
    """How much lies where. `unfinished` are all sends that are neither delivered nor dead: those that are ready
    (`ready`), those that are due later, and those that wait behind another of their lane."""

    unplanned: int
    unfinished: int
    ready: int
    due: int
    dead: int


class Ledger(Protocol):
    """Read only. All methods raise Unavailable."""

    async def event(self, delivery_id: str) -> Event | None:
        """One event, or None for an id that was never accepted or is past its retention."""

    async def raw(self, delivery_id: str) -> bytes | None:
        """The exact body of one event."""

    async def events(self, *, limit: int, before: str | None = None) -> Sequence[Event]:
        """The newest events that are planned, newest first; with `before`, those older than that event."""

    async def dead(self, *, limit: int) -> Sequence[DeadLetter]:
        """The newest dead letters, newest first."""

    async def counts(self) -> Mapping[str, int]:
        """Everything that was counted inside the transitions."""

    async def depths(self) -> Depths:
        """How much lies where, now."""
