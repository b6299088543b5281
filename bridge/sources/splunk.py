"""Sources of the kind `splunk`: the webhook alert action of Splunk Enterprise and Cloud, and Splunk Observability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bridge.domain.alert import Alert
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources import splunk_observability, splunk_search
from bridge.sources.base import Handshake
from bridge.sources.reading import Message, Product, first_of, mapping, parse

_PRODUCTS: Final[Sequence[Product]] = (splunk_search.read, splunk_observability.read)


class SplunkSource:
    """One saved search's result, or one incident of a detector, a request."""

    redacted: frozenset[str] = frozenset()

    def handshake(self, request: Request) -> Handshake | None:
        """Splunk has none."""
        return None

    def delivery_id(self, request: Request) -> str | None:
        """Splunk has none: a real-time search keeps its `sid`, and an `incidentId` is shared by start and end."""
        return None

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alert of one request. Raises Undecoded."""
        document = mapping(parse(request.body))
        if alerts := first_of(_PRODUCTS, Message(document=document)):
            return alerts
        keys = ", ".join(sorted(document)[:5])
        raise Undecoded(f"a JSON document with {keys or 'no keys'} is no payload of Splunk that is known")
