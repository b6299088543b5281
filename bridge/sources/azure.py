"""Sources of the kind `azure`: action groups and Event Grid subscriptions, given to their product.

A new product is one import and one entry of `_PRODUCTS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bridge.domain.alert import Alert
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources import azure_event_grid, azure_monitor
from bridge.sources.base import Handshake
from bridge.sources.reading import Message, Product, first_of, mapping, parse, parse_or_none, text

_PRODUCTS: Final[Sequence[Product]] = (azure_monitor.read,)


class AzureSource:
    """Azure Monitor's action groups, and the transport of Event Grid."""

    redacted = azure_event_grid.REDACTED | {"claims"}
    """Activity log entries carry the claims of the caller's token, which name a person."""

    def handshake(self, request: Request) -> Handshake | None:
        """Event Grid's validation of a subscription, or the notice of its end."""
        return azure_event_grid.handshake(parse_or_none(request.body))

    def delivery_id(self, request: Request) -> str | None:
        """Event Grid's id. Azure Monitor has none: its alertId is shared by firing and resolved."""
        return azure_event_grid.delivery_id(parse_or_none(request.body))

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alerts of one request. Raises Undecoded."""
        document = parse(request.body)
        fields = mapping(document)
        if alerts := first_of(_PRODUCTS, Message(document=fields)):
            return alerts
        if types := azure_event_grid.event_types(document):
            raise Undecoded(f"Event Grid events have no decoder: {', '.join(sorted(set(types))[:5])}")
        schema = text(fields.get("schemaId")) or text(fields.get("SchemaId"))
        raise Undecoded(f"the schema {schema!r} has no decoder" if schema else "no message of Azure that is known")
