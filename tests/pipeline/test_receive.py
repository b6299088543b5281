"""From a request to a receipt: who may speak, what is stored, what is only a handshake."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bridge.domain.errors import TooLarge, Unauthentic, Unavailable, UnknownSource, Unreadable
from bridge.domain.identity import delivery_time_ms
from bridge.domain.request import AuthMethod, Request
from bridge.pipeline.receive import STORED_HEADERS, Endpoint, Receipt, Receiver
from bridge.sources.base import Acknowledge, Confirm, Echo
from bridge.verify.base import KeyRef, Verifier
from bridge.verify.token import TokenVerifier
from tests.support.fakes import NOW, FakeSource, MemoryJournal, SignedBody, clock

KEY_URL = "https://keys.example.com/key.pem"
SUBSCRIBE_URL = "https://sns.example.com/?Action=ConfirmSubscription&Token=s3cret"
SECRET = "s3cret"
SIGNED = b"key: the message"


class Keys:
    """Serves one key, or none, and remembers who asked."""

    def __init__(self, key: bytes | None = b"key:") -> None:
        """`None`: it cannot be had now."""
        self.key, self.fetched = key, list[str]()

    async def fetch(self, ref: KeyRef) -> bytes:
        """See the port."""
        self.fetched.append(ref.url)
        if self.key is None:
            raise Unavailable("the key cannot be fetched", code="keys_unavailable")
        return self.key


class Confirmations:
    """Remembers what was confirmed."""

    def __init__(self, *, away: bool = False) -> None:
        """`away`: the far side does not answer."""
        self.urls, self.away = list[str](), away

    async def confirm(self, url: str) -> None:
        """See the port."""
        if self.away:
            raise Unavailable("TimeoutError", code="fetch_failed")
        self.urls.append(url)


class Body:
    """The body of a request, which remembers with which limit it was read."""

    def __init__(self, content: bytes = b"{}", failure: Exception | None = None) -> None:
        """`failure` is raised instead."""
        self.content, self.failure, self.limits = content, failure, list[int]()

    async def read(self, limit: int) -> bytes:
        """The body."""
        self.limits.append(limit)
        if self.failure is not None:
            raise self.failure
        return self.content


class World:
    """A receiver and everything around it."""

    def __init__(self, source: FakeSource | None = None, verifier: Verifier | None = None, **parts: Any) -> None:
        """With one endpoint, `shop`."""
        self.journal, self.keys = MemoryJournal(), parts.get("keys", Keys())
        self.confirmations: Confirmations = parts.get("confirmations", Confirmations())
        check: Callable[[Request], str] | None = parts.get("check")
        self.endpoint = Endpoint(
            name="shop",
            source=source or FakeSource(),
            verifier=verifier or TokenVerifier(["s3cret"]),
            body_limit=1000,
            check_confirmation=check,
        )
        numbers = iter(range(1, 1000))
        self.receiver = Receiver(
            {"shop": self.endpoint},
            journal=self.journal,
            keys=self.keys,
            confirmer=self.confirmations,
            clock=clock,
            entropy=lambda: next(numbers),
        )

    def receive(self, body: Body | None = None, *, token: str = SECRET, **headers: str) -> Awaitable[Receipt]:
        """One message."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"authorization": f"Bearer {token}", **named}
        head = Request(method="POST", headers=sent, query={"token": token}, body=b"")
        return self.receiver.receive(self.endpoint, head, (body or Body()).read)


async def test_a_proven_message_is_stored_before_it_is_accepted() -> None:
    """With its bytes, its time and who sent it."""
    world = World(FakeSource(event_id="message-1"))

    receipt = await world.receive(Body(b"\xff any bytes"))

    (stored,) = world.journal.deliveries
    assert receipt == Receipt(status="accepted", id=stored.id)
    assert (stored.source, stored.body, stored.event_id) == ("shop", b"\xff any bytes", "message-1")
    assert stored.received_at == NOW
    assert stored.principal.method is AuthMethod.TOKEN
    assert delivery_time_ms(stored.id) == int(NOW.timestamp() * 1000)


async def test_a_message_already_taken_is_a_duplicate_with_its_first_id() -> None:
    """The sender's own id says so."""
    world = World(FakeSource(event_id="message-1"))

    first, again = await world.receive(), await world.receive()

    assert again == Receipt(status="duplicate", id=first.id)


async def test_a_message_without_an_id_is_never_a_duplicate() -> None:
    """The same words an hour later may be a new fire."""
    world = World()

    first, again = await world.receive(), await world.receive()

    assert (first.status, again.status) == ("accepted", "accepted")
    assert first.id != again.id


async def test_a_stranger_is_turned_away_before_the_body_is_read() -> None:
    """Nobody can make us hold bytes without a token."""
    world, body = World(), Body()

    with pytest.raises(Unauthentic):
        await world.receive(body, token="wrong")

    assert body.limits == []
    assert world.journal.deliveries == []


async def test_the_body_is_read_once_with_the_limit_of_its_source() -> None:
    """Whether the proof is in it or not."""
    for verifier, content in ((TokenVerifier(["s3cret"]), b"{}"), (SignedBody(KEY_URL), SIGNED)):
        body = Body(content)
        await World(verifier=verifier).receive(body)
        assert body.limits == [1000]


