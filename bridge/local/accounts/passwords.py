"""Password hashes: argon2id, in threads of their own, because one takes tens of milliseconds by intent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

T = TypeVar("T")

WORKERS: Final = 2
"""Hashes computed at a time: each takes 64 MiB (argon2-cffi's default, RFC 9106's second choice)."""


class Passwords:
    """Hashes and verifies without holding up the event loop or the database."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="local-pinghome-password")
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to store, with its salt and parameters inside."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one that was hashed.

        Without a hash (no such account, or one that cannot sign in) it takes as long and is false, so that the
        time of an answer does not tell which addresses have an account.
        """
        if password_hash is None:
            if self._decoy is None:
                self._decoy = await self.hash("")
            await self._run(lambda: self._matches(str(self._decoy), password))
            return False
        return await self._run(lambda: self._matches(password_hash, password))

    def close(self) -> None:
        """Let the threads end once they have finished what they do."""
        self._threads.shutdown()

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
