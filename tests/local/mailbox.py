"""A real mail server on 127.0.0.1 that keeps what it is handed."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from bridge.local.messages.carriers import MailServer

USER = "pinghome"
PASSWORD = "mail-password"


@dataclass
class Mailbox:
    """Takes mail, or answers `refusal` to the recipient while there is one."""

    refusal: str | None = None
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    tries: int = 0
    server: asyncio.Server | None = None

    async def start(
        self, *, context: ssl.SSLContext | None = None, implicit: bool = False, login: bool = False
    ) -> Mailbox:
        """Listen on a free port: with TLS at once (`implicit`), with STARTTLS, or with none."""

        def protocol() -> SMTP:
            with warnings.catch_warnings():
                # It warns of a login in the clear, which is what some tests are about.
                warnings.simplefilter("ignore", UserWarning)
                return SMTP(
                    self,
                    hostname="mail.test",
                    tls_context=None if implicit else context,
                    authenticator=self._authenticate,
                    auth_required=login,
                    auth_require_tls=context is not None and not implicit,
                )

        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=context if implicit else None)
        return self

    async def stop(self) -> None:
        assert self.server is not None
        self.server.close()
        await self.server.wait_closed()

    def settings(self, tls: Literal["starttls", "tls", "none"] = "none", **changes: Any) -> MailServer:
        """How the courier reaches it."""
        assert self.server is not None
        port = self.server.sockets[0].getsockname()[1]
        return MailServer(host="localhost", port=port, tls=tls, sender="alerts@pinghome.test", **changes)

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.tries += 1
        if self.refusal is not None:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.recipients += envelope.rcpt_tos
        self.encrypted.append(session.ssl is not None)
        return "250 OK"

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)
