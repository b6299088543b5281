"""The composition root: the one module that knows every concrete class and puts them together."""

from __future__ import annotations

import random
import secrets
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from bridge.admin.app import Admin
from bridge.admin.app import create_app as create_admin_app
from bridge.channels.evidence import Book
from bridge.channels.run import Runner
from bridge.configured import clients, endpoints, heartbeats, local_world, make_planner, origins
from bridge.domain.delivery import Delivery
from bridge.domain.routing import Router
from bridge.domain.send import Send, TargetKind
from bridge.ingress.app import Ingress
from bridge.ingress.app import create_app as create_ingress_app
from bridge.ingress.bodies import Bodies
from bridge.ingress.enqueue import Enqueue
from bridge.intake import Intake, open_intake
from bridge.local.app import create_app as create_local_app
from bridge.local.messages.carriers import MailServer
from bridge.outbound.fetch import CachedKeys, GetConfirmer
from bridge.outbound.session import open_session
from bridge.pinghome.address import CLOUD, Address
from bridge.pinghome.client import Pinghome
from bridge.pinghome.demo import DEMO_PASSWORD
from bridge.pipeline.deliver import Delivering, Planning
from bridge.pipeline.plan import Planner
from bridge.pipeline.ports import Sink
from bridge.pipeline.pull import Puller
from bridge.pipeline.receive import Receiver
from bridge.pipeline.report import Reporter
from bridge.pipeline.shed import Quota
from bridge.pipeline.telemetry import Observed
from bridge.pipeline.verdict import Backoff
from bridge.settings import Settings
from bridge.settings.model import SmtpSettings
from bridge.settings.reload import Commit, Reloader
from bridge.settings.values import revealed
from bridge.sinks.attempt import Attempter
from bridge.sinks.heartbeat import HeartbeatSink
from bridge.sinks.incident import IncidentSink
from bridge.sinks.webhook import WebhookSink
from bridge.store.evidence import RedisEvidence
from bridge.store.health import StoreHealth
from bridge.store.incidents import RedisIncidents
from bridge.store.ledger import RedisLedger
from bridge.store.probe import StoreProbe
from bridge.store.shard import Shard, open_shard
from bridge.store.streams import Identity, StreamReader, silence
from bridge.store.transitions import RedisInbox, RedisOutbox, Transitions, decode_delivery, decode_send
from bridge.store.upkeep import Upkeep
from bridge.verify.token import NoVerifier, TokenVerifier
from bridge.watching import WorkerWatch, tell_guarantee, worker_watch
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
    connection = replace(settings.pinghome.connection(), timeout=settings.delivery.timeout.total_seconds())
    client = Pinghome(connection, session)
    stack.push_async_callback(client.close)
    return client


def listener_middlewares(settings: Settings, *, open_here: bool = False) -> Sequence[Middleware]:
    """What stands before every handler. `open_here`: this listener lets this machine in without a secret."""
    return middlewares(guarded=open_here or bool(settings.development_credentials()))


async def build_ingress(
    stack: AsyncExitStack,
    settings: Settings,
    store: Shard,
    intake: Intake | None = None,
    reloader: Reloader | None = None,
) -> web.Application:
    """The public listener's application. `intake` is its own unless the admin listener shares it."""
    session = await open_session(stack, connections=20)
    intake = intake or await open_intake(stack, settings, store, session)
    quotas = intake.quotas
    found = endpoints(settings, quotas)
    receiver = Receiver(
        found,
        journal=intake.journal,
        keys=CachedKeys(session),
        confirmer=GetConfirmer(session),
        clock=now,
        entropy=entropy,
    )
    reporter = Reporter(heartbeats(settings), journal=intake.journal, clock=now, entropy=entropy)
    ingress = Ingress(
        receiver=receiver,
        reporter=reporter,
        health=intake.health,
        bodies=Bodies(settings.ingress.bodies_in_flight),
        origins=origins(settings),
    )
    enqueue = Enqueue(receiver=receiver, clients=clients(settings, found), bodies=ingress.bodies)

    def prepare(fresh: Settings) -> Commit:
        limits = _quotas(fresh, settings if reloader is None else reloader.running, quotas)
        found, reports = endpoints(fresh, limits), heartbeats(fresh)
        allowed, known = origins(fresh), clients(fresh, found)

        def commit() -> None:
            quotas.clear()
            quotas.update(limits)
            receiver.use(found)
            reporter.use(reports)
            ingress.origins, enqueue.clients = allowed, known

        return commit

    if reloader is not None:
        reloader.add(prepare)
    measured = intake.measured.middleware()
    return create_ingress_app(ingress, enqueue, middlewares=(measured, *listener_middlewares(settings)))


def _quotas(fresh: Settings, running: Settings, quotas: Mapping[str, Quota]) -> dict[str, Quota]:
    """The quotas of a new configuration; one that stays as it was keeps what it has counted."""
    found: dict[str, Quota] = {}
    for name, source in fresh.sources.items():
        if source.quota is None:
            continue
        before = running.sources.get(name)
        same = before is not None and before.quota == source.quota and name in quotas
        found[name] = quotas[name] if same else Quota(source.quota.rate, source.quota.burst)
    return found


async def share_intake(stack: AsyncExitStack, settings: Settings, store: Shard) -> Intake:
    """What the public and the operators' listener of one process have in common."""
    return await open_intake(stack, settings, store, await open_session(stack, connections=4))


def build_admin(
    settings: Settings, store: Shard, intake: Intake | None = None, reloader: Reloader | None = None
) -> web.Application:
    """The operators' application, which shows what the ingress of its process measures."""
    admin = Admin(
        ledger=RedisLedger(store.queries, store.keys),
        health=intake.health if intake else StoreHealth(store.queries),
        config=lambda: (reloader.running if reloader else settings).model_dump(mode="json"),
        state=(lambda: reloader.state) if reloader else None,
        probe=StoreProbe(store, clock=now),
        collectors=intake.collectors if intake else (),
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
    watch: WorkerWatch
    channel_tests: Runner | None


def channel_tests(settings: Settings, store: Shard, pinghome: Pinghome) -> tuple[Runner, Book]:
    """The runner of channel tests, and the book that it writes its evidence into."""
    book = Book(RedisEvidence(store.queries, store.commit, store.keys))
    return Runner(pinghome, book, settings.channel_tests.rules(), clock=now), book


async def build_worker(stack: AsyncExitStack, settings: Settings, reloader: Reloader | None = None) -> WorkerParts:
    """The consumers and the upkeep of one worker process."""
    store = open_store(stack, settings)
    await tell_guarantee(store, settings)
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
    watch = await worker_watch(stack, settings, store, str(identity))
    sinks: dict[TargetKind, Sink] = {
        TargetKind.WEBHOOK: WebhookSink(attempter, address),
        TargetKind.HEARTBEAT: HeartbeatSink(attempter, address),
        TargetKind.INCIDENT: IncidentSink(
            open_pinghome(stack, settings, session),
            RedisIncidents(store.queries, store.commit, keys, keep=settings.retention.incidents),
            knows_status=address.template != CLOUD,
        ),
    }
    delivering = Delivering(
        outbox,
        {kind: Observed(sink, watch.tally, [watch.upstream], clock=now) for kind, sink in sinks.items()},
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
        watch=watch,
        channel_tests=tests,
    )


async def worker_silence(stack: AsyncExitStack, settings: Settings) -> float | None:
    """Seconds since a living worker of this host last asked for work; None if there is none. Raises Unavailable."""
    store = open_store(stack, settings)
    return await silence(store.queries, store.keys.outbox, Identity.of_this_process())
