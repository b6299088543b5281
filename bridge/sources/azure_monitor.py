"""Azure Monitor alerts in the common alert schema, every monitoring service of it.

Source: Azure documentation, Azure Monitor, "Common alert schema".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bridge.domain.alert import Alert
from bridge.sources.azure_alert import alert_of
from bridge.sources.reading import Message, mapping, text

_SCHEMA: Final = "azuremonitorcommonalertschema"


def read(message: Message) -> Sequence[Alert]:
    """The alert of one message. Raises Undecoded where its state or its identity cannot be read."""
    if (text(message.document.get("schemaId")) or "").casefold() != _SCHEMA:
        return ()
    data = mapping(message.document, "data")
    return (
        alert_of(
            message,
            essentials=mapping(data, "essentials"),
            context=mapping(data, "alertContext"),
            custom=mapping(data, "customProperties"),
        ),
    )
