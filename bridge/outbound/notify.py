"""The own alarm's ways out: a webhook, or e-mail. Neither Redis nor Pinghome is needed for them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, Final, Literal

import aiohttp
import aiosmtplib
import msgspec

from bridge.domain.trouble import Notice, NoticeState
from bridge.pipeline.watch import NotTold

_TIMEOUT: Final = 10.0

Tls = Literal["starttls", "tls", "none"]


class WebhookNotifier:
    """Posts each notice as JSON. Implements the port `Notifier`.

    `text` says it all in one line; chat tools that take `{"text": ...}` show it as it is.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, *, process: str) -> None:
        """`url` is a bearer secret: it is in no error. `process` says who tells."""
        self._session = session
        self._url = url
        self._process = process

    async def tell(self, notice: Notice) -> None:
        """See the port."""
        headers = {"Content-Type": "application/json"}
        body = msgspec.json.encode(document(notice, self._process))
        await _call(self._session, "POST", self._url, data=body, headers=headers)


class HttpDeadMan:
    """One GET, to a service that alarms when none comes. Implements the port `DeadMan`."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        """`url` is a bearer secret."""
        self._session = session
        self._url = url

    async def ping(self) -> None:
        """See the port."""
        await _call(self._session, "GET", self._url)


class MailNotifier:
    """Sends each notice as a mail. Implements the port `Notifier`."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        tls: Tls,
        user: str | None,
        password: str | None,
        sender: str,
        to: Sequence[str],
        process: str,
    ) -> None:
        """`tls`: from the first byte (`tls`), after a greeting that must offer it (`starttls`), or never (`none`)."""
        self._server: dict[str, Any] = {
            "hostname": host,
            "port": port,
            "use_tls": tls == "tls",
            "start_tls": tls == "starttls",
            "username": user,
            "password": password,
            "timeout": _TIMEOUT,
        }
        self._sender, self._to, self._process = sender, tuple(to), process

    async def tell(self, notice: Notice) -> None:
        """See the port."""
        facts = document(notice, self._process)
        message = EmailMessage()
        message["From"], message["To"] = self._sender, ", ".join(self._to)
        message["Subject"] = f"[pinghome-bridge] {notice.state}: {notice.trouble.kind.replace('_', ' ')}"
        message["Date"] = datetime.now(UTC)
        message.set_content("\n".join(f"{name}: {value}" for name, value in facts.items() if name != "schema"))
        try:
            async with asyncio.timeout(2 * _TIMEOUT):
                await aiosmtplib.send(message, **self._server)
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            # The text of an SMTP error may quote what was sent.
            raise NotTold(f"the mail server did not take it: {type(error).__name__}") from None


def document(notice: Notice, process: str) -> dict[str, str]:
    """`bridge.trouble/v1`."""
    trouble = notice.trouble
    text = f"over: {trouble.text}" if notice.state is NoticeState.CLEARED else trouble.text
    return {
        "schema": "bridge.trouble/v1",
        "text": f"pinghome-bridge on {socket.gethostname()}: {text}",
        "state": notice.state.value,
        "kind": trouble.kind.value,
        "subject": trouble.subject,
        "since": notice.since.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "host": socket.gethostname(),
        "process": process,
    }


async def _call(session: aiohttp.ClientSession, method: str, url: str, **call: Any) -> None:
    try:
        async with (
            asyncio.timeout(_TIMEOUT),
            session.request(method, url, allow_redirects=False, **call) as response,
        ):
            status = response.status
    except TimeoutError:
        raise NotTold(f"no answer within {_TIMEOUT:g} s") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise NotTold(type(error).__name__) from None
    if not 200 <= status < 300:
        raise NotTold(f"answered {status}")
