"""A message that we promised not to lose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from bridge.domain.request import Principal, Request

DeliveryId = NewType("DeliveryId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One authentic message of one source, as it is journalled before the sender gets its 202.

    `headers` is an allow-list (never a credential), `body` the exact bytes. `event_id` is the sender's
    own id of this message, or None; only it makes a duplicate.
    """

    id: DeliveryId
    source: str
    received_at: datetime
    principal: Principal
    event_id: str | None
    headers: Mapping[str, str]
    body: bytes

    def request(self) -> Request:
        """The request as a decoder sees it: what was stored, without credentials."""
        return Request(method="POST", headers=self.headers, query={}, body=self.body, delivery=self.id)
