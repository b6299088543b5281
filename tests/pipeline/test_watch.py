"""The own alarm: each trouble is told once, repeated at intervals, and once more when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from bridge.domain.errors import Unavailable
from bridge.domain.trouble import Notice, NoticeState, Trouble, TroubleKind
from bridge.pipeline.episodes import SETTLE, Episodes
from bridge.pipeline.ports import Answer
from bridge.pipeline.upstream import Upstream, subject
from bridge.pipeline.verdict import judge
from bridge.pipeline.watch import Claim, NotTold, Watch
from tests.support.fakes import NOW, WEBHOOK, send

REPEAT = timedelta(hours=1)
DEAD = Trouble(kind=TroubleKind.DEAD_LETTERS, subject="dead", text="2 dead letters")


class Clock:
    """Moves when it is told to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **length: float) -> None:
        self.now += timedelta(**length)


class SharedClaims:
    """What the store keeps: who told, and when. While `away` nobody can ask."""

    def __init__(self, clock: Clock) -> None:
        self.held: dict[str, tuple[datetime, str]] = {}
        self.away = False
        self._clock = clock

    def _check(self) -> None:
        if self.away:
            raise Unavailable("the store is away")

    async def claim(self, trouble: Trouble, state: NoticeState) -> Claim:
        self._check()
        held = self.held.get(trouble.key)
        if held is None and state is NoticeState.REPEATED:
            return Claim.OVER
        if held is not None and self._clock() - held[0] < REPEAT * 0.9:
            return Claim.OTHERS
        self.held[trouble.key] = (self._clock(), trouble.text)
        return Claim.OURS

    async def release(self, trouble: Trouble) -> bool:
        self._check()
        return self.held.pop(trouble.key, None) is not None

    async def open(self) -> Mapping[str, str]:
        self._check()
        return {key: text for key, (_, text) in self.held.items()}


