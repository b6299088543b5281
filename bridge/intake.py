"""Puts together what lies between the ingress and the store: the gate, the spool, and what watches and counts them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bridge.ingress.measure import Measured
from bridge.metrics import Family, counter, gauge
from bridge.pipeline.ports import Health, Journal
from bridge.pipeline.shed import Gate, Quota, SheddingJournal
from bridge.pipeline.watch import Check, Watch
from bridge.settings import Settings
from bridge.settings.model import DeliverySettings
from bridge.spool.journal import Drainer, SpoolHealth, SpoolingJournal
from bridge.spool.spool import Spool
from bridge.spool.watch import SpoolWatch
from bridge.store.health import StoreHealth
from bridge.store.journal import RedisJournal
from bridge.store.searching import Searching
from bridge.store.shard import Shard
from bridge.watching import alarm_families, background, hostname, ingress_watch

Collect = Callable[[], Iterable[Family]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What the listeners of one ingress process share. `quotas` by source; `collectors` are for the metrics."""

    journal: Journal
    health: Health
    watch: Watch
    gate: Gate
    quotas: dict[str, Quota]
    measured: Measured
    collectors: Sequence[Collect]
    spool: Spool | None = None


async def open_intake(
    stack: AsyncExitStack, settings: Settings, store: Shard, session: aiohttp.ClientSession
) -> Intake:
    """Open the spool if there is one, and begin to watch; all of it ends with the stack."""
    gate = Gate(memory=settings.ingress.shed_memory / 100, backlog=settings.ingress.shed_backlog)
    journal = RedisJournal(
        store.commit, store.keys, duplicate_window=settings.delivery.duplicate_window, search=Searching(store.queries)
    )
    shedding = SheddingJournal(journal, gate)
    health: Health = StoreHealth(store.queries)
    quotas = {
        name: Quota(source.quota.rate, source.quota.burst) for name, source in settings.sources.items() if source.quota
    }
    measured = Measured(settings.sources, settings.heartbeats)
    collectors: list[Collect] = [measured.collect, lambda: _shedding(gate, quotas)]
    checks: list[Check] = []
    front: Journal = shedding
    spool, node = None, ""
    if settings.delivery.spool:
        spool = await _open_spool(stack, settings.delivery)
        spooling = SpoolingJournal(shedding, spool)
        front, health = spooling, SpoolHealth(health, spool)
        background(stack, Drainer(spooling, shedding).run, "drainer")
        own = SpoolWatch(spool, spooling.counts, host=hostname())
        checks, node = [own.check], own.subject
        collectors.append(lambda: _spool(spooling))
    watch = ingress_watch(settings, store, session, gate, checks, node=node)
    background(stack, watch.run, "watch")
    collectors.append(lambda: alarm_families(watch))
    return Intake(
        journal=front, health=health, watch=watch, gate=gate, quotas=quotas, measured=measured,
        collectors=collectors, spool=spool,
    )  # fmt: skip


async def _open_spool(stack: AsyncExitStack, delivery: DeliverySettings) -> Spool:
    spool = Spool(Path(delivery.spool_dir), max_bytes=delivery.spool_bytes, max_entries=delivery.spool_entries)
    await spool.open()
    stack.push_async_callback(spool.close)
    return spool


def _shedding(gate: Gate, quotas: dict[str, Quota]) -> Iterable[Family]:
    shed = [({"why": why}, float(times)) for why, times in gate.shed.items()]
    yield counter(
        "bridge_shed_total", "Messages that were refused or spooled since the store had too little room.", shed
    )
    shut = float(gate.reason is not None)
    yield gauge("bridge_shedding", "1 while nothing new goes to the store.", [({}, shut)])
    over = [({"source": name}, float(quota.refused)) for name, quota in quotas.items()]
    yield counter("bridge_over_quota_total", "Messages that were refused since their source was over its quota.", over)


def _spool(spooling: SpoolingJournal) -> Iterable[Family]:
    spool, counts = spooling.spool, spooling.counts
    yield gauge("bridge_spool_entries", "Messages that wait on this node's disk.", [({}, spool.entries)])
    yield gauge("bridge_spool_bytes", "What they take there.", [({}, spool.bytes)])
    usable = float(spool.problem is None and not spool.full)
    yield gauge("bridge_spool_usable", "0 while the spool is full or cannot be written.", [({}, usable)])
    yield counter("bridge_spooled_total", "Messages that went to the spool.", [({}, counts.spooled)])
    drained = [
        ({"as": "stored"}, counts.stored), ({"as": "known"}, counts.known), ({"as": "duplicate"}, counts.duplicates),
    ]  # fmt: skip
    yield counter("bridge_spool_drained_total", "What became of them in the store.", drained)
