"""The incident webhook of Pinghome's data gateway."""

from __future__ import annotations

from bridge.domain.send import Send
from bridge.pinghome.address import Address
from bridge.pipeline.ports import Answer
from bridge.sinks.attempt import Attempter


class WebhookSink:
    """Implements the port `Sink`: posts the alert as it was rendered."""

    def __init__(self, attempter: Attempter, address: Address) -> None:
        """At one Pinghome."""
        self._attempter = attempter
        self._address = address

    async def send(self, send: Send) -> Answer:
        """See the port."""
        return await self._attempter.attempt(
            "POST",
            self._address.webhook_url(send.target.id),
            data=send.body,
            headers={"Content-Type": "application/json", "Idempotency-Key": send.idempotency_key},
        )
