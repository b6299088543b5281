"""What a worker sees of the destinations: who refuses us, who is gone, who has been down for long."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final, assert_never

from bridge.domain.send import Send, Target
from bridge.domain.trouble import Trouble, TroubleKind
from bridge.pipeline.episodes import Episodes
from bridge.pipeline.ports import Answer, Clock
from bridge.pipeline.verdict import Verdict, describe

KINDS: Final = frozenset(
    {TroubleKind.UPSTREAM_REFUSES, TroubleKind.DESTINATION_GONE, TroubleKind.DESTINATION_DOWN, TroubleKind.AUDIT_DRIFT}
)
"""What workers tell of."""

_SILENT: Final = timedelta(hours=24)
"""The longest delay between two attempts is 12 h and a fifth: after this nothing more is coming to that destination."""


class Upstream:
    """Implements the port `Witness`, and is a check of the watch."""

    def __init__(self, *, clock: Clock, down_after: timedelta) -> None:
        """`down_after`: how long every attempt must have failed before a destination counts as down."""
        self._clock = clock
        self._down_after = down_after
        self._failing: dict[str, tuple[datetime, datetime, str]] = {}
        self._said: dict[str, Trouble | None] = {}
        self._drift: int | None = None

    def attempted(self, send: Send, answer: Answer, verdict: Verdict) -> None:
        """See the port."""
        target, now = subject(send.target), self._clock()
        match verdict:
            case Verdict.DONE:
                self._failing.pop(target, None)
                for kind in KINDS - {TroubleKind.AUDIT_DRIFT}:
                    self._said[f"{kind}/{target}"] = None
            case Verdict.MISCONFIGURED:
                self._say(
                    TroubleKind.UPSTREAM_REFUSES, target,
                    f"Pinghome answers {answer.status} at {target}: is the webhook's id, or pinghome.url, right?",
                )  # fmt: skip
            case Verdict.GONE:
                text = f"{target} is gone (410); it is asked every 5 minutes, and nothing for it is given up"
                self._say(TroubleKind.DESTINATION_GONE, target, text)
            case Verdict.RETRY:
                since = self._failing.get(target, (now, now, ""))[0]
                self._failing[target] = (since, now, describe(answer))
            case Verdict.REFUSED:
                pass  # this very message is not taken, and becomes a dead letter
            case _:
                assert_never(verdict)

    def drift(self, sends: int) -> None:
        """What the audit found: accepted sends that are in no state at all. 0: everything is accounted for."""
        self._drift = sends

    async def check(self, episodes: Episodes, now: datetime) -> None:
        """See `Check`."""
        said, self._said = self._said, {}
        for key, trouble in said.items():
            if trouble is None:
                episodes.well(key, now)
            else:
                episodes.note(trouble, now)
        for target, (since, last, reason) in tuple(self._failing.items()):
            if last - since >= self._down_after:
                text = f"every attempt at {target} has failed for {_minutes(now - since)}, the last one with: {reason}"
                trouble = Trouble(kind=TroubleKind.DESTINATION_DOWN, subject=target, text=text)
                if now - last < _SILENT:
                    episodes.note(trouble, now)
            if now - last >= _SILENT:
                del self._failing[target]
        if self._drift is not None:
            text = f"{self._drift} accepted sends are in no state at all: look into the log before anything else"
            drifts = [Trouble(kind=TroubleKind.AUDIT_DRIFT, subject="audit", text=text)] if self._drift else []
            episodes.judge({TroubleKind.AUDIT_DRIFT}, drifts, now)
        episodes.expire(lambda trouble: _SILENT if trouble.kind in KINDS else None, now)

    def _say(self, kind: TroubleKind, target: str, text: str) -> None:
        self._said[f"{kind}/{target}"] = Trouble(kind=kind, subject=target, text=text)


def subject(target: Target) -> str:
    """The target as it is shown, and enough of a digest to tell it from one that is masked alike."""
    return f"{target.masked()}~{hashlib.sha256(target.id.encode()).hexdigest()[:6]}"


def _minutes(length: timedelta) -> str:
    return f"{max(int(length.total_seconds() // 60), 0)} min"
