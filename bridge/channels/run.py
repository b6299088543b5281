"""C2: asks Pinghome to test each channel when its slot has come, and looks what became of it.

Every step is a row of evidence, and the row `begun` comes before the call and takes a claim with it: whoever crashes,
and however many workers there are, an attempt is made at most once. An attempt whose end nobody saw is not repeated;
the channel is due again next week.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from bridge.channels.attempts import Due, bounds, next_attempt
from bridge.channels.evidence import KEPT, Book, Row, What, fingerprint
from bridge.channels.inventory import Found, Inventory, take
from bridge.channels.plan import (
    Slot,
    monday,
    permitted,
    week_plan,
)
from bridge.channels.rules import RunRules
from bridge.channels.standing import last_weeks, standings
from bridge.pinghome.client import Pinghome
from bridge.pinghome.errors import Conflict, Forbidden, Invalid, NotFound, PinghomeError, RateLimited, Unauthorized

REHEARSAL: Final = timedelta(days=7)
"""How long a new runner only says what it would do."""
INVENTORY_AGE: Final = timedelta(hours=1)
RECEIPT_WAIT: Final = timedelta(hours=24)
"""A receipt that is later than this is not looked for any more."""
_RECEIPT_SOON: Final = timedelta(minutes=15)
_SKEW: Final = timedelta(seconds=30)
_LOOK_BACK: Final = timedelta(days=45)

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Tick:
    """What one look at the clock came to. `held` says why nothing was sent, `put_off` why a channel was left out."""

    rows: list[Row] = field(default_factory=list)
    held: str | None = None
    put_off: dict[str, str] = field(default_factory=dict)


class Runner:
    """Runs the tests that are due. One is enough; two do no harm."""

    def __init__(self, pinghome: Pinghome, book: Book, rules: RunRules, *, clock: Callable[[], datetime]) -> None:
        self._pinghome = pinghome
        self._book = book
        self._rules = rules
        self._clock = clock
        self._inventory: Inventory | None = None

    async def tick(self) -> Tick:
        """Once a minute: look for receipts, then run what is due. Raises PinghomeError, Unavailable."""
        now = self._clock()
        rows = await self._book.rows(now - _LOOK_BACK)
        inventory, fresh = await self._current(now)
        tick = Tick(rows=await self._receipts(inventory, rows, now, everything=fresh))
        rows += tick.rows
        due = self._due(inventory, rows, now)
        if not due:
            return tick
        if await self._incident_open(inventory):
            tick.held = "an incident is open"
            return tick
        rehearsal = await self._rehearses(now)
        for one in due:
            row = await self._one(one, inventory, rows, tick, rehearsal=rehearsal)
            if row is not None:
                tick.rows.append(row)
                rows.append(row)
        return tick

    async def test(self, key: str) -> Tick:
        """Test one channel now, as this week's test of it, within every bound but its slot.

        Raises LookupError for an unknown key, PinghomeError, Unavailable.
        """
        now = self._clock()
        rows = await self._book.rows(now - _LOOK_BACK)
        inventory, _ = await self._current(now)
        found = next((one for one in inventory.found if one.channel.key == key), None)
        if found is None:
            raise LookupError(key)
        tick = Tick()
        channel = found.channel
        obstacle = channel.obstacle()
        if obstacle is None and not permitted(channel, now, self._rules.blackout):
            obstacle = f"outside of 10:00 to 16:00 on a working day in {channel.zone}"
        if obstacle is None and await self._incident_open(inventory):
            obstacle = "an incident is open"
        if obstacle is not None:
            tick.put_off[key] = obstacle
            return tick
        slot = Slot(channel=channel, week=monday(now, channel.zone), at=now)
        made = [row.attempt for row in rows if row.slot == slot.name and row.what is What.BEGUN]
        due = Due(slot=slot, number=max(made, default=-1) + 1)
        row = await self._one(due, inventory, rows, tick, rehearsal=False)
        if row is not None:
            tick.rows.append(row)
        return tick

    async def look(self) -> list[Row]:
        """Look for receipts of tests that were taken; what is new is written down. Raises as `tick`."""
        now = self._clock()
        inventory, _ = await self._current(now)
        return await self._receipts(inventory, await self._book.rows(now - RECEIPT_WAIT), now, everything=True)

    async def inventory(self) -> Inventory:
        """All channels as they are now. Raises as `tick`."""
        return (await self._current(self._clock()))[0]

    async def _current(self, now: datetime) -> tuple[Inventory, bool]:
        """What there is, at most an hour old; and whether it was asked for just now. Old evidence is dropped then."""
        if self._inventory is not None and now - self._inventory.at < INVENTORY_AGE:
            return self._inventory, False
        await self._book.forget(now)
        known = standings(await self._book.rows(now - KEPT))
        waived = frozenset(key for key, standing in known.items() if standing.waived(now))
        self._inventory = await take(self._pinghome, self._rules.inventory, waived, now)
        return self._inventory, True

    def _due(self, inventory: Inventory, rows: Sequence[Row], now: datetime) -> list[Due]:
        """The attempts whose time has come, the oldest first; each where its owner may be disturbed now."""
        channels = inventory.channels
        by_slot: dict[str, list[Row]] = {}
        for row in rows:
            by_slot.setdefault(row.slot, []).append(row)
        found = []
        for week in {monday(now, channel.zone) for channel in channels}:
            for slot in week_plan(channels, week, last_weeks(rows, week), self._rules.blackout):
                # Elsewhere it may be another week: that one's slots are not of this plan.
                if monday(now, slot.channel.zone) != week or not permitted(slot.channel, now, self._rules.blackout):
                    continue
                at, number = next_attempt(slot, by_slot.get(slot.name, ()), self._rules.blackout)
                if at is not None and at <= now:
                    found.append((at, slot.channel.key, Due(slot=slot, number=number)))
        return [due for _, _, due in sorted(found, key=lambda one: one[:2])]

    async def _one(self, due: Due, inventory: Inventory, rows: list[Row], tick: Tick, *, rehearsal: bool) -> Row | None:
        """One attempt, if no bound is against it. Its row `begun` is added to `rows`."""
        channel = due.slot.channel
        now = self._clock()
        if (bound := bounds(channel, due.slot, rows, now)) is not None:
            tick.put_off[channel.key] = bound
            return None
        found = next(one for one in inventory.found if one.channel.key == channel.key)
        what = What.REHEARSED if rehearsal else What.BEGUN
        begun = await self._book.write(_row(what, found, due, now), claim=due.claim)
        if begun is None or rehearsal:
            return begun
        rows.append(begun)
        outcome = await self._call(found, due)
        return await self._book.write(outcome)

    async def _call(self, found: Found, due: Due) -> Row:
        channels = self._pinghome.customer_channels if found.owner_kind == "customer" else self._pinghome.team_channels
        began = time.monotonic()
        try:
            answer = await channels.test(found.owner_id, found.priority)
        except RateLimited as error:
            return _row(What.LIMITED, found, due, self._clock(), detail=str(error))
        except (Conflict, Forbidden, Invalid, NotFound, Unauthorized) as error:
            return _row(What.REFUSED, found, due, self._clock(), detail=str(error))
        except PinghomeError as error:
            return _row(What.UNANSWERED, found, due, self._clock(), detail=str(error))
        return _row(
            What.TAKEN,
            found,
            due,
            self._clock(),
            latency_ms=round((time.monotonic() - began) * 1000),
            reads=answer.outbox_id is not None,
            nonce=None if answer.nonce is None else fingerprint(answer.nonce),
        )

    async def _receipts(
        self, inventory: Inventory, rows: Sequence[Row], now: datetime, *, everything: bool
    ) -> list[Row]:
        """Read what became of the tests that were taken and have no end yet. `everything`: older ones too."""
        patience = RECEIPT_WAIT if everything else _RECEIPT_SOON
        ended = {(row.slot, row.attempt) for row in rows if row.what in (What.ACCEPTED, What.UNDELIVERED)}
        waiting = {
            row.channel: row
            for row in rows
            if row.what is What.TAKEN
            and row.reads
            and now - row.at <= patience
            and (row.slot, row.attempt) not in ended
        }
        found = {one.channel.key: one for one in inventory.found if one.channel.key in waiting}
        written = []
        for kind, owner_id in dict.fromkeys((one.owner_kind, one.owner_id) for one in found.values()):
            channels = self._pinghome.customer_channels if kind == "customer" else self._pinghome.team_channels
            shown = {one.priority: one.last_test for one in await channels.list(owner_id)}
            for one in found.values():
                if (one.owner_kind, one.owner_id) == (kind, owner_id):
                    receipt = _receipt(one, waiting[one.channel.key], shown.get(one.priority), now)
                    if receipt is not None:
                        claim = f"{receipt.slot}:{receipt.attempt}:receipt"
                        written.append(await self._book.write(receipt, claim=claim))
        return [row for row in written if row is not None]

    async def _incident_open(self, inventory: Inventory) -> bool:
        """Is people's attention needed elsewhere? The cloud has no list of incidents: there it is not known."""
        for team_id in inventory.teams:
            try:
                if await self._pinghome.incidents.list(team_id, status="open"):
                    return True
            except NotFound:
                return False
        return False

    async def _rehearses(self, now: datetime) -> bool:
        if self._rules.dry_run is not None:
            return self._rules.dry_run
        rows = await self._book.rows(now - KEPT)
        started = next((row for row in rows if row.what is What.STARTED), None)
        if started is None:
            # Where that row is past its time others are not: the runner is no new one.
            if any(row.what in (What.BEGUN, What.REHEARSED) for row in rows):
                return False
            started = await self._book.write(Row(what=What.STARTED, at=now), claim="started")
        return started is None or now - started.at < REHEARSAL


