"""What an answer means and what is done about it, as one table over all statuses."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.outcome import Dead, Done, Outcome, Retry
from bridge.domain.send import ATTEMPTS_KEPT, Send
from bridge.pipeline.ports import Answer
from bridge.pipeline.verdict import (
    DEFAULT_SCHEDULE,
    FEW_TRIES,
    JITTER,
    PAUSE,
    RETRY_AFTER_FLOOR,
    Backoff,
    Verdict,
    decide,
    judge,
    record,
)
from tests.support.fakes import BOUNDED, NOW, send

PASSING = {None, 408, 425, 429, *range(100, 200), *range(500, 600)}
MISCONFIGURED = {401, 403, 404, *range(300, 400)}
MIDDLE = 0.5
"""The chance that means no jitter."""


def meaning(status: int | None) -> Verdict:
    """Ruling 22, written out once more."""
    if status in PASSING:
        return Verdict.RETRY
    if status in MISCONFIGURED:
        return Verdict.MISCONFIGURED
    if status == 410:
        return Verdict.GONE
    return Verdict.DONE if status in range(200, 300) else Verdict.REFUSED


def answer(status: int | None, retry_after: timedelta | None = None) -> Answer:
    """An answer, or the failure to get one."""
    return Answer(status=status, detail="reset" if status is None else "said", retry_after=retry_after)


def after(statuses: list[int | None], of: Send | None = None, *, chance: float = MIDDLE) -> tuple[Send, Outcome]:
    """A send after these answers, and the outcome of the last."""
    tried, outcome = of or send(), None
    for status in statuses:
        tried = record(tried, answer(status), NOW, 1.0)
        outcome = decide(tried, answer(status), Backoff(), NOW, chance)
    assert outcome is not None
    return tried, outcome


@pytest.mark.parametrize("status", [None, *range(100, 600)])
def test_every_status_has_the_meaning_that_was_ruled(status: int | None) -> None:
    """None is a failure of the network, of TLS or of DNS."""
    assert judge(answer(status)) is meaning(status)


@pytest.mark.parametrize("status", [400, 409, 413, 422, 402, 405, 418, 451, 499])
def test_a_refusal_of_this_very_message_is_refused(status: int) -> None:
    """400, 409, 413, 422 and any other 4xx."""
    assert judge(answer(status)) is Verdict.REFUSED


@pytest.mark.parametrize("status", [*range(200, 300)])
def test_a_2xx_is_the_end(status: int) -> None:
    """Whatever came before."""
    assert after([500, 400, 410, status])[1] == Done()


def test_the_schedule_lasts_about_28_hours() -> None:
    """Dense at first."""
    assert timedelta(hours=27) < sum(DEFAULT_SCHEDULE, timedelta()) < timedelta(hours=29)
    assert DEFAULT_SCHEDULE[0] == timedelta(seconds=1)


@pytest.mark.parametrize("status", [None, 500, 503, 429, 401, 404, 302])
def test_a_passing_fault_is_tried_for_the_whole_schedule(status: int | None) -> None:
    """One attempt more than there are delays, then it is for a person."""
    budget = len(DEFAULT_SCHEDULE)

    assert isinstance(after([status] * budget)[1], Retry)
    assert isinstance(after([status] * (budget + 1))[1], Dead)


def test_the_delays_are_those_of_the_schedule() -> None:
    """The first try is followed by the first delay."""
    dues = [after([500] * tries)[1] for tries in range(1, len(DEFAULT_SCHEDULE) + 1)]

    assert [due.due - NOW for due in dues if isinstance(due, Retry)] == list(DEFAULT_SCHEDULE)


@pytest.mark.parametrize("status", [400, 409, 413, 422, 418])
def test_three_refusals_are_enough(status: int) -> None:
    """The same message will be refused again."""
    assert isinstance(after([status] * (FEW_TRIES - 1))[1], Retry)
    assert after([status] * FEW_TRIES)[1] == Dead(reason=f"refused 3 times, last with {status}")


def test_earlier_faults_of_the_far_side_are_no_refusals() -> None:
    """An outage before the first 400 does not shorten its three tries."""
    assert isinstance(after([500, 500, None, 503, 400])[1], Retry)
    assert isinstance(after([500, 500, None, 503, 400, 400])[1], Retry)
    assert isinstance(after([500, 500, None, 503, 400, 400, 400])[1], Dead)


def test_refusals_count_together_whatever_their_number() -> None:
    """400, 422 and 413 are three refusals."""
    assert isinstance(after([400, 422, 413])[1], Dead)


def test_a_refused_send_dies_for_its_refusals_only() -> None:
    """A passing fault after two refusals is tried again."""
    assert isinstance(after([400, 400, 500])[1], Retry)


def test_a_destination_that_is_gone_kills_nothing() -> None:
    """Not after a thousand probes, and the budget is whole when it is back."""
    tried, outcome = after([410] * 1000)

    assert outcome == Retry(due=NOW + PAUSE, reason="410: the destination is gone; probed every 5 minutes")
    assert tried.tries == 0
    later, retried = after([500], tried)
    assert isinstance(retried, Retry)
    assert (later.tries, retried.due) == (1, NOW + DEFAULT_SCHEDULE[0])


def test_a_destination_that_is_gone_on_the_last_try_kills_nothing() -> None:
    """The spent part of the budget stays spent."""
    tried, _ = after([500] * len(DEFAULT_SCHEDULE))

    assert isinstance(after([410], tried)[1], Retry)
    assert isinstance(after([410, 500], tried)[1], Dead)


def test_the_attempts_on_record_are_bounded() -> None:
    """The last ones are kept."""
    tried, _ = after([*[410] * 1000, 503])

    assert len(tried.attempts) == ATTEMPTS_KEPT
    assert tried.attempts[-1].status == 503


def test_an_attempt_is_recorded_as_it_was() -> None:
    """Time, duration, status and words."""
    tried = record(send(), answer(None), NOW, 12.3456)

    (attempt,) = tried.attempts
    assert (attempt.at, attempt.took_ms, attempt.status, attempt.detail) == (NOW, 12.3, None, "reset")


@pytest.mark.parametrize(("status", "words"), [(503, "503"), (None, "reset")])
def test_a_postponement_says_why(status: int | None, words: str) -> None:
    """The status, or the kind of failure."""
    outcome = after([status])[1]

    assert isinstance(outcome, Retry)
    assert outcome.reason == words


chances = st.floats(min_value=0, max_value=1, exclude_max=True)
tries = st.integers(min_value=1, max_value=len(DEFAULT_SCHEDULE))


@BOUNDED
@given(tried=tries, chance=chances)
def test_jitter_stays_within_a_fifth(tried: int, chance: float) -> None:
    """Both ways, so that a crowd spreads out."""
    due = Backoff().next(answer(500), tried, NOW, chance)

    assert due is not None
    delay = DEFAULT_SCHEDULE[tried - 1]
    assert delay * (1 - JITTER) <= due - NOW <= delay * (1 + JITTER)


def test_jitter_uses_its_whole_width() -> None:
    """The ends of the range are reached."""
    dues = [Backoff().next(answer(500), 5, NOW, chance) for chance in (0.0, 0.999999)]

    assert dues[0] == NOW + timedelta(seconds=48)
    assert dues[1] is not None
    assert dues[1] > NOW + timedelta(seconds=71.9)


@BOUNDED
@given(tried=tries, chance=chances, asked=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=900)))
def test_a_retry_after_is_honoured_within_bounds(tried: int, chance: float, asked: timedelta) -> None:
    """Never sooner than the schedule or than asked, never much later than the schedule would."""
    due = Backoff().next(answer(429, asked), tried, NOW, chance)

    assert due is not None
    own = DEFAULT_SCHEDULE[tried - 1]
    ceiling = max(2 * own, RETRY_AFTER_FLOOR)
    assert max(own, min(asked, ceiling)) <= due - NOW <= ceiling * (1 + JITTER)


@pytest.mark.parametrize(
    ("asked", "given_"),
    [(0, 1), (30, 30), (900, 900), (3600, 900)],
)
def test_a_retry_after_early_in_the_schedule(asked: int, given_: int) -> None:
    """At most a quarter of an hour, for a page does not keep."""
    due = Backoff().next(answer(503, timedelta(seconds=asked)), 1, NOW, 0.0)

    assert due == NOW + timedelta(seconds=given_)


def test_a_retry_after_buys_no_time_beyond_the_budget() -> None:
    """The last try is the last."""
    assert Backoff().next(answer(503, timedelta(seconds=1)), len(DEFAULT_SCHEDULE) + 1, NOW, 0.0) is None


statuses = st.sampled_from([None, 302, 401, 404, 408, 429, 500, 502, 503, 599, 410, 400])


@BOUNDED
@given(history=st.lists(statuses, min_size=1, max_size=40), chance=chances)
def test_a_postponed_send_is_due_in_the_future(history: list[int | None], chance: float) -> None:
    """Whatever happened before."""
    _, outcome = after(history, chance=chance)

    assert isinstance(outcome, Dead) or (isinstance(outcome, Retry) and outcome.due > NOW)


def test_delays_grow_before_jitter() -> None:
    """Each wait is at least as long as the one before it."""
    dues = [Backoff().next(answer(500), tried, NOW, MIDDLE) for tried in range(1, len(DEFAULT_SCHEDULE) + 1)]

    assert all(before is not None and later is not None and before <= later for before, later in pairwise(dues))
