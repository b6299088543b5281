"""From a delivery to its sends: decode, normalise, route, render. Pure; nothing here may lose a page."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import structlog

from bridge.domain import identity
from bridge.domain.alert import Action, Alert, Severity, urgency_of
from bridge.domain.delivery import Delivery
from bridge.domain.enrichment import Enrichment
from bridge.domain.errors import Undecoded
from bridge.domain.routing import Decision, Router
from bridge.domain.send import Send
from bridge.domain.severity import Severities
from bridge.domain.template import Templates
from bridge.pipeline.body import document, render
from bridge.pipeline.orders import order
from bridge.pipeline.plain import plain_alert
from bridge.pipeline.ports import AlertFacts, Clock, EventFacts, Plan
from bridge.sources.base import Source

log = structlog.get_logger(__name__)

TOLD_LIMIT: Final = 1000
"""Unmapped words that are told, so that a stranger's words cannot fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReading:
    """How the alerts of one configured source are read.

    `scope` prefixes the keys that are unique in the world (an identity group, or the source's own name);
    all other keys are prefixed by the source's name. `default_severity` applies where the sender's word means
    nothing to the source, and the operator has neither a word nor a rule for it.
    """

    name: str
    kind: str
    source: Source
    scope: str
    default_severity: Severity = Severity.HIGH


@dataclass(frozen=True, slots=True, kw_only=True)
class _Routed:
    """One alert with its way."""

    alert: Alert
    id: str
    document: dict[str, Any]
    decision: Decision


