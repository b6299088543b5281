"""What is posted is carried: e-mail by a real SMTP server, the rest by real HTTP."""

from __future__ import annotations

import json

import pytest
from aiohttp import web

from tests.local.carrying import advance, ends, mailbox, message, send, sink, state, tried
from tests.local.fixtures import StartWorld
from tests.local.mailbox import Mailbox
from tests.local.people import JANE, account
from tests.local.world import World
from tests.support.sink import Received, Sink
from tests.support.wait import wait_until

__all__ = ["mailbox", "sink"]


async def test_a_code_reaches_the_mailbox(start_world: StartWorld, mailbox: Mailbox) -> None:
    world = await start_world(mail_server=mailbox.settings())
    assert (await world.call("auth.sign_up", json=account())).status == 201
    await wait_until(lambda: mailbox.letters, "the letter comes")
    (letter,) = mailbox.letters
    assert (letter["To"], letter["From"], mailbox.recipients) == (JANE, "Pinghome <alerts@pinghome.test>", [JANE])
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime == world.clock()
    code = letter.get_content()[:6]
    confirmed = await world.call("auth.confirm", json={"email": JANE, "confirmation_code": code})
    assert confirmed.status == 200


async def test_a_subject_of_several_lines_is_one_header(start_world: StartWorld, mailbox: Mailbox) -> None:
    world = await start_world(mail_server=mailbox.settings())
    (number,) = await send(world, message("email", JANE, subject="line\r\nBcc: x@example.org ü", body="Grüße\n.\nend"))
    await ends(world, number, "sent")
    (letter,) = mailbox.letters
    assert letter["Subject"] == "line Bcc: x@example.org ü"
    assert letter["Bcc"] is None
    assert letter.get_content().splitlines() == ["Grüße", ".", "end"]


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@example.org, b@example.org", "a@example.org\r\nBcc: b@example.org", "<>", "a b@c.d"]
)
async def test_what_is_no_address_fails_at_once(start_world: StartWorld, mailbox: Mailbox, address: str) -> None:
    world = await start_world(mail_server=mailbox.settings())
    (number,) = await send(world, message("email", address))
    assert (await ends(world, number, "failed")).attempts == 1
    assert mailbox.tries == 0


async def test_without_a_mail_server_e_mail_is_kept(world: World) -> None:
    (number,) = await send(world, message("email", JANE))
    kept = await ends(world, number, "kept")
    assert kept.attempts == 0
    assert "pinghome.smtp" in str(kept.detail)


@pytest.mark.parametrize("channel_type", ["sms", "call", "push-notification", "telegram"])
async def test_what_cannot_be_carried_is_kept(start_world: StartWorld, mailbox: Mailbox, channel_type: str) -> None:
    world = await start_world(mail_server=mailbox.settings())
    (number,) = await send(world, message(channel_type, "+994551234567"))
    assert channel_type in str((await ends(world, number, "kept")).detail)


async def test_a_refused_letter_is_tried_three_times_and_has_one_message_id(
    start_world: StartWorld, mailbox: Mailbox
) -> None:
    world = await start_world(mail_server=mailbox.settings())
    mailbox.refusal = "451 greylisted, come again"
    (first,) = await send(world, message("email", JANE))
    await tried(world, first, 1)
    assert (await state(world, first)).detail == "SMTP 451: greylisted, come again"
    advance(world, seconds=59)
    await send(world, message("sms", "+994551234567"))
    assert mailbox.tries == 1
    advance(world, seconds=1)
    # Counted before it is made: only the server knows that the second one was refused.
    await wait_until(lambda: mailbox.tries == 2, "the second try is refused")
    await tried(world, first, 2)
    mailbox.refusal = None
    advance(world, seconds=240)
    assert (await ends(world, first, "sent")).attempts == 3
    mailbox.refusal = "550 no such user"
    (second,) = await send(world, message("email", JANE))
    for attempts, wait in ((1, 60), (2, 240)):
        await tried(world, second, attempts)
        advance(world, seconds=wait)
    failed = await ends(world, second, "failed")
    assert (failed.attempts, failed.detail) == (3, "SMTP 550: no such user")


async def test_a_mail_server_that_is_away_is_no_end(start_world: StartWorld, mailbox: Mailbox) -> None:
    settings = mailbox.settings()
    await mailbox.stop()
    world = await start_world(mail_server=settings)
    (number,) = await send(world, message("email", JANE))
    await tried(world, number, 1)
    assert (await state(world, number)).state == "waiting"


async def test_a_webhook_gets_its_document_and_chats_get_their_form(world: World, sink: Sink) -> None:
    document = {"incident_id": "i1", "status": "open"}
    base = sink.template.replace("{service}", "")
    numbers = await send(
        world,
        message("webhook", f"{base}hook", document=document),
        message("webhook", f"{base}plain"),
        message("slack", f"{base}slack", subject="<!channel> & more"),
        message("msteams", f"{base}teams"),
    )
    for number in numbers:
        assert (await ends(world, number, "sent")).detail == "HTTP 200"
    got = {one.path: json.loads(one.body) for one in sink.received}
    assert got["/hook"] == document
    assert got["/plain"] == {
        "purpose": "notification",
        "reference": None,
        "subject": "CPU of db-1",
        "body": "above 80 %",
    }
    assert got["/slack"] == {"text": "&lt;!channel&gt; &amp; more\nabove 80 %"}
    card = got["/teams"]["attachments"][0]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert [block["text"] for block in card["content"]["body"]] == ["CPU of db-1", "above 80 %"]
    assert {one.headers["Content-Type"] for one in sink.received} == {"application/json"}


async def test_a_redirect_is_not_followed_and_counts_as_a_failure(world: World, sink: Sink) -> None:
    base = sink.template.replace("{service}", "")

    paths: list[str] = []

    def elsewhere(received: Received) -> web.Response:
        paths.append(received.path)
        return web.Response(status=307, headers={"Location": f"{base}inside"})

    sink.answer = elsewhere
    (number,) = await send(world, message("webhook", f"{base}hook"))
    await tried(world, number, 1)
    assert paths == ["/hook"]
    assert (await state(world, number)).detail == "HTTP 307"


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "not a url", "http://", "http://[::1", "http://127.0.0.1:99999/"])
async def test_what_is_no_url_fails_at_once(world: World, url: str) -> None:
    (number,) = await send(world, message("webhook", url))
    failed = await ends(world, number, "failed")
    assert (failed.attempts, url in str(failed.detail)) == (1, False)


async def test_of_an_answer_only_the_status_is_told(world: World, sink: Sink) -> None:
    sink.answer = lambda _: web.Response(status=500, text="out of order " * 100_000)
    (number,) = await send(world, message("webhook", sink.template.replace("{service}", "hook")))
    await tried(world, number, 1)
    assert (await state(world, number)).detail == "HTTP 500"
