"""Key sets: kept for an hour, fetched anew for a key that they lack, once a minute, and kept while that fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from bridge.domain.errors import Unavailable
from bridge.outbound.fetch import CachedKeys
from bridge.outbound.session import open_session
from bridge.verify.base import KeyRef
from tests.support.keyserver import KeyServer
from tests.support.wait import wait_until
from tests.verify.issuing import key_set, signing_key

OLD, NEW = signing_key("old"), signing_key("new")
HOUR = 3600.0


@dataclass
class Time:
    """The clock of the sets alone, to be moved."""

    now: float = 1000.0

    def monotonic(self) -> float:
        """In seconds."""
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """A clock that stands still until it is moved."""
    moved = Time()
    monkeypatch.setattr("bridge.outbound.key_sets.time", moved)
    return moved


@pytest.fixture
async def far() -> AsyncIterator[KeyServer]:
    """An issuer with one key."""
    server = await KeyServer(body=key_set(OLD)).start()
    yield server
    await server.stop()


@pytest.fixture
async def keys(time: Time) -> AsyncIterator[CachedKeys]:
    """An empty cache, as the ingress opens it."""
    async with AsyncExitStack() as stack:
        yield CachedKeys(await open_session(stack, connections=20))


def ref(far: KeyServer, kid: str = "old") -> KeyRef:
    return KeyRef(url=far.url, kid=kid)


async def fails(keys: CachedKeys, wanted: KeyRef) -> None:
    with pytest.raises(Unavailable) as raised:
        await keys.fetch(wanted)
    assert raised.value.code == "keys_unavailable"


async def test_a_set_is_fetched_once_for_all_its_keys(keys: CachedKeys, far: KeyServer) -> None:
    far.body = key_set(OLD, NEW)

    assert {await keys.fetch(ref(far, kid)) for kid in ("old", "new", "old")} == {far.body}
    assert len(far.asked) == 1


async def test_a_key_that_the_set_lacks_fetches_it_anew(keys: CachedKeys, far: KeyServer, time: Time) -> None:
    """The issuer has rotated its keys."""
    await keys.fetch(ref(far))
    far.body = key_set(OLD, NEW)
    time.now += 61

    assert await keys.fetch(ref(far, "new")) == far.body
    assert len(far.asked) == 2


async def test_invented_ids_fetch_once_a_minute(keys: CachedKeys, far: KeyServer, time: Time) -> None:
    """A flood of forged tokens does not make us a load generator. They get the set, and fail on it."""
    for n in range(50):
        assert await keys.fetch(ref(far, f"forged-{n}")) == far.body
    assert len(far.asked) == 1

    time.now += 59
    await keys.fetch(ref(far, "forged"))
    assert len(far.asked) == 1
    time.now += 2
    for n in range(50):
        await keys.fetch(ref(far, f"forged-{n}"))
    assert len(far.asked) == 2


async def test_a_set_is_fetched_anew_after_an_hour(keys: CachedKeys, far: KeyServer, time: Time) -> None:
    """A key that was withdrawn proves nothing any more."""
    await keys.fetch(ref(far))
    far.body = key_set(NEW)

    time.now += HOUR - 1
    assert await keys.fetch(ref(far)) == key_set(OLD)
    time.now += 2
    assert await keys.fetch(ref(far)) == key_set(NEW)


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (302, b""), (200, b""), (200, b"<html>"), (200, b'{"keys": []}'), (200, b" " * 70_000)],
    ids=["down", "redirect", "empty", "page", "no-keys", "too-large"],
)
async def test_old_keys_outlive_failures(
    keys: CachedKeys, far: KeyServer, time: Time, status: int, body: bytes
) -> None:
    """What cannot be read does not replace what could; it is asked for again a minute later."""
    good = await keys.fetch(ref(far))
    far.status, far.body = status, body
    time.now += HOUR + 1

    for _ in range(5):
        assert await keys.fetch(ref(far)) == good
    time.now += 59
    assert await keys.fetch(ref(far)) == good
    assert len(far.asked) == 2

    time.now += 2
    far.status, far.body = 200, key_set(OLD, NEW)
    assert await keys.fetch(ref(far)) == far.body


async def test_an_unknown_key_is_no_forgery_while_the_issuer_is_away(
    keys: CachedKeys, far: KeyServer, time: Time
) -> None:
    """A genuine message with a new key would be lost by a 401; a 503 brings it back."""
    await keys.fetch(ref(far))
    far.status = 503
    time.now += 61

    await fails(keys, ref(far, "new"))
    await fails(keys, ref(far, "new"))
    assert await keys.fetch(ref(far)) == key_set(OLD)
    assert len(far.asked) == 2

    far.status, far.body = 200, key_set(OLD, NEW)
    time.now += 61
    assert await keys.fetch(ref(far, "new")) == far.body


async def test_the_first_fetch_is_tried_again_after_ten_seconds(keys: CachedKeys, far: KeyServer, time: Time) -> None:
    far.status = 500
    for _ in range(5):
        await fails(keys, ref(far))
    assert len(far.asked) == 1

    far.status = 200
    time.now += 11
    assert await keys.fetch(ref(far)) == far.body


async def test_an_address_that_nobody_serves_is_unavailable(keys: CachedKeys) -> None:
    await fails(keys, KeyRef(url="http://127.0.0.1:1/keys", kid="old"))


async def test_many_who_wait_are_one_fetch(keys: CachedKeys, far: KeyServer) -> None:
    """And one who hangs up takes nothing from the others."""
    far.hold = asyncio.Event()
    first, *others = (asyncio.create_task(keys.fetch(ref(far, kid))) for kid in ("old", "old", "forged"))
    await wait_until(lambda: far.asked, "the fetch is under way")

    first.cancel()
    await asyncio.wait((first,))
    far.hold.set()

    assert await asyncio.gather(*others) == [far.body] * 2
    assert len(far.asked) == 1


async def test_strangers_certificates_do_not_stop_key_sets(keys: CachedKeys, far: KeyServer) -> None:
    """The budget for addresses that messages name is not that of addresses that are configured."""
    far.status = 404
    for n in range(12):
        with pytest.raises(Unavailable):
            await keys.fetch(KeyRef(url=f"http://{far.host}/{n}.pem"))
    far.status = 200

    assert await keys.fetch(ref(far)) == far.body