class Planner:
    """Makes the plan of a delivery. Never raises: our own bug delivers the plain alert instead."""

    def __init__(
        self,
        sources: Mapping[str, SourceReading],
        router: Router,
        clock: Clock,
        severities: Severities | None = None,
        *,
        enrichment: Enrichment | None = None,
        templates: Templates | None = None,
        version: str | None = None,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Over one configuration, whose `version` the ledger keeps. `timer` bounds the time of templates."""
        self._sources = sources
        self._router = router
        self._clock = clock
        self._severities = severities or Severities()
        self._enrichment = enrichment or Enrichment()
        self._templates = templates or Templates()
        self._version = version
        self._timer = timer
        self._reads_raw = any(
            part.reads_raw for part in (self._router, self._severities, self._enrichment, self._templates)
        )
        self._told: set[tuple[str, str]] = set()

    def plan(self, delivery: Delivery, *, plain: str | None = None) -> Plan:
        """What the delivery becomes. `plain` skips decoding, and says why (workers died on this message)."""
        try:
            return self._plain(delivery, plain, "bugs") if plain is not None else self._read(delivery)
        except Exception as error:
            log.exception("planning_bug", delivery=delivery.id, source=delivery.source, error=type(error).__name__)
            return self._plain(delivery, f"the bridge failed on it ({type(error).__name__})", "bugs")

    def _read(self, delivery: Delivery) -> Plan:
        reading = self._sources.get(delivery.source)
        if reading is None:
            return self._plain(delivery, "its source is no longer configured", "undecoded")
        try:
            return self._decoded(delivery, reading)
        except Undecoded as error:
            log.warning("undecoded", delivery=delivery.id, source=delivery.source, reason=str(error))
            return self._plain(delivery, str(error), "undecoded")

    def _decoded(self, delivery: Delivery, reading: SourceReading) -> Plan:
        counts: Counter[str] = Counter()
        routed: dict[str, _Routed] = {}
        for alert in reading.source.decode(delivery.request()):
            one = self._route(alert, delivery, reading, counts)
            # Members of one message with the same problem and state are one alert.
            routed.setdefault(one.id, one)
        if not routed:
            raise Undecoded("the decoder found no alert in it")
        return self._assemble(delivery, list(routed.values()), counts, redacted=reading.source.redacted)

    def _plain(self, delivery: Delivery, reason: str, count: str) -> Plan:
        reading = self._sources.get(delivery.source)
        alert = plain_alert(delivery, reason)
        severity = reading.default_severity if reading else Severity.HIGH
        alert_id = identity.alert_id(delivery.id, alert)
        body = document(
            alert,
            delivery,
            alert_id=alert_id,
            dedup_key=identity.dedup_key(delivery.source, alert.key),
            severity=severity,
            kind=reading.kind if reading else "unknown",
        )
        counts = Counter({count: 1})
        # A message that we merely do not know goes by the routes; one that we failed on, by the surest way.
        if count == "bugs":
            decision = self._router.catch_all(reason, body)
        else:
            decision, _ = self._decide(body, delivery.body, counts)
        redacted = reading.source.redacted if reading else frozenset[str]()
        routed = [_Routed(alert=alert, id=alert_id, document=body, decision=decision)]
        return self._assemble(delivery, routed, counts, redacted=redacted, undecoded=reason)

    def _route(self, alert: Alert, delivery: Delivery, reading: SourceReading, counts: Counter[str]) -> _Routed:
        known = alert.severity or self._severities.by_word(alert.severity_raw)
        alert_id = identity.alert_id(delivery.id, alert)
        body = document(
            alert,
            delivery,
            alert_id=alert_id,
            dedup_key=identity.dedup_key(reading.scope if alert.global_key else reading.name, alert.key),
            severity=known or reading.default_severity,
            kind=reading.kind,
        )
        decision, ruled = self._decide(body, _raw(alert, delivery), counts)
        if known is None and not ruled and alert.action is Action.TRIGGER:
            counts["severity_unmapped"] += 1
            self._tell_unmapped(delivery.source, alert)
        return _Routed(alert=alert, id=alert_id, document=body, decision=decision)

    def _tell_unmapped(self, source: str, alert: Alert) -> None:
        """Once for each word: a sender that never says more than ALARM would fill the log."""
        word = (alert.severity_raw or "")[:64]
        if word and (source, word) not in self._told and len(self._told) < TOLD_LIMIT:
            self._told.add((source, word))
            log.warning("severity_unmapped", source=source, type=alert.type, word=word)

    def _decide(self, body: dict[str, Any], raw: bytes, counts: Counter[str]) -> tuple[Decision, bool]:
        """The route, and whether a rule decided the severity. Each step sees what the ones before it said: first
        the operator's facts, then the severity, then the words, then the routes. `body` is changed in place."""
        if self._reads_raw:
            # Conditions see what a Pinghome ruleset would see; it is parsed only if one asks.
            body["raw"] = _parsed(raw)
        self._enrichment.apply(body)
        ruled = self._severities.by_rule(body)
        if ruled is not None:
            counts["severity_by_rule"] += 1
            body.update(severity=ruled.value, urgency=urgency_of(ruled).value)
        self._templates.apply(body, self._timer)
        decision = self._router.decide(body)
        body.pop("raw", None)
        return decision, ruled is not None

    def _assemble(
        self,
        delivery: Delivery,
        routed: Sequence[_Routed],
        counts: Counter[str],
        *,
        redacted: frozenset[str],
        undecoded: str | None = None,
    ) -> Plan:
        sends: list[Send] = []
        bodies: list[bytes] = []
        for one in routed:
            bodies.append(render(one.document, one.decision, _raw(one.alert, delivery), redacted=redacted))
            of_alert = self._sends(delivery, one, bodies[-1])
            counts["dropped"] += not of_alert
            sends += of_alert
        facts = EventFacts(
            id=delivery.id,
            source=delivery.source,
            received_at=delivery.received_at,
            principal=f"{delivery.principal.method}: {delivery.principal.name}",
            event_id=delivery.event_id,
            headers=delivery.headers,
            alerts=[_facts(one) for one in routed],
            undecoded=undecoded,
            config=self._version,
        )
        return Plan(facts=facts, sends=sends, bodies=bodies, counts=+counts)

    def _sends(self, delivery: Delivery, one: _Routed, body: bytes) -> list[Send]:
        planned_at = self._clock()
        sends = (
            order(destination, one.document, body, planned_at=planned_at, delivery_id=delivery.id)
            for destination in one.decision.to
        )
        return [send for send in sends if send is not None]


def _raw(alert: Alert, delivery: Delivery) -> bytes:
    """The alert's own part of the message, or all of it."""
    return delivery.body if alert.raw is None else alert.raw


def _parsed(raw: bytes) -> Any:
    """A message as conditions see it; one that is no JSON is its text."""
    text = raw.decode("utf-8-sig", "replace")
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return text


def _facts(one: _Routed) -> AlertFacts:
    body = one.document
    return AlertFacts(
        id=one.id,
        type=one.alert.type,
        action=body["action"],
        severity=body["severity"],
        title=body["title"],
        dedup_key=body["dedup_key"],
        route=one.decision.route,
        reason=one.decision.reason,
    )
