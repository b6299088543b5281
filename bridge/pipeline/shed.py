"""Refusing alerts in time: before the store is full, and before one noisy sender has taken everybody's room."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Final

from bridge.domain.delivery import Delivery, DeliveryId
from bridge.domain.errors import Unavailable
from bridge.domain.send import Send
from bridge.pipeline.ports import Accepted, EventFacts, Restored, Restoring
from bridge.pipeline.telemetry import StoreView

_RETRY_AFTER: Final = 15
"""Seconds: longer than the usual 5, since memory is freed by delivering."""
_OPENS_AT: Final = 0.95
"""Of the watermark: what was shut at it opens again a little below it, or it would flap."""


class Gate:
    """Shut while the store has little room left: what was accepted needs it to be delivered from."""

    def __init__(self, *, memory: float, backlog: int | None) -> None:
        """`memory`: the part of the store's memory (0 to 1) beyond which nothing new is taken. `backlog`: how many
        messages and sends may be unfinished; None: no bound but memory."""
        self._memory = memory
        self._backlog = backlog
        self.reason: str | None = None
        self.shed: dict[str, int] = {"memory": 0, "backlog": 0}
        self._why = "memory"

    def view(self, view: StoreView) -> None:
        """How full it is now."""
        margin = _OPENS_AT if self.reason else 1.0
        self.reason = None
        if view.facts.fill >= self._memory * margin:
            self._why, self.reason = "memory", f"{view.facts.fill:.0%} of the store's memory is used"
        elif self._backlog is not None and view.backlog >= self._backlog * margin:
            self._why, self.reason = "backlog", f"{view.backlog} messages and sends are unfinished"

    def check(self) -> None:
        """Raises Unavailable while it is shut."""
        if self.reason is not None:
            self.shed[self._why] += 1
            raise Unavailable(f"shed: {self.reason}", code="shed", retry_after=_RETRY_AFTER)


@dataclass(frozen=True, slots=True)
class SheddingJournal:
    """A journal behind the gate. Implements the port `Restoring`."""

    journal: Restoring
    gate: Gate

    async def accept(self, delivery: Delivery) -> Accepted:
        """See the port."""
        self.gate.check()
        return await self.journal.accept(delivery)

    async def submit(self, send: Send, facts: EventFacts) -> Accepted:
        """See the port."""
        self.gate.check()
        return await self.journal.submit(send, facts)

    async def restore(self, deliveries: Sequence[Delivery], doubtful: Container[DeliveryId]) -> Restored:
        """See the port. The spool waits with the others."""
        if self.gate.reason is not None:
            raise Unavailable(f"shed: {self.gate.reason}", code="shed", retry_after=_RETRY_AFTER)
        return await self.journal.restore(deliveries, doubtful)


@dataclass(slots=True)
class Quota:
    """A token bucket: on average `rate` messages a second, `burst` at once. One a source and ingress process."""

    rate: float
    burst: int
    refused: int = 0
    _tokens: float | None = field(default=None)
    _at: float = 0.0

    def take(self, at: float) -> None:
        """One message at this time, in seconds. Raises Unavailable beyond the quota."""
        tokens = float(self.burst) if self._tokens is None else self._tokens + max(at - self._at, 0) * self.rate
        self._at, self._tokens = at, min(tokens, float(self.burst))
        if self._tokens < 1:
            self.refused += 1
            wait = (1 - self._tokens) / self.rate
            raise Unavailable("the source is over its quota", code="over_quota", retry_after=min(int(wait) + 1, 60))
        self._tokens -= 1
