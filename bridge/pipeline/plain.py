"""The alert of last resort: an authentic message that no decoder understands is still a page."""

from __future__ import annotations

from bridge.domain.alert import Action, Alert, Status
from bridge.domain.delivery import Delivery

UNDECODED = "undecoded"


def plain_alert(delivery: Delivery, reason: str) -> Alert:
    """A firing alert that carries the raw body and says why it is plain.

    Its key is its own delivery, so that two unknown messages are never taken for one problem.
    """
    return Alert(
        type=UNDECODED,
        status=Status.FIRING,
        action=Action.TRIGGER,
        key=f"{UNDECODED}:{delivery.id}",
        title=f"Message from {delivery.source} that the bridge could not decode",
        description=f"Delivered as it came. {reason}",
        event_id=delivery.event_id,
    )
