"""The transitions: Lua scripts, each atomic, run many at a time in one pipeline.

Under `appendfsync always` one pipeline is one fsync, so the calls of one event-loop turn, and of the time
that the pipeline before it takes, share one (group commit).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from bridge.domain.errors import Unavailable
from bridge.store.connect import as_unavailable

Argument = str | bytes | int

MAX_CALLS: Final = 128
MAX_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Script:
    """One Lua script with its digest."""

    name: str
    text: str
    sha: str


def _load(name: str) -> Script:
    folder = files("bridge.store") / "lua"
    text = (folder / "lanes.lua").read_text() + "\n" + (folder / f"{name}.lua").read_text()
    return Script(name, text, hashlib.sha1(text.encode()).hexdigest())  # noqa: S324 - Redis names scripts so


ACCEPT = _load("accept")
RESTORE = _load("restore")
PLAN = _load("plan")
SUBMIT = _load("submit")
SETTLE = _load("settle")
POSTPONE = _load("postpone")
PROMOTE = _load("promote")
FORGET = _load("forget")
SWEEP = _load("sweep")
TRIM = _load("trim")
BEAT = _load("beat")
CLAIM = _load("claim")
LOOK = _load("look")
BEGIN_INCIDENT = _load("begin_incident")
WITNESS = _load("witness")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a script."""

    script: Script
    keys: Sequence[str]
    args: Sequence[Argument]

    def size(self) -> int:
        """Bytes of its variable part, roughly."""
        return sum(len(arg) for arg in self.args if isinstance(arg, str | bytes))


class GroupCommit:
    """Runs script calls in pipelines, one pipeline under way at a time.

    A call waits for nothing but the pipeline in front of it. `run` raises Unavailable where the outcome is
    an error or unknown; the pipeline itself is never cancelled, since a half-read reply would cost the
    connection.
    """

    def __init__(self, redis: Redis, *, deadline: float = 2.0) -> None:
        """`deadline` in seconds: after it a caller gets Unavailable, whatever becomes of the call."""
        self._redis = redis
        self._deadline = deadline
        self._waiting: deque[tuple[Call, asyncio.Future[Any]]] = deque()
        self._flusher: asyncio.Task[None] | None = None

    async def run(self, call: Call) -> Any:
        """The script's reply. Raises Unavailable."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, future))
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush(), name="group-commit")
        try:
            async with asyncio.timeout(self._deadline):
                return await future
        except TimeoutError as error:
            raise Unavailable("the store did not answer in time", code="store_unavailable") from error

    async def close(self) -> None:
        """Wait for what is under way."""
        if self._flusher is not None:
            await asyncio.wait((self._flusher,))

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch = self._take_batch()
                replies = await self._execute([call for call, _ in batch])
                for (_, future), reply in zip(batch, replies, strict=True):
                    _resolve(future, reply)
        finally:
            self._flusher = None

    def _take_batch(self) -> list[tuple[Call, asyncio.Future[Any]]]:
        batch: list[tuple[Call, asyncio.Future[Any]]] = []
        size = 0
        while self._waiting and len(batch) < MAX_CALLS and size < MAX_BYTES:
            call, future = self._waiting.popleft()
            if future.done():
                continue  # its caller has given up before it was sent: it must not run
            batch.append((call, future))
            size += call.size()
        return batch

    async def _execute(self, calls: list[Call]) -> Sequence[Any]:
        try:
            replies = await self._pipeline(calls)
            missing = [i for i, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
            if missing:
                # Scripts vanish with a restart or a failover. Only these calls did not run.
                for script in {calls[i].script.sha: calls[i].script for i in missing}.values():
                    await self._redis.script_load(script.text)
                again = await self._pipeline([calls[i] for i in missing])
                for i, reply in zip(missing, again, strict=True):
                    replies[i] = reply
        except (RedisError, OSError) as error:
            return [error] * len(calls)
        return replies

    async def _pipeline(self, calls: Sequence[Call]) -> list[Any]:
        pipeline = self._redis.pipeline(transaction=False)
        for call in calls:
            pipeline.execute_command("EVALSHA", call.script.sha, len(call.keys), *call.keys, *call.args)
        replies: list[Any] = await pipeline.execute(raise_on_error=False)
        return replies


def _resolve(future: asyncio.Future[Any], reply: Any) -> None:
    if future.done():
        return
    if isinstance(reply, Exception):
        future.set_exception(as_unavailable(reply))
    else:
        future.set_result(reply)
