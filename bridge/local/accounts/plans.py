"""What an organisation subscribes to: the plan `local`, which costs nothing and limits nothing.

Each organisation has one subscription from its beginning. Its id follows from the organisation's, and customers find
it in their profile. A row is written once something about it was changed.
"""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import asdict, dataclass
from typing import Any, Final

from bridge.local.replies import Customer, not_found
from bridge.local.times import written

PLAN: Final = "local"
VERSION: Final = "1"
_NAMESPACE: Final = uuid.UUID("5d0d3c4e-6a53-4e5b-9b39-0c7a3c3d1f52")

_FIND: Final = "SELECT price_id, cancelled_at FROM billing_subscriptions WHERE organisation_id = ?"
_WRITE: Final = """
INSERT INTO billing_subscriptions (organisation_id, price_id, cancelled_at, updated_at)
VALUES (:organisation_id, :price_id, :cancelled_at, :now)
ON CONFLICT (organisation_id) DO UPDATE SET price_id = :price_id, cancelled_at = :cancelled_at, updated_at = :now
"""


def id_of(organisation_id: str) -> str:
    """The id of an organisation's subscription."""
    return str(uuid.uuid5(_NAMESPACE, organisation_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """An organisation's subscription; `cancelled_at` is in microseconds since 1970, None while it is active."""

    organisation_id: str
    price_id: str | None = None
    cancelled_at: int | None = None


def find(connection: sqlite3.Connection, customer: Customer, subscription_id: str) -> Subscription:
    """The subscription of the customer's organisation. Raises 404 for any other id."""
    if subscription_id != id_of(customer.organisation_id):
        raise not_found("subscription")
    row = connection.execute(_FIND, (customer.organisation_id,)).fetchone()
    return Subscription(organisation_id=customer.organisation_id, **({} if row is None else dict(row)))


def write(connection: sqlite3.Connection, subscription: Subscription, now: int) -> None:
    """Keep what was changed of it; `now` is in microseconds since 1970."""
    connection.execute(_WRITE, {**asdict(subscription), "now": now})


def shown(subscription: Subscription) -> dict[str, Any]:
    """A subscription in an answer."""
    return {
        "id": id_of(subscription.organisation_id),
        "organisation_id": subscription.organisation_id,
        "plan": PLAN,
        "plan_version": VERSION,
        "price_id": subscription.price_id,
        "status": "active" if subscription.cancelled_at is None else "cancelled",
        "cancelled_at": written(subscription.cancelled_at),
    }
