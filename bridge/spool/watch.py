"""What can be wrong with the spool, for the own alarm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from bridge.domain.trouble import Trouble, TroubleKind
from bridge.pipeline.episodes import Episodes
from bridge.spool.journal import SpoolCounts
from bridge.spool.spool import Spool

KINDS: Final = frozenset({TroubleKind.SPOOL_IN_USE, TroubleKind.SPOOL_UNUSABLE})


class SpoolWatch:
    """A check of the watch."""

    def __init__(self, spool: Spool, counts: SpoolCounts, *, host: str) -> None:
        """The spool is this host's alone, and so are its troubles."""
        self._spool = spool
        self._counts = counts
        self.subject = f"{host}:{spool.folder.absolute()}"

    async def check(self, episodes: Episodes, now: datetime) -> None:
        """See `Check`."""
        episodes.judge(KINDS, self._troubles(), now)

    def _troubles(self) -> Iterator[Trouble]:
        spool = self._spool
        if not spool.empty:
            text = f"{spool.entries} accepted messages wait on the disk of this node, for Redis to come back"
            yield Trouble(kind=TroubleKind.SPOOL_IN_USE, subject=self.subject, text=text)
        if spool.problem is not None:
            text = f"the spool cannot be written: {spool.problem}"
        elif spool.full:
            text = f"the spool is full ({spool.entries} messages, {spool.bytes} bytes): alerts are answered 503"
        elif self._counts.damaged:
            text = f"{self._counts.damaged} files of the spool are damaged and were put aside: see spool_damaged"
        else:
            return
        yield Trouble(kind=TroubleKind.SPOOL_UNUSABLE, subject=self.subject, text=text)
