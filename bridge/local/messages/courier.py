"""The courier: takes from the outbox what is due, has it carried, and writes down what became of it.

It runs beside the requests and never in their way. A try is counted before it is made, so that neither a crash nor a
full disk repeats it without end; a message may all the same arrive twice. An address gets one message at a time, in
the order in which they were posted as long as none has to be tried again.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Final

import aiohttp

from bridge.local.clock import Clock
from bridge.local.messages import outbox
from bridge.local.messages.carriers import POSTED_TYPES, MailServer, Result, mail, open_session, web_post
from bridge.local.messages.outbox import Address, Message, Posted
from bridge.local.storage.database import Database
from bridge.local.times import micros

TRIES: Final = 3
AGAIN_AFTER_S: Final = (60, 240, 240)
"""After the first try, after the second, and after a third whose end was never written down."""
AT_ONCE: Final = 8
"""Addresses that are written to at one time."""
GRACE_S: Final = 5.0
"""How long what is under way may take when it is time to stop. What is cut off is tried again after the next start."""
_LOOKED_AT: Final = 256
_TIDY_EVERY: Final = timedelta(hours=1)
_TROUBLE: Final = timedelta(seconds=5)

_log = logging.getLogger(__name__)


class Courier:
    """Carries what is posted, from `start` to `stop`; it wakes on every commit that changes something.

    The state of a message afterwards: `sent` (the other side took it), `failed` (it did not, three times in about
    five minutes, or the address cannot be one), or `kept` (there is no way to carry it from here).
    """

    def __init__(self, database: Database, clock: Clock, mail_server: MailServer | None) -> None:
        self._database = database
        self._clock = clock
        self._mail_server = mail_server
        self._changed = asyncio.Event()
        self._stopping = False
        self._busy: dict[Address, asyncio.Task[None]] = {}
        self._tidy_at = clock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin. The database must be open."""
        self._database.watch(self._changed)
        self._task = asyncio.create_task(self._run(), name="local-pinghome-courier")

    async def stop(self) -> None:
        """Take nothing new, and let what is under way end within `GRACE_S`. The database must still be open."""
        self._stopping = True
        self._changed.set()
        if self._task is not None:
            await self._task
        self._database.unwatch(self._changed)

    async def _run(self) -> None:
        async with open_session() as session:
            while not self._stopping:
                try:
                    wake_at = await self._round(session)
                except Exception:  # noqa: BLE001 - it must go on: the disk may have room again
                    _log.exception("the courier of the local Pinghome cannot read the outbox")
                    wake_at = self._clock() + _TROUBLE
                await self._clock.wait_until(wake_at, self._changed)
            if self._busy:
                _, late = await asyncio.wait(self._busy.values(), timeout=GRACE_S)
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)

    async def _round(self, session: aiohttp.ClientSession) -> datetime:
        """Begin with what is due; returns when to look again."""
        at = self._clock()
        now, busy, tidy = micros(at), frozenset(self._busy), at >= self._tidy_at
        taken, next_due = await self._database.run(lambda connection: self._take(connection, now, busy, tidy=tidy))
        if tidy:
            self._tidy_at = at + _TIDY_EVERY
        for posted in taken:
            task = asyncio.create_task(self._carry(session, posted))
            self._busy[posted.address] = task
            task.add_done_callback(lambda _, address=posted.address: self._free(address))  # type: ignore[misc]
        if next_due is None:
            return self._tidy_at
        return min(self._tidy_at, at + timedelta(microseconds=next_due - now))

    def _take(
        self, connection: sqlite3.Connection, now: int, busy: AbstractSet[Address], *, tidy: bool
    ) -> tuple[list[Posted], int | None]:
        """What to begin with, counted as tried; and when something else is due. Runs in the database's thread."""
        if tidy:
            outbox.prune(connection, now)
        taken: list[Posted] = []
        for posted in outbox.due(connection, now, _LOOKED_AT):
            if reason := self._uncarried(posted.message):
                outbox.finish(connection, posted.id, "kept", reason, now)
            elif posted.attempts >= TRIES:
                outbox.finish(connection, posted.id, "failed", posted.detail or "The last try was cut off.", now)
            elif posted.address not in busy and len(busy) + len(taken) < AT_ONCE:
                outbox.claim(connection, posted.id, now + AGAIN_AFTER_S[posted.attempts] * 1_000_000)
                taken.append(posted)
        return taken, outbox.next_due(connection, now)

    def _uncarried(self, message: Message) -> str | None:
        """Why a message cannot be carried from here, or None where it can."""
        if message.channel_type in POSTED_TYPES:
            # A subscriber to a status page needs no account: who would post wherever a stranger says?
            return "A stranger chose this address: nothing is posted." if message.purpose == "subscription" else None
        if message.channel_type != "email":
            return f"The local Pinghome cannot reach anybody by {message.channel_type}."
        return None if self._mail_server else "There is no mail server (pinghome.smtp)."

    async def _carry(self, session: aiohttp.ClientSession, posted: Posted) -> None:
        try:
            result = await self._try(session, posted)
        except Exception as error:  # noqa: BLE001 - a bug of ours: logged whole, and the try is over
            _log.exception("the courier of the local Pinghome failed with message %d", posted.id)
            result = Result(sent=False, detail=f"An error of the local Pinghome: {type(error).__name__}.")
        now = micros(self._clock())
        try:
            await self._database.run(lambda connection: _record(connection, posted, result, now))
        except Exception:  # noqa: BLE001 - its try is counted: it will be made again, later
            _log.exception("the courier of the local Pinghome cannot write down what became of message %d", posted.id)

    async def _try(self, session: aiohttp.ClientSession, posted: Posted) -> Result:
        if posted.message.channel_type in POSTED_TYPES:
            return await web_post(session, posted.message)
        if self._mail_server is None:
            raise LookupError("there is no mail server")
        return await mail(self._mail_server, posted)

    def _free(self, address: Address) -> None:
        del self._busy[address]
        # Something else may wait for this address, or for one less being busy.
        self._changed.set()


def _record(connection: sqlite3.Connection, posted: Posted, result: Result, now: int) -> None:
    if result.sent:
        outbox.finish(connection, posted.id, "sent", result.detail, now)
    elif result.final or posted.attempts + 1 >= TRIES:
        outbox.finish(connection, posted.id, "failed", result.detail, now)
    else:
        outbox.note(connection, posted.id, result.detail)
