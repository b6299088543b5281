"""What the clients of all systems share: calling a row of the table and reading what it answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

from bridge.pinghome.operation import Answer, Operation, Request

A = TypeVar("A", bound=Answer)
Q = TypeVar("Q", bound=Request)

PAGE_SIZE: Final = 100
"""Entries asked for at a time where a list comes by pages."""

Scalar = str | int | float | bool
Query = Mapping[str, Scalar | Sequence[Scalar]]


class Caller(Protocol):
    """What carries out an operation: the client."""

    async def call(
        self,
        which: Operation[Any],
        *,
        path: Mapping[str, str] | None = None,
        query: Query | None = None,
        json: object = None,
    ) -> Any:
        """The data of the answer: an object, a list, or None where it is empty. Raises a PinghomeError."""


class System:
    """The operations of one system."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def _one(self, which: Operation[A], *path: str, body: object = None, query: Request | None = None) -> A:
        return which.answer.read(await self._call(which, path, body, query))

    async def _many(
        self, which: Operation[A], *path: str, body: object = None, query: Request | None = None
    ) -> list[A]:
        data = await self._call(which, path, body, query)
        return [which.answer.read(entry) for entry in _entries(data)]

    def _pages(self, which: Operation[A], *path: str) -> AsyncIterator[A]:
        return read_all(which, pages(self._caller, which, _named(which, path)))

    def _older(self, which: Operation[A], *path: str) -> AsyncIterator[A]:
        return read_all(which, older(self._caller, which, _named(which, path)))

    async def _call(self, which: Operation[A], path: Sequence[str], body: object, query: Request | None) -> Any:
        return await self._caller.call(
            which,
            path=_named(which, path),
            query=None if query is None else as_query(query),
            json=body,
        )


async def pages(caller: Caller, which: Operation[Any], path: Mapping[str, str]) -> AsyncIterator[Any]:
    """Every entry of a list that comes by `page` and `limit`, as the API gives it."""
    page, before = 1, None
    while True:
        entries = _entries(await caller.call(which, path=path, query={"page": page, "limit": PAGE_SIZE}))
        if entries == before:
            # An API that does not know pages gives the same ones for ever.
            return
        for entry in entries:
            yield entry
        if len(entries) < PAGE_SIZE:
            return
        page, before = page + 1, entries


async def older(caller: Caller, which: Operation[Any], path: Mapping[str, str]) -> AsyncIterator[Any]:
    """Every event of a history that goes on below `last_received_at`, newest first, as the API gives it."""
    cursor: str | None = None
    while True:
        query: dict[str, Scalar] = {"limit": PAGE_SIZE}
        if cursor is not None:
            query["last_received_at"] = cursor
        entries = _entries(await caller.call(which, path=path, query=query))
        for entry in entries:
            yield entry
        oldest = entries[-1].get("received_at") if entries and isinstance(entries[-1], dict) else None
        if len(entries) < PAGE_SIZE or not isinstance(oldest, str) or oldest == cursor:
            return
        cursor = oldest


async def read_all(which: Operation[A], entries: AsyncIterator[Any]) -> AsyncIterator[A]:
    """The entries by the operation's model."""
    async for entry in entries:
        yield which.answer.read(entry)


def as_query(query: Request) -> Query:
    """The fields that are set."""
    return {name: value for name in query.__struct_fields__ if (value := getattr(query, name)) is not None}


def _named(which: Operation[A], path: Sequence[str]) -> dict[str, str]:
    return dict(zip(which.parameters, path, strict=True))


def _entries(data: Any) -> list[Any]:
    """A list, or the list in an object that wraps one (`{"items": [...], "total": 2}`)."""
    if isinstance(data, list):
        return data
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list)]
        if len(lists) == 1:
            return lists[0]
    return []
