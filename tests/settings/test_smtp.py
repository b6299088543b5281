"""The mail server of the local Pinghome, from the configuration to a letter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp.test_utils import TestClient, TestServer

from bridge.domain.errors import ConfigError
from bridge.settings import Settings, load
from bridge.wiring import build_local
from tests.local.mailbox import PASSWORD, USER, Mailbox
from tests.local.people import JANE, account
from tests.support.wait import wait_until

SMTP: dict[str, Any] = {"host": "mail.example.com", "sender": "pinghome@example.com"}


def configured(path: Path, smtp: dict[str, Any]) -> Settings:
    file = path / "bridge.yaml"
    routes = [{"name": "all", "to": [{"webhook": "some-webhook"}]}]
    file.write_text(yaml.safe_dump({"routes": routes, "pinghome": {"smtp": smtp}}))
    return load(file, {})


def test_a_mail_server_needs_a_host_and_a_sender(tmp_path: Path) -> None:
    smtp = configured(tmp_path, SMTP).pinghome.smtp
    assert smtp is not None
    assert (smtp.port, smtp.tls, smtp.user) == (587, "starttls", None)
    for key in SMTP:
        with pytest.raises(ConfigError) as refused:
            configured(tmp_path, {name: value for name, value in SMTP.items() if name != key})
        assert [fault.key for fault in refused.value.faults] == [f"pinghome.smtp.{key}"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"user": "u"}, "user and password go together"),
        ({"password": "secret-of-smtp"}, "user and password go together"),
        ({"user": "u", "password": "secret-of-smtp", "tls": "none"}, "in the clear"),
        ({"tls": "ssl"}, "'starttls'"),
        ({"sender": "nobody"}, "pattern"),
        ({"from": "a@example.com"}, "extra inputs"),
    ],
)
def test_a_mail_server_that_makes_no_sense(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        configured(tmp_path, SMTP | changes)
    (fault,) = refused.value.faults
    assert words in fault.reason
    assert "secret-of-smtp" not in str(refused.value)


async def test_what_is_configured_sends_a_letter(tmp_path: Path) -> None:
    mailbox = await Mailbox().start(login=True)
    try:
        server = mailbox.settings()
        (tmp_path / "password").write_text(f"{PASSWORD}\n")
        smtp = {
            "host": "127.0.0.1",
            "port": server.port,
            "tls": "none",
            "user": USER,
            "password_file": str(tmp_path / "password"),
            "sender": "pinghome@example.com",
        }
        app = build_local(configured(tmp_path, smtp), tmp_path / "pinghome.db")
        async with TestClient(TestServer(app, host="127.0.0.1")) as client:
            async with client.post("/auth/v1/account", json=account()) as answer:
                assert answer.status == 201
            await wait_until(lambda: mailbox.letters, "the letter comes")
        assert mailbox.recipients == [JANE]
        assert mailbox.letters[0]["From"] == "Pinghome <pinghome@example.com>"
    finally:
        await mailbox.stop()
