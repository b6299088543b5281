"""The spool on a real disk: nothing that was taken is lost, nothing beyond its bounds is taken."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bridge.domain.errors import Unavailable
from bridge.spool.spool import SEGMENT_BYTES, Spool
from tests.support.disk import small_disk
from tests.support.processes import Running

Open = Callable[..., Awaitable[Spool]]


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Open]:
    """Opens spools over one folder; they are closed in the end."""
    spools: list[Spool] = []

    async def opener(*, max_bytes: int = 64 << 20, max_entries: int = 10_000, folder: Path | None = None) -> Spool:
        spool = Spool(folder or tmp_path / "spool", max_bytes=max_bytes, max_entries=max_entries)
        await spool.open()
        spools.append(spool)
        return spool

    yield opener
    for spool in spools:
        await spool.close()


def files(folder: Path, pattern: str = "*.spool") -> list[Path]:
    """Those of the first slot."""
    return list(folder.glob(f"spool/0/{pattern}"))


def trouble(spool: Spool) -> str | None:
    """Why it could not take the last record."""
    return spool.problem


async def drained(spool: Spool) -> list[bytes]:
    """Everything that waits, taken out."""
    found: list[bytes] = []
    while (segment := await spool.oldest()) is not None:
        found += (await spool.contents(segment)).payloads
        await spool.remove(segment)
    return found


async def test_what_was_appended_comes_out_in_order(opened: Open) -> None:
    spool = await opened()
    assert spool.empty
    await asyncio.gather(*(spool.append(b"%d" % n) for n in range(500)))

    assert spool.entries == 500
    assert await drained(spool) == [b"%d" % n for n in range(500)]
    assert spool.empty
    assert spool.bytes == 0


async def test_what_waits_together_shares_one_fsync(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system call itself is counted: one fsync a record would make a spool useless under load."""
    spool = await opened()
    syncs = 0
    real = os.fdatasync

    def counted(descriptor: int) -> None:
        nonlocal syncs
        syncs += 1
        real(descriptor)

    monkeypatch.setattr(os, "fdatasync", counted)
    await asyncio.gather(*(spool.append(b"x" * 100) for _ in range(1000)))

    assert 4 <= syncs < 100


async def test_a_new_process_takes_up_what_the_last_one_left(opened: Open) -> None:
    first = await opened()
    await first.append(b"one")
    await first.append(b"two")
    await first.close()

    second = await opened()
    assert second.entries == 2
    await second.append(b"three")

    assert await drained(second) == [b"one", b"two", b"three"]


async def test_two_processes_never_share_a_file(opened: Open) -> None:
    first, second = await opened(), await opened()
    await first.append(b"first")
    await second.append(b"second")

    assert await drained(first) == [b"first"]
    assert await drained(second) == [b"second"]


async def test_what_a_dead_process_left_is_adopted_by_a_living_one(opened: Open) -> None:
    living, dying = await opened(), await opened()
    await dying.append(b"left behind")
    assert await living.adopt() is None, "its process lives"
    await dying.close()

    orphan = await living.adopt()

    assert orphan is not None
    (segment,) = orphan.segments
    assert (await orphan.contents(segment)).payloads == [b"left behind"]
    await orphan.remove(segment)
    orphan.close()
    assert await living.adopt() is None


@pytest.mark.parametrize("bounds", [{"max_entries": 3}, {"max_bytes": 400}])
async def test_beyond_its_bounds_nothing_is_taken_until_there_is_room(opened: Open, bounds: dict[str, int]) -> None:
    spool = await opened(**bounds)
    for n in range(3):
        await spool.append(b"%d" % n * 100)

    with pytest.raises(Unavailable) as refused:
        await spool.append(b"x" * 100)
    assert refused.value.code == "spool_full"

    assert len(await drained(spool)) == 3
    await spool.append(b"there is room again")


async def test_a_large_spool_gives_its_space_back_file_by_file(opened: Open, tmp_path: Path) -> None:
    spool = await opened()
    for _ in range(10):
        await spool.append(bytes(SEGMENT_BYTES // 4))

    assert len(files(tmp_path)) == 3
    assert len(await drained(spool)) == 10
    assert files(tmp_path) == []


async def test_a_full_disk_refuses_and_loses_nothing_that_was_taken(opened: Open, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", kibibytes=256) as disk:
        spool = await opened(folder=disk)
        taken = []
        for n in range(100):
            payload = b"%03d" % n * 2000
            try:
                await spool.append(payload)
            except Unavailable:
                break
            taken.append(payload)
        assert 10 < len(taken) < 50
        assert trouble(spool) == "No space left on device"
        assert spool.entries == len(taken)

        assert await drained(spool) == taken
        await spool.append(b"there is room again")
        assert trouble(spool) is None
        await spool.close()


async def test_a_folder_that_cannot_be_made_is_told_and_tried_again(opened: Open, tmp_path: Path) -> None:
    in_the_way = tmp_path / "spool"
    in_the_way.write_text("no folder")
    spool = await opened()
    assert trouble(spool) is not None
    with pytest.raises(Unavailable):
        await spool.append(b"refused")

    in_the_way.unlink()

    await spool.append(b"taken")
    assert trouble(spool) is None
    assert await drained(spool) == [b"taken"]


async def test_a_damaged_record_costs_no_other_one(opened: Open, tmp_path: Path) -> None:
    spool = await opened()
    for word in (b"first", b"second", b"third"):
        await spool.append(word)
    await spool.close()
    (file,) = files(tmp_path)
    file.write_bytes(file.read_bytes().replace(b"second", b"sEcond"))

    again = await opened()
    segment = await again.oldest()
    assert segment is not None
    contents = await again.contents(segment)

    assert contents.payloads == [b"first", b"third"]
    assert contents.damaged
    await again.remove(segment, keep=True)
    assert [path.suffix for path in files(tmp_path, "*.*")] == [".kept"]


_APPENDER = """
import asyncio, sys
from pathlib import Path
from bridge.spool.spool import Spool

async def main():
    spool = Spool(Path("spool"), max_bytes=1 << 30, max_entries=1 << 30)
    await spool.open()
    async def one(n):
        while True:
            await spool.append(b"%d " % n * 40)
            print("stored", n, flush=True)
            n += 10
    await asyncio.gather(*(one(int(sys.argv[1]) + n) for n in range(10)))
asyncio.run(main())
"""


async def test_kill_9_while_writing_loses_nothing_that_was_answered(opened: Open, tmp_path: Path) -> None:
    """The oracle: what a process said it had stored, before it was killed somewhere in the middle of a write."""
    chance = random.Random(4)  # noqa: S311 - when to kill
    answered: set[int] = set()

    def note(line: str) -> bool:
        words = line.split()
        stored = words[:1] == ["stored"] and line.endswith("\n")
        if stored:
            answered.add(int(words[1]))
        return stored

    for life in range(6):
        command = (sys.executable, "-c", _APPENDER, str(life * 1_000_000))
        process = Running(tmp_path, *command, environment={"PYTHONPATH": str(Path(__file__).parents[2])})
        await process.start()
        wanted = len(answered) + chance.randrange(1, 400)
        while len(answered) < wanted:
            note(await process.line())
        await process.end(signal.SIGKILL)
        while line := await process.line():
            note(line)

    spool = await opened()
    found = [int(payload.split()[0]) for payload in await drained(spool)]

    assert answered <= set(found)
    assert len(found) == len(set(found))
    assert len(found) <= len(answered) + 6 * 10, "what was written and not answered is what was under way"
