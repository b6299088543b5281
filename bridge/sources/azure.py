"""Sources of the kind `azure`: action groups and Event Grid subscriptions, given to their product.

A new product is one import and one entry of `_PRODUCTS`. What none of them knows, Event Grid's reading describes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bridge.domain.alert import Alert
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources import azure_event_grid, azure_health_resources, azure_legacy, azure_monitor
from bridge.sources.base import Handshake
from bridge.sources.events_reading import binary
from bridge.sources.reading import Message, Product, first_of, mapping, parse, parse_or_none, text

_PRODUCTS: Final[Sequence[Product]] = (azure_monitor.read, azure_legacy.read, azure_health_resources.read)


class AzureSource:
    """Azure Monitor's action groups in every schema, and Event Grid."""

    redacted = azure_event_grid.REDACTED | {"claims"}
    """Activity log entries carry the claims of the caller's token, which name a person."""

    def handshake(self, request: Request) -> Handshake | None:
        """Event Grid's validation of a subscription, or the notice of its end."""
        return azure_event_grid.handshake(parse_or_none(request.body))

    def delivery_id(self, request: Request) -> str | None:
        """Event Grid's id. Azure Monitor has none: its alertId is shared by firing and resolved."""
        return azure_event_grid.delivery_id(request, parse_or_none(request.body))

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alerts of one request. Raises Undecoded."""
        document = None if binary(request.headers, b"") else parse(request.body)
        if events := azure_event_grid.messages(request, document):
            return [alert for event in events for alert in _read(event)]
        fields = mapping(document)
        if alerts := first_of(_PRODUCTS, Message(document=fields)):
            return alerts
        schema = text(fields.get("schemaId")) or text(fields.get("SchemaId"))
        raise Undecoded(f"the schema {schema!r} has no decoder" if schema else "no message of Azure that is known")


def _read(event: Message) -> Sequence[Alert]:
    """The alerts of one event. Raises nothing for a member of a batch: one that is broken must not cost the others."""
    try:
        if alerts := first_of(_PRODUCTS, event):
            return alerts
    except Undecoded:
        if event.raw is None:
            raise
    return azure_event_grid.read(event)
