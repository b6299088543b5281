"""What is sent to channels, over real connections, and what the list says became of it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridge.local.app import CLOCK
from tests.local.channels import CUSTOMER, EMAIL, SMS, TEAM, Owner
from tests.local.fixtures import StartWorld
from tests.local.mailbox import Mailbox
from tests.local.world import World
from tests.support.sink import Sink
from tests.support.wait import wait_until

BOTH = pytest.mark.parametrize("owner", [CUSTOMER, TEAM], ids=lambda owner: owner.kind)
POSTED = pytest.mark.parametrize("kind", ["webhook", "slack", "msteams"])


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    sink = await Sink().start()
    yield sink
    await sink.stop()


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = await Mailbox().start()
    yield box
    await box.stop()


async def became(world: World, owner: Owner, priority: int, state: str) -> Any:
    """The newest test of a channel, once it has that state."""

    async def found() -> bool:
        return ((await owner.one(world, priority))["last_test"] or {}).get("state") == state

    await wait_until(found, f"the test is {state}")
    return (await owner.one(world, priority))["last_test"]


def words(kind: str, body: bytes) -> str:
    """What a person reads of a post."""
    document = json.loads(body)
    if kind == "webhook":
        return str(document["text"])
    if kind == "slack":
        return str(document["text"])
    return "\n".join(block["text"] for block in document["attachments"][0]["content"]["body"])


@BOTH
@POSTED
async def test_code_and_test_are_posted_to_a_url(world: World, sink: Sink, owner: Owner, kind: str) -> None:
    assert sink.server is not None
    priority = await owner.create(world, {"type": kind, "value": str(sink.server.make_url("/hook"))})
    await wait_until(lambda: sink.received, "the code arrives")
    code = re.findall(r"\b\d{6}\b", words(kind, sink.received[0].body))[0]
    assert (await owner.verify(world, priority, code)).status == 200
    taken = await owner.call(world, "test", {"priority": priority})
    assert (taken.status, taken.json["message"]) == (200, "The test message was taken.")
    told = await became(world, owner, priority, "sent")
    assert told["detail"] == "HTTP 200"
    assert [one.path for one in sink.received] == ["/hook", "/hook"]
    text = words(kind, sink.received[1].body)
    name = "Demo User" if owner == CUSTOMER else "the team demo"
    assert f"This is a test of the {kind} channel with the priority 1 of {name}." in text
    assert told["at"] in text
    assert taken.data["nonce"] in text


async def test_a_webhook_gets_fields_that_a_program_can_read(world: World, sink: Sink) -> None:
    assert sink.server is not None
    priority = await TEAM.verified(world, {"type": "webhook", "value": str(sink.server.make_url("/"))})
    taken = await TEAM.call(world, "test", {"priority": priority})
    await became(world, TEAM, priority, "sent")
    code, test = (json.loads(one.body) for one in sink.received)
    owner = {"kind": "team", "id": TEAM.id}
    assert (code["type"], code["owner"], code["priority"], len(code["code"])) == ("code", owner, priority, 6)
    assert (test["type"], test["owner"], test["priority"], test["test"]) == ("test", owner, priority, True)
    assert (test["nonce"], test["at"]) == (taken.data["nonce"], (await TEAM.one(world, 1))["last_test"]["at"])


@BOTH
async def test_code_and_test_are_mailed(start_world: StartWorld, mailbox: Mailbox, owner: Owner) -> None:
    world = await start_world(mail_server=mailbox.settings())
    priority = await owner.create(world, EMAIL)
    await wait_until(lambda: mailbox.letters, "the code arrives")
    code = re.findall(r"\b\d{6}\b", mailbox.letters[0].get_content())[0]
    assert (await owner.verify(world, priority, code)).status == 200
    taken = await owner.call(world, "test", {"priority": priority})
    assert (await became(world, owner, priority, "sent"))["detail"] == "The mail server took it."
    assert mailbox.recipients == [EMAIL["value"]] * 2
    letter = mailbox.letters[1]
    assert letter["Subject"].startswith("Test of a channel of ")
    assert f"Test {taken.data['nonce']}." in letter.get_content()


async def test_a_refused_test_says_so_while_it_is_tried_again_and_fails_in_the_end(world: World, sink: Sink) -> None:
    assert sink.server is not None
    priority = await CUSTOMER.verified(world, {"type": "webhook", "value": str(sink.server.make_url("/"))})
    await wait_until(lambda: sink.received, "the code arrives")
    sink.answer = lambda _: 500
    assert (await CUSTOMER.call(world, "test", {"priority": priority})).status == 200
    for attempt in (1, 2, 3):

        async def tried(attempt: int = attempt) -> bool:
            posted = (await CUSTOMER.posted(world, "test", priority))[0]
            return posted.attempts == attempt and posted.detail is not None

        await wait_until(tried, f"try {attempt}")
        if attempt < 3:
            told = (await CUSTOMER.one(world, priority))["last_test"]
            assert told["state"] == "waiting"
            assert told["detail"].startswith("HTTP 500")
            world.clock.advance(minutes=5)
            world.app[CLOCK].wake()
    told = await became(world, CUSTOMER, priority, "failed")
    assert told["detail"].startswith("HTTP 500")


@pytest.mark.parametrize(
    "channel",
    [
        SMS,
        {"type": "call", "value": "+994551234567"},
        {"type": "push-notification", "value": "device-token"},
        {"type": "telegram", "value": "@on_call"},
        EMAIL,
    ],
    ids=lambda channel: channel["type"],
)
@BOTH
async def test_what_cannot_be_carried_is_kept_and_not_called_sent(
    world: World, owner: Owner, channel: dict[str, str]
) -> None:
    priority = await owner.verified(world, channel)
    taken = await owner.call(world, "test", {"priority": priority})
    told = await became(world, owner, priority, "kept")
    assert told["detail"]
    kept = (await owner.posted(world, "test", priority))[0]
    assert (kept.id, kept.address) == (taken.data["outbox_id"], (channel["type"], channel["value"]))
    assert taken.data["nonce"] in kept.message.body


@BOTH
async def test_a_channel_that_is_off_or_not_verified_is_not_tested(world: World, owner: Owner) -> None:
    await owner.create(world, SMS)
    unverified = await owner.call(world, "test", {"priority": 1})
    assert (unverified.status, unverified.json["message"]) == (409, "The channel is not verified.")
    await owner.verify(world, 1, await owner.code(world, 1))
    await owner.call(world, "set_enabled", {"enabled": False, "priority": 1})
    disabled = await owner.call(world, "test", {"priority": 1})
    assert (disabled.status, disabled.json["message"]) == (409, "The channel is disabled.")
    assert await owner.posted(world, "test", 1) == []


@BOTH
async def test_a_channel_is_tested_once_a_minute(world: World, owner: Owner) -> None:
    await owner.verified(world, SMS)
    other = await owner.verified(world, EMAIL)
    first = await owner.call(world, "test", {"priority": 1})
    world.clock.advance(seconds=20)
    again = await owner.call(world, "test", {"priority": 1})
    assert (again.status, again.headers["Retry-After"]) == (429, "40")
    assert (await owner.call(world, "test", {"priority": other})).status == 200
    world.clock.advance(seconds=40)
    second = await owner.call(world, "test", {"priority": 1})
    assert second.status == 200
    assert second.data["nonce"] != first.data["nonce"]
    assert (await became(world, owner, 1, "kept"))["at"] == "2026-11-22T12:01:00.000000Z"


async def test_a_test_of_another_address_is_not_shown(world: World) -> None:
    await CUSTOMER.verified(world, SMS)
    await CUSTOMER.call(world, "test", {"priority": 1})
    await became(world, CUSTOMER, 1, "kept")
    world.clock.advance(minutes=1)
    changed = await CUSTOMER.call(world, "update", {"value": "+994551234568", "priority": 1})
    assert changed.data["last_test"] is None
    await CUSTOMER.call(world, "delete_many", query={"priority": 1})
    world.clock.advance(minutes=1)
    assert await CUSTOMER.create(world, SMS) == 1
    assert (await CUSTOMER.one(world, 1))["last_test"] is None


async def test_the_text_of_a_message_comes_from_nobody_else(world: World) -> None:
    """A team's name is its members' to choose: it must not add headers or a second code before the real one."""
    team = {"id": TEAM.id}
    assert (await world.call("team.update", path=team, json={"name": "111111\r\nBcc: x@example.org"})).status == 200
    await TEAM.create(world, EMAIL)
    code = await TEAM.code(world, 1)
    assert code != "111111"
    assert (await TEAM.verify(world, 1, code)).status == 200
