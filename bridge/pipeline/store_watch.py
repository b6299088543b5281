"""What the ingress sees: the store, the workers, the dead letters, its own spool."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from bridge.domain.errors import Unavailable
from bridge.domain.trouble import Trouble, TroubleKind
from bridge.pipeline.episodes import Episodes
from bridge.pipeline.shed import Gate
from bridge.pipeline.telemetry import Probe, StoreView

KINDS: Final = frozenset(
    {
        TroubleKind.STORE_DOWN, TroubleKind.STORE_UNSAFE, TroubleKind.STORE_FULL, TroubleKind.WORKERS_GONE,
        TroubleKind.DEAD_LETTERS,
    }
)  # fmt: skip
"""What any ingress can tell of: the same for all of them."""


class StoreWatch:
    """Looks at the store for alarms, for the gate, and for whoever shows metrics. A check of the watch."""

    def __init__(
        self, probe: Probe, gate: Gate, *, worker_silence: timedelta, workers: int, unread_after: timedelta
    ) -> None:
        """Fewer than `workers` that were heard of within `worker_silence` are too few, and so are any number of which
        none has read a message for `unread_after`."""
        self.view: StoreView | None = None
        self._probe = probe
        self._gate = gate
        self._silence = worker_silence
        self._workers = workers
        self._unread_after = unread_after
        self._began: datetime | None = None

    async def check(self, episodes: Episodes, now: datetime) -> None:
        """See `Check`."""
        self._began = self._began or now
        try:
            view = await self._probe.look()
        except Unavailable as error:
            self.view = None
            down = Trouble(kind=TroubleKind.STORE_DOWN, subject="store", text=f"Redis cannot be used: {error}")
            episodes.judge({TroubleKind.STORE_DOWN}, [down], now)
            return
        self.view = view
        self._gate.view(view)
        kinds = KINDS
        if now - self._began < self._silence:
            kinds -= {TroubleKind.WORKERS_GONE}  # they may be starting, as we are
        episodes.judge(kinds, [trouble for trouble in self._troubles(view) if trouble.kind in kinds], now)

    def _troubles(self, view: StoreView) -> Iterator[Trouble]:
        for text in (*view.facts.problems, *view.facts.hazards):
            yield Trouble(kind=TroubleKind.STORE_UNSAFE, subject=_word(text), text=f"Redis is not safe: {text}")
        if reason := self._gate.reason:
            text = f"new alerts are shed: {reason}"
            yield Trouble(kind=TroubleKind.STORE_FULL, subject="store", text=text)
        alive = sum(silence < self._silence.total_seconds() for silence in view.workers.values())
        if alive < self._workers:
            text = f"{alive} of at least {self._workers} workers live: what is accepted is not delivered"
            yield Trouble(kind=TroubleKind.WORKERS_GONE, subject="workers", text=text)
        unread = view.ages.get("unread", 0.0)
        if unread >= self._unread_after.total_seconds():
            text = f"no worker has read a message that was accepted {unread / 60:.0f} min ago"
            yield Trouble(kind=TroubleKind.WORKERS_GONE, subject="unread", text=text)
        if view.recent_dead:
            text = f"{view.recent_dead} dead letters in the last hour: GET /v1/dead says why"
            yield Trouble(kind=TroubleKind.DEAD_LETTERS, subject="dead", text=text)


def _word(text: str) -> str:
    """A short name for what is wrong: the same however its details change."""
    return text.partition(":")[0].replace(" ", "-")[:60]
