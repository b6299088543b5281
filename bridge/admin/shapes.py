"""The admin API's JSON shapes and the metrics text. Targets are masked in the ledger already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bridge.domain.configuration import ConfigState
from bridge.domain.send import Attempt, SendRecord
from bridge.pipeline.ledger import DeadLetter, Depths, Event


def event(one: Event) -> dict[str, Any]:
    """One event as JSON values."""
    facts = one.facts
    return {
        "id": facts.id,
        "status": one.status.value,
        "source": facts.source,
        "received_at": _moment(facts.received_at),
        "principal": facts.principal,
        "event_id": facts.event_id,
        "undecoded": facts.undecoded,
        "config": facts.config,
        "alerts": [
            {
                "id": alert.id,
                "type": alert.type,
                "action": alert.action,
                "severity": alert.severity,
                "title": alert.title,
                "dedup_key": alert.dedup_key,
                "route": alert.route,
                "reason": alert.reason,
            }
            for alert in facts.alerts
        ],
        "sends": [send(record) for record in one.sends or ()],
    }


def send(record: SendRecord) -> dict[str, Any]:
    """One send as JSON values."""
    return {
        "id": record.id,
        "state": record.state.value,
        "target": record.target,
        "label": record.label,
        "reason": record.reason,
        "next_at": _moment(record.next_at) if record.next_at else None,
        "attempts": [_attempt(attempt) for attempt in record.attempts],
    }


def dead_letter(letter: DeadLetter) -> dict[str, Any]:
    """One dead letter as JSON values."""
    return {
        "id": letter.send.id,
        "event": letter.send.delivery_id,
        "target": letter.send.target.masked(),
        "label": letter.send.label,
        "reason": letter.record.reason if letter.record else None,
        "planned_at": _moment(letter.send.planned_at),
        "attempts": [_attempt(attempt) for attempt in letter.send.attempts],
    }


def config_state(state: ConfigState) -> dict[str, Any]:
    """The version in force, and what came of the last look at the configuration's file."""
    return {
        "version": state.version,
        "reload": {
            "loaded_at": _moment(state.loaded_at),
            "faults": list(state.faults),
            "needs_restart": list(state.needs_restart),
        },
    }


def config_metrics(state: ConfigState | None) -> str:
    """The same for an alarm; None: nothing is reloaded here, and what was loaded is in force."""
    return (
        "# HELP bridge_config_good Is what stands in the configuration's file in force?\n"
        "# TYPE bridge_config_good gauge\n"
        f"bridge_config_good {int(state is None or not state.faults)}\n"
    )


def metrics(counts: Mapping[str, int], depths: Depths) -> str:
    """Prometheus text exposition format 0.0.4."""
    return "\n".join((*_counters(counts), *_gauges(depths), ""))


def _counters(counts: Mapping[str, int]) -> Iterator[str]:
    yield "# HELP bridge_happened_total What has happened, counted inside the store's own transitions."
    yield "# TYPE bridge_happened_total counter"
    for what, amount in counts.items():
        yield f'bridge_happened_total{{what="{what}"}} {amount}'


def _gauges(depths: Depths) -> Iterator[str]:
    yield "# HELP bridge_depth How much lies where."
    yield "# TYPE bridge_depth gauge"
    for where, depth in (
        ("unplanned", depths.unplanned), ("unfinished", depths.unfinished), ("ready", depths.ready),
        ("due", depths.due), ("dead", depths.dead),
    ):  # fmt: skip
        yield f'bridge_depth{{where="{where}"}} {depth}'


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": _moment(attempt.at),
        "took_ms": attempt.took_ms,
        "status": attempt.status,
        "detail": attempt.detail,
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
