"""The SNS verifier against our own SNS: what it must take, and every way that it must not."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.domain.errors import Unauthentic, Unreadable
from bridge.domain.request import AuthMethod, Principal, Request
from bridge.verify.base import KeyRef, Verifier
from bridge.verify.sns import SnsVerifier, StaleMessage
from tests.verify.signing import (
    CERT_URL,
    TOPIC,
    Envelope,
    Signer,
    body,
    confirmation,
    make_signer,
    notification,
    sign,
    sns_time,
)

NOW = datetime.now(UTC)
PRINCIPAL = Principal(method=AuthMethod.SNS_SIGNATURE, name=TOPIC)


@pytest.fixture(scope="module")
def signer() -> Signer:
    return make_signer()


def request_of(envelope: Envelope) -> Request:
    return Request(method="POST", headers={}, query={}, body=body(envelope))


def judge(verifier: Verifier, envelope: Envelope, signer: Signer, now: datetime = NOW) -> Principal:
    """The whole way: which key, then the proof with that key."""
    request = request_of(envelope)
    keys = dict.fromkeys(verifier.needs(request, now), signer.certificate_pem)
    return verifier.verify(request, keys, now)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    "envelope",
    [
        notification("hello"),
        notification("hello", subject="ALARM: x"),
        notification("hello", subject=""),
        notification("ümläut \u2028 \U0001f525\nSubject\nx"),
        {**notification("hello"), "Subject": None},
        {**notification("hello"), "MessageAttributes": {"k": {"Type": "String", "Value": "v"}}},
        confirmation(),
        confirmation(kind="UnsubscribeConfirmation"),
    ],
    ids=["plain", "subject", "empty-subject", "unicode", "null-subject", "attributes", "subscribe", "unsubscribe"],
)
def test_takes_what_sns_signed(signer: Signer, envelope: Envelope, version: str) -> None:
    verifier = SnsVerifier([TOPIC])
    assert judge(verifier, sign(envelope, signer, version=version), signer) == PRINCIPAL
    assert verifier.needs(request_of(sign(envelope, signer, version=version)), NOW) == (KeyRef(url=CERT_URL),)


def test_takes_the_spelling_of_lambda_copies(signer: Signer) -> None:
    envelope = sign(notification("hello"), signer)
    envelope["SigningCertUrl"] = envelope.pop("SigningCertURL")
    assert judge(SnsVerifier([TOPIC]), envelope, signer) == PRINCIPAL


def test_a_byte_order_mark_does_not_matter(signer: Signer) -> None:
    request = Request(
        method="POST", headers={}, query={}, body=b"\xef\xbb\xbf" + body(sign(notification("hello"), signer))
    )
    keys = {KeyRef(url=CERT_URL): signer.certificate_pem}
    assert SnsVerifier([TOPIC]).verify(request, keys, NOW) == PRINCIPAL


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    ("kind", "field"),
    [("notification", name) for name in ("Message", "MessageId", "Subject", "Timestamp")]
    + [
        (kind, name)
        for kind in ("SubscriptionConfirmation", "UnsubscribeConfirmation")
        for name in ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token")
    ],
)
def test_every_signed_field_is_signed(signer: Signer, kind: str, field: str, version: str) -> None:
    unsigned = notification("hello", subject="s") if kind == "notification" else confirmation(kind=kind)
    envelope = sign(unsigned, signer, version=version)
    changed = sns_time(NOW - timedelta(minutes=1)) if field == "Timestamp" else f"{envelope[field]}x"
    with pytest.raises(Unauthentic, match="signature is wrong"):
        judge(SnsVerifier([TOPIC]), {**envelope, field: changed}, signer)


def test_the_topic_and_the_type_are_signed(signer: Signer) -> None:
    other = f"{TOPIC}-2"
    envelope = sign(confirmation(), signer)
    with pytest.raises(Unauthentic, match="signature is wrong"):
        judge(SnsVerifier([TOPIC, other]), {**envelope, "TopicArn": other}, signer)
    with pytest.raises(Unauthentic, match="signature is wrong"):
        judge(SnsVerifier([TOPIC]), {**envelope, "Type": "UnsubscribeConfirmation"}, signer)


@pytest.mark.parametrize("change", [{"Subject": None}, {"Subject": "added"}])
def test_a_subject_can_neither_be_removed_nor_added(signer: Signer, change: Envelope) -> None:
    envelope = sign(notification("hello", subject="s" if change["Subject"] is None else None), signer)
    with pytest.raises(Unauthentic, match="signature is wrong"):
        judge(SnsVerifier([TOPIC]), {**envelope, **change}, signer)


@pytest.mark.parametrize("signature", ["", "####", "AAAA", "ümläut", "A" * 4000])
def test_refuses_other_signatures(signer: Signer, signature: str) -> None:
    envelope = {**sign(notification("hello"), signer), "Signature": signature}
    with pytest.raises(Unauthentic):
        judge(SnsVerifier([TOPIC]), envelope, signer)


def test_refuses_a_signature_by_another_key(signer: Signer) -> None:
    with pytest.raises(Unauthentic, match="signature is wrong"):
        judge(SnsVerifier([TOPIC]), sign(notification("hello"), make_signer()), signer)


def test_a_version_is_not_another_version(signer: Signer) -> None:
    for signed, claimed in (("1", "2"), ("2", "1")):
        envelope = {**sign(notification("hello"), signer, version=signed), "SignatureVersion": claimed}
        with pytest.raises(Unauthentic, match="signature is wrong"):
            judge(SnsVerifier([TOPIC]), envelope, signer)


def test_refuses_versions_that_are_not_allowed(signer: Signer) -> None:
    with pytest.raises(Unauthentic, match="version"):
        judge(SnsVerifier([TOPIC], signature_versions=["2"]), sign(notification("x"), signer, version="1"), signer)
    for version in ("3", "0", "", "01", "²"):
        with pytest.raises(Unauthentic, match="version"):
            judge(SnsVerifier([TOPIC]), {**sign(notification("x"), signer), "SignatureVersion": version}, signer)


def test_refuses_a_foreign_topic(signer: Signer) -> None:
    foreign = "arn:aws:sns:eu-west-1:999999999999:alarms"
    with pytest.raises(Unauthentic, match="topic"):
        judge(SnsVerifier([TOPIC]), sign(notification("x", topic_arn=foreign), signer), signer)


def test_refuses_types_that_sns_does_not_send(signer: Signer) -> None:
    with pytest.raises(Unauthentic, match="type"):
        judge(SnsVerifier([TOPIC]), {**sign(notification("x"), signer), "Type": "notification"}, signer)


@pytest.mark.parametrize(
    ("age", "taken"),
    [
        (timedelta(), True),
        (timedelta(hours=1, minutes=59), True),
        (timedelta(hours=2, seconds=1), False),
        (timedelta(minutes=-9, seconds=-59), True),
        (timedelta(minutes=-10, seconds=-1), False),
        (timedelta(days=3650), False),
    ],
)
def test_the_age_of_a_message_is_bounded(signer: Signer, age: timedelta, taken: bool) -> None:  # noqa: FBT001
    envelope = sign(notification("x", now=NOW.replace(microsecond=0) - age), signer)
    if taken:
        assert judge(SnsVerifier([TOPIC]), envelope, signer, NOW.replace(microsecond=0)) == PRINCIPAL
    else:
        with pytest.raises(StaleMessage):
            judge(SnsVerifier([TOPIC]), envelope, signer, NOW.replace(microsecond=0))


def test_the_bound_of_the_age_can_be_configured(signer: Signer) -> None:
    envelope = sign(notification("x", now=NOW - timedelta(hours=5)), signer)
    assert judge(SnsVerifier([TOPIC], max_age=timedelta(hours=6)), envelope, signer) == PRINCIPAL


@pytest.mark.parametrize("stated", ["", "yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1"])
def test_refuses_times_that_mean_nothing(signer: Signer, stated: str) -> None:
    with pytest.raises(Unauthentic):
        judge(SnsVerifier([TOPIC]), {**sign(notification("x"), signer), "Timestamp": stated}, signer)


def test_refuses_certificates_outside_their_time() -> None:
    for signer in (
        make_signer(not_before=NOW - timedelta(days=9), not_after=NOW - timedelta(days=1)),
        make_signer(not_before=NOW + timedelta(days=1), not_after=NOW + timedelta(days=9)),
    ):
        with pytest.raises(Unauthentic, match="not valid at this time"):
            judge(SnsVerifier([TOPIC]), sign(notification("x"), signer), signer)


def test_refuses_a_key_that_is_not_rsa() -> None:
    signer = make_signer(elliptic=True)
    with pytest.raises(Unauthentic, match="no RSA key"):
        judge(SnsVerifier([TOPIC]), sign(notification("x"), signer), signer)


@pytest.mark.parametrize(
    "pem",
    [b"", b"\xff", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"<html>moved</html>"],
)
def test_refuses_what_is_no_certificate(signer: Signer, pem: bytes) -> None:
    request = request_of(sign(notification("x"), signer))
    with pytest.raises(Unauthentic, match="cannot be read"):
        SnsVerifier([TOPIC]).verify(request, {KeyRef(url=CERT_URL): pem}, NOW)


def test_checks_everything_again_without_needs(signer: Signer) -> None:
    url = CERT_URL.replace("amazonaws.com", "example.com")
    request = request_of(sign(notification("x"), signer, cert_url=url))
    with pytest.raises(Unauthentic, match="host"):
        SnsVerifier([TOPIC]).verify(request, {KeyRef(url=url): signer.certificate_pem}, NOW)
    with pytest.raises(Unauthentic, match="not at hand"):
        SnsVerifier([TOPIC]).verify(request_of(sign(notification("x"), signer)), {}, NOW)


def _without(name: str) -> Callable[[Envelope], Envelope]:
    return lambda envelope: {key: value for key, value in envelope.items() if key != name}


@pytest.mark.parametrize("name", ["Type", "MessageId", "TopicArn", "Message", "Timestamp", "SignatureVersion",
                                  "Signature", "SigningCertURL"])  # fmt: skip
def test_a_missing_field_is_unreadable(signer: Signer, name: str) -> None:
    with pytest.raises(Unreadable):
        judge(SnsVerifier([TOPIC]), _without(name)(sign(notification("x"), signer)), signer)


@pytest.mark.parametrize("name", ["Token", "SubscribeURL"])
def test_a_confirmation_lacks_nothing(signer: Signer, name: str) -> None:
    with pytest.raises(Unreadable):
        judge(SnsVerifier([TOPIC]), _without(name)(sign(confirmation(), signer)), signer)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\xff\xfe", b"null", b"[]", b'"text"', b"{", b"[" * 100_000, b'{"a":' * 100_000, b"NaN",
        b'{"Type": "\\ud800"}', b'{"Type": 1}', b'{"Type": ' + b"9" * 5000 + b"}",
    ],
    ids=range(12),
)  # fmt: skip
def test_other_bodies_are_unreadable(raw: bytes) -> None:
    request = Request(method="POST", headers={}, query={}, body=raw)
    with pytest.raises(Unreadable):
        SnsVerifier([TOPIC]).needs(request, NOW)


def test_wants_an_allow_list_and_known_versions() -> None:
    with pytest.raises(ValueError, match="topic"):
        SnsVerifier([])
    with pytest.raises(ValueError, match="versions"):
        SnsVerifier([TOPIC], signature_versions=["3"])
    with pytest.raises(ValueError, match="versions"):
        SnsVerifier([TOPIC], signature_versions=[])


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # two shared cores
@given(
    raw=st.binary(),
    changes=st.dictionaries(
        st.sampled_from(
            ["Type", "TopicArn", "Message", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL", "Subject"]
        ),
        _JSON,
    ),
)
def test_arbitrary_requests_are_refused_in_words(raw: bytes, changes: dict[str, object]) -> None:
    verifier = SnsVerifier([TOPIC])
    whole = {**notification("x"), "SignatureVersion": "2", "SigningCertURL": CERT_URL, **changes}
    whole.setdefault("Signature", base64.b64encode(raw).decode())
    for given_body in (raw, body(whole)):
        request = Request(method="POST", headers={}, query={}, body=given_body)
        with pytest.raises((Unauthentic, Unreadable)):
            verifier.verify(request, dict.fromkeys([KeyRef(url=CERT_URL)], raw), datetime.now(UTC))
        with pytest.raises((Unauthentic, Unreadable)):
            verifier.confirmable(request)
