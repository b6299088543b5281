"""One alert (or one heartbeat report) on its way to one target, frozen when it was planned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from bridge.domain.delivery import DeliveryId

ATTEMPTS_KEPT: Final = 20


class TargetKind(StrEnum):
    """Where a send goes."""

    WEBHOOK = "webhook"
    HEARTBEAT = "heartbeat"
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A destination by value. `id` of a webhook or heartbeat is a bearer secret of the data gateway: mask it wherever
    it is shown. That of an incident is its team's."""

    kind: TargetKind
    id: str

    def masked(self) -> str:
        """Enough to recognise the target, not enough to use it."""
        return f"{self.kind}:{self.id[:4]}…" if len(self.id) > 8 else f"{self.kind}:…"


class SendState(StrEnum):
    """What has become of a send. All but the first two are final."""

    WAITING = "waiting"
    DUE = "due"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One real HTTP attempt: when, how long (milliseconds), and what the far side said.

    `status` is None where no answer came; `detail` then names the failure, else it is the beginning of the
    answer, at most 512 bytes.
    """

    at: datetime
    took_ms: float
    status: int | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """The unit of delivery. `body` is what will be posted, rendered once; retries never render it again.

    `lane` is what must stay in order: at most one send of a lane is under way or waiting for a retry.
    `label` is one line for people (the alert's title, a heartbeat's name and result). `tries` is the spent
    part of the retry budget; `attempts` are the last ATTEMPTS_KEPT real HTTP attempts.
    """

    id: str
    delivery_id: DeliveryId
    idempotency_key: str
    target: Target
    lane: str
    label: str
    body: bytes
    planned_at: datetime
    tries: int = 0
    attempts: tuple[Attempt, ...] = ()

    def with_attempt(self, attempt: Attempt, *, counts: bool = True) -> Send:
        """The same send, one attempt later. `counts` says whether it is taken from the retry budget."""
        attempts = (*self.attempts, attempt)[-ATTEMPTS_KEPT:]
        return replace(self, attempts=attempts, tries=self.tries + counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRecord:
    """A line of the ledger: the state of one send, for people and for the audit."""

    id: str
    state: SendState
    target: str
    label: str
    attempts: tuple[Attempt, ...] = ()
    next_at: datetime | None = None
    reason: str | None = None

    @classmethod
    def of(
        cls, send: Send, state: SendState, *, reason: str | None = None, next_at: datetime | None = None
    ) -> SendRecord:
        """The line for a send in this state; the target is masked, for the ledger is shown to people."""
        return cls(
            id=send.id,
            state=state,
            target=send.target.masked(),
            label=send.label,
            attempts=send.attempts,
            next_at=next_at,
            reason=reason,
        )
