"""The token bucket of a source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.errors import Unavailable
from bridge.pipeline.shed import Quota
from tests.support.fakes import BOUNDED


def taken(quota: Quota, at: float) -> bool:
    try:
        quota.take(at)
    except Unavailable:
        return False
    return True


def test_a_burst_is_taken_at_once_and_the_rate_after_it() -> None:
    quota = Quota(rate=10, burst=100)

    assert sum(taken(quota, 0) for _ in range(200)) == 100
    assert sum(taken(quota, 1) for _ in range(200)) == 10
    assert sum(taken(quota, 3600) for _ in range(200)) == 100, "no more than a burst is saved up"
    assert quota.refused == 100 + 190 + 100


@BOUNDED
@given(st.lists(st.floats(0, 5, allow_nan=False), max_size=200))
def test_over_any_time_no_more_than_burst_and_rate_allow(pauses: list[float]) -> None:
    quota, now, count = Quota(rate=2, burst=5), 0.0, 0
    for pause in pauses:
        now += pause
        count += taken(quota, now)

    assert count <= 5 + 2 * now + 1e-6


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    quota = Quota(rate=1, burst=2)
    assert taken(quota, 1000)

    assert taken(quota, 10)
    with pytest.raises(Unavailable) as refused:
        quota.take(10)
    assert (refused.value.code, refused.value.retry_after) == ("over_quota", 2)
