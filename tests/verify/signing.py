"""A stand-in for Amazon SNS: its own key and certificate, envelopes, and signatures as SNS makes them.

The canonical text is written out here once more, by AWS's description and not by the verifier's code, so
that a mistake in one of them shows.
"""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms"
CERT_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"

Envelope = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A key and the certificate that belongs to it, both PEM."""

    key_pem: bytes
    certificate_pem: bytes


def make_signer(
    *,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    elliptic: bool = False,
) -> Signer:
    """A fresh key with a self-signed certificate, valid from a day ago for a year unless said otherwise."""
    now = datetime.now(UTC)
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    key = ec.generate_private_key(ec.SECP256R1()) if elliptic else rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before or now - timedelta(days=1))
        .not_valid_after(not_after or now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return Signer(
        key_pem=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        certificate_pem=certificate.public_bytes(serialization.Encoding.PEM),
    )


def sns_time(moment: datetime) -> str:
    """The way SNS writes times: UTC with milliseconds and a Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def notification(
    message: str,
    *,
    topic_arn: str = TOPIC,
    subject: str | None = None,
    now: datetime | None = None,
    message_id: str | None = None,
) -> Envelope:
    """An unsigned Notification with a fresh MessageId and the time `now`."""
    envelope: Envelope = {
        "Type": "Notification",
        "MessageId": message_id or str(uuid.uuid4()),
        "TopicArn": topic_arn,
        "Message": message,
        "Timestamp": sns_time(now or datetime.now(UTC)),
    }
    return envelope if subject is None else {**envelope, "Subject": subject}


def confirmation(
    *,
    kind: str = "SubscriptionConfirmation",
    topic_arn: str = TOPIC,
    base_url: str = "https://sns.eu-west-1.amazonaws.com",
    token: str | None = None,
    now: datetime | None = None,
) -> Envelope:
    """An unsigned SubscriptionConfirmation (or `kind`) whose SubscribeURL is at `base_url`."""
    token = token or uuid.uuid4().hex * 4
    query = urlencode({"Action": "ConfirmSubscription", "TopicArn": topic_arn, "Token": token}, safe=":")
    return {
        "Type": kind,
        "MessageId": str(uuid.uuid4()),
        "Token": token,
        "TopicArn": topic_arn,
        "Message": f"You have chosen to subscribe to the topic {topic_arn}.",
        "SubscribeURL": f"{base_url}/?{query}",
        "Timestamp": sns_time(now or datetime.now(UTC)),
    }


def sign(envelope: Envelope, signer: Signer, *, cert_url: str = CERT_URL, version: str = "2") -> Envelope:
    """The envelope with SignatureVersion, Signature and SigningCertURL: SHA-1 for version 1, else SHA-256."""
    key = serialization.load_pem_private_key(signer.key_pem, None)
    text = canonical_text(envelope).encode()
    digest = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303 - what SNS does
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(text, padding.PKCS1v15(), digest)
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(text, ec.ECDSA(digest))
    else:
        raise TypeError(type(key))
    return {
        **envelope,
        "SignatureVersion": version,
        "Signature": base64.b64encode(signature).decode(),
        "SigningCertURL": cert_url,
    }


def canonical_text(envelope: Envelope) -> str:
    """What SNS signs: name, newline, value, newline, for each signed field that is there, by name."""
    signed = {
        "Notification": ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
        "SubscriptionConfirmation": [
            "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
        ],
    }  # fmt: skip
    names = signed.get(str(envelope["Type"]), signed["SubscriptionConfirmation"])
    return "".join(f"{name}\n{envelope[name]}\n" for name in names if envelope.get(name) is not None)


def body(envelope: Envelope) -> bytes:
    """The envelope as SNS posts it."""
    return json.dumps(envelope, indent=2).encode()
