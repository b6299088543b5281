"""Heartbeat reports: what a job says of itself, on its way to Pinghome's heartbeat endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote

import msgspec

from bridge.domain.errors import Invalid, UnknownHeartbeat
from bridge.domain.identity import new_delivery_id, send_id
from bridge.domain.request import Request
from bridge.domain.send import Send, Target, TargetKind
from bridge.pipeline.plan import lane_of
from bridge.pipeline.ports import Accepted, Clock, EventFacts, Journal
from bridge.verify.base import Verifier

MESSAGE_LIMIT: Final = 1500
"""Bytes of a message once it is encoded for a URL: proxies limit a request line to about 8 KB."""


class Result(StrEnum):
    """What the data gateway takes."""

    TICK = "tick"
    RUN = "run"
    COMPLETE = "complete"
    FAIL = "fail"


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
        query = {"result": word.value, **({"message": fitting(message)} if message else {})}
        send = Send(
            id=send_id(delivery_id, f"{target.kind}:{target.id}"),
            delivery_id=delivery_id,
            idempotency_key=delivery_id,
            target=target,
            lane=lane_of(target, ""),
            label=f"{name} {word}",
            body=msgspec.json.encode(query),
            planned_at=now,
        )
        facts = EventFacts(id=delivery_id, source=f"heartbeat:{name}", received_at=now, principal=principal)
        return await self._journal.submit(send, facts)


def fitting(message: str) -> str:
    """The beginning of a message that fits into a URL, never cut inside a character."""
    message = message.encode("utf-8", "replace").decode()
    used = 0
    for place, character in enumerate(message):
        used += len(quote(character, safe=""))
        if used > MESSAGE_LIMIT:
            return message[:place]
    return message


def _result(word: str) -> Result:
    try:
        return Result(word)
    except ValueError:
        raise Invalid(f"result is one of {', '.join(Result)}") from None
