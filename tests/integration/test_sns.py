"""SNS over real sockets: our own key signs, our own server publishes the certificate, the ingress decides."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.samples import build
from tests.conftest import Start
from tests.support.bridge import Bridge
from tests.support.sink import Sink
from tests.support.wait import wait_until
from tests.verify.signing import TOPIC, Envelope, Signer, body, confirmation, make_signer, notification, sign


@dataclass(slots=True)
class Amazon:
    """Publishes one certificate and counts the confirmations it is asked for."""

    signer: Signer
    certificate_status: int = 200
    confirmed: list[str] = field(default_factory=list)
    server: TestServer | None = None

    async def certificate(self, request: web.Request) -> web.Response:
        return web.Response(body=self.signer.certificate_pem, status=self.certificate_status)

    async def confirm(self, request: web.Request) -> web.Response:
        self.confirmed.append(request.query["Token"])
        return web.Response(text="<ConfirmSubscriptionResponse/>")

    @property
    def base_url(self) -> str:
        assert self.server is not None
        return str(self.server.make_url("/")).rstrip("/")

    def signed(self, envelope: Envelope, *, version: str = "2", certificate: str = "/cert.pem") -> bytes:
        return body(sign(envelope, self.signer, cert_url=self.base_url + certificate, version=version))


@pytest.fixture(scope="module")
def signer() -> Signer:
    return make_signer()


@pytest.fixture
async def amazon(signer: Signer) -> AsyncIterator[Amazon]:
    stand_in = Amazon(signer)
    app = web.Application()
    app.router.add_get("/", stand_in.confirm)
    app.router.add_get("/{name}.pem", stand_in.certificate)
    stand_in.server = TestServer(app, host="127.0.0.1")
    await stand_in.server.start_server()
    yield stand_in
    await stand_in.server.close()


@pytest.fixture
async def bridge(start: Start, amazon: Amazon) -> Bridge:
    assert amazon.server is not None
    verify = {
        "method": "sns",
        "topic_arns": [TOPIC],
        "allowed_hosts": [f"127.0.0.1:{amazon.server.port}"],
        "allow_http": True,
    }
    return await start(sources={"aws": {"kind": "aws", "verify": verify, "confirm_subscriptions": True}})


def alarm() -> str:
    """The CloudWatch message inside the sample's envelope."""
    message: str = json.loads(build("aws-sns", firing=True, now=datetime.now(UTC)).body)["Message"]
    return message


async def nothing_stored(bridge: Bridge) -> bool:
    """Neither journalled nor counted."""
    depths = await bridge.ledger.depths()
    return await bridge.ledger.counts() == {} and depths.unplanned == 0


@pytest.mark.parametrize("version", ["1", "2"])
async def test_a_signed_alarm_is_delivered_with_its_proof(
    bridge: Bridge, amazon: Amazon, sink: Sink, version: str
) -> None:
    status, _ = await bridge.post("aws", amazon.signed(notification(alarm()), version=version), token=None)

    assert status == 202
    await wait_until(lambda: sink.alerts, "the alarm is delivered")
    (alert,) = sink.alerts
    assert alert["auth"] == {"method": "sns-signature", "principal": TOPIC}
    assert alert["source"]["type"] == "cloudwatch-alarm"


async def test_unsubscribe_links_do_not_travel(bridge: Bridge, amazon: Amazon, sink: Sink) -> None:
    """Whoever sees the raw message could take the subscription away."""
    envelope = {**notification(alarm()), "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?secret"}
    await bridge.post("aws", amazon.signed(envelope), token=None)

    await wait_until(lambda: sink.alerts, "the alarm is delivered")
    assert sink.alerts[0]["raw"]["UnsubscribeURL"] == "[redacted]"
    assert b"?secret" not in sink.received[0].body


def forged(amazon: Amazon) -> bytes:
    """Signed, then changed."""
    return amazon.signed(notification(alarm())).replace(b"ALARM", b"XXXXX", 1)


def expired(amazon: Amazon) -> bytes:
    """Signed three hours ago: a replay."""
    return amazon.signed(notification(alarm(), now=datetime.now(UTC) - timedelta(hours=3)))


def foreign_topic(amazon: Amazon) -> bytes:
    """Properly signed, for a topic that anybody could own."""
    return amazon.signed(notification(alarm(), topic_arn=TOPIC.replace("alarms", "others")))


def look_alike_host(amazon: Amazon) -> bytes:
    """The certificate lies where the attacker can publish one."""
    url = "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0123456789abcdef.pem"
    return body(sign(notification(alarm()), amazon.signer, cert_url=url))


def stranger(amazon: Amazon) -> bytes:
    """Signed with another key than the certificate's."""
    return body(sign(notification(alarm()), make_signer(), cert_url=f"{amazon.base_url}/cert.pem"))


@pytest.mark.parametrize("attack", [forged, expired, foreign_topic, look_alike_host, stranger])
async def test_a_message_that_proves_nothing_is_refused(bridge: Bridge, amazon: Amazon, attack: object) -> None:
    assert callable(attack)

    status, answer = await bridge.post("aws", attack(amazon), token=None)

    assert status == 401
    assert answer["error"]["code"] == "unauthorized"
    assert await nothing_stored(bridge)


async def test_broken_json_cannot_carry_a_proof(bridge: Bridge, amazon: Amazon) -> None:
    status, answer = await bridge.post("aws", b'{"Type": "Notification", ', token=None)

    assert status == 400
    assert answer["error"]["code"] == "unreadable"
    assert await nothing_stored(bridge)


async def test_a_subscription_to_an_allowed_topic_is_confirmed_once(bridge: Bridge, amazon: Amazon) -> None:
    message = amazon.signed(confirmation(base_url=amazon.base_url, token="t0ken"))

    status, answer = await bridge.post("aws", message, token=None)

    assert (status, answer) == (200, {"status": "confirmed"})
    assert amazon.confirmed == ["t0ken"]
    assert await nothing_stored(bridge)


async def test_a_subscription_to_a_foreign_topic_is_not_confirmed(bridge: Bridge, amazon: Amazon) -> None:
    topic = TOPIC.replace("alarms", "others")
    message = amazon.signed(confirmation(base_url=amazon.base_url, topic_arn=topic))

    status, _ = await bridge.post("aws", message, token=None)

    assert status == 401
    assert amazon.confirmed == []


async def test_an_unsubscription_is_never_followed(bridge: Bridge, amazon: Amazon) -> None:
    """Its SubscribeURL would subscribe again."""
    message = amazon.signed(confirmation(kind="UnsubscribeConfirmation", base_url=amazon.base_url))

    status, _ = await bridge.post("aws", message, token=None)

    assert status == 200
    assert amazon.confirmed == []


async def test_a_certificate_that_cannot_be_had_is_our_trouble(bridge: Bridge, amazon: Amazon, sink: Sink) -> None:
    """503 makes SNS try again; 401 would make it drop the alarm."""
    message = amazon.signed(notification(alarm()), certificate="/away.pem")
    amazon.certificate_status = 500

    async with bridge.http.post(bridge.url("/v1/alerts/aws"), data=message) as response:
        assert response.status == 503
        assert int(response.headers["Retry-After"]) > 0
        assert (await response.json())["error"]["code"] == "keys_unavailable"
    assert await nothing_stored(bridge)
