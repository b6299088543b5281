"""Signatures by a shared secret: as Grafana, Sentry, PagerDuty and Standard Webhooks make them, and no others."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.domain.errors import Unauthentic
from bridge.domain.request import AuthMethod, Principal, Request
from bridge.verify.base import Verifier
from bridge.verify.hmac import Algorithm, Encoding, HmacVerifier, StaleSignature
from bridge.verify.standard_webhooks import StandardWebhooksVerifier, decode_secret

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
SECRET, NEXT = "s3cret-key", "nächster"
BODY = b'{"status": "firing"} \xff no JSON at all'
HEADER = "X-Grafana-Alerting-Signature"
STAMPED = "X-Grafana-Alerting-Timestamp"

PLAIN = HmacVerifier([SECRET, NEXT], header=HEADER)
TIMED = HmacVerifier([SECRET, NEXT], header=HEADER, timestamp_header=STAMPED)
SENDER = Principal(method=AuthMethod.HMAC, name=HEADER.lower())

WHSEC = "whsec_" + base64.b64encode(b"a secret of 24 bytes at least").decode()
STANDARD = StandardWebhooksVerifier([WHSEC, base64.b64encode(b"another, without a prefix").decode()])


def hexed(text: bytes, secret: str = SECRET, algorithm: str = "sha256") -> str:
    return hmac.new(secret.encode(), text, getattr(hashlib, algorithm)).hexdigest()


def request_of(headers: Mapping[str, str], body: bytes = BODY) -> Request:
    return Request(method="POST", headers={name.lower(): value for name, value in headers.items()}, query={}, body=body)


def refusal(verifier: Verifier, request: Request, now: datetime = NOW) -> str:
    with pytest.raises(Unauthentic) as refused:
        verifier.verify(request, {}, now)
    assert SECRET not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(
    "stated",
    [
        hexed(BODY),
        hexed(BODY).upper(),
        f" {hexed(BODY)} ",
        hexed(BODY, NEXT),
        f"sha256={hexed(BODY)}",
        f"v1={hexed(BODY)}",
        f"v1={hexed(b'other')},v1={hexed(BODY)}",
        f"v1={hexed(b'other')}, v1={hexed(BODY, NEXT)}",
        f"!!,v2=00,{hexed(BODY)}",
    ],
    ids=["hex", "capitals", "spaced", "next", "sha256=", "v1=", "two", "two-spaced", "others"],
)
def test_takes_a_signature_by_a_live_secret(stated: str) -> None:
    assert PLAIN.verify(request_of({HEADER: stated}), {}, NOW) == SENDER


@pytest.mark.parametrize(
    "stated",
    [
        "",
        ",",
        "v1=",
        hexed(BODY)[:-1],
        hexed(BODY)[:-2],
        hexed(BODY) + "00",
        hexed(BODY[:-1]),
        hexed(BODY, "wrong"),
        hexed(BODY, ""),
        hexed(BODY, algorithm="sha512"),
        f"md5={hexed(BODY)}",
        base64.b64encode(bytes.fromhex(hexed(BODY))).decode(),
        SECRET,
        "ümläut",
        ",".join(["00"] * 16 + [hexed(BODY)]),
    ],
)
def test_refuses_another_signature(stated: str) -> None:
    assert refusal(PLAIN, request_of({HEADER: stated})) == "the signature is wrong"


def test_every_bit_of_body_and_signature_counts() -> None:
    good = bytes.fromhex(hexed(BODY))
    for bit in range(256):
        flipped = bytearray(good)
        flipped[bit // 8] ^= 1 << bit % 8
        refusal(PLAIN, request_of({HEADER: flipped.hex()}))
    for at in range(len(BODY)):
        changed = bytearray(BODY)
        changed[at] ^= 1
        refusal(PLAIN, request_of({HEADER: hexed(BODY)}, bytes(changed)))


def test_a_missing_header_proves_nothing() -> None:
    assert "x-grafana-alerting-signature" in refusal(PLAIN, request_of({"X-Signature": hexed(BODY)}))


def test_a_signed_time_is_part_of_the_text() -> None:
    """Grafana signs the time, a colon and the body."""
    signed = hexed(STAMP.encode() + b":" + BODY)

    assert TIMED.verify(request_of({HEADER: signed, STAMPED: STAMP}), {}, NOW) == SENDER
    refusal(TIMED, request_of({HEADER: hexed(BODY), STAMPED: STAMP}))
    refusal(TIMED, request_of({HEADER: signed, STAMPED: str(int(STAMP) + 1)}))


def test_a_configured_time_may_not_be_missing() -> None:
    """Else a replay would only have to leave it out."""
    assert "x-grafana-alerting-timestamp" in refusal(TIMED, request_of({HEADER: hexed(BODY)}))
    assert "x-grafana-alerting-timestamp" in refusal(TIMED, request_of({HEADER: hexed(b":" + BODY)}))


@pytest.mark.parametrize("stamp", ["", " ", "-5", "+5", "1e9", "1700000000.5", "\u0661\u0667", "0x10", "9" * 13, "now"])
def test_a_time_that_is_none_is_refused(stamp: str) -> None:
    signed = hexed(stamp.encode() + b":" + BODY)
    assert "number of seconds" in refusal(TIMED, request_of({HEADER: signed, STAMPED: stamp}))


@pytest.mark.parametrize(
    ("seconds", "taken"), [(300, True), (301, False), (-300, True), (-301, False), (0, True), (10**7, False)]
)
def test_an_old_signature_is_a_replay(seconds: int, *, taken: bool) -> None:
    """To the second, in both directions: the sender's clock may be ahead."""
    now = NOW + timedelta(seconds=seconds)
    grafana = request_of({HEADER: hexed(STAMP.encode() + b":" + BODY), STAMPED: STAMP})
    for verifier, request in ((TIMED, grafana), (STANDARD, standard())):
        if taken:
            assert verifier.verify(request, {}, now).method == AuthMethod.HMAC
        else:
            with pytest.raises(StaleSignature):
                verifier.verify(request, {}, now)


