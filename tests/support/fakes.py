"""The smallest things that satisfy the pipeline's ports, for tests that need no store and no network."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Container, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from hypothesis import HealthCheck, settings

from bridge.domain.alert import Action, Alert, Status
from bridge.domain.delivery import Delivery, DeliveryId
from bridge.domain.errors import Unauthentic, Unavailable
from bridge.domain.request import AuthMethod, Principal, Request
from bridge.domain.send import Send, Target, TargetKind
from bridge.pipeline.ports import Accepted, Claim, EventFacts
from bridge.sources.base import Handshake
from bridge.verify.base import KeyRef, Keys

T = TypeVar("T")

BOUNDED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For every property: two shared cores may be slow, and that is no fault of the code."""

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
TOKEN = Principal(method=AuthMethod.TOKEN, name="token")
WEBHOOK = Target(kind=TargetKind.WEBHOOK, id="c03b02ec-244f-4d2c-8f68-3910071ed5c8")


def clock() -> datetime:
    """It is always the same time."""
    return NOW


def delivery(body: bytes = b"{}", **changes: Any) -> Delivery:
    """An accepted message of the source `shop`."""
    facts: dict[str, Any] = {
        "id": DeliveryId("0197a000-0000-7000-8000-000000000001"),
        "source": "shop",
        "received_at": NOW,
        "principal": TOKEN,
        "event_id": None,
        "headers": {},
        "body": body,
    }
    return Delivery(**(facts | changes))


def alert(**changes: Any) -> Alert:
    """A firing alert that says only what it must."""
    facts: dict[str, Any] = {
        "type": "test-alarm",
        "status": Status.FIRING,
        "action": Action.TRIGGER,
        "key": "alarm/1",
        "title": "disk full",
    }
    return Alert(**(facts | changes))


def send(**changes: Any) -> Send:
    """A planned send that was never tried."""
    facts: dict[str, Any] = {
        "id": "send-1",
        "delivery_id": DeliveryId("delivery-1"),
        "idempotency_key": "alert-1",
        "target": WEBHOOK,
        "lane": "lane-1",
        "label": "disk full",
        "body": b"{}",
        "planned_at": NOW,
    }
    return Send(**(facts | changes))


class FakeSource:
    """Decodes whatever it is told to; `failure` is raised instead."""

    def __init__(
        self,
        *alerts: Alert,
        failure: Exception | None = None,
        redacted: frozenset[str] = frozenset(),
        handshake: Handshake | None = None,
        event_id: str | None = None,
    ) -> None:
        """All of it is fixed beforehand."""
        self.redacted = redacted
        self._alerts, self._failure, self._handshake, self._event_id = alerts, failure, handshake, event_id

    def handshake(self, request: Request) -> Handshake | None:
        """See the port."""
        return self._handshake

    def delivery_id(self, request: Request) -> str | None:
        """See the port."""
        return self._event_id

    def decode(self, request: Request) -> Sequence[Alert]:
        """See the port."""
        if self._failure is not None:
            raise self._failure
        return self._alerts


class SignedBody:
    """A verifier whose proof is in the body and needs a public key, as that of SNS."""

    reads_body = True
    challenge: str | None = None

    def __init__(self, url: str) -> None:
        """`url` is where the key is published."""
        self._ref = KeyRef(url=url)

    def needs(self, request: Request, now: datetime) -> Sequence[KeyRef]:
        """See the port."""
        return (self._ref,)

    def verify(self, request: Request, keys: Keys, now: datetime) -> Principal:
        """The body must begin with the key."""
        if not request.body.startswith(keys[self._ref]):
            raise Unauthentic("the signature is wrong")
        return Principal(method=AuthMethod.SNS_SIGNATURE, name="topic")


class MemoryJournal:
    """Keeps what it is given. While `away` it takes nothing."""

    def __init__(self) -> None:
        """Empty."""
        self.deliveries: list[Delivery] = []
        self.sends: list[tuple[Send, EventFacts]] = []
        self.away = False

    async def accept(self, delivery: Delivery) -> Accepted:
        """See the port."""
        if self.away:
            raise Unavailable("the store is away")
        for known in self.deliveries:
            if delivery.event_id is not None and known.event_id == delivery.event_id:
                return Accepted(id=known.id, duplicate=True)
        self.deliveries.append(delivery)
        return Accepted(id=delivery.id)

    async def submit(self, send: Send, facts: EventFacts) -> Accepted:
        """See the port."""
        if self.away:
            raise Unavailable("the store is away")
        self.sends.append((send, facts))
        return Accepted(id=facts.id)


class MemoryQueue(Generic[T]):
    """Hands out claims. `waiting` belongs to nobody, `abandoned` to a dead worker; `away` refuses everything."""

    def __init__(self, waiting: Sequence[Claim[T]] = (), abandoned: Sequence[Claim[T]] = ()) -> None:
        """With what is in it."""
        self.waiting, self.abandoned = deque(waiting), deque(abandoned)
        self.released: list[Claim[T]] = []
        self.asked: list[int] = []
        self.away = False
        self.opened = self.refused = 0
        self._woken, self._closed = asyncio.Event(), False

    def put(self, *claims: Claim[T]) -> None:
        """Add claims for whoever reads next."""
        self.waiting += claims
        self._woken.set()

    def close(self) -> None:
        """From now on a read comes back at once."""
        self._closed = True
        self._woken.set()

    async def open(self) -> None:
        """See the port."""
        self._check()
        self.opened += 1

    async def read(self, count: int) -> Sequence[Claim[T]]:
        """See the port; waits until there is something, or the queue is closed."""
        self._check()
        self.asked.append(count)
        while not self.waiting and not self._closed and not self.away:
            self._woken.clear()
            await self._woken.wait()
        self._check()
        return [self.waiting.popleft() for _ in range(min(count, len(self.waiting)))]

    async def recover(self, count: int, holding: Container[str]) -> Sequence[Claim[T]]:
        """See the port; one at a time, so that a suspect comes by itself."""
        self._check()
        return [self.abandoned.popleft()] if count and self.abandoned else []

    async def release(self, claims: Sequence[Claim[T]]) -> None:
        """See the port."""
        self._check()
        self.released += claims

    def go_away(self) -> None:
        """The store is gone: whoever waits in a read hears of it."""
        self.away = True
        self._woken.set()

    def _check(self) -> None:
        if self.away:
            self.refused += 1
            raise Unavailable("the store is away")


class Gate(Generic[T]):
    """A handler that holds every claim until `opened` is set, and remembers what it saw."""

    def __init__(self) -> None:
        """Closed."""
        self.opened = asyncio.Event()
        self.inside: set[str] = set()
        self.most = 0
        self.finished: list[str] = []

    async def handle(self, claim: Claim[T]) -> None:
        """Wait, then finish."""
        self.inside.add(claim.entry)
        self.most = max(self.most, len(self.inside))
        try:
            await self.opened.wait()
            self.finished.append(claim.entry)
        finally:
            self.inside.discard(claim.entry)
