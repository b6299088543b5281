"""Where a certificate may come from and what may be confirmed: look-alikes must stay outside."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridge.domain.errors import Unauthentic, Unreadable
from bridge.domain.request import Request
from bridge.verify.sns import SnsVerifier
from bridge.verify.sns_addresses import SnsAddresses
from tests.verify.signing import CERT_URL, TOPIC, Envelope, body, confirmation, notification

PEM = "SimpleNotificationService-0123456789abcdef.pem"
CHINA = "arn:aws-cn:sns:cn-north-1:111122223333:alarms"


def test_takes_the_hosts_of_sns() -> None:
    SnsAddresses().check_certificate(CERT_URL, TOPIC)
    SnsAddresses().check_certificate(f"https://sns.cn-north-1.amazonaws.com.cn/{PEM}", CHINA)
    SnsAddresses().check_certificate(
        f"https://sns.us-gov-west-1.amazonaws.com/{PEM}", "arn:aws-us-gov:sns:us-gov-west-1:111122223333:alarms"
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "EXAMPLE",
        f"http://sns.eu-west-1.amazonaws.com/{PEM}",
        f"HTTPS://sns.eu-west-1.amazonaws.com/{PEM}",
        f"//sns.eu-west-1.amazonaws.com/{PEM}",
        f"file:///{PEM}",
        f"https://sns.eu-west-1.amazonaws.com.evil.com/{PEM}",
        f"https://evil-sns.eu-west-1.amazonaws.com/{PEM}",
        f"https://evil.sns.eu-west-1.amazonaws.com/{PEM}",
        f"https://sns.eu-west-1.evil.amazonaws.com/{PEM}",
        f"https://sns.eu-west-1.amazonaws.com@evil.com/{PEM}",
        f"https://evil.com@sns.eu-west-1.amazonaws.com/{PEM}",
        f"https://user:pass@sns.eu-west-1.amazonaws.com/{PEM}",
        f"https://evil.com\\@sns.eu-west-1.amazonaws.com/{PEM}",
        f"https://evil.com#sns.eu-west-1.amazonaws.com/{PEM}",
        f"https://sns.eu-west-1.amazonaws.com:8443/{PEM}",
        f"https://sns.eu-west-1.amazonaws.com:443/{PEM}",
        f"https://sns.eu-west-1.amazonaws.com:/{PEM}",
        f"https://sns.eu-west-1.amazonaws.com./{PEM}",
        f"https://SNS.eu-west-1.amazonaws.com/{PEM}",
        f"https://sns.EU-WEST-1.amazonaws.com/{PEM}",
        f"https://sns.eu-west-\u0661.amazonaws.com/{PEM}",
        f"https://sns\u3002eu-west-1.amazonaws.com/{PEM}",
        f"https://snsxeu-west-1.amazonaws.com/{PEM}",
        f"https://sns.eu-west-1.amazonawsxcom/{PEM}",
        f"https://sns.us-east-1.amazonaws.com/{PEM}",
        f"https://sns.eu-west-1.amazonaws.com.cn/{PEM}",
        f"https://sns.cn-north-1.amazonaws.com.cn/{PEM}",
        f"https://sns.amazonaws.com/{PEM}",
        f"https://s3.eu-west-1.amazonaws.com/bucket/{PEM}",
        f"https://sns.s3.eu-west-1.amazonaws.com/{PEM}",
        f"https://sns.eu-west-1.s3.amazonaws.com/{PEM}",
        f"https://sns.eu-west-1.amazonaws.com/../{PEM}",
        f"https://sns.eu-west-1.amazonaws.com/x/../{PEM}",
        f"https://sns.eu-west-1.amazonaws.com//{PEM}",
        f"https://sns.eu-west-1.amazonaws.com/%2e%2e/{PEM}",
        f"https://sns.eu-west-1.amazonaws.com/{PEM}?x=1",
        f"https://sns.eu-west-1.amazonaws.com/{PEM}?",
        f"https://sns.eu-west-1.amazonaws.com/{PEM}#x",
        f"https://sns.eu-west-1.amazonaws.com/{PEM}\n",
        f"https://sns.eu-west-1.amazonaws.com/{PEM} ",
        f" https://sns.eu-west-1.amazonaws.com/{PEM}",
        f"https://sns.eu-west-1.amazonaws.com\t/{PEM}",
        f"https://sns.eu-west-1.amazonaws.com/{PEM}/x.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-xyz.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-\u0661.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123xpem",
        "https://sns.eu-west-1.amazonaws.com/?Action=Publish&x=.pem",
        "https://sns.eu-west-1.amazonaws.com/",
        "https://sns.eu-west-1.amazonaws.com",
    ],
)
def test_refuses_look_alikes(url: str) -> None:
    with pytest.raises(Unauthentic):
        SnsAddresses().check_certificate(url, TOPIC)
    unsigned: Envelope = {**notification("x"), "SignatureVersion": "2", "Signature": "AAAA", "SigningCertURL": url}
    request = Request(method="POST", headers={}, query={}, body=body(unsigned))
    with pytest.raises(Unauthentic if url else Unreadable):
        SnsVerifier([TOPIC]).needs(request, datetime.now(UTC))


@pytest.mark.parametrize("topic", ["", "alarms", "arn:aws:sns:eu-west-1", "arn:aws:sns:::alarms", f"{TOPIC}:x"])
def test_a_topic_without_a_region_has_no_host(topic: str) -> None:
    with pytest.raises(Unauthentic):
        SnsAddresses().check_certificate(CERT_URL, topic)


@pytest.mark.parametrize(
    ("url", "hosts", "allow_http", "taken"),
    [
        ("https://sns.internal/keys/cert.pem", ["sns.internal"], False, True),
        ("https://sns.internal:8443/cert.pem", ["sns.internal:8443"], False, True),
        ("https://sns.internal:8443/cert.pem", ["sns.internal"], False, False),
        ("https://sns.internal/cert.pem", ["sns.internal:8443"], False, False),
        ("https://sns.internal.evil.com/cert.pem", ["sns.internal"], False, False),
        ("https://sns.internal/cert.txt", ["sns.internal"], False, True),
        ("https://sns.internal/cert.pem?x=1", ["sns.internal"], False, False),
        ("https://sns.internal/cert.pem?x", ["sns.internal"], False, False),
        ("https://u@sns.internal/cert.pem", ["sns.internal"], False, False),
        ("http://sns.internal/cert.pem", ["sns.internal"], True, False),
        ("http://10.0.0.1/cert.pem", ["10.0.0.1"], True, False),
        ("http://127.0.0.1:4566/cert.pem", ["127.0.0.1:4566"], True, True),
        ("http://127.0.0.1:4566/cert.pem", ["127.0.0.1:4566"], False, False),
        ("http://127.0.0.1:4567/cert.pem", ["127.0.0.1:4566"], True, False),
        ("http://localhost:4566/cert.pem", ["localhost:4566"], True, True),
        ("http://[::1]:4566/cert.pem", ["[::1]:4566"], True, True),
        ("http://localhost.evil.com/cert.pem", ["localhost.evil.com"], True, False),
        ("https://sns.us-east-1.amazonaws.com/cert.pem", ["sns.us-east-1.amazonaws.com"], False, True),
    ],
)
def test_the_operators_own_hosts(url: str, hosts: list[str], allow_http: bool, taken: bool) -> None:  # noqa: FBT001
    addresses = SnsAddresses(hosts, allow_http=allow_http)
    if taken:
        addresses.check_certificate(url, TOPIC)
    else:
        with pytest.raises(Unauthentic):
            addresses.check_certificate(url, TOPIC)


def _request(envelope: Envelope) -> Request:
    signed: Envelope = {"SignatureVersion": "2", "Signature": "AAAA", "SigningCertURL": CERT_URL, **envelope}
    return Request(method="POST", headers={}, query={}, body=body(signed))


def test_confirms_what_sns_asks_for() -> None:
    envelope = confirmation()
    assert SnsVerifier([TOPIC]).confirmable(_request(envelope)) == envelope["SubscribeURL"]
    local = confirmation(base_url="http://127.0.0.1:4566")
    verifier = SnsVerifier([TOPIC], ["127.0.0.1:4566"], allow_http=True)
    assert verifier.confirmable(_request(local)) == local["SubscribeURL"]


def test_the_operators_own_hosts_may_word_confirmations_their_way() -> None:
    """The operator vouches for what a GET does there; the message is signed for an allowed topic all the same."""
    envelope = {**confirmation(), "SubscribeURL": "https://sns.internal/confirm/abc?quick=1"}
    assert SnsVerifier([TOPIC], ["sns.internal"]).confirmable(_request(envelope)) == envelope["SubscribeURL"]
    with pytest.raises(Unauthentic):
        SnsVerifier([TOPIC]).confirmable(_request(envelope))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://", "http://"),
        ("amazonaws.com/", "amazonaws.com.evil.com/"),
        ("eu-west-1.amazonaws", "us-east-1.amazonaws"),
        ("amazonaws.com/", "amazonaws.com:8443/"),
        ("https://", "https://x@"),
        ("/?", "/x?"),
        ("/?", "?"),
        ("Action=ConfirmSubscription", "Action=Unsubscribe"),
        ("Action=ConfirmSubscription", "Action=Publish&Action=ConfirmSubscription"),
        ("Action=ConfirmSubscription&", ""),
        ("111122223333", "999999999999"),
        ("Token=", "Token=0"),
        ("Token=", "Token=0&Token="),
        ("Token=", "AuthenticateOnUnsubscribe=true&Token="),
        ("/?", "/#?"),
    ],
)
def test_confirms_nothing_else(old: str, new: str) -> None:
    envelope = confirmation()
    url = str(envelope["SubscribeURL"])
    assert old in url
    with pytest.raises(Unauthentic):
        SnsVerifier([TOPIC]).confirmable(_request({**envelope, "SubscribeURL": url.replace(old, new, 1)}))


def test_confirms_only_subscriptions_of_allowed_topics() -> None:
    with pytest.raises(Unauthentic, match="to be confirmed"):
        SnsVerifier([TOPIC]).confirmable(_request(confirmation(kind="UnsubscribeConfirmation")))
    with pytest.raises(Unauthentic, match="to be confirmed"):
        SnsVerifier([f"{TOPIC}-2"]).confirmable(_request(confirmation()))
    with pytest.raises(Unauthentic, match="to be confirmed"):
        SnsVerifier([TOPIC]).confirmable(_request(notification("x")))
