"""Sources of the kind `gcp`: Google Cloud's webhooks and Pub/Sub pushes, given to their product.

A new product is one import and one entry of `_PRODUCTS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bridge.domain.alert import Alert
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources import gcp_monitoring, gcp_pubsub
from bridge.sources.base import Handshake
from bridge.sources.reading import Product, first_of, mapping, parse, parse_or_none

_PRODUCTS: Final[Sequence[Product]] = (gcp_monitoring.read,)


class GcpSource:
    """Bare product messages, and the same ones through Pub/Sub push."""

    redacted: frozenset[str] = frozenset()

    def handshake(self, request: Request) -> Handshake | None:
        """Google Cloud has none: a Pub/Sub endpoint needs no proof of ownership."""
        return None

    def delivery_id(self, request: Request) -> str | None:
        """Pub/Sub's message id. The Monitoring webhook has none, its incident_id names the incident."""
        return gcp_pubsub.delivery_id(parse_or_none(request.body), request.headers)

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alerts of one request. Raises Undecoded."""
        message = gcp_pubsub.unwrap(mapping(parse(request.body)))
        if alerts := first_of(_PRODUCTS, message):
            return alerts
        keys = ", ".join(sorted(message.document)[:5])
        raise Undecoded(f"a JSON document with {keys or 'no keys'} is no message of Google Cloud that is known")
