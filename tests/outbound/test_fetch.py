"""Public keys: fetched once, kept long, and never a way to make us a load generator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.domain.errors import Unavailable
from bridge.outbound.fetch import CachedKeys, GetConfirmer, get
from bridge.outbound.session import open_session
from bridge.verify.base import KeyRef
from tests.support.wait import wait_until

DAY = 24 * 3600.0


@dataclass
class Time:
    """The clock of the cache alone, to be moved."""

    now: float = 1000.0

    def monotonic(self) -> float:
        """In seconds."""
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """A clock that stands still until it is moved."""
    moved = Time()
    monkeypatch.setattr("bridge.outbound.fetch.time", moved)
    return moved


@dataclass
class Keyserver:
    """Serves a key at every path, as it is told, and remembers who asked."""

    body: bytes = b"key"
    status: int = 200
    hold: asyncio.Event | None = None
    asked: list[str] = field(default_factory=list)
    server: TestServer | None = None

    async def serve(self, request: web.Request) -> web.Response:
        """One answer."""
        self.asked.append(request.path)
        if self.hold is not None:
            await self.hold.wait()
        return web.Response(status=self.status, body=self.body, headers={"Location": "/elsewhere"})

    def ref(self, path: str = "/key.pem") -> KeyRef:
        """A key of this server."""
        assert self.server is not None
        return KeyRef(url=str(self.server.make_url(path)))


@pytest.fixture
async def far() -> AsyncIterator[Keyserver]:
    """A server of keys."""
    keyserver = Keyserver()
    app = web.Application()
    app.router.add_get("/{path:.*}", keyserver.serve)
    keyserver.server = TestServer(app, host="127.0.0.1")
    await keyserver.server.start_server(shutdown_timeout=0.1)
    yield keyserver
    if keyserver.hold is not None:
        keyserver.hold.set()
    await keyserver.server.close()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """As the ingress opens it."""
    async with AsyncExitStack() as stack:
        yield await open_session(stack, connections=20)


@pytest.fixture
def keys(session: aiohttp.ClientSession, time: Time) -> CachedKeys:
    """An empty cache."""
    return CachedKeys(session)


async def test_a_key_is_fetched_once(keys: CachedKeys, far: Keyserver) -> None:
    """The second message costs nothing."""
    assert [await keys.fetch(far.ref()) for _ in range(3)] == [b"key"] * 3
    assert far.asked == ["/key.pem"]


async def test_two_keys_are_two(keys: CachedKeys, far: Keyserver) -> None:
    """By their URLs."""
    await keys.fetch(far.ref("/a"))
    await keys.fetch(far.ref("/b"))

    assert far.asked == ["/a", "/b"]


async def test_a_key_is_fetched_anew_after_a_day(keys: CachedKeys, far: Keyserver, time: Time) -> None:
    """Not before."""
    await keys.fetch(far.ref())
    far.body = b"new"

    time.now += DAY - 1
    assert await keys.fetch(far.ref()) == b"key"
    time.now += 2
    assert await keys.fetch(far.ref()) == b"new"


async def test_a_stale_key_outlives_failures(keys: CachedKeys, far: Keyserver, time: Time) -> None:
    """An outage of the far side does not turn true messages away; it is asked again later."""
    await keys.fetch(far.ref())
    time.now += DAY + 1
    far.status = 500

    assert await keys.fetch(far.ref()) == b"key"
    assert await keys.fetch(far.ref()) == b"key"
    assert len(far.asked) == 2

    far.status, far.body = 200, b"new"
    time.now += 11
    assert await keys.fetch(far.ref()) == b"new"


async def test_many_who_wait_are_one_fetch(keys: CachedKeys, far: Keyserver) -> None:
    """A burst of messages after a start."""
    far.hold = asyncio.Event()
    waiting = [asyncio.create_task(keys.fetch(far.ref())) for _ in range(20)]
    await wait_until(lambda: far.asked, "the fetch is under way")

    far.hold.set()

    assert await asyncio.gather(*waiting) == [b"key"] * 20
    assert far.asked == ["/key.pem"]


async def test_one_who_hangs_up_does_not_take_the_key_from_the_others(keys: CachedKeys, far: Keyserver) -> None:
    """Also where it was the first, who began the fetch."""
    far.hold = asyncio.Event()
    first, other = (asyncio.create_task(keys.fetch(far.ref())) for _ in range(2))
    await wait_until(lambda: far.asked, "the fetch is under way")

    first.cancel()
    await asyncio.wait((first,))
    far.hold.set()

    assert first.cancelled()
    assert await other == b"key"
    assert far.asked == ["/key.pem"]


async def test_a_fetch_that_everybody_left_still_fills_the_cache(keys: CachedKeys, far: Keyserver) -> None:
    """The sender will be back."""
    far.hold = asyncio.Event()
    only = asyncio.create_task(keys.fetch(far.ref()))
    await wait_until(lambda: far.asked, "the fetch is under way")
    only.cancel()
    await asyncio.wait((only,))

    far.hold.set()

    assert await keys.fetch(far.ref()) == b"key"
    assert far.asked == ["/key.pem"]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 403, 404, 500, 503, 204])
async def test_anything_but_a_200_is_no_key(keys: CachedKeys, far: Keyserver, status: int) -> None:
    """A redirect least of all: it would lead off the pinned host."""
    far.status = status

    with pytest.raises(Unavailable) as raised:
        await keys.fetch(far.ref())

    assert raised.value.code == "keys_unavailable"
    assert far.asked == ["/key.pem"]


async def test_a_failure_is_remembered_for_a_while(keys: CachedKeys, far: Keyserver, time: Time) -> None:
    """A flood of forged messages costs one fetch."""
    far.status = 404
    for _ in range(5):
        with pytest.raises(Unavailable):
            await keys.fetch(far.ref())
    assert len(far.asked) == 1

    time.now += 11
    far.status = 200
    assert await keys.fetch(far.ref()) == b"key"


async def test_failures_of_many_urls_share_one_budget(keys: CachedKeys, far: Keyserver, time: Time) -> None:
    """Ten in ten seconds, however many are named."""
    far.status = 404
    for n in range(30):
        with pytest.raises(Unavailable):
            await keys.fetch(far.ref(f"/{n}"))
    assert len(far.asked) == 10

    time.now += 11
    with pytest.raises(Unavailable):
        await keys.fetch(far.ref("/another"))
    assert len(far.asked) == 11


async def test_fetches_under_way_share_the_budget_too(keys: CachedKeys, far: Keyserver) -> None:
    """A far side that hangs is not called ever more often."""
    far.hold = asyncio.Event()
    waiting = [asyncio.create_task(keys.fetch(far.ref(f"/{n}"))) for n in range(10)]
    await wait_until(lambda: len(far.asked) == 10, "ten are under way")

    with pytest.raises(Unavailable):
        await keys.fetch(far.ref("/eleventh"))

    far.hold.set()
    assert await asyncio.gather(*waiting) == [b"key"] * 10
    assert await keys.fetch(far.ref("/eleventh")) == b"key"


async def test_a_spent_budget_takes_no_known_key_away(keys: CachedKeys, far: Keyserver) -> None:
    """Strangers cannot stop a topic that was heard before."""
    await keys.fetch(far.ref("/known"))
    far.status = 404
    for n in range(12):
        with pytest.raises(Unavailable):
            await keys.fetch(far.ref(f"/{n}"))

    assert await keys.fetch(far.ref("/known")) == b"key"


@pytest.mark.parametrize(("size", "taken"), [(64 * 1024, True), (64 * 1024 + 1, False), (1 << 20, False)])
async def test_a_key_has_a_bearable_size(keys: CachedKeys, far: Keyserver, size: int, *, taken: bool) -> None:
    """64 KiB."""
    far.body = b"k" * size

    if taken:
        assert len(await keys.fetch(far.ref())) == size
        return
    with pytest.raises(Unavailable):
        await keys.fetch(far.ref())


async def test_a_far_side_that_hangs_is_given_up(
    session: aiohttp.ClientSession, far: Keyserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 3 s, here sooner."""
    monkeypatch.setattr("bridge.outbound.fetch._TIMEOUT", 0.05)
    far.hold = asyncio.Event()

    with pytest.raises(Unavailable, match="TimeoutError"):
        await get(session, far.ref().url)