class Box:
    """A notifier and a dead man that remember."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.pings = 0
        self.broken = False

    @property
    def states(self) -> list[str]:
        return [notice.state.value for notice in self.notices]

    async def tell(self, notice: Notice) -> None:
        if self.broken:
            raise NotTold("broken")
        self.notices.append(notice)

    async def ping(self) -> None:
        self.pings += 1


class Process:
    """One process with a watch; `troubles` is what it sees."""

    def __init__(self, clock: Clock, claims: SharedClaims, box: Box) -> None:
        self.troubles: list[Trouble] = []

        async def check(episodes: Episodes, now: datetime) -> None:
            episodes.judge(set(TroubleKind), self.troubles, now)

        self.watch = Watch(
            [check],
            claims=claims,
            notifier=box,
            dead_man=box,
            clock=clock,
            repeat=REPEAT,
            every=timedelta(minutes=1),
            adopts=lambda _: True,
        )

    async def tick(self) -> None:
        await self.watch.tick()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def claims(clock: Clock) -> SharedClaims:
    return SharedClaims(clock)


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def process(clock: Clock, claims: SharedClaims, box: Box) -> Process:
    return Process(clock, claims, box)


async def until_over(process: Process, clock: Clock) -> None:
    process.troubles = []
    await process.tick()
    clock.forward(seconds=SETTLE.total_seconds())
    await process.tick()


async def test_an_episode_is_raised_once_repeated_and_cleared_once(process: Process, clock: Clock, box: Box) -> None:
    process.troubles = [DEAD]
    for _ in range(10):
        await process.tick()
        clock.forward(seconds=1)
    assert box.states == ["raised"]

    clock.forward(hours=1)
    await process.tick()
    assert box.states == ["raised", "repeated"]

    await until_over(process, clock)
    await process.tick()
    assert box.states == ["raised", "repeated", "cleared"]


async def test_what_comes_and_goes_is_one_episode(process: Process, clock: Clock, box: Box) -> None:
    for _ in range(20):
        process.troubles = [DEAD] if not process.troubles else []
        await process.tick()
        clock.forward(seconds=5)

    assert box.states == ["raised"]


async def test_a_blip_of_the_store_is_not_told(process: Process, clock: Clock, box: Box) -> None:
    process.troubles = [Trouble(kind=TroubleKind.STORE_DOWN, subject="store", text="away")]
    await process.tick()
    clock.forward(seconds=5)
    await process.tick()
    process.troubles = []
    await process.tick()
    clock.forward(minutes=5)
    await process.tick()

    assert box.states == []


async def test_two_processes_tell_it_once(process: Process, clock: Clock, claims: SharedClaims, box: Box) -> None:
    other = Process(clock, claims, box)
    for one in (process, other):
        one.troubles = [DEAD]
        await one.tick()
    clock.forward(hours=1)
    for one in (process, other):
        await one.tick()
    assert box.states == ["raised", "repeated"]

    await until_over(process, clock)
    await until_over(other, clock)
    assert box.states == ["raised", "repeated", "cleared"]


async def test_without_the_store_each_process_tells_for_itself(
    process: Process, clock: Clock, claims: SharedClaims, box: Box
) -> None:
    """The bound while Redis is away: one notice a process and interval."""
    claims.away = True
    process.troubles = [Trouble(kind=TroubleKind.STORE_DOWN, subject="store", text="away")]
    await process.tick()
    for _ in range(30):
        clock.forward(seconds=1)
        await process.tick()
    assert box.states == ["raised"]

    claims.away = False
    await until_over(process, clock)
    assert box.states == ["raised", "cleared"]


async def test_a_notice_that_did_not_get_out_is_tried_again(process: Process, clock: Clock, box: Box) -> None:
    box.broken = True
    process.troubles = [DEAD]
    await process.tick()
    box.broken = False
    clock.forward(seconds=1)
    await process.tick()
    assert box.states == [], "not at once: the mail server may be overloaded"

    clock.forward(seconds=10)
    await process.tick()
    assert box.states == ["raised"]

    box.broken = True
    await until_over(process, clock)
    box.broken = False
    clock.forward(seconds=10)
    await process.tick()
    assert box.states == ["raised", "cleared"]


async def test_what_one_process_told_of_is_cleared_by_the_one_after_it(
    process: Process, clock: Clock, claims: SharedClaims, box: Box
) -> None:
    process.troubles = [DEAD]
    await process.tick()
    after = Process(clock, claims, box)

    await until_over(after, clock)

    assert box.states == ["raised", "cleared"]


async def test_what_another_process_found_to_be_over_is_not_repeated(
    process: Process, clock: Clock, claims: SharedClaims, box: Box
) -> None:
    process.troubles = [DEAD]
    await process.tick()
    await claims.release(DEAD)
    clock.forward(hours=1)

    await process.tick()

    assert box.states == ["raised"]


async def test_the_dead_man_is_pinged_only_while_all_is_well(
    process: Process, clock: Clock, claims: SharedClaims, box: Box
) -> None:
    for _ in range(61):
        await process.tick()
        clock.forward(seconds=1)
    assert box.pings == 2

    process.troubles = [DEAD]
    clock.forward(minutes=5)
    await process.tick()
    assert box.pings == 2

    await until_over(process, clock)
    assert box.pings == 3
    claims.held["destination_down/x"] = (clock(), "a worker told of it")
    clock.forward(minutes=5)
    await process.tick()
    assert box.pings == 3, "what a worker sees counts too"
    claims.away = True
    await process.tick()
    assert box.pings == 3


TARGET = subject(WEBHOOK)


async def seen(upstream: Upstream, *statuses: int | None, clock: Clock, apart: float = 1) -> list[str]:
    """The keys of what a worker tells of after these answers."""
    episodes = Episodes(repeat=REPEAT)
    for status in statuses:
        answer = Answer(status=status, detail="no connection")
        upstream.attempted(send(), answer, judge(answer))
        await upstream.check(episodes, clock())
        clock.forward(seconds=apart)
    return [notice.trouble.key for _, notice in episodes.due(clock())]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, "upstream_refuses"), (403, "upstream_refuses"), (404, "upstream_refuses"), (302, "upstream_refuses"),
        (410, "destination_gone"),
    ],
)  # fmt: skip
async def test_what_only_an_operator_can_mend_is_told_at_once(clock: Clock, status: int, kind: str) -> None:
    upstream = Upstream(clock=clock, down_after=timedelta(minutes=5))

    assert await seen(upstream, status, clock=clock) == [f"{kind}/{TARGET}"]
    assert "c03b02ec" not in TARGET, "a webhook's id is a secret"


@pytest.mark.parametrize("status", [None, 500, 429, 400])
async def test_a_passing_fault_is_not_told(clock: Clock, status: int | None) -> None:
    upstream = Upstream(clock=clock, down_after=timedelta(minutes=5))

    assert await seen(upstream, status, status, clock=clock) == []


async def test_a_destination_that_is_down_for_long_is_told(clock: Clock) -> None:
    upstream = Upstream(clock=clock, down_after=timedelta(minutes=5))

    assert await seen(upstream, *[None] * 5, clock=clock, apart=80) == [f"destination_down/{TARGET}"]


async def test_one_success_ends_what_was_wrong_with_a_destination(clock: Clock) -> None:
    upstream, episodes = Upstream(clock=clock, down_after=timedelta(minutes=5)), Episodes(repeat=REPEAT)
    for status in (401, 200):
        answer = Answer(status=status, detail="")
        upstream.attempted(send(), answer, judge(answer))
        await upstream.check(episodes, clock())
        for episode, _ in episodes.due(clock()):
            episodes.told(episode, clock())

    clock.forward(minutes=1)
    assert [notice.state for _, notice in episodes.due(clock())] == [NoticeState.CLEARED]


async def test_the_audits_drift_is_told_and_ends(clock: Clock) -> None:
    upstream, episodes = Upstream(clock=clock, down_after=timedelta(minutes=5)), Episodes(repeat=REPEAT)
    upstream.drift(3)
    await upstream.check(episodes, clock())
    ((episode, notice),) = episodes.due(clock())
    assert notice.trouble.kind is TroubleKind.AUDIT_DRIFT
    episodes.told(episode, clock())

    upstream.drift(0)
    await upstream.check(episodes, clock())
    clock.forward(minutes=1)
    assert [notice.state for _, notice in episodes.due(clock())] == [NoticeState.CLEARED]
