"""What a configuration makes of the parts that a reload replaces. Built from settings alone; nothing is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bridge.domain.enrichment import Enrichment
from bridge.domain.request import Request
from bridge.domain.routing import Router
from bridge.domain.template import Templates
from bridge.ingress.enqueue import Client
from bridge.local.world import World, configured_world, demo_world
from bridge.pipeline.plan import Planner, SourceReading
from bridge.pipeline.ports import Clock
from bridge.pipeline.receive import Endpoint
from bridge.pipeline.report import Heartbeat
from bridge.pipeline.shed import Quota
from bridge.settings import Settings
from bridge.settings.reload import version_of
from bridge.settings.routes import HeartbeatTarget, WebhookTarget
from bridge.settings.sources import SourceSettings
from bridge.settings.values import is_loopback, revealed
from bridge.verify.base import Verifier
from bridge.verify.oracle import OracleConfirmations
from bridge.verify.routing_key import RoutingKeyVerifier
from bridge.verify.sns import SnsVerifier
from bridge.verify.token import TokenVerifier


def endpoints(settings: Settings, quotas: Mapping[str, Quota]) -> Mapping[str, Endpoint]:
    """The sources as the ingress sees them, with their quotas where they have one."""
    return {name: _endpoint(name, source, quotas.get(name)) for name, source in settings.sources.items()}


def clients(settings: Settings, found: Mapping[str, Endpoint]) -> Sequence[Client]:
    """Whom the routing keys at /v2/enqueue let in, and as which source they speak."""
    proofs = {
        name: RoutingKeyVerifier(revealed(source.routing_keys))
        for name, source in settings.sources.items()
        if source.routing_keys
    }
    return [Client(keys=proof, endpoint=replace(found[name], verifier=proof)) for name, proof in proofs.items()]


def origins(settings: Settings) -> Mapping[str, Sequence[str]]:
    """Whose CloudEvents handshakes are answered, by source."""
    return {name: source.webhook_origins for name, source in settings.sources.items()}


def heartbeats(settings: Settings) -> Mapping[str, Heartbeat]:
    """The heartbeats that jobs may report."""
    return {
        name: Heartbeat(
            name=name,
            monitor_id=heartbeat.id.get_secret_value(),
            verifier=TokenVerifier(revealed(heartbeat.token)) if heartbeat.token else None,
        )
        for name, heartbeat in settings.heartbeats.items()
    }


def make_planner(settings: Settings, clock: Clock, router: Router | None = None) -> Planner:
    """Decoding, enrichment, severity, words and routing. `router` stands in for the one of the configured routes."""
    sources = {
        name: SourceReading(
            name=name,
            kind=source.kind,
            source=source.source(),
            scope=source.identity_group or name,
            default_severity=source.default_severity,
        )
        for name, source in settings.sources.items()
    }
    return Planner(
        sources,
        router or Router([route.route() for route in settings.routes]),
        clock,
        settings.severity.severities(),
        enrichment=Enrichment([one.rule() for one in settings.enrichment]),
        templates=Templates([one.template() for one in settings.templates]),
        version=version_of(settings),
    )


def local_world(settings: Settings) -> World | None:
    """What the local Pinghome starts with: the configured account, else the demo account where no other machine can
    reach it, and every webhook and heartbeat monitor that the configuration refers to."""
    targets = [(route.name, target) for route in settings.routes for target in route.to]
    webhooks = {
        target.webhook.get_secret_value(): name for name, target in targets if isinstance(target, WebhookTarget)
    }
    monitors = {
        target.heartbeat.id.get_secret_value(): name for name, target in targets if isinstance(target, HeartbeatTarget)
    } | {heartbeat.id.get_secret_value(): name for name, heartbeat in settings.heartbeats.items()}
    pinghome = settings.pinghome
    if pinghome.email and pinghome.password and not pinghome.is_demo():
        return configured_world(pinghome.email, pinghome.password.get_secret_value(), webhooks, monitors)
    return demo_world(webhooks, monitors) if is_loopback(pinghome.host) else None


def _endpoint(name: str, settings: SourceSettings, quota: Quota | None) -> Endpoint:
    proof = settings.verify.verifier()
    return Endpoint(
        name=name,
        source=settings.source(),
        verifier=proof,
        body_limit=settings.body_limit(),
        check_confirmation=_confirmation(settings, proof) if settings.confirm_subscriptions else None,
        quota=quota,
    )


def _confirmation(settings: SourceSettings, proof: Verifier) -> Callable[[Request], str] | None:
    if settings.kind == "oracle":
        return OracleConfirmations(settings.confirmation_hosts).confirmable
    return proof.confirmable if isinstance(proof, SnsVerifier) else None
