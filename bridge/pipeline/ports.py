"""What the pipeline needs of the world, in its own words. `wiring` knows who provides it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Generic, Protocol, TypeVar

from bridge.domain.delivery import Delivery, DeliveryId
from bridge.domain.outcome import Outcome
from bridge.domain.send import Send
from bridge.verify.base import KeyRef

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The message is on disk: under this id, now or (a duplicate) earlier."""

    id: DeliveryId
    duplicate: bool = False


class Journal(Protocol):
    """The durable log of what was accepted. Returns only when it is stored; raises Unavailable otherwise."""

    async def accept(self, delivery: Delivery) -> Accepted:
        """Store a delivery, once per source and sender's message id."""

    async def submit(self, send: Send, facts: EventFacts) -> Accepted:
        """Store a send that needs no decoding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What became of messages that were brought to the journal later: stored now, already there under their own
    delivery id, or duplicates of others by their sender's id."""

    stored: int = 0
    known: int = 0
    duplicates: int = 0


class Restoring(Journal, Protocol):
    """A journal that takes what was accepted while it was away. `submit` may be repeated, too."""

    async def restore(self, deliveries: Sequence[Delivery], doubtful: Container[DeliveryId]) -> Restored:
        """Store deliveries in order, each once by its own id, however often it is brought. `doubtful` were given to
        `accept` before, without an answer. Raises Unavailable: bring all of them again."""


class KeyStore(Protocol):
    """Public keys that proofs need, fetched and cached."""

    async def fetch(self, ref: KeyRef) -> bytes:
        """The key. Raises Unavailable where it cannot be had now."""


class Confirmer(Protocol):
    """Confirms subscriptions."""

    async def confirm(self, url: str) -> None:
        """One GET, no redirects. Raises Unavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Generic[T]):
    """One stream entry that this worker owns. `deliveries` counts how often it was handed to a worker."""

    entry: str
    item: T
    deliveries: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """What the ledger keeps of a delivery besides its raw body and its sends. `config` is the version of the
    configuration that planned it."""

    id: DeliveryId
    source: str
    received_at: datetime
    principal: str
    event_id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    alerts: Sequence[AlertFacts] = ()
    undecoded: str | None = None
    config: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFacts:
    """One alert of an event, in short: what it is, which route took it and why."""

    id: str
    type: str
    action: str
    severity: str
    title: str
    dedup_key: str
    route: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one delivery becomes: its sends, the ledger's facts, and what was counted on the way.

    `bodies` are the rendered alerts, those that a route dropped included.
    """

    facts: EventFacts
    sends: Sequence[Send]
    bodies: Sequence[bytes] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


ALONE_AFTER: Final = 3
"""Hand-outs of a claim after which it is suspected of killing the workers that take it."""


class Queue(Protocol[T]):
    """A durable queue shared by all workers. All methods raise Unavailable."""

    async def open(self) -> None:
        """Make it ready to be read."""

    async def read(self, count: int) -> Sequence[Claim[T]]:
        """Up to `count` items that nobody owns; waits about a second for the first."""

    async def recover(self, count: int, holding: Container[str]) -> Sequence[Claim[T]]:
        """Up to `count` items whose owner is dead, or has not been heard of for the length of a lease.

        Not those of `holding`. A suspect (see ALONE_AFTER) comes by itself.
        """

    async def release(self, claims: Sequence[Claim[T]]) -> None:
        """Give items back, so that another worker may have them at once."""


class Inbox(Queue[Delivery], Protocol):
    """Accepted deliveries that wait to be planned."""

    async def replace(self, claim: Claim[Delivery], plan: Plan) -> bool:
        """Put the plan's sends in the delivery's place, atomically. False: another worker owns it now."""


class Outbox(Queue[Send], Protocol):
    """Planned sends."""

    async def settle(self, claim: Claim[Send], send: Send, outcome: Outcome, now: datetime) -> bool:
        """Carry out what was decided after an attempt. `send` includes the attempt. False: not ours any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the far side said: a status, or None and the name of the failure in `detail`.

    `settled`: there was nothing to ask it for, and `detail` says why.
    """

    status: int | None
    detail: str
    retry_after: timedelta | None = None
    settled: bool = False


class Sink(Protocol):
    """Sends one thing to Pinghome. Raises nothing for a failure of the far side: it is an answer too."""

    async def send(self, send: Send) -> Answer:
        """One attempt, within the delivery timeout."""


class IncidentMemory(Protocol):
    """Which incident of the API belongs to which lane (one problem on its way to one team). All raise Unavailable."""

    async def find(self, lane: str) -> str | None:
        """The id of its incident; None where there is none, empty where the API did not tell it."""

    async def begin(self, lane: str) -> bool:
        """One is about to be created. True, and counted, where the outcome of an earlier attempt is unknown."""

    async def keep(self, lane: str, incident_id: str) -> None:
        """It was created."""

    async def forget(self, lane: str) -> None:
        """It is resolved or gone, or was not created after all."""


class Health(Protocol):
    """What is wrong with the store, as far as accepting is concerned.

    `degraded`, as of the last call of `problems`: alerts are taken, but not as they should be; in one word.
    """

    degraded: str | None

    async def problems(self) -> Sequence[str]:
        """In words; empty when alerts can be taken. Raises nothing."""


class Clock(Protocol):
    """The time, passed in so that tests can move it."""

    def __call__(self) -> datetime:
        """Now, aware, in UTC."""
