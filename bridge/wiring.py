"""The composition root: the one module that knows every concrete class and puts them together."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from bridge.admin.app import Admin
from bridge.admin.app import create_app as create_admin_app
from bridge.channels.evidence import Book
from bridge.channels.run import Runner
from bridge.domain.delivery import Delivery
from bridge.domain.errors import Unavailable
from bridge.domain.request import Request
from bridge.domain.routing import Router
from bridge.domain.send import Send, TargetKind
from bridge.ingress.app import Ingress
from bridge.ingress.app import create_app as create_ingress_app
from bridge.ingress.bodies import Bodies
from bridge.ingress.enqueue import Client, Enqueue
from bridge.local.app import create_app as create_local_app
from bridge.local.messages.carriers import MailServer
from bridge.local.world import World, configured_world, demo_world
from bridge.outbound.fetch import CachedKeys, GetConfirmer
from bridge.outbound.session import open_session
from bridge.pinghome.address import Address
from bridge.pinghome.client import Pinghome
from bridge.pinghome.demo import DEMO_PASSWORD
from bridge.pipeline.deliver import Delivering, Planning
from bridge.pipeline.plan import Planner, SourceReading
from bridge.pipeline.pull import Puller
from bridge.pipeline.receive import Endpoint, Receiver
from bridge.pipeline.report import Heartbeat, Reporter
from bridge.pipeline.verdict import Backoff
from bridge.settings import Settings
from bridge.settings.model import SmtpSettings, WebhookTarget
from bridge.settings.sources import SourceSettings
from bridge.settings.values import is_loopback, revealed
from bridge.sinks.attempt import Attempter
from bridge.sinks.heartbeat import HeartbeatSink
from bridge.sinks.webhook import WebhookSink
from bridge.store.evidence import RedisEvidence
from bridge.store.health import StoreHealth
from bridge.store.journal import RedisJournal
from bridge.store.ledger import RedisLedger
from bridge.store.shard import Shard, open_shard
from bridge.store.streams import Identity, StreamReader, silence
from bridge.store.transitions import RedisInbox, RedisOutbox, Transitions, decode_delivery, decode_send
from bridge.store.upkeep import Upkeep
from bridge.verify.base import Verifier
from bridge.verify.oracle import OracleConfirmations
from bridge.verify.routing_key import RoutingKeyVerifier
from bridge.verify.sns import SnsVerifier
from bridge.verify.token import NoVerifier, TokenVerifier
from bridge.web import middlewares

PLANNING_SLOTS: Final = 128

log = structlog.get_logger(__name__)


def now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def entropy() -> int:
    """80 random bits."""
    return secrets.randbits(80)


def open_store(stack: AsyncExitStack, settings: Settings) -> Shard:
    """The store as configured."""
    return open_shard(stack, settings.redis.address(), settings.redis.prefix)


def listener_middlewares(settings: Settings, *, open_here: bool = False) -> Sequence[Middleware]:
    """What stands before every handler. `open_here`: this listener lets this machine in without a secret."""
    return middlewares(guarded=open_here or bool(settings.development_credentials()))


def _endpoint(name: str, settings: SourceSettings) -> Endpoint:
    proof = settings.verify.verifier()
    return Endpoint(
        name=name,
        source=settings.source(),
        verifier=proof,
        body_limit=settings.body_limit(),
        check_confirmation=_confirmation(settings, proof) if settings.confirm_subscriptions else None,
    )


def _confirmation(settings: SourceSettings, proof: Verifier) -> Callable[[Request], str] | None:
    if settings.kind == "oracle":
        return OracleConfirmations(settings.confirmation_hosts).confirmable
    return proof.confirmable if isinstance(proof, SnsVerifier) else None


def _clients(settings: Settings, receiver: Receiver) -> list[Client]:
    """Whom the routing keys at /v2/enqueue let in, and as which source they speak."""
    found = []
    for name, source in settings.sources.items():
        if source.routing_keys:
            proof = RoutingKeyVerifier(revealed(source.routing_keys))
            found.append(Client(keys=proof, endpoint=replace(receiver.endpoint(name), verifier=proof)))
    return found


async def build_ingress(stack: AsyncExitStack, settings: Settings, store: Shard) -> web.Application:
    """The public listener's application."""
    session = await open_session(stack, connections=20)
    journal = RedisJournal(store.commit, store.keys, duplicate_window=settings.delivery.duplicate_window)
    receiver = Receiver(
        {name: _endpoint(name, source) for name, source in settings.sources.items()},
        journal=journal,
        keys=CachedKeys(session),
        confirmer=GetConfirmer(session),
        clock=now,
        entropy=entropy,
    )
    heartbeats = {
        name: Heartbeat(
            name=name,
            monitor_id=heartbeat.id.get_secret_value(),
            verifier=TokenVerifier(revealed(heartbeat.token)) if heartbeat.token else None,
        )
        for name, heartbeat in settings.heartbeats.items()
    }
    ingress = Ingress(
        receiver=receiver,
        reporter=Reporter(heartbeats, journal=journal, clock=now, entropy=entropy),
        health=StoreHealth(store.queries),
        bodies=Bodies(settings.ingress.bodies_in_flight),
        origins={name: source.webhook_origins for name, source in settings.sources.items()},
    )
    enqueue = Enqueue(receiver=receiver, clients=_clients(settings, receiver), bodies=ingress.bodies)
    return create_ingress_app(ingress, enqueue, middlewares=listener_middlewares(settings))


