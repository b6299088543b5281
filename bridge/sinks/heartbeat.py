"""The heartbeat endpoint of Pinghome's data gateway."""

from __future__ import annotations

import msgspec

from bridge.domain.send import Send
from bridge.pinghome.address import Address
from bridge.pipeline.ports import Answer
from bridge.sinks.attempt import Attempter


class HeartbeatSink:
    """Implements the port `Sink`: a GET with `result` and `message`, as the gateway takes it."""

    def __init__(self, attempter: Attempter, address: Address) -> None:
        """At one Pinghome."""
        self._attempter = attempter
        self._address = address

    async def send(self, send: Send) -> Answer:
        """See the port. The body of a heartbeat's send is a JSON object of its query."""
        return await self._attempter.attempt(
            "GET",
            self._address.heartbeat_url(send.target.id),
            params=msgspec.json.decode(send.body, type=dict[str, str]),
        )