def _receipt(found: Found, taken: Row, shown: object, now: datetime) -> Row | None:
    """What Pinghome says became of a test; None while it says nothing, or speaks of an earlier one."""
    if not isinstance(shown, dict) or not isinstance(shown.get("at"), str):
        return None
    if datetime.fromisoformat(shown["at"]) < taken.at - _SKEW:
        return None
    what = {"sent": What.ACCEPTED, "failed": What.UNDELIVERED}.get(str(shown.get("state")))
    if what is None:
        return None
    return Row(
        what=what,
        at=now,
        channel=taken.channel,
        kind=taken.kind,
        target=found.target,
        person=taken.person,
        slot=taken.slot,
        attempt=taken.attempt,
        latency_ms=round((now - taken.at).total_seconds() * 1000),
        detail=str(shown.get("detail") or ""),
        reads=True,
    )


def _row(
    what: What,
    found: Found,
    due: Due,
    at: datetime,
    *,
    detail: str = "",
    latency_ms: int | None = None,
    reads: bool = False,
    nonce: str | None = None,
) -> Row:
    return Row(
        what=what,
        at=at,
        channel=found.channel.key,
        kind=found.channel.kind,
        target=found.target,
        person=found.channel.person,
        slot=due.slot.name,
        attempt=due.number,
        latency_ms=latency_ms,
        detail=detail,
        reads=reads,
        nonce=nonce,
    )
