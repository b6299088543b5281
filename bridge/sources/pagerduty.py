"""Sources of the kind `pagerduty`: PagerDuty's webhooks, and events that its clients meant for PagerDuty.

The events come over `/v2/enqueue`, where a routing key is the proof, or over the source's own address.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.domain.alert import Alert
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources import pagerduty_events, pagerduty_webhook
from bridge.sources.base import Handshake
from bridge.sources.reading import Message, mapping, parse, parse_or_none


class PagerDutySource:
    """Webhooks of version 3, and alert and change events of the Events API v2."""

    redacted = pagerduty_events.REDACTED

    def handshake(self, request: Request) -> Handshake | None:
        """PagerDuty has none: its `pagey.ping` is a test message."""
        return None

    def delivery_id(self, request: Request) -> str | None:
        """The id of a webhook's event, which retries repeat. An event of a client has none."""
        return pagerduty_webhook.delivery_id(parse_or_none(request.body))

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alert of one request. Raises Undecoded."""
        document = mapping(parse(request.body))
        message = Message(document=document, event_id=pagerduty_webhook.delivery_id(document))
        alerts = pagerduty_webhook.read(message) or pagerduty_events.read(message, made_key=request.delivery)
        if not alerts:
            raise Undecoded("no webhook of PagerDuty and no event for it that is known")
        return alerts