@pytest.mark.parametrize(
    "url", ["http://no-such-host.invalid/k", "http://127.0.0.1:1/k", "nothing", "http://127.0.0.1:99999/"]
)
async def test_a_url_that_leads_nowhere_is_unavailable(session: aiohttp.ClientSession, url: str) -> None:
    """And nothing else."""
    with pytest.raises(Unavailable):
        await get(session, url)


async def test_a_confirmation_is_one_get(session: aiohttp.ClientSession, far: Keyserver) -> None:
    """Of exactly the URL that was checked."""
    await GetConfirmer(session).confirm(far.ref("/confirm").url)

    assert far.asked == ["/confirm"]


@pytest.mark.parametrize("status", [302, 403, 500])
async def test_a_confirmation_that_fails_is_unavailable(
    session: aiohttp.ClientSession, far: Keyserver, status: int
) -> None:
    """Without a word of the URL, which holds a token."""
    far.status = status

    with pytest.raises(Unavailable) as raised:
        await GetConfirmer(session).confirm(far.ref("/confirm?Token=s3cret").url)

    assert "s3cret" not in str(raised.value)
    assert far.asked == ["/confirm"]


async def test_keys_that_strangers_name_do_not_push_out_a_key_in_use(
    keys: CachedKeys, far: Keyserver, time: Time
) -> None:
    """A key is fetched before anything is proven, so whoever can name 64 good URLs empties the cache."""
    await keys.fetch(far.ref("/ours"))
    for n in range(64):
        await keys.fetch(far.ref(f"/{n}"))
    far.status = 500

    assert await keys.fetch(far.ref("/ours")) == b"key"
