"""The spool's folder on disk: one numbered slot a process, held by a lock that the kernel gives back."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.spool.segments import MAGIC, Contents, read

_SUFFIX: Final = ".spool"
_KEPT: Final = ".kept"
_SLOTS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A file of records that nothing is written to any more. `size` in bytes."""

    path: Path
    entries: int
    size: int


class Slot:
    """One process's part of the folder, locked as long as this object is open."""

    def __init__(self, path: Path, lock: int) -> None:
        """`lock` is the descriptor that holds the lock."""
        self.path = path
        self._lock = lock

    def segments(self) -> list[Segment]:
        """What an earlier process left, oldest first. Raises OSError."""
        found = []
        for path in sorted(self.path.glob(f"*{_SUFFIX}")):
            data = path.read_bytes()
            found.append(Segment(path=path, entries=len(read(data).payloads), size=len(data)))
        return found

    def create(self) -> tuple[Path, int]:
        """A new segment, its name on disk for certain; its path and descriptor. Raises OSError."""
        names = [path.stem for path in self.path.iterdir() if path.suffix in (_SUFFIX, _KEPT)]
        last = max((int(name) for name in names if name.isdecimal()), default=0)
        path = self.path / f"{last + 1:012d}{_SUFFIX}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            write_all(descriptor, MAGIC)
            self._sync()
        except OSError:
            os.close(descriptor)
            with suppress(OSError):
                path.unlink()
            raise
        return path, descriptor

    def remove(self, segment: Segment, *, keep: bool) -> None:
        """Forget a segment that was drained. `keep`: put it aside for a person, it is damaged. Raises OSError."""
        if keep:
            segment.path.rename(segment.path.with_suffix(_KEPT))
        else:
            segment.path.unlink()
        self._sync()

    def close(self) -> None:
        """Give the lock back."""
        os.close(self._lock)

    def _sync(self) -> None:
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def take_slot(folder: Path) -> Slot:
    """The first slot that no living process holds. Raises OSError."""
    for number in range(_SLOTS):
        slot = _lock(folder / str(number))
        if slot is not None:
            return slot
    raise OSError(f"all {_SLOTS} slots are taken")


def take_orphan(folder: Path) -> Slot | None:
    """A slot that a dead process left records in, if there is one. Raises OSError."""
    for path in sorted(folder.iterdir()):
        if not path.name.isdecimal() or not any(path.glob(f"*{_SUFFIX}")):
            continue
        slot = _lock(path)
        if slot is not None:
            return slot
    return None


def contents(segment: Segment) -> Contents:
    """What can be read of a segment. Raises OSError."""
    return read(segment.path.read_bytes())


def write_all(descriptor: int, data: bytes) -> None:
    """Write everything: a full disk may take a part of it first. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _lock(path: Path) -> Slot | None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return Slot(path, lock)
