"""What can be measured about the bridge as a whole, and the ports to measure it by."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Protocol

from bridge.domain.errors import Unavailable
from bridge.domain.identity import delivery_time_ms
from bridge.domain.send import Send
from bridge.pipeline.ports import Answer, Clock, Sink
from bridge.pipeline.verdict import Verdict, judge

DELIVERY_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 3600.0, 21600.0, 86400.0)
"""Seconds from accept to Pinghome's answer: an instant, a retry or two, an outage."""


BEAT_S: Final = 5.0
"""Seconds between two signs of life of a worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """What the store says of itself. Sizes in bytes; `max_bytes` 0: no bound. `skew` is its clock before ours."""

    server: str
    appendfsync: str
    guarantee: str
    problems: Sequence[str]
    hazards: Sequence[str]
    cautions: Sequence[str]
    used_bytes: int
    max_bytes: int
    skew: timedelta

    @property
    def fill(self) -> float:
        """The part of its memory that is used, from 0 to 1 and a little over; 0 where it has no bound."""
        return self.used_bytes / self.max_bytes if self.max_bytes else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreView:
    """The store at one moment, as far as alarms, shedding and metrics need it.

    `ages` in seconds: of the oldest message that is `unplanned` and `unread`, of the oldest send that is `ready`, and
    how late the most overdue one is (`due`); nothing where nothing waits. `workers`: name to seconds of silence.
    `recent_dead`: dead letters of the last hour. `alarms`: those that any process told of and that are not over.
    """

    facts: StoreFacts
    backlog: int
    recent_dead: int
    ages: Mapping[str, float]
    workers: Mapping[str, float]
    observed: Mapping[str, int] = field(default_factory=dict)
    gauges: Mapping[str, float] = field(default_factory=dict)
    alarms: Mapping[str, str] = field(default_factory=dict)


class Probe(Protocol):
    """Looks at the store."""

    async def look(self) -> StoreView:
        """Now. Raises Unavailable."""


class Tally:
    """What a worker measures between two of its signs of life: whole numbers by name, and gauges."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.counts: dict[str, int] = {}
        self.gauges: dict[str, float] = {}

    def count(self, name: str, amount: int = 1) -> None:
        """Add to a counter."""
        self.counts[name] = self.counts.get(name, 0) + amount

    def delivered(self, seconds: float) -> None:
        """One delivery took so long."""
        bucket = next((bound for bound in DELIVERY_BUCKETS if seconds <= bound), None)
        self.count(f"delivery:{'inf' if bucket is None else format(bucket, 'g')}")
        self.count("delivery:ms", int(seconds * 1000))

    def take(self) -> dict[str, int]:
        """The counters so far; they begin anew."""
        taken, self.counts = self.counts, {}
        return taken

    def give_back(self, counts: Mapping[str, int]) -> None:
        """They could not be passed on."""
        for name, amount in counts.items():
            self.count(name, amount)


class Witness(Protocol):
    """Hears of every attempt."""

    def attempted(self, send: Send, answer: Answer, verdict: Verdict) -> None:
        """One attempt was made."""


class Observed:
    """A sink that tells what it sees. Implements the port `Sink`."""

    def __init__(self, sink: Sink, tally: Tally, witnesses: Sequence[Witness], *, clock: Clock) -> None:
        """`sink` does the work."""
        self._sink = sink
        self._tally = tally
        self._witnesses = witnesses
        self._clock = clock

    async def send(self, send: Send) -> Answer:
        """See the port."""
        answer = await self._sink.send(send)
        verdict = judge(answer)
        self._tally.count(f"attempts:{verdict}")
        accepted_ms = delivery_time_ms(send.delivery_id)
        if verdict is Verdict.DONE and accepted_ms is not None:
            self._tally.delivered(max(self._clock().timestamp() - accepted_ms / 1000, 0.0))
        for witness in self._witnesses:
            witness.attempted(send, answer, verdict)
        return answer


class Beating(Protocol):
    """Where a worker says that it lives."""

    async def beat(self, counts: Mapping[str, int], gauges: Mapping[str, Any]) -> None:
        """One sign of life, with what was measured. Raises Unavailable: none of it was taken, as far as known."""

    async def leave(self) -> None:
        """This worker stops as it was told to: it is not to be missed. Raises Unavailable."""


class Heart:
    """Says every few seconds that a worker lives."""

    def __init__(self, presence: Beating, tally: Tally) -> None:
        """What was tallied goes with each beat."""
        self._presence = presence
        self._tally = tally

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. While the store is away nobody hears of us, and what was tallied is kept."""
        while not stop.is_set():
            counts = self._tally.take()
            try:
                await self._presence.beat(counts, self._tally.gauges)
            except Unavailable:
                self._tally.give_back(counts)
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_S):
                    await stop.wait()
        with suppress(Unavailable):
            await self._presence.beat(self._tally.take(), self._tally.gauges)
            await self._presence.leave()
