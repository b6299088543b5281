"""What a worker does with a claim: plan a delivery, deliver a send."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final, assert_never

import structlog

from bridge.domain.delivery import Delivery
from bridge.domain.outcome import Dead, Done, Outcome, Retry
from bridge.domain.send import Send, TargetKind
from bridge.pipeline.plan import Planner
from bridge.pipeline.ports import ALONE_AFTER, Answer, Claim, Clock, Inbox, Outbox, Sink
from bridge.pipeline.pull import insist
from bridge.pipeline.verdict import Backoff, decide, judge, record

log = structlog.get_logger(__name__)

POISON_AFTER: Final = ALONE_AFTER + 2
"""Hand-outs after which a claim is poison: by then workers died twice with nothing else in their hands."""


class Planning:
    """Replaces deliveries by their sends."""

    def __init__(self, inbox: Inbox, planner: Planner) -> None:
        """One planner for one configuration."""
        self._inbox = inbox
        self._planner = planner

    def use(self, planner: Planner) -> None:
        """Plan by another configuration from now on. What is planned stays as it was planned."""
        self._planner = planner

    async def handle(self, claim: Claim[Delivery]) -> None:
        """Plan one delivery. One on which workers died again and again is delivered as a plain alert."""
        plain = None
        if claim.deliveries > POISON_AFTER:
            plain = f"workers died {claim.deliveries - 1} times while they decoded it"
        plan = self._planner.plan(claim.item, plain=plain)
        if not await insist(lambda: self._inbox.replace(claim, plan)):
            log.warning("lost_lease", delivery=claim.item.id)
            return
        log.info(
            "planned", delivery=claim.item.id, source=claim.item.source, alerts=len(plan.facts.alerts),
            sends=len(plan.sends), undecoded=plan.facts.undecoded,
        )  # fmt: skip


class Delivering:
    """Makes one attempt at a send and records what came of it."""

    def __init__(
        self,
        outbox: Outbox,
        sinks: Mapping[TargetKind, Sink],
        backoff: Backoff,
        *,
        clock: Clock,
        chance: Callable[[], float],
    ) -> None:
        """`chance` gives a number in [0, 1) for the jitter."""
        self._outbox = outbox
        self._sinks = sinks
        self._backoff = backoff
        self._clock = clock
        self._chance = chance

    async def handle(self, claim: Claim[Send]) -> None:
        """One attempt. Cancelled before its end it leaves no trace: no attempt is burned."""
        send = claim.item
        if claim.deliveries > POISON_AFTER:
            outcome: Outcome = Dead(reason=f"poison: workers died {claim.deliveries - 1} times while they sent it")
            await self._settle(claim, send, outcome, None)
            return
        at, started = self._clock(), time.perf_counter()
        answer = await self._sinks[send.target.kind].send(send)
        took_ms = (time.perf_counter() - started) * 1000
        tried = record(send, answer, at, took_ms)
        await self._settle(claim, tried, decide(tried, answer, self._backoff, self._clock(), self._chance()), answer)

    async def _settle(self, claim: Claim[Send], send: Send, outcome: Outcome, answer: Answer | None) -> None:
        now = self._clock()
        if not await insist(lambda: self._outbox.settle(claim, send, outcome, now)):
            log.warning("lost_lease", send=send.id, delivery=send.delivery_id)
            return
        facts = {
            "delivery": send.delivery_id,
            "send": send.id,
            "target": send.target.masked(),
            "attempt": send.tries,
            "verdict": judge(answer).value if answer else None,
            "status": answer.status if answer else None,
            "took_ms": send.attempts[-1].took_ms if send.attempts else None,
        }
        match outcome:
            case Done():
                log.info("delivered", **facts)
            case Retry(due=due, reason=reason):
                log.warning("postponed", **facts, due=due.isoformat(), reason=reason)
            case Dead(reason=reason):
                log.error("dead", **facts, reason=reason)
            case _:
                assert_never(outcome)
