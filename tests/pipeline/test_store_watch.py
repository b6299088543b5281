"""What the ingress makes of one look at the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.domain.errors import Unavailable
from bridge.pipeline.episodes import HOLD, Episodes
from bridge.pipeline.shed import Gate
from bridge.pipeline.store_watch import StoreWatch
from bridge.pipeline.telemetry import StoreFacts, StoreView
from tests.support.fakes import NOW

FACTS = StoreFacts(
    server="valkey 9.1",
    appendfsync="always",
    guarantee="everything",
    problems=(),
    hazards=(),
    cautions=(),
    used_bytes=10,
    max_bytes=100,
    skew=timedelta(0),
)
WELL = StoreView(facts=FACTS, backlog=0, recent_dead=0, ages={}, workers={"a": 1.0})


class Looks:
    """Shows what it is given; None is a store that is away."""

    def __init__(self, view: StoreView | None) -> None:
        self.view = view

    async def look(self) -> StoreView:
        if self.view is None:
            raise Unavailable("the store cannot be reached")
        return self.view


async def found(view: StoreView | None, *, running_for: timedelta = timedelta(minutes=1)) -> Sequence[str]:
    """The keys of what is told after two looks that far apart."""
    watch = StoreWatch(
        Looks(view),
        Gate(memory=0.85, backlog=1000),
        worker_silence=timedelta(seconds=30),
        workers=1,
        unread_after=timedelta(minutes=5),
    )
    episodes = Episodes(repeat=timedelta(hours=1))
    await watch.check(episodes, NOW)
    await watch.check(episodes, NOW + running_for)
    held = max(HOLD.values())
    return [notice.trouble.key for _, notice in episodes.due(NOW + running_for + held)]


@pytest.mark.parametrize(
    ("view", "keys"),
    [
        (WELL, []),
        (None, ["store_down/store"]),
        (replace(WELL, facts=replace(FACTS, used_bytes=86)), ["store_full/store"]),
        (replace(WELL, facts=replace(FACTS, used_bytes=86, max_bytes=0)), []),
        (replace(WELL, backlog=1000), ["store_full/store"]),
        (replace(WELL, facts=replace(FACTS, hazards=("no append-only file: x",))),
         ["store_unsafe/no-append-only-file"]),
        (replace(WELL, facts=replace(FACTS, problems=("the store is loading its data",))),
         ["store_unsafe/the-store-is-loading-its-data"]),
        (replace(WELL, facts=replace(FACTS, cautions=("appendfsync everysec: x",))), []),
        (replace(WELL, workers={}), ["workers_gone/workers"]),
        (replace(WELL, workers={"a": 31.0}), ["workers_gone/workers"]),
        (replace(WELL, workers={"a": 31.0, "b": 1.0}), []),
        (replace(WELL, ages={"unread": 299.0}), []),
        (replace(WELL, ages={"unread": 300.0}), ["workers_gone/unread"]),
        (replace(WELL, recent_dead=1), ["dead_letters/dead"]),
    ],
)  # fmt: skip
async def test_what_one_look_at_the_store_tells(view: StoreView | None, keys: Sequence[str]) -> None:
    assert await found(view) == keys


async def test_workers_may_still_be_starting_when_the_ingress_does() -> None:
    assert await found(replace(WELL, workers={}), running_for=timedelta(seconds=5)) == []


def test_a_gate_that_is_shut_opens_a_little_below_its_watermark() -> None:
    """Or it would open and shut with every message."""
    gate = Gate(memory=0.85, backlog=None)

    states = []
    for used in (84, 85, 84, 81, 80, 84):
        gate.view(replace(WELL, facts=replace(FACTS, used_bytes=used)))
        states.append(gate.reason is not None)

    assert states == [False, True, True, True, False, False]
