"""The own alarm as it goes out: real processes' parts, a real store that is killed, a real mail server."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Any

import aiohttp
import pytest

from bridge.domain.trouble import Notice, NoticeState, Trouble, TroubleKind
from bridge.outbound.notify import HttpDeadMan, MailNotifier, WebhookNotifier
from bridge.pipeline.watch import Claim, NotTold
from bridge.samples import build
from bridge.store.presence import AlarmClaims
from tests.conftest import Start
from tests.support.sink import Sink
from tests.support.smtp import MailServer
from tests.support.valkey import ValkeyServer
from tests.support.wait import wait_until

NOTICE = Notice(
    state=NoticeState.RAISED,
    trouble=Trouble(kind=TroubleKind.DEAD_LETTERS, subject="dead", text="2 dead letters"),
    since=datetime(2026, 11, 22, 10, 0, tzinfo=UTC),
)


@pytest.fixture
async def desk() -> AsyncIterator[Sink]:
    """Where the alarms go: not Pinghome."""
    server = await Sink().start()
    yield server
    await server.stop()


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    server = await MailServer().start()
    yield server
    await server.stop()


def url(desk: Sink, path: str = "alarms") -> str:
    assert desk.server is not None
    return str(desk.server.make_url(f"/{path}"))


def told(desk: Sink) -> list[tuple[str, str]]:
    """State and kind of each notice that came."""
    notices = [json.loads(one.body) for one in desk.received if one.path == "/alarms"]
    return [(notice["state"], notice["kind"]) for notice in notices]


def pings(desk: Sink) -> int:
    return sum(one.path == "/ping" for one in desk.received)


def message() -> bytes:
    return build("aws-sns", firing=True, now=datetime.now(UTC)).body


async def test_a_refusal_of_pinghome_is_told_at_once_and_its_end_too(
    start: Start, sink: Sink, desk: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.pipeline.episodes.SETTLE", timedelta(0))
    bridge = await start(watch={"webhook": url(desk)})
    sink.answer = lambda _: 401
    await bridge.post("aws", message())
    await wait_until(lambda: told(desk) == [("raised", "upstream_refuses")], "it is told")
    (notice,) = [json.loads(one.body) for one in desk.received]
    assert "401" in notice["text"]
    assert "c03b02ec-244f" not in str(notice), "a webhook's id is a secret"

    sink.answer = lambda _: 200
    host = bridge.host
    assert host is not None

    async def cleared() -> bool:
        await host.promote()
        return told(desk)[1:] == [("cleared", "upstream_refuses")]

    await wait_until(cleared, "its end is told")


async def test_dead_letters_are_told_once_by_two_ingresses(start: Start, sink: Sink, desk: Sink) -> None:
    watch = {"webhook": url(desk)}
    first = await start(watch=watch)
    second = await start(watch=watch, worker=False)
    sink.answer = lambda _: 400
    await first.post("aws", message())
    host = first.host
    assert host is not None

    async def dead() -> bool:
        await host.promote()
        return (await first.ledger.depths()).dead == 1

    await wait_until(dead, "it is dead")
    await wait_until(lambda: ("raised", "dead_letters") in told(desk), "it is told")
    for bridge in (first, second):
        await bridge.intake.watch.tick()
    assert told(desk).count(("raised", "dead_letters")) == 1


async def test_the_audit_has_a_way_to_tell(start: Start, desk: Sink) -> None:
    bridge = await start(watch={"webhook": url(desk)})
    assert bridge.host is not None

    bridge.host.note_drift(2)

    await wait_until(lambda: ("raised", "audit_drift") in told(desk), "it is told")


@pytest.mark.slow
async def test_redis_and_the_workers_are_told_although_redis_is_away(
    start: Start, valkey: ValkeyServer, desk: Sink
) -> None:
    watch = {"webhook": url(desk), "worker_silence": "10s", "dead_man_url": url(desk, "ping"), "every": "1s"}
    bridge = await start(redis_url=valkey.url, watch=watch)
    await wait_until(lambda: pings(desk) >= 2, "the dead man is pinged while all is well")

    await bridge.stop_worker()
    await wait_until(lambda: ("raised", "workers_gone") in told(desk), "the workers are missed", within=30)
    valkey.kill()
    await wait_until(lambda: ("raised", "store_down") in told(desk), "Redis is missed", within=30)

    before = pings(desk)
    await bridge.intake.watch.tick()
    assert pings(desk) == before, "and the dead man hears nothing"


async def test_a_webhook_that_fails_is_not_a_success_and_names_no_secret(desk: Sink) -> None:
    async with aiohttp.ClientSession() as session:
        notifier = WebhookNotifier(session, url(desk, "alarms?key=secret"), process="ingress")
        for status in (302, 404, 500):
            desk.answer = lambda _, status=status: status  # type: ignore[misc]
            with pytest.raises(NotTold) as failed:
                await notifier.tell(NOTICE)
            assert str(failed.value) == f"answered {status}"
        with pytest.raises(NotTold) as failed:
            await HttpDeadMan(session, "http://127.0.0.1:1/secret").ping()
        assert "secret" not in str(failed.value)


def notifier(mail: MailServer, **changes: Any) -> MailNotifier:
    options: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": mail.port,
        "tls": "none",
        "user": None,
        "password": None,
        "sender": "bridge@example.com",
        "to": ["ops@example.com", "night@example.com"],
        "process": "ingress",
    }
    return MailNotifier(**(options | changes))


def text(mail: Message) -> str:
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


async def test_an_alarm_goes_out_by_mail(mail: MailServer) -> None:
    await notifier(mail).tell(NOTICE)

    (message,) = mail.mails
    assert message["Subject"] == "[pinghome-bridge] raised: dead letters"
    assert message["To"] == "ops@example.com, night@example.com"
    assert "2 dead letters" in text(message)
    assert "since: 2026-11-22T10:00:00Z" in text(message)


async def test_a_mail_server_that_refuses_or_knows_no_tls_is_a_failure(mail: MailServer) -> None:
    mail.refuse = True
    with pytest.raises(NotTold):
        await notifier(mail).tell(NOTICE)
    with pytest.raises(NotTold):
        await notifier(mail, tls="starttls", user="u", password=base64.b64encode(b"x").decode()).tell(NOTICE)
    assert mail.mails == []


async def test_the_store_lets_one_process_tell(start: Start) -> None:
    bridge = await start(worker=False)
    store = bridge.store

    def claims() -> AlarmClaims:
        return AlarmClaims(store.queries, store.commit, store.keys, repeat=timedelta(seconds=10))

    trouble = NOTICE.trouble
    asked = await asyncio.gather(*(claims().claim(trouble, NoticeState.RAISED) for _ in range(10)))

    assert asked.count(Claim.OURS) == 1
    assert await claims().open() == {trouble.key: trouble.text}
    assert await claims().release(trouble)
    assert not await claims().release(trouble)
    assert await claims().claim(trouble, NoticeState.REPEATED) is Claim.OVER
