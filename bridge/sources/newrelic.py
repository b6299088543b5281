"""Sources of the kind `newrelic`: issues by workflows, and incidents by the legacy webhook channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bridge.domain.alert import Alert
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources import newrelic_incident, newrelic_issue
from bridge.sources.base import Handshake
from bridge.sources.reading import Message, Product, first_of, mapping, parse

_PRODUCTS: Final[Sequence[Product]] = (newrelic_issue.read, newrelic_incident.read)


class NewRelicSource:
    """The default templates of both. A template of one's own must keep the names of the default."""

    redacted: frozenset[str] = frozenset()

    def handshake(self, request: Request) -> Handshake | None:
        """New Relic has none."""
        return None

    def delivery_id(self, request: Request) -> str | None:
        """New Relic has none: an issue's and an incident's id are shared by opened and closed."""
        return None

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alert of one request. Raises Undecoded."""
        document = mapping(parse(request.body))
        if alerts := first_of(_PRODUCTS, Message(document=document)):
            return alerts
        keys = ", ".join(sorted(document)[:5])
        raise Undecoded(f"a JSON document with {keys or 'no keys'} is no default payload of New Relic")