async def test_a_signed_body_is_proven_with_the_key_it_names() -> None:
    """The key is fetched first; the verifier opens no connection."""
    world = World(verifier=SignedBody(KEY_URL))

    receipt = await world.receive(Body(SIGNED))

    assert receipt.status == "accepted"
    assert world.keys.fetched == [KEY_URL]
    assert world.journal.deliveries[0].principal.name == "topic"


async def test_a_forged_body_is_not_stored() -> None:
    """Nor is its handshake looked at."""
    world = World(FakeSource(handshake=Echo(document={})), SignedBody(KEY_URL))

    with pytest.raises(Unauthentic):
        await world.receive(Body(b"forged"))

    assert world.journal.deliveries == []


async def test_a_key_that_cannot_be_had_now_is_tried_again_by_the_sender() -> None:
    """Unavailable, not unauthentic: the message may be true."""
    world = World(verifier=SignedBody(KEY_URL), keys=Keys(None))

    with pytest.raises(Unavailable):
        await world.receive(Body(SIGNED))

    assert world.journal.deliveries == []


@pytest.mark.parametrize("failure", [TooLarge("large"), Unreadable("broken"), Unavailable("slow")])
async def test_a_body_that_cannot_be_read_is_not_stored(failure: Exception) -> None:
    """The sender hears why."""
    world = World()

    with pytest.raises(type(failure)):
        await world.receive(Body(failure=failure))

    assert world.journal.deliveries == []


async def test_a_store_that_is_away_is_no_receipt() -> None:
    """202 is a promise."""
    world = World()
    world.journal.away = True

    with pytest.raises(Unavailable):
        await world.receive()


async def test_only_the_headers_that_decoding_needs_are_stored() -> None:
    """Never a credential."""
    world = World()

    await world.receive(
        content_type="application/json", x_amz_sns_message_id="m", x_bridge_token="s3cret", cookie="s3cret", x_other="1"
    )

    assert world.journal.deliveries[0].headers == {"content-type": "application/json", "x-amz-sns-message-id": "m"}


async def test_the_attributes_of_an_event_in_headers_are_stored() -> None:
    """Their senders choose the names."""
    world = World()

    await world.receive(ce_id="1", ce_team="shop", budgetid="b", xce_id="2")

    assert world.journal.deliveries[0].headers == {"ce-id": "1", "ce-team": "shop", "budgetid": "b"}


def test_no_header_that_may_hold_a_credential_is_on_the_list() -> None:
    """Names that senders use for secrets."""
    words = ("auth", "token", "cookie", "sign", "secret", "key")

    assert not any(word in name for name in STORED_HEADERS for word in words)
    assert all(name == name.lower() for name in STORED_HEADERS)


async def test_nothing_stored_holds_the_token() -> None:
    """Neither of the header nor of the query."""
    world = World()

    await world.receive()

    assert "s3cret" not in repr(world.journal.deliveries)


async def test_a_handshake_is_answered_and_not_stored() -> None:
    """With the document that the protocol wants."""
    world = World(FakeSource(handshake=Echo(document={"validationResponse": "code"})))

    assert await world.receive() == Receipt(status="handshake", document={"validationResponse": "code"})
    assert world.journal.deliveries == []


async def test_a_control_message_is_acknowledged_and_not_stored() -> None:
    """It carries no alert."""
    world = World(FakeSource(handshake=Acknowledge(what="unsubscribed")))

    assert await world.receive() == Receipt(status="acknowledged")
    assert world.journal.deliveries == []


CONFIRM = FakeSource(handshake=Confirm(url="https://elsewhere.example.com/", what="topic"))


async def test_a_subscription_is_not_confirmed_unless_configured() -> None:
    """Only a signature proves the topic."""
    world = World(CONFIRM)

    assert await world.receive() == Receipt(status="not_confirmed")
    assert world.confirmations.urls == []
    assert world.journal.deliveries == []


async def test_a_configured_subscription_is_confirmed_at_the_address_that_was_checked() -> None:
    """Not at the one that the message names."""
    world = World(CONFIRM, check=lambda _: SUBSCRIBE_URL)

    assert await world.receive() == Receipt(status="confirmed")
    assert world.confirmations.urls == [SUBSCRIBE_URL]


async def test_an_address_that_does_not_confirm_is_refused() -> None:
    """Nobody is called."""

    def refuse(_: Request) -> str:
        raise Unauthentic("not on a pinned host")

    world = World(CONFIRM, check=refuse)

    with pytest.raises(Unauthentic):
        await world.receive()

    assert world.confirmations.urls == []


async def test_a_confirmation_that_fails_is_tried_again_by_the_sender() -> None:
    """503 makes SNS post it again."""
    world = World(CONFIRM, check=lambda _: SUBSCRIBE_URL, confirmations=Confirmations(away=True))

    with pytest.raises(Unavailable):
        await world.receive()


async def test_a_stranger_cannot_make_us_confirm() -> None:
    """The proof comes first."""
    world = World(CONFIRM, check=lambda _: SUBSCRIBE_URL)

    with pytest.raises(Unauthentic):
        await world.receive(token="wrong")

    assert world.confirmations.urls == []


def test_an_unknown_source_is_said_to_be_unknown() -> None:
    """A known one is found."""
    world = World()

    assert world.receiver.endpoint("shop") is world.endpoint
    with pytest.raises(UnknownSource):
        world.receiver.endpoint("other")
