"""The composition root: the one module that knows every concrete class and puts them together."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from bridge.admin.app import Admin
from bridge.admin.app import create_app as create_admin_app
from bridge.configured import clients, endpoints, heartbeats, local_world, make_planner, origins
from bridge.domain.delivery import Delivery
from bridge.domain.errors import Unavailable
from bridge.domain.routing import Router
from bridge.domain.send import Send, TargetKind
from bridge.ingress.app import Ingress
from bridge.ingress.app import create_app as create_ingress_app
from bridge.ingress.bodies import Bodies
from bridge.ingress.enqueue import Enqueue
from bridge.local.app import create_app as create_local_app
from bridge.outbound.fetch import CachedKeys, GetConfirmer
from bridge.outbound.session import open_session
from bridge.pinghome.address import CLOUD, Address
from bridge.pinghome.client import Pinghome
from bridge.pinghome.demo import DEMO_PASSWORD
from bridge.pipeline.deliver import Delivering, Planning
from bridge.pipeline.plan import Planner
from bridge.pipeline.pull import Puller
from bridge.pipeline.receive import Receiver
from bridge.pipeline.report import Reporter
from bridge.pipeline.verdict import Backoff
from bridge.settings import Settings
from bridge.settings.reload import Commit, Reloader
from bridge.settings.values import revealed
from bridge.sinks.attempt import Attempter
from bridge.sinks.heartbeat import HeartbeatSink
from bridge.sinks.incident import IncidentSink
from bridge.sinks.webhook import WebhookSink
from bridge.store.health import StoreHealth
from bridge.store.incidents import RedisIncidents
from bridge.store.journal import RedisJournal
from bridge.store.ledger import RedisLedger
from bridge.store.shard import Shard, open_shard
from bridge.store.streams import Identity, StreamReader, silence
from bridge.store.transitions import RedisInbox, RedisOutbox, Transitions, decode_delivery, decode_send
from bridge.store.upkeep import Upkeep
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


def open_pinghome(stack: AsyncExitStack, settings: Settings, session: aiohttp.ClientSession) -> Pinghome:
    """The API's client with the configured account, or with none; closed with the stack."""
    account = settings.pinghome
    client = Pinghome(
        session,
        Address(account.template()),
        account.email,
        account.password.get_secret_value() if account.password else None,
        timeout=settings.delivery.timeout.total_seconds(),
    )
    stack.push_async_callback(client.close)
    return client


def listener_middlewares(settings: Settings, *, open_here: bool = False) -> Sequence[Middleware]:
    """What stands before every handler. `open_here`: this listener lets this machine in without a secret."""
    return middlewares(guarded=open_here or bool(settings.development_credentials()))


async def build_ingress(
    stack: AsyncExitStack, settings: Settings, store: Shard, reloader: Reloader | None = None
) -> web.Application:
    """The public listener's application."""
    session = await open_session(stack, connections=20)
    journal = RedisJournal(store.commit, store.keys, duplicate_window=settings.delivery.duplicate_window)
    found = endpoints(settings)
    receiver = Receiver(
        found, journal=journal, keys=CachedKeys(session), confirmer=GetConfirmer(session), clock=now, entropy=entropy
    )
    reporter = Reporter(heartbeats(settings), journal=journal, clock=now, entropy=entropy)
    ingress = Ingress(
        receiver=receiver,
        reporter=reporter,
        health=StoreHealth(store.queries),
        bodies=Bodies(settings.ingress.bodies_in_flight),
        origins=origins(settings),
    )
    enqueue = Enqueue(receiver=receiver, clients=clients(settings, found), bodies=ingress.bodies)

    def prepare(fresh: Settings) -> Commit:
        found, reports = endpoints(fresh), heartbeats(fresh)
        allowed, known = origins(fresh), clients(fresh, found)

        def commit() -> None:
            receiver.use(found)
            reporter.use(reports)
            ingress.origins, enqueue.clients = allowed, known

        return commit

    if reloader is not None:
        reloader.add(prepare)
    return create_ingress_app(ingress, enqueue, middlewares=listener_middlewares(settings))


def build_admin(settings: Settings, store: Shard, reloader: Reloader | None = None) -> web.Application:
    """The operators' application."""
    admin = Admin(
        ledger=RedisLedger(store.queries, store.keys),
        health=StoreHealth(store.queries),
        config=lambda: (reloader.running if reloader else settings).model_dump(mode="json"),
        state=(lambda: reloader.state) if reloader else None,
    )
    tokens = settings.admin.token
    proof = TokenVerifier(revealed(tokens)) if tokens else NoVerifier()
    return create_admin_app(
        admin, verifier=proof, clock=now, middlewares=listener_middlewares(settings, open_here=tokens is None)
    )


def build_local(settings: Settings, data: Path) -> web.Application:
    """The local Pinghome's application."""
    world = local_world(settings)
    demo = world is not None and world.password == DEMO_PASSWORD
    return create_local_app(
        data,
        clock=now,
        world=world,
        strict=settings.pinghome.strict,
        middlewares=listener_middlewares(settings, open_here=demo),
    )


def planner(settings: Settings, router: Router | None = None) -> Planner:
    """Decoding and routing as configured, by the real clock."""
    return make_planner(settings, now, router)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    """What a worker runs."""

    planning: Puller[Delivery]
    delivering: Puller[Send]
    upkeep: Upkeep
    readers: Sequence[StreamReader[Any]]
    health: StoreHealth


async def build_worker(stack: AsyncExitStack, settings: Settings, reloader: Reloader | None = None) -> WorkerParts:
    """The consumers and the upkeep of one worker process."""
    store = open_store(stack, settings)
    blocking = store.blocking(stack)
    delivery, retention = settings.delivery, settings.retention.delivered
    session = await open_session(stack, connections=delivery.concurrency)
    attempter = Attempter(session, timeout=delivery.timeout, clock=now)
    address = Address(settings.pinghome.template())
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
            TargetKind.INCIDENT: IncidentSink(
                open_pinghome(stack, settings, session),
                RedisIncidents(store.queries, store.commit, keys, keep=settings.retention.incidents),
                knows_status=address.template != CLOUD,
            ),
        },
        Backoff(schedule=delivery.schedule),
        clock=now,
        chance=random.random,
    )
    planning = Planning(inbox, planner(settings))

    def prepare(fresh: Settings) -> Commit:
        renewed = planner(fresh)
        return lambda: planning.use(renewed)

    if reloader is not None:
        reloader.add(prepare)
    return WorkerParts(
        planning=Puller("inbox", inbox, planning.handle, slots=PLANNING_SLOTS, lease=delivery.lease),
        delivering=Puller("outbox", outbox, delivering.handle, slots=delivery.concurrency, lease=delivery.lease),
        upkeep=Upkeep(store.queries, store.commit, keys, retention=retention, keep=settings.retention.events),
        readers=(inbox_reader, outbox_reader),
        health=StoreHealth(store.queries),
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