def test_the_tolerance_may_be_configured() -> None:
    verifier = HmacVerifier([SECRET], header=HEADER, timestamp_header=STAMPED, tolerance=timedelta(seconds=10))
    request = request_of({HEADER: hexed(STAMP.encode() + b":" + BODY), STAMPED: STAMP})

    assert verifier.verify(request, {}, NOW + timedelta(seconds=10)) == SENDER
    refusal(verifier, request, NOW + timedelta(seconds=11))


def test_other_spellings_are_configured() -> None:
    digest = hmac.digest(SECRET.encode(), BODY, "sha512")
    verifier = HmacVerifier(
        [SECRET], header=HEADER, prefix="sig:", encoding=Encoding.BASE64, algorithm=Algorithm.SHA512
    )

    assert verifier.verify(request_of({HEADER: "sig:" + base64.b64encode(digest).decode()}), {}, NOW) == SENDER
    refusal(verifier, request_of({HEADER: f"sig:{digest.hex()}"}))
    refusal(verifier, request_of({HEADER: "v1=" + base64.b64encode(digest).decode()}))
    refusal(verifier, request_of({HEADER: "sig:" + base64.b64encode(bytes.fromhex(hexed(BODY))).decode()}))


def test_every_secret_is_compared_with_every_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time must not tell which of them was right."""
    compared: list[tuple[bytes, bytes]] = []

    def counted(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return left == right

    monkeypatch.setattr("hmac.compare_digest", counted)
    PLAIN.verify(request_of({HEADER: f"{hexed(BODY)},{'00' * 32}"}), {}, NOW)

    assert len(compared) == len(set(compared)) == 4


def standard(
    body: bytes = BODY, *, secret: str = WHSEC, identity: str = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", **headers: str
) -> Request:
    """A request as the specification has it signed."""
    digest = hmac.digest(decode_secret(secret), f"{identity}.{STAMP}.".encode() + body, "sha256")
    stated = {
        "webhook-id": identity,
        "webhook-timestamp": STAMP,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
    return request_of(stated | {f"webhook-{name}": value for name, value in headers.items()}, body)


def test_takes_standard_webhooks() -> None:
    """By either live secret, and among signatures of other versions and of other secrets."""
    principal = Principal(method=AuthMethod.HMAC, name="standard-webhooks")
    right = standard().headers["webhook-signature"]
    second = base64.b64encode(b"another, without a prefix").decode()

    assert STANDARD.verify(standard(), {}, NOW) == principal
    assert STANDARD.verify(standard(secret=second), {}, NOW) == principal
    assert STANDARD.verify(standard(signature=f"v1a,AAAA v1,AAAA  {right} v2,x"), {}, NOW) == principal


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"signature": ""}, "no header webhook-signature"),
        ({"signature": "v1,"}, "wrong"),
        ({"signature": "v1"}, "wrong"),
        ({"signature": "v1,####"}, "wrong"),
        ({"signature": "v1,AAAA"}, "wrong"),
        ({"signature": standard().headers["webhook-signature"].removeprefix("v1,")}, "wrong"),
        ({"signature": standard().headers["webhook-signature"].replace("v1,", "v1a,")}, "wrong"),
        ({"signature": standard(identity="other").headers["webhook-signature"]}, "wrong"),
        ({"id": ""}, "no header webhook-id"),
        ({"id": "msg_other"}, "wrong"),
        ({"timestamp": ""}, "no header webhook-timestamp"),
        ({"timestamp": "soon"}, "number of seconds"),
        ({"timestamp": str(int(STAMP) - 1)}, "wrong"),
    ],
)
def test_refuses_other_standard_webhooks(headers: dict[str, str], reason: str) -> None:
    assert reason in refusal(STANDARD, standard(BODY, **headers))


def test_the_body_of_a_standard_webhook_is_signed() -> None:
    signed = standard()
    refusal(STANDARD, request_of(signed.headers, BODY + b" "))


def test_the_vector_of_the_specification() -> None:
    """From the reference libraries' tests: this secret, this message, this signature."""
    verifier = StandardWebhooksVerifier(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    request = request_of(
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        b'{"test": 2432232314}',
    )
    assert verifier.verify(request, {}, datetime.fromtimestamp(1614265330, UTC)).name == "standard-webhooks"


@pytest.mark.parametrize("secret", ["whsec_", "whsec_####", "whsec_AAAA", "ümläut", "", "whsec_" + "A" * 21])
def test_a_secret_that_is_none_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(ValueError, match="secret of Standard Webhooks") as refused:
        StandardWebhooksVerifier([secret])
    assert len(secret) < 7 or secret not in str(refused.value)


@pytest.mark.parametrize("secrets", [[], [""], ["a", ""]])
def test_wants_secrets(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="secret"):
        HmacVerifier(secrets, header=HEADER)
    with pytest.raises(ValueError, match="secret"):
        StandardWebhooksVerifier(secrets)


def test_the_proof_covers_the_body() -> None:
    for verifier in (PLAIN, STANDARD):
        assert (verifier.reads_body, verifier.challenge) == (True, None)
        assert verifier.needs(standard(), NOW) == ()


HEADERS = st.dictionaries(
    st.sampled_from([HEADER, STAMPED, "webhook-id", "webhook-timestamp", "webhook-signature"]),
    st.text(max_size=40) | st.sampled_from([STAMP, hexed(BODY), "v1,AAAA"]) | st.just("\udcff"),
)


@settings(deadline=None, max_examples=300)
@given(HEADERS, st.binary(max_size=60))
@example({HEADER: "\ud800", STAMPED: STAMP}, b"")
@example({"webhook-id": "\ud800", "webhook-timestamp": STAMP, "webhook-signature": "v1,AAAA \ud800"}, b"")
def test_arbitrary_requests_are_refused_in_words(headers: dict[str, Any], body: bytes) -> None:
    for verifier in (PLAIN, TIMED, STANDARD):
        refusal(verifier, request_of(headers, body))
