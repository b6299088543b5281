"""Puts the own alarm together: what each process sees, and the one way by which it tells."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
import structlog

from bridge.domain.errors import ConfigError, ConfigFault, Unavailable
from bridge.domain.trouble import Trouble
from bridge.metrics import Family, counter
from bridge.outbound.notify import HttpDeadMan, MailNotifier, WebhookNotifier
from bridge.outbound.session import open_session
from bridge.pipeline import store_watch, upstream
from bridge.pipeline.shed import Gate
from bridge.pipeline.store_watch import StoreWatch
from bridge.pipeline.telemetry import Heart, Tally
from bridge.pipeline.upstream import Upstream
from bridge.pipeline.watch import Check, Notifier, Watch
from bridge.settings import Settings
from bridge.settings.watch import WatchSettings
from bridge.store.health import StoreHealth
from bridge.store.presence import AlarmClaims, Presence
from bridge.store.probe import StoreProbe
from bridge.store.shard import Shard, open_shard

log = structlog.get_logger(__name__)

_CONNECTIONS: Final = 4


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerWatch:
    """What a worker measures and sees, and how it says that it lives. `note_drift` is for the audit to call."""

    tally: Tally
    upstream: Upstream

    def note_drift(self, sends: int) -> None:
        """What the audit found: sends in no state at all; 0 where there are none."""
        self.tally.gauges["audit_drift"] = sends
        self.upstream.drift(sends)


def ingress_watch(
    settings: Settings, store: Shard, session: aiohttp.ClientSession, gate: Gate, own: Sequence[Check], *, node: str
) -> Watch:
    """What the ingress sees: the store, the workers, the dead letters, and what `own` looks at, which is this `node`'s
    alone. It is the one that pings the dead man."""
    watch = settings.watch
    seen = StoreWatch(
        StoreProbe(store, clock=_now),
        gate,
        worker_silence=watch.worker_silence,
        workers=watch.workers,
        unread_after=watch.down_after,
    )

    def adopts(trouble: Trouble) -> bool:
        return trouble.kind in store_watch.KINDS or trouble.subject == node

    url = watch.dead_man_url
    return Watch(
        [seen.check, *own],
        claims=_claims(store, watch),
        notifier=_notifier(watch, session, "ingress"),
        dead_man=HttpDeadMan(session, url.get_secret_value()) if url else None,
        clock=_now,
        repeat=watch.repeat,
        every=watch.every,
        adopts=adopts,
    )


async def worker_watch(stack: AsyncExitStack, settings: Settings, store: Shard, name: str) -> WorkerWatch:
    """What the worker of that name sees: the destinations, and what the audit tells it. Runs until the stack is
    closed."""
    session = await open_session(stack, connections=_CONNECTIONS)
    tally, seen = Tally(), Upstream(clock=_now, down_after=settings.watch.down_after)
    watch = Watch(
        [seen.check],
        claims=_claims(store, settings.watch),
        notifier=_notifier(settings.watch, session, "worker"),
        dead_man=None,
        clock=_now,
        repeat=settings.watch.repeat,
        every=settings.watch.every,
        adopts=lambda trouble: trouble.kind in upstream.KINDS,
    )
    heart = Heart(Presence(store.queries, store.commit, store.keys, name), tally)
    background(stack, watch.run, "watch")
    background(stack, heart.run, "heart")
    return WorkerWatch(tally=tally, upstream=seen)


def alarm_families(watch: Watch) -> Sequence[Family]:
    """What the own alarm has done in this process."""
    counts = watch.counts
    told = [({"as": "sent"}, counts.told), ({"as": "failed"}, counts.failed), ({"as": "ping"}, counts.pings)]
    return (counter("bridge_own_alarm_total", "Notices sent, notices that failed, pings of the dead man.", told),)


def background(stack: AsyncExitStack, run: Callable[[asyncio.Event], Coroutine[Any, Any, None]], name: str) -> None:
    """Run something until the stack is closed, and wait for its end then."""
    stop = asyncio.Event()
    task = asyncio.create_task(run(stop), name=name)

    async def end() -> None:
        stop.set()
        await task

    stack.push_async_callback(end)


async def tell_guarantee(store: Shard, settings: Settings) -> None:
    """Say in the log what the store guarantees, and refuse one that may lose what was accepted. Raises ConfigError.

    It may be away: then the first 202 has to wait anyway, and the watch looks at it when it is back.
    """
    try:
        facts = await StoreHealth(store.queries).facts()
    except Unavailable as error:
        log.warning("store_away", reason=str(error))
        return
    safe = not facts.hazards
    (log.info if safe and not facts.cautions else log.warning)(
        "store_guarantee", server=facts.server, appendfsync=facts.appendfsync, guarantee=facts.guarantee, safe=safe,
        hazards=facts.hazards, cautions=facts.cautions,
    )  # fmt: skip
    if not safe and not settings.redis.allow_unsafe:
        why = "mend it, or say redis.allow_unsafe: true"
        raise ConfigError([ConfigFault(origin="start", key="redis", reason=f"{one}; {why}") for one in facts.hazards])


async def check_store(settings: Settings) -> None:
    """The same for whoever starts processes that need the store. Raises ConfigError."""
    async with AsyncExitStack() as stack:
        await tell_guarantee(open_shard(stack, settings.redis.address(), settings.redis.prefix), settings)


def hostname() -> str:
    """This node's name, as alarms show it."""
    return socket.gethostname()


def _claims(store: Shard, watch: WatchSettings) -> AlarmClaims:
    return AlarmClaims(store.queries, store.commit, store.keys, repeat=watch.repeat)


def _notifier(watch: WatchSettings, session: aiohttp.ClientSession, process: str) -> Notifier | None:
    if watch.webhook is not None:
        return WebhookNotifier(session, watch.webhook.get_secret_value(), process=process)
    if (email := watch.email) is None:
        return None
    return MailNotifier(
        host=email.host,
        port=email.port,
        tls=email.tls,
        user=email.user,
        password=email.password.get_secret_value() if email.password else None,
        sender=email.sender,
        to=email.to,
        process=process,
    )
