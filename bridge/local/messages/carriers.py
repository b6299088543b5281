"""How a message is carried to its address: one real try, by SMTP or by an HTTP POST."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final, Literal

import aiohttp
import aiosmtplib
import msgspec

from bridge.local.messages.outbox import Message, Posted

TIMEOUT_S: Final = 10.0
"""One try, from the connection to the end of the answer."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where e-mail is handed in. `sender` is the address it comes from."""

    host: str
    port: int
    tls: Literal["starttls", "tls", "none"]
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


_QUOTED: Final = 200
"""Characters of a mail server's words that are kept."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a try ended. `final`: another one would end the same."""

    sent: bool
    detail: str
    final: bool = False


async def mail(server: MailServer, posted: Posted) -> Result:
    """Hand an e-mail in. It has the same Message-ID at every try, so that a reader's program can tell."""
    try:
        letter = _letter(server, posted)
    except (ValueError, IndexError, MessageError):
        # The latter two from the standard library's parser, over some texts that are no address.
        return Result(sent=False, detail="This is no e-mail address.", final=True)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await aiosmtplib.send(
                letter,
                sender=server.sender,
                recipients=[posted.message.channel_value],
                hostname=server.host,
                port=server.port,
                username=server.user,
                password=server.password,
                use_tls=server.tls == "tls",
                start_tls=server.tls == "starttls",
            )
    except aiosmtplib.SMTPRecipientsRefused as refused:
        return Result(sent=False, detail=_short(f"SMTP {refused.recipients[0].code}: {refused.recipients[0].message}"))
    except aiosmtplib.SMTPResponseException as error:
        return Result(sent=False, detail=_short(f"SMTP {error.code}: {error.message}"))
    except TimeoutError:
        return _silence()
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return Result(sent=False, detail=_short(f"{type(error).__name__}: {error}"))
    return Result(sent=True, detail="The mail server took it.")


async def web_post(session: aiohttp.ClientSession, message: Message) -> Result:
    """POST a message to a URL. Redirects are not followed. Whatever is 2xx counts as sent; its text proves nothing."""
    body = msgspec.json.encode(_DOCUMENTS[message.channel_type](message))
    try:
        async with (
            asyncio.timeout(TIMEOUT_S),
            session.post(
                message.channel_value,
                data=body,
                headers={"Content-Type": "application/json"},
                allow_redirects=False,
            ) as answer,
        ):
            # Only its status is looked at. Its text may be an internal server's, and the detail is shown to a team.
            answer.close()
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
        return Result(sent=False, detail="This is no URL that can be posted to.", final=True)
    except TimeoutError:
        return _silence()
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # Without its text, which may hold the URL: whoever knows that may post.
        return Result(sent=False, detail=type(error).__name__)
    if 200 <= answer.status < 300:
        return Result(sent=True, detail=f"HTTP {answer.status}")
    return Result(sent=False, detail=f"HTTP {answer.status}")


def open_session() -> aiohttp.ClientSession:
    """The session for all posts. Timeouts are the tries' own; no cookies, no proxy of the environment."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        headers={"User-Agent": "pinghome-bridge-local-pinghome"},
    )


def _letter(server: MailServer, posted: Posted) -> EmailMessage:
    """The e-mail. Raises ValueError for an address that is none."""
    message = posted.message
    letter = EmailMessage(policy=SMTP)
    letter["From"] = Address(display_name="Pinghome", addr_spec=server.sender)
    letter["To"] = Address(addr_spec=message.channel_value)
    # A title of an alert may have several lines, a header has one.
    letter["Subject"] = " ".join(message.subject.split())
    letter["Date"] = _EPOCH + timedelta(microseconds=posted.created_at)
    domain = server.sender.rpartition("@")[2]
    letter["Message-ID"] = f"<{posted.created_at}.{posted.id}@{domain}>"
    # RFC 3834 5: so that nobody's absence notice answers it.
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.body)
    return letter


def _webhook(message: Message) -> dict[str, Any]:
    if message.document is not None:
        return message.document
    return {
        "purpose": message.purpose,
        "reference": message.reference,
        "subject": message.subject,
        "body": message.body,
    }


def _slack(message: Message) -> dict[str, Any]:
    """Slack, "Formatting text for app surfaces": `&`, `<` and `>` are control characters, and these alone."""
    text = f"{message.subject}\n{message.body}"
    return {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}


def _msteams(message: Message) -> dict[str, Any]:
    """Microsoft Learn, "Create and send messages": workflows take Adaptive Cards only, connectors take them too."""
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": [
            {"type": "TextBlock", "text": message.subject, "weight": "Bolder", "wrap": True},
            {"type": "TextBlock", "text": message.body, "wrap": True},
        ],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


_DOCUMENTS: Final[Mapping[str, Callable[[Message], dict[str, Any]]]] = {
    "webhook": _webhook,
    "slack": _slack,
    "msteams": _msteams,
}
POSTED_TYPES: Final = frozenset(_DOCUMENTS)
"""The types of channels whose value is a URL to post to."""


def _silence() -> Result:
    return Result(sent=False, detail=f"no answer within {TIMEOUT_S:.0f} s")


def _short(text: str) -> str:
    return " ".join(text.split())[:_QUOTED]
