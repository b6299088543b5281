"""E-mail under TLS, and to a server that wants to know who hands it in."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bridge.local.messages.carriers import MailServer
from bridge.local.messages.outbox import Posted, listing
from tests.local.fixtures import StartWorld
from tests.local.mailbox import PASSWORD, USER, Mailbox
from tests.local.people import account
from tests.support.wait import wait_until


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for localhost that signs itself, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have OpenSSL trust it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    yield box
    await box.stop()


async def outcome(start_world: StartWorld, settings: MailServer) -> Posted:
    """What became of the first try of one letter."""
    world = await start_world(mail_server=settings)
    await world.call("auth.sign_up", json=account())

    async def tried() -> list[Posted]:
        return [one for one in await world.store(listing) if one.detail is not None]

    await wait_until(tried, "the first try ends")
    return (await tried())[0]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.usefixtures("trusted")
async def test_a_letter_and_the_login_go_encrypted(
    start_world: StartWorld, mailbox: Mailbox, context: ssl.SSLContext, tls: Any
) -> None:
    # aiosmtpd 1.4 takes a login over implicit TLS for one in the clear.
    await mailbox.start(context=context, implicit=tls == "tls", login=tls == "starttls")
    login = {"user": USER, "password": PASSWORD} if tls == "starttls" else {}
    posted = await outcome(start_world, mailbox.settings(tls, **login))
    assert (posted.state, len(mailbox.letters)) == ("sent", 1), posted.detail
    assert mailbox.logins == ([(USER.encode(), PASSWORD.encode())] if login else [])
    if tls == "starttls":
        assert mailbox.encrypted == [True]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
    start_world: StartWorld, mailbox: Mailbox, context: ssl.SSLContext, tls: Any
) -> None:
    await mailbox.start(context=context, implicit=tls == "tls")
    posted = await outcome(start_world, mailbox.settings(tls, user=USER, password=PASSWORD))
    assert (posted.state, mailbox.letters, mailbox.logins) == ("waiting", [], [])
    assert "certificate" in str(posted.detail).lower()


async def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for(
    start_world: StartWorld, mailbox: Mailbox
) -> None:
    await mailbox.start(login=True)
    posted = await outcome(start_world, mailbox.settings("starttls", user=USER, password=PASSWORD))
    assert (posted.state, mailbox.letters, mailbox.logins) == ("waiting", [], [])


async def test_a_wrong_password_is_told_without_it(start_world: StartWorld, mailbox: Mailbox) -> None:
    await mailbox.start(login=True)
    posted = await outcome(start_world, mailbox.settings("none", user=USER, password="not-the-password"))
    assert (posted.state, mailbox.letters) == ("waiting", [])
    assert str(posted.detail).startswith("SMTP 535")
    assert "not-the-password" not in f"{posted.detail}{mailbox.settings('none', password='not-the-password')!r}"
