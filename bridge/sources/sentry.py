"""Sources of the kind `sentry`: webhooks of an integration, and the legacy webhook plugin.

Source: Sentry documentation, integration platform, "Webhooks". What a message is about is told by its body alone:
the header `Sentry-Hook-Resource` is not signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.alert import Action, Alert, Status
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources import sentry_issue, sentry_metric
from bridge.sources.base import Acknowledge, Handshake
from bridge.sources.reading import Message, Product, first_of, mapping, parse, parse_or_none, text, title

_COMMENT: Final = frozenset({"comment", "comment_id"})
_ALERTS: Final = frozenset({"event", "error", "issue", "metric_alert"})


class SentrySource:
    """Issue alerts, metric alerts, issues, errors; a notice of the integration's installation is a test."""

    redacted = frozenset({"code", "cookies", "env", "headers", "vars"})
    """The grant code of an installation, and what an error report holds of a visitor and of a program's memory."""

    def handshake(self, request: Request) -> Handshake | None:
        """A comment on an issue: taken politely, and no alert."""
        return Acknowledge(what="Sentry sent a comment") if _is_comment(mapping(parse_or_none(request.body))) else None

    def delivery_id(self, request: Request) -> str | None:
        """The header `Request-ID`; the legacy plugin has none."""
        return text(request.headers.get("request-id"))

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alert of one request. Raises Undecoded."""
        document = mapping(parse(request.body))
        if alerts := first_of(_PRODUCTS, Message(document=document)):
            return alerts
        if _is_comment(document):
            raise Undecoded("a comment of Sentry is no alert")
        keys = ", ".join(sorted(mapping(document, "data") or document)[:5])
        raise Undecoded(f"a message of Sentry about {keys or 'nothing'} has no decoder")


def _is_comment(document: Mapping[str, object]) -> bool:
    """What is acknowledged is not stored: whatever names an issue or an alert is never taken for a comment."""
    data = mapping(document, "data")
    return "action" in document and data.keys() >= _COMMENT and not _ALERTS & data.keys()


def _read_installation(message: Message) -> Sequence[Alert]:
    """The integration was installed or removed: the source works."""
    document = message.document
    installation = mapping(document, "data", "installation")
    if not installation:
        return ()
    organisation = text(mapping(installation, "organization").get("slug"))
    return (
        Alert(
            type="sentry-installation",
            status=Status.INFO,
            action=Action.TEST,
            key=f"{text(installation.get('uuid')) or ''}/installation",
            title=title("Sentry integration", text(document.get("action")), organisation and f"by {organisation}"),
            provider="sentry",
            account=organisation,
            test=True,
            raw=message.raw,
        ),
    )


_PRODUCTS: Final[Sequence[Product]] = (sentry_issue.read, sentry_metric.read, _read_installation)
