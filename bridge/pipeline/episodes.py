"""Troubles as episodes: told once, repeated at intervals, and once more when they are over. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bridge.domain.trouble import Notice, NoticeState, Trouble, TroubleKind

HOLD: Final[Mapping[TroubleKind, timedelta]] = {
    TroubleKind.STORE_DOWN: timedelta(seconds=10),
    TroubleKind.STORE_FULL: timedelta(seconds=10),
    TroubleKind.SPOOL_IN_USE: timedelta(seconds=10),
}
"""How long a trouble must last before it is told; not at all for the kinds that are not named."""

SETTLE: Final = timedelta(seconds=30)
"""How long all must be well before a trouble is over: one that comes and goes is one episode."""

RETRY: Final = (timedelta(seconds=10), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=5))
"""Delays between tries to tell; the last one again and again."""


@dataclass(slots=True)
class Episode:
    """One trouble from its beginning to its end. `told`: when this or another process last told of it.

    `alone`: it was told without the store's leave, so its end is ours to tell.
    """

    trouble: Trouble
    since: datetime
    seen: datetime
    well_since: datetime | None = None
    told: datetime | None = None
    alone: bool = False
    failures: int = 0
    not_before: datetime | None = None


class Episodes:
    """All that is wrong now, as this process sees it."""

    def __init__(self, *, repeat: timedelta) -> None:
        """`repeat`: how often an open trouble is told again."""
        self._repeat = repeat
        self._open: dict[str, Episode] = {}

    def __contains__(self, trouble: Trouble) -> bool:
        return trouble.key in self._open

    def any(self) -> bool:
        """Is anything wrong, or not yet well for long enough?"""
        return bool(self._open)

    def note(self, trouble: Trouble, now: datetime) -> None:
        """This is wrong now."""
        episode = self._open.get(trouble.key)
        if episode is None:
            self._open[trouble.key] = Episode(trouble, since=now, seen=now)
            return
        episode.trouble, episode.seen, episode.well_since = trouble, now, None

    def well(self, key: str, now: datetime) -> None:
        """This is not wrong now."""
        episode = self._open.get(key)
        if episode is not None and episode.well_since is None:
            episode.well_since = now

    def judge(self, kinds: Collection[TroubleKind], troubles: Iterable[Trouble], now: datetime) -> None:
        """Of these kinds exactly these troubles are there now."""
        there = {trouble.key: trouble for trouble in troubles}
        for trouble in there.values():
            self.note(trouble, now)
        for episode in tuple(self._open.values()):
            if episode.trouble.kind in kinds and episode.trouble.key not in there:
                self.well(episode.trouble.key, now)

    def adopt(self, trouble: Trouble, now: datetime) -> None:
        """One that a process before this one told of."""
        self._open.setdefault(trouble.key, Episode(trouble, since=now, seen=now, told=now))

    def expire(self, silent: Callable[[Trouble], timedelta | None], now: datetime) -> None:
        """Troubles of which nothing was heard for as long as `silent` says are over."""
        for key, episode in self._open.items():
            limit = silent(episode.trouble)
            if limit is not None and now - episode.seen >= limit:
                self.well(key, now)

    def due(self, now: datetime) -> Sequence[tuple[Episode, Notice]]:
        """What is to be told now."""
        found = []
        for episode in tuple(self._open.values()):
            state = self._state(episode, now)
            if state is not None and (episode.not_before is None or now >= episode.not_before):
                found.append((episode, Notice(state=state, trouble=episode.trouble, since=episode.since)))
        return found

    def _state(self, episode: Episode, now: datetime) -> NoticeState | None:
        if episode.well_since is not None:
            if episode.told is None:
                self.drop(episode)
                return None
            return NoticeState.CLEARED if now - episode.well_since >= SETTLE else None
        if episode.told is None:
            hold = HOLD.get(episode.trouble.kind, timedelta(0))
            return NoticeState.RAISED if now - episode.since >= hold else None
        return NoticeState.REPEATED if now - episode.told >= self._repeat else None

    def told(self, episode: Episode, now: datetime) -> None:
        """It was told, by us or by another process."""
        episode.told, episode.failures, episode.not_before = now, 0, None

    def failed(self, episode: Episode, now: datetime) -> None:
        """It could not be told; it is tried again."""
        delay = RETRY[min(episode.failures, len(RETRY) - 1)]
        episode.failures, episode.not_before = episode.failures + 1, now + delay

    def drop(self, episode: Episode) -> None:
        """It is over."""
        self._open.pop(episode.trouble.key, None)