def build_admin(settings: Settings, store: Shard) -> web.Application:
    """The operators' application."""
    admin = Admin(
        ledger=RedisLedger(store.queries, store.keys),
        health=StoreHealth(store.queries),
        config=settings.model_dump(mode="json"),
    )
    tokens = settings.admin.token
    proof = TokenVerifier(revealed(tokens)) if tokens else NoVerifier()
    return create_admin_app(
        admin, verifier=proof, clock=now, middlewares=listener_middlewares(settings, open_here=tokens is None)
    )


def build_local(settings: Settings, data: Path) -> web.Application:
    """The local Pinghome's application."""
    world = _world(settings)
    demo = world is not None and world.password == DEMO_PASSWORD
    return create_local_app(
        data,
        clock=now,
        world=world,
        strict=settings.pinghome.strict,
        control_token=settings.pinghome.control_token(),
        mail_server=_mail_server(settings.pinghome.smtp),
        middlewares=listener_middlewares(settings, open_here=demo),
    )


def _mail_server(smtp: SmtpSettings | None) -> MailServer | None:
    """Where the local Pinghome hands e-mail in."""
    if smtp is None:
        return None
    password = None if smtp.password is None else smtp.password.get_secret_value()
    return MailServer(
        host=smtp.host, port=smtp.port, tls=smtp.tls, sender=smtp.sender, user=smtp.user, password=password
    )


def _world(settings: Settings) -> World | None:
    """What it starts with: the configured account, else the demo account where no other machine can reach it,
    and every webhook and heartbeat monitor that the configuration refers to."""
    webhooks = {
        target.webhook.get_secret_value(): route.name
        for route in settings.routes
        for target in route.to
        if isinstance(target, WebhookTarget)
    }
    heartbeats = {heartbeat.id.get_secret_value(): name for name, heartbeat in settings.heartbeats.items()}
    pinghome = settings.pinghome
    if pinghome.email and pinghome.password and not pinghome.is_demo():
        return configured_world(pinghome.email, pinghome.password.get_secret_value(), webhooks, heartbeats)
    return demo_world(webhooks, heartbeats) if is_loopback(pinghome.host) else None


def planner(settings: Settings) -> Planner:
    """Decoding and routing as configured."""
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
    router = Router([route.route() for route in settings.routes])
    return Planner(sources, router, now, settings.severity.severities())


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    """What a worker runs."""

    planning: Puller[Delivery]
    delivering: Puller[Send]
    upkeep: Upkeep
    readers: Sequence[StreamReader[Any]]
    health: StoreHealth
    channel_tests: Runner | None


def channel_tests(settings: Settings, store: Shard, pinghome: Pinghome) -> tuple[Runner, Book]:
    """The runner of channel tests, and the book that it writes its evidence into."""
    book = Book(RedisEvidence(store.queries, store.commit, store.keys))
    return Runner(pinghome, book, settings.channel_tests.rules(), clock=now), book


async def build_worker(stack: AsyncExitStack, settings: Settings) -> WorkerParts:
    """The consumers and the upkeep of one worker process."""
    store = open_store(stack, settings)
    blocking = store.blocking(stack)
    delivery, retention = settings.delivery, settings.retention.delivered
    session = await open_session(stack, connections=delivery.concurrency)
    attempter = Attempter(session, timeout=delivery.timeout, clock=now)
    address = Address(settings.pinghome.template())
    tests: Runner | None = None
    if settings.channel_tests.enabled:
        pinghome = await stack.enter_async_context(Pinghome(settings.pinghome, session))
        tests, _ = channel_tests(settings, store, pinghome)
    identity, keys = Identity.of_this_process(), store.keys
    stack.callback(identity.retire)
    transitions = Transitions(commit=store.commit, keys=keys, retention=retention)
    inbox_reader = StreamReader(store.queries, blocking, keys.inbox, identity, decode_delivery, lease=delivery.lease)
    outbox_reader = StreamReader(store.queries, blocking, keys.outbox, identity, decode_send, lease=delivery.lease)
    inbox, outbox = RedisInbox(inbox_reader, transitions), RedisOutbox(outbox_reader, transitions)
    delivering = Delivering(
        outbox,
        {
            TargetKind.WEBHOOK: WebhookSink(attempter, address),
            TargetKind.HEARTBEAT: HeartbeatSink(attempter, address),
        },
        Backoff(schedule=delivery.schedule),
        clock=now,
        chance=random.random,
    )
    return WorkerParts(
        planning=Puller(
            "inbox", inbox, Planning(inbox, planner(settings)).handle, slots=PLANNING_SLOTS, lease=delivery.lease
        ),
        delivering=Puller("outbox", outbox, delivering.handle, slots=delivery.concurrency, lease=delivery.lease),
        upkeep=Upkeep(store.queries, store.commit, keys, retention=retention, keep=settings.retention.events),
        readers=(inbox_reader, outbox_reader),
        health=StoreHealth(store.queries),
        channel_tests=tests,
    )


async def tell_guarantee(store: Shard) -> None:
    """Say in the log what the store guarantees. It may be away: then the first 202 has to wait anyway."""
    try:
        facts = await StoreHealth(store.queries).guarantee()
    except Unavailable as error:
        log.warning("store_away", reason=str(error))
        return
    (log.info if facts["safe"] else log.warning)("store_guarantee", **facts)


async def worker_silence(stack: AsyncExitStack, settings: Settings) -> float | None:
    """Seconds since a living worker of this host last asked for work; None if there is none. Raises Unavailable."""
    store = open_store(stack, settings)
    return await silence(store.queries, store.keys.outbox, Identity.of_this_process())
