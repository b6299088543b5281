"""A year of 200 people in 20 zones, by the planner and the bounds, with a Pinghome that fails by chance."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bridge.channels.attempts import bounds, next_attempt
from bridge.channels.evidence import Row, What
from bridge.channels.plan import A_MINUTE, A_WEEK, HORIZON, Blackout, Channel, Slot, monday, permitted, week_plan

ZONES = (
    "Pacific/Kiritimati", "Pacific/Auckland", "Australia/Lord_Howe", "Asia/Tokyo", "Asia/Kathmandu", "Asia/Kolkata",
    "Asia/Baku", "Asia/Tehran", "Africa/Cairo", "Europe/Berlin", "Europe/London", "Africa/Casablanca",
    "Atlantic/Azores",
    "America/Sao_Paulo", "America/St_Johns", "America/New_York", "America/Denver", "America/Los_Angeles",
    "Pacific/Marquesas", "Pacific/Pago_Pago",
)  # fmt: skip
BLACKOUT = Blackout(yearly=frozenset({(12, 24), (12, 25), (12, 26), (1, 1)}))
OUTCOMES = (What.TAKEN, What.LIMITED, What.UNANSWERED, What.UNDELIVERED)
WEIGHTS = (90, 4, 3, 3)
MONDAY = date(2026, 1, 5)
PEOPLE = [
    Channel(key=f"{person}-{kind}", kind=kind, zone=ZONES[person % len(ZONES)], person=str(person), consent=True)
    for person in range(200)
    for kind in ("email", "sms")
]


def week_of_tests(week: date, last: dict[str, date], chance: random.Random) -> list[Row]:
    """Every attempt of a week in the order of its time, as the runner makes them."""
    rows: list[Row] = []
    by_slot: dict[str, list[Row]] = {}
    waiting = [(slot.at, slot) for slot in week_plan(PEOPLE, week, last, BLACKOUT)]
    while waiting:
        now, slot = min(waiting, key=lambda one: (one[0], one[1].channel.key))
        waiting.remove((now, slot))
        if monday(now, slot.channel.zone) != slot.week:
            continue
        recent = [row for row in rows[-60:] if now - row.at < timedelta(minutes=2)]
        own = [row for row in rows if row.person == slot.channel.person]
        if not permitted(slot.channel, now, BLACKOUT):
            waiting.append((now + timedelta(minutes=60), slot))
            continue
        if (bound := bounds(slot.channel, slot, [*own, *recent], now)) is not None:
            if not bound.startswith("its owner"):  # which lasts the whole week
                waiting.append((now + timedelta(minutes=1), slot))
            continue
        history = by_slot.setdefault(slot.name, [])
        number = max((row.attempt for row in history), default=-1) + 1
        begun = row_of(What.BEGUN, slot, now, number)
        outcome = row_of(chance.choices(OUTCOMES, WEIGHTS)[0], slot, now, number)
        rows += (begun, outcome)
        history += (begun, outcome)
        again, _ = next_attempt(slot, history, BLACKOUT)
        if again is not None:
            waiting.append((again, slot))
    return rows


def row_of(what: What, slot: Slot, at: datetime, attempt: int) -> Row:
    channel = slot.channel
    return Row(what=what, at=at, channel=channel.key, person=channel.person, slot=slot.name, attempt=attempt)


def test_a_year_of_200_people_in_20_zones() -> None:
    chance = random.Random(8)  # noqa: S311 - which calls fail, the same in every run
    last: dict[str, date] = {}
    rows: list[Row] = []
    for number in range(52):
        week = MONDAY + timedelta(days=7 * number)
        made = week_of_tests(week, last, chance)
        last.update((row.channel, week) for row in made if row.what is What.TAKEN)
        rows += made

    zones = {channel.key: ZoneInfo(channel.zone) for channel in PEOPLE}
    begun = [row for row in rows if row.what is What.BEGUN]
    limited = {(row.slot, row.attempt) for row in rows if row.what is What.LIMITED}
    for row in begun:
        local = row.at.astimezone(zones[row.channel])
        assert 10 <= local.hour < 16
        assert local.weekday() < 5
        assert local.date() not in BLACKOUT
    assert len({(row.slot, row.attempt) for row in begun}) == len(begun)
    assert max(Counter(row.at for row in begun).values()) <= A_MINUTE
    sent = [row for row in begun if (row.slot, row.attempt) not in limited]
    weeks = Counter((row.person, row.slot[-10:]) for row in sent)
    assert max(weeks.values()) <= A_WEEK
    last_taken = {row.channel: row.at for row in rows if row.what is What.TAKEN}
    assert len(last_taken) == len(PEOPLE)
    assert min(last_taken.values()) > datetime(2026, 12, 31, tzinfo=UTC) - HORIZON
