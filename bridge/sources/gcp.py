"""Sources of the kind `gcp`: Google Cloud's webhooks, Pub/Sub pushes and Eventarc events, given to their product.

A new product is one import and one entry of `_PRODUCTS`. The last two describe what no other one knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bridge.domain.alert import Alert
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources import (
    gcp_billing,
    gcp_error_reporting,
    gcp_eventarc,
    gcp_logging,
    gcp_monitoring,
    gcp_pubsub,
    gcp_scc,
)
from bridge.sources.base import Handshake
from bridge.sources.reading import Message, Product, first_of, mapping, parse, parse_or_none

_PRODUCTS: Final[Sequence[Product]] = (
    gcp_monitoring.read,
    gcp_scc.read,
    gcp_billing.read,
    gcp_error_reporting.read,
    gcp_logging.read,
    gcp_eventarc.read,
    gcp_pubsub.read,
)
_WRAPPINGS: Final = (gcp_eventarc.unwrap, gcp_pubsub.unwrap, gcp_eventarc.unwrap)
"""Outermost first: a structured event, a push, and an event that somebody published to Pub/Sub. None comes twice."""


class GcpSource:
    """Bare product messages, and the same ones through Pub/Sub push and Eventarc."""

    redacted: frozenset[str] = frozenset()

    def handshake(self, request: Request) -> Handshake | None:
        """Google Cloud has none: a Pub/Sub endpoint needs no proof of ownership."""
        return None

    def delivery_id(self, request: Request) -> str | None:
        """The event's or Pub/Sub's id. The Monitoring webhook has none, its incident_id names the incident."""
        document = parse_or_none(request.body)
        return gcp_eventarc.delivery_id(request, document) or gcp_pubsub.delivery_id(document, request.headers)

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alerts of one request. Raises Undecoded."""
        message = _message(request)
        for unwrap in _WRAPPINGS:
            message = unwrap(message)
        if alerts := first_of(_PRODUCTS, message):
            return alerts
        keys = ", ".join(sorted(message.document)[:5])
        raise Undecoded(f"a JSON document with {keys or 'no keys'} is no message of Google Cloud that is known")


def _message(request: Request) -> Message:
    """What the headers tell of, or else the body alone, which must be JSON then."""
    told = gcp_eventarc.in_headers(request) or gcp_pubsub.unwrapped(request)
    return told if told is not None else Message(document=mapping(parse(request.body)))
