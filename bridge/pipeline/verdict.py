"""What an answer of the far side means, and what to do about it: the one place that reads status codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from bridge.domain.outcome import Dead, Done, Outcome, Retry
from bridge.domain.send import Attempt, Send
from bridge.pipeline.ports import Answer

DEFAULT_SCHEDULE: Final = tuple(
    timedelta(seconds=s) for s in (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 28800, 43200)
)
"""Delays between attempts, before jitter: dense at first, since a page's value decays in minutes; 27.8 h in all."""

JITTER: Final = 0.2
RETRY_AFTER_FLOOR: Final = timedelta(minutes=15)
FEW_TRIES: Final = 3
PAUSE: Final = timedelta(minutes=5)


class Verdict(StrEnum):
    """What an answer means."""

    DONE = "done"
    RETRY = "retry"  # passing: the whole schedule
    MISCONFIGURED = "misconfigured"  # the whole schedule, and somebody must look at the configuration
    REFUSED = "refused"  # this very message is not taken: a few tries, then dead
    GONE = "gone"  # the destination was taken away: probed for as long as it takes, nothing dies


_RETRY: Final = frozenset({408, 425, 429})
_MISCONFIGURED: Final = frozenset({401, 403, 404})


def judge(answer: Answer) -> Verdict:
    """The verdict on an answer; no answer at all (network, TLS, DNS, timeout) is a passing fault."""
    status = answer.status
    if answer.settled:
        return Verdict.DONE
    if status is None or status >= 500 or status < 200 or status in _RETRY:
        return Verdict.RETRY
    if status < 300:
        return Verdict.DONE
    if status < 400 or status in _MISCONFIGURED:
        return Verdict.MISCONFIGURED
    return Verdict.GONE if status == 410 else Verdict.REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """When to try again. `schedule[n]` is the delay after try n + 1; past its end a send is dead."""

    schedule: Sequence[timedelta] = DEFAULT_SCHEDULE

    def next(self, answer: Answer, tries: int, now: datetime, chance: float) -> datetime | None:
        """The time of the next attempt after `tries` of them, or None when the budget is spent.

        `chance` in [0, 1) is the jitter. A Retry-After is honoured between the schedule's own delay and the
        larger of twice that delay and 15 minutes.
        """
        if tries > len(self.schedule):
            return None
        delay = self.schedule[tries - 1]
        if answer.retry_after is not None:
            delay = min(max(answer.retry_after, delay), max(2 * delay, RETRY_AFTER_FLOOR))
            return now + delay * (1 + JITTER * chance)
        return now + delay * (1 - JITTER + 2 * JITTER * chance)


def record(send: Send, answer: Answer, at: datetime, took_ms: float) -> Send:
    """The send with this attempt. Only what is not a pause takes from the budget."""
    attempt = Attempt(at=at, took_ms=round(took_ms, 1), status=answer.status, detail=answer.detail)
    return send.with_attempt(attempt, counts=judge(answer) is not Verdict.GONE)


def decide(send: Send, answer: Answer, backoff: Backoff, now: datetime, chance: float) -> Outcome:
    """The outcome of an attempt that `record` has put into `send`."""
    verdict = judge(answer)
    match verdict:
        case Verdict.DONE:
            return Done()
        case Verdict.GONE:
            return Retry(due=now + PAUSE, reason="410: the destination is gone; probed every 5 minutes")
        case Verdict.REFUSED if _refusals(send) >= FEW_TRIES:
            return Dead(reason=f"refused {FEW_TRIES} times, last with {answer.status}")
        case Verdict.REFUSED | Verdict.RETRY | Verdict.MISCONFIGURED:
            due = backoff.next(answer, send.tries, now, chance)
            if due is None:
                return Dead(reason=f"{send.tries} attempts failed, last with {describe(answer)}")
            return Retry(due=due, reason=describe(answer))
        case _:
            assert_never(verdict)


def describe(answer: Answer) -> str:
    """An answer in a few words."""
    return answer.detail if answer.status is None else str(answer.status)


def _refusals(send: Send) -> int:
    answers = (Answer(status=attempt.status, detail="") for attempt in send.attempts)
    return sum(judge(answer) is Verdict.REFUSED for answer in answers)
