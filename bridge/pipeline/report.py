"""Heartbeat reports: what a job says of itself, on its way to Pinghome's heartbeat endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bridge.domain.destination import Result
from bridge.domain.errors import Invalid, UnknownHeartbeat
from bridge.domain.identity import lane_of, new_delivery_id, send_id
from bridge.domain.request import Request
from bridge.domain.send import Send, Target, TargetKind
from bridge.pipeline.orders import heartbeat_query
from bridge.pipeline.ports import Accepted, Clock, EventFacts, Journal
from bridge.verify.base import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """A configured heartbeat: Pinghome's monitor, and the proof that its reports need (None: open to all)."""

    name: str
    monitor_id: str
    verifier: Verifier | None


class Reporter:
    """Takes reports for the configured heartbeats."""

    def __init__(
        self, heartbeats: Mapping[str, Heartbeat], *, journal: Journal, clock: Clock, entropy: Callable[[], int]
    ) -> None:
        """`entropy` gives 80 random bits."""
        self._heartbeats = heartbeats
        self._journal = journal
        self._clock = clock
        self._entropy = entropy

    def use(self, heartbeats: Mapping[str, Heartbeat]) -> None:
        """Take reports for these from now on."""
        self._heartbeats = heartbeats

    async def report(self, name: str, request: Request, result: str, message: str | None) -> Accepted:
        """Store one report. Raises Rejected or Unavailable."""
        heartbeat = self._heartbeats.get(name)
        if heartbeat is None:
            raise UnknownHeartbeat("no heartbeat of that name is configured")
        now = self._clock()
        principal = "open"
        if heartbeat.verifier is not None:
            proven = heartbeat.verifier.verify(request, {}, now)
            principal = f"{proven.method}: {proven.name}"
        word = _result(result)
        delivery_id = new_delivery_id(now, self._entropy())
        target = Target(kind=TargetKind.HEARTBEAT, id=heartbeat.monitor_id)
        send = Send(
            id=send_id(delivery_id, f"{target.kind}:{target.id}"),
            delivery_id=delivery_id,
            idempotency_key=delivery_id,
            target=target,
            lane=lane_of(target, ""),
            label=f"{name} {word}",
            body=heartbeat_query(word, message),
            planned_at=now,
        )
        facts = EventFacts(id=delivery_id, source=f"heartbeat:{name}", received_at=now, principal=principal)
        return await self._journal.submit(send, facts)


def _result(word: str) -> Result:
    try:
        return Result(word)
    except ValueError:
        raise Invalid(f"result is one of {', '.join(Result)}") from None
