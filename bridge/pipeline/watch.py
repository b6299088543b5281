"""The own alarm: the bridge's troubles go out by one way that needs neither Redis nor Pinghome."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Protocol

import structlog

from bridge.domain.errors import Unavailable
from bridge.domain.trouble import Notice, NoticeState, Trouble, TroubleKind
from bridge.pipeline.episodes import Episode, Episodes
from bridge.pipeline.ports import Clock

log = structlog.get_logger(__name__)

TICK: Final = 1.0


class Claim(Enum):
    """May we tell of an alarm?"""

    OTHERS = "another process told of it"
    OURS = "we tell"
    OVER = "another process has found that it is over"


class Claims(Protocol):
    """Keeps processes from telling the same thing twice. All methods raise Unavailable: then each tells for itself."""

    async def claim(self, trouble: Trouble, state: NoticeState) -> Claim:
        """Ask before telling that a trouble began or goes on."""

    async def release(self, trouble: Trouble) -> bool:
        """A trouble is over. True: it is ours to tell."""

    async def open(self) -> Mapping[str, str]:
        """The troubles that any process told of, and their text."""


class NotTold(Exception):
    """The alarm did not get out; the reason names no secret."""


class Notifier(Protocol):
    """The one independent way."""

    async def tell(self, notice: Notice) -> None:
        """Raises NotTold."""


class DeadMan(Protocol):
    """Somebody outside who is alarmed when we fall silent."""

    async def ping(self) -> None:
        """All is well. Raises NotTold."""


Check = Callable[[Episodes, datetime], Awaitable[None]]
"""Looks at something and says what is wrong with it. Raises nothing for what it finds."""


@dataclass(slots=True)
class AlarmCounts:
    """What has happened since this process started."""

    told: int = 0
    failed: int = 0
    pings: int = 0


class Watch:
    """Looks once a second, and tells."""

    def __init__(
        self,
        checks: Sequence[Check],
        *,
        claims: Claims,
        notifier: Notifier | None,
        dead_man: DeadMan | None,
        clock: Clock,
        repeat: timedelta,
        every: timedelta,
        adopts: Callable[[Trouble], bool],
    ) -> None:
        """`every`: between two pings of the dead man. `adopts`: whose end this process can see, of those that were
        told before it started."""
        self.episodes = Episodes(repeat=repeat)
        self.counts = AlarmCounts()
        self._checks = checks
        self._claims = claims
        self._notifier = notifier
        self._dead_man = dead_man
        self._clock = clock
        self._every = every
        self._adopts = adopts
        self._adopted = False
        self._ping_at: datetime | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. A bug in a check must not silence the others."""
        while not stop.is_set():
            try:
                await self.tick()
            except Exception as error:
                log.exception("watch_bug", error=type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await stop.wait()

    async def tick(self) -> None:
        """Look once, and tell what is due."""
        if not self._adopted:
            await self._adopt()
        for check in self._checks:
            await check(self.episodes, self._clock())
        for episode, notice in self.episodes.due(self._clock()):
            await self._tell(episode, notice)
        await self._ping()

    async def _adopt(self) -> None:
        with suppress(Unavailable):
            now = self._clock()
            for key, text in (await self._claims.open()).items():
                trouble = _trouble(key, text)
                if trouble is not None and self._adopts(trouble):
                    self.episodes.adopt(trouble, now)
            self._adopted = True

    async def _tell(self, episode: Episode, notice: Notice) -> None:
        now = self._clock()
        claim = await self._claim(episode, notice)
        if claim is Claim.OURS and not await self._out(notice):
            self.episodes.failed(episode, now)
            await self._give_back(episode, notice)
        elif claim is Claim.OVER or notice.state is NoticeState.CLEARED:
            self.episodes.drop(episode)
        else:
            self.episodes.told(episode, now)

    async def _claim(self, episode: Episode, notice: Notice) -> Claim:
        try:
            if notice.state is not NoticeState.CLEARED:
                return await self._claims.claim(notice.trouble, notice.state)
            released = await self._claims.release(notice.trouble)
        except Unavailable:
            episode.alone = True
            return Claim.OURS
        return Claim.OURS if released or episode.alone else Claim.OTHERS

    async def _give_back(self, episode: Episode, notice: Notice) -> None:
        """It did not get out: another process may try before we do again. Of an end there is nothing left to claim."""
        if notice.state is NoticeState.CLEARED:
            episode.alone = True
            return
        with suppress(Unavailable):
            await self._claims.release(notice.trouble)

    async def _out(self, notice: Notice) -> bool:
        write = log.info if notice.state is NoticeState.CLEARED else log.error
        write(
            "own_alarm", state=notice.state.value, kind=notice.trouble.kind.value, subject=notice.trouble.subject,
            text=notice.trouble.text,
        )  # fmt: skip
        if self._notifier is None:
            return True
        try:
            await self._notifier.tell(notice)
        except NotTold as error:
            self.counts.failed += 1
            log.error("alarm_not_sent", kind=notice.trouble.kind.value, reason=str(error))
            return False
        self.counts.told += 1
        return True

    async def _ping(self) -> None:
        now = self._clock()
        if self._dead_man is None or (self._ping_at is not None and now < self._ping_at):
            return
        if self.episodes.any() or await self._others_are_unwell():
            return
        self._ping_at = now + self._every
        try:
            await self._dead_man.ping()
            self.counts.pings += 1
        except NotTold as error:
            log.warning("dead_man_not_pinged", reason=str(error))

    async def _others_are_unwell(self) -> bool:
        try:
            return bool(await self._claims.open())
        except Unavailable:
            return True


def _trouble(key: str, text: str) -> Trouble | None:
    kind, _, subject = key.partition("/")
    try:
        return Trouble(kind=TroubleKind(kind), subject=subject, text=text)
    except ValueError:
        return None  # of another release
