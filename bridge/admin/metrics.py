"""The metrics of the store and of all workers, as one look at the store shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from bridge.domain.trouble import TroubleKind
from bridge.metrics import Family, counter, gauge, histogram
from bridge.pipeline.telemetry import DELIVERY_BUCKETS, StoreView
from bridge.pipeline.verdict import Verdict

WORKER_ALIVE_S = 30.0


def store_families(view: StoreView | None) -> Iterator[Family]:
    """Everything that one look says; without one only that the store is away."""
    yield gauge("bridge_store_up", "1 while the store answers.", [({}, float(view is not None))])
    if view is None:
        return
    facts = view.facts
    told = {"server": facts.server, "appendfsync": facts.appendfsync}
    yield gauge("bridge_store_info", "The store's version and fsync policy, as labels.", [(told, 1)])
    unsafe = bool(facts.problems or facts.hazards)
    yield gauge("bridge_store_safe", "0 while the store may lose what was accepted.", [({}, float(not unsafe))])
    yield gauge("bridge_store_used_bytes", "Memory that counts against maxmemory.", [({}, facts.used_bytes)])
    yield gauge("bridge_store_max_bytes", "maxmemory; 0: no bound.", [({}, facts.max_bytes)])
    skew = facts.skew.total_seconds()
    yield gauge("bridge_store_clock_skew_seconds", "The store's clock before ours.", [({}, round(skew, 3))])
    yield gauge(
        "bridge_oldest_seconds",
        "Age of the oldest unplanned or unread message, of the oldest ready send, and how late the most overdue is.",
        [({"where": name}, view.ages.get(name, 0.0)) for name in ("unplanned", "unread", "ready", "due")],
    )
    yield gauge("bridge_dead_last_hour", "Dead letters of the last hour.", [({}, view.recent_dead)])
    yield from _worker_families(view)
    drift = view.gauges.get("audit_drift", 0.0)
    yield gauge("bridge_audit_drift", "Accepted sends that are in no state at all.", [({}, drift)])
    kinds = Counter(key.partition("/")[0] for key in view.alarms)
    yield gauge(
        "bridge_alarms_open", "Own alarms that are told and not over.", [({"kind": k}, kinds[k]) for k in TroubleKind]
    )


def _worker_families(view: StoreView) -> Iterable[Family]:
    alive = sum(silence < WORKER_ALIVE_S for silence in view.workers.values())
    yield gauge("bridge_workers", "Workers that were heard of within 30 s.", [({}, alive)])
    silence = [({"worker": name}, seconds) for name, seconds in sorted(view.workers.items())]
    yield gauge("bridge_worker_silence_seconds", "Since each worker of the last hour was heard of.", silence)
    attempts = [({"verdict": v.value}, float(view.observed.get(f"attempts:{v.value}", 0))) for v in Verdict]
    yield counter("bridge_attempts_total", "Attempts at sends by what the answer meant.", attempts)
    yield _delivery(view.observed)


def _delivery(observed: Mapping[str, int]) -> Family:
    names = [*(format(bound, "g") for bound in DELIVERY_BUCKETS), "inf"]
    return histogram(
        "bridge_delivery_seconds",
        "Time from accepting a message to Pinghome's 2xx.",
        DELIVERY_BUCKETS,
        [observed.get(f"delivery:{name}", 0) for name in names],
        observed.get("delivery:ms", 0) / 1000,
    )
