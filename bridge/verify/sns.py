"""The signature of Amazon SNS over HTTP(S).

Source: AWS documentation, Amazon SNS developer guide, "Verifying the signatures of Amazon SNS messages".
The signature proves that SNS sent the message for some topic of some account, so it is worth something only
together with an allow-list of topics. Attributes and headers are not signed and never trusted.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from bridge.domain.errors import Unauthentic, Unreadable
from bridge.domain.request import AuthMethod, Principal, Request
from bridge.verify.base import KeyRef, Keys
from bridge.verify.sns_addresses import SnsAddresses

_NOTIFICATION: Final = "Notification"
_SUBSCRIBE: Final = "SubscriptionConfirmation"
_UNSUBSCRIBE: Final = "UnsubscribeConfirmation"
_SIGNED_NOTIFICATION: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SIGNED_CONFIRMATION: Final = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_HASHES: Final = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 - version 1 is still the default of SNS
_MAX_AHEAD: Final = timedelta(minutes=10)
_BOM: Final = b"\xef\xbb\xbf"


class StaleMessage(Unauthentic):
    """A message of an allowed topic that is older, or further ahead, than its source accepts."""


class _Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that the proof needs, by their own names: they are part of what is signed."""

    Type: str
    MessageId: str
    TopicArn: str
    Message: str
    Timestamp: str
    SignatureVersion: str
    Signature: str
    SigningCertURL: str | None = None
    SigningCertUrl: str | None = None
    Subject: str | None = None
    Token: str | None = None
    SubscribeURL: str | None = None

    @property
    def certificate_url(self) -> str:
        """In the spelling of HTTP or of Lambda's copies; `_parsed` has seen that there is one."""
        return self.SigningCertURL or self.SigningCertUrl or ""


class SnsVerifier:
    """Takes messages that SNS signed for one of the allowed topics."""

    reads_body = True
    challenge: str | None = None

    def __init__(
        self,
        topic_arns: Sequence[str],
        allowed_hosts: Sequence[str] = (),
        *,
        allow_http: bool = False,
        signature_versions: Sequence[str] = ("1", "2"),
        max_age: timedelta = timedelta(hours=2),
    ) -> None:
        """`max_age` bounds replays; a redelivered message keeps its time for up to an hour.

        Raises ValueError for an empty allow-list: every AWS account can sign messages of its own topics.
        """
        if not topic_arns:
            raise ValueError("at least one topic is needed")
        if not signature_versions or not set(signature_versions) <= _HASHES.keys():
            raise ValueError("signature versions are '1' and '2'")
        self._topics = frozenset(topic_arns)
        self._addresses = SnsAddresses(allowed_hosts, allow_http=allow_http)
        self._versions = frozenset(signature_versions)
        self._max_age = max_age

    def needs(self, request: Request, now: datetime) -> Sequence[KeyRef]:
        """The signing certificate, after every check that needs none. Raises Unauthentic or Unreadable."""
        return (KeyRef(url=self._checked(request, now).certificate_url),)

    def verify(self, request: Request, keys: Keys, now: datetime) -> Principal:
        """The topic that the message was signed for. Raises Unauthentic or Unreadable."""
        envelope = self._checked(request, now)
        pem = keys.get(KeyRef(url=envelope.certificate_url))
        if pem is None:
            raise Unauthentic("the signing certificate is not at hand")
        try:
            signature = b64decode(envelope.Signature, validate=True)
            _public_key(pem, now).verify(signature, _signed(envelope), PKCS1v15(), _HASHES[envelope.SignatureVersion])
        except (InvalidSignature, binascii.Error, ValueError):
            raise Unauthentic("the signature is wrong") from None
        except UnsupportedAlgorithm:
            raise Unauthentic("this host refuses the signature's algorithm; set the topic to version 2") from None
        return Principal(method=AuthMethod.SNS_SIGNATURE, name=envelope.TopicArn)

    def confirmable(self, request: Request) -> str:
        """The address to GET in order to confirm the subscription that a verified request asks for.

        Raises Unauthentic unless the address does exactly that, on a host that the certificate may be on.
        """
        envelope = _parsed(request.body)
        if envelope.Type != _SUBSCRIBE or envelope.TopicArn not in self._topics:
            raise Unauthentic("no subscription of an allowed topic is to be confirmed")
        url, token = envelope.SubscribeURL or "", envelope.Token or ""
        self._addresses.check_confirmation(url, envelope.TopicArn, token)
        return url

    def _checked(self, request: Request, now: datetime) -> _Envelope:
        envelope = _parsed(request.body)
        if envelope.Type not in (_NOTIFICATION, _SUBSCRIBE, _UNSUBSCRIBE):
            raise Unauthentic("SNS sends no messages of this type")
        if envelope.TopicArn not in self._topics:
            raise Unauthentic("the topic is not allowed")
        if envelope.SignatureVersion not in self._versions:
            raise Unauthentic("the signature version is not allowed")
        self._check_age(envelope.Timestamp, now)
        self._addresses.check_certificate(envelope.certificate_url, envelope.TopicArn)
        return envelope

    def _check_age(self, timestamp: str, now: datetime) -> None:
        try:
            sent = datetime.fromisoformat(timestamp)
        except ValueError:
            raise Unauthentic("the time of the message cannot be read") from None
        age = now - (sent if sent.tzinfo is not None else sent.replace(tzinfo=UTC))
        if not -_MAX_AHEAD <= age <= self._max_age:
            raise StaleMessage(f"the message is {age} old; accepted is up to {self._max_age}")


def _parsed(body: bytes) -> _Envelope:
    try:
        envelope = msgspec.json.decode(body.removeprefix(_BOM), type=_Envelope)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the body is no SNS message: {error}") from None
    confirmation = envelope.Type in (_SUBSCRIBE, _UNSUBSCRIBE)
    if confirmation and (envelope.Token is None or envelope.SubscribeURL is None):
        raise Unreadable(f"the SNS {envelope.Type} lacks its Token or its SubscribeURL")
    if not envelope.certificate_url:
        raise Unreadable("the SNS message lacks its SigningCertURL")
    return envelope


def _signed(envelope: _Envelope) -> bytes:
    """The canonical text: names and values of the signed fields, each on its own line, by name."""
    names = _SIGNED_NOTIFICATION if envelope.Type == _NOTIFICATION else _SIGNED_CONFIRMATION
    values = ((name, getattr(envelope, name)) for name in names)
    return "".join(f"{name}\n{value}\n" for name, value in values if value is not None).encode()


def _public_key(pem: bytes, now: datetime) -> rsa.RSAPublicKey:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise Unauthentic("the signing certificate cannot be read") from None
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Unauthentic("the signing certificate is not valid at this time")
    if not isinstance(key, rsa.RSAPublicKey):
        raise Unauthentic("the signing certificate holds no RSA key")
    return key
