"""One process's way to one shard of the store."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from redis.asyncio import Redis

from bridge.store.connect import blocking_client, query_client, transition_client
from bridge.store.keys import Keys
from bridge.store.scripts import GroupCommit


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Connections, keys and the group commit. Connections are made when they are first needed, so that a
    process starts while Redis is still away."""

    queries: Redis
    keys: Keys
    commit: GroupCommit
    url: str

    def blocking(self, stack: AsyncExitStack) -> Redis:
        """Connections for reads that wait; closed with the stack."""
        client = blocking_client(self.url)
        stack.push_async_callback(client.aclose)
        return client


def open_shard(stack: AsyncExitStack, url: str, prefix: str) -> Shard:
    """The way to the only shard of this version; closed with the stack."""
    queries, transitions = query_client(url), transition_client(url)
    stack.push_async_callback(queries.aclose)
    stack.push_async_callback(transitions.aclose)
    commit = GroupCommit(transitions)
    stack.push_async_callback(commit.close)
    return Shard(queries=queries, keys=Keys(prefix), commit=commit, url=url)
