"""Ids and keys: the same for the same thing, different for anything else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.domain.alert import Action, Status
from bridge.domain.delivery import DeliveryId
from bridge.domain.identity import KEY_LIMIT, alert_id, dedup_key, delivery_time_ms, new_delivery_id, send_id
from tests.support.fakes import BOUNDED, NOW, alert

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
scopes = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True)
keys = st.text(max_size=400)
entropies = st.integers(min_value=0, max_value=2**80 - 1)
milliseconds = st.integers(min_value=0, max_value=4_102_444_800_000)  # until 2100


@BOUNDED
@given(first=milliseconds, second=milliseconds, entropy=st.tuples(entropies, entropies))
def test_ids_sort_by_time(first: int, second: int, entropy: tuple[int, int]) -> None:
    """Whatever the random bits."""
    assume(abs(first - second) > 1)
    one, two = (
        new_delivery_id(EPOCH + timedelta(milliseconds=ms), bits)
        for ms, bits in zip((first, second), entropy, strict=True)
    )

    assert (one < two) is (first < second)


@BOUNDED
@given(ms=st.integers(min_value=1_600_000_000_000, max_value=2_147_000_000_000), entropy=entropies)
def test_an_id_tells_its_time(ms: int, entropy: int) -> None:
    """To the millisecond, from 2020 to 2038; after that a double may round one away."""
    assert delivery_time_ms(new_delivery_id(EPOCH + timedelta(milliseconds=ms), entropy)) == ms


def test_an_id_is_a_uuid_of_version_7() -> None:
    """With all its random bits set or unset."""
    for entropy in (0, 2**80 - 1):
        value = UUID(new_delivery_id(NOW, entropy))
        assert (value.version, value.variant) == (7, "specified in RFC 4122")


def test_ids_of_one_moment_differ_by_their_random_bits() -> None:
    """74 of the 80 bits count."""
    assert new_delivery_id(NOW, 1) != new_delivery_id(NOW, 2)


@pytest.mark.parametrize("other", ["", "explained", "c03b02ec-244f-4d2c-8f68-3910071ed5c8", "../../etc"])
def test_another_id_tells_no_time(other: str) -> None:
    """An operator may type anything."""
    assert delivery_time_ms(other) is None


@BOUNDED
@given(scope=scopes, key=keys)
def test_a_key_is_never_longer_than_the_limit(scope: str, key: str) -> None:
    """255 characters, whatever the provider chose."""
    assert len(dedup_key(scope, key)) <= KEY_LIMIT


@BOUNDED
@given(scope=scopes, key=st.text(min_size=260, max_size=400))
def test_a_long_key_keeps_a_readable_beginning(scope: str, key: str) -> None:
    """And ends in a digest of all of it."""
    short, _, digest = dedup_key(scope, key).rpartition("~")

    assert f"{scope}:{key}".startswith(short)
    assert len(digest) == 64


def test_a_short_key_is_readable_as_a_whole() -> None:
    """The scope, a colon, the provider's key."""
    assert dedup_key("aws-prod", "arn:aws:x") == "aws-prod:arn:aws:x"


@pytest.mark.parametrize(("length", "cut"), [(KEY_LIMIT, False), (KEY_LIMIT + 1, True)])
def test_a_key_is_cut_only_where_it_must_be(length: int, *, cut: bool) -> None:
    """At exactly the limit it stays whole."""
    key = "k" * (length - len("s:"))

    assert (dedup_key("s", key) != f"s:{key}") is cut


@BOUNDED
@given(scope=scopes, key=keys)
def test_a_key_is_stable(scope: str, key: str) -> None:
    """Firing and resolved, today and after an upgrade."""
    assert dedup_key(scope, key) == dedup_key(str(scope), str(key))


def test_a_known_long_key_never_changes() -> None:
    """Incidents that are open upstream carry it."""
    digest = "85beafa300713542abcca38f627aac2593a609f6b037847fd966364256029586"

    assert dedup_key("shop", "k" * 300) == f"shop:{'k' * 185}~{digest}"


@BOUNDED
@given(one=st.tuples(scopes, keys), two=st.tuples(scopes, keys))
def test_different_scopes_never_collide(one: tuple[str, str], two: tuple[str, str]) -> None:
    """One source cannot speak for another's problems."""
    assume(one[0] != two[0])

    assert dedup_key(*one) != dedup_key(*two)


@BOUNDED
@given(
    prefix=st.text(min_size=256, max_size=300), one=st.text(min_size=1, max_size=9), two=st.text(min_size=1, max_size=9)
)
def test_long_keys_that_differ_only_at_the_end_stay_apart(prefix: str, one: str, two: str) -> None:
    """The digest covers what is cut."""
    assume(one != two)

    assert dedup_key("s", prefix + one) != dedup_key("s", prefix + two)


def test_a_lone_surrogate_breaks_no_key() -> None:
    """A JSON escape can hold one."""
    assert len(dedup_key("s", "\ud800" * 300)) <= KEY_LIMIT


DELIVERY = DeliveryId("delivery")


@pytest.mark.parametrize(
    ("delivery", "changes"),
    [
        ("delivery2", {}),
        ("delivery", {"key": "alarm/2"}),
        ("delivery", {"status": Status.RESOLVED}),
        ("delivery", {"action": Action.RESOLVE}),
        ("deliveryalarm", {"key": "/1"}),
    ],
)
def test_an_alert_id_differs_where_any_part_differs(delivery: str, changes: dict[str, str]) -> None:
    """Also where only the boundary between two parts has moved."""
    assert alert_id(DeliveryId(delivery), alert(**changes)) != alert_id(DELIVERY, alert())


def test_an_alert_id_depends_on_nothing_that_may_be_read_anew() -> None:
    """A better title or a new label after an upgrade does not make another alert."""
    assert alert_id(DELIVERY, alert(title="other", labels={"a": "b"})) == alert_id(DELIVERY, alert())


@BOUNDED
@given(parts=st.lists(st.text(max_size=5), min_size=2, max_size=2, unique=True), cut=st.integers(0, 10))
def test_a_send_id_keeps_its_parts_apart(parts: list[str], cut: int) -> None:
    """The same letters cut elsewhere are another send."""
    alert_part, target = parts
    whole = alert_part + target
    cut = min(cut, len(whole))
    assume(cut != len(alert_part))

    assert send_id(whole[:cut], whole[cut:]) != send_id(alert_part, target)


def test_derived_ids_are_uuids_that_no_clock_made() -> None:
    """Version 8: they tell no time, and do not pretend to."""
    derived = send_id("alert", "webhook:1")

    assert UUID(derived).version == 8
    assert delivery_time_ms(derived) is None


def test_ids_of_a_rising_clock_rise() -> None:
    """The ledger is read in the order of its ids."""
    ids = [new_delivery_id(NOW + timedelta(milliseconds=2 * n), 0) for n in range(50)]

    assert all(before < after for before, after in pairwise(ids))
