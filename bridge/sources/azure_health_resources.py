"""Event Grid's events of Azure Resource Notifications that tell of a resource's availability.

Source: Azure documentation, Event Grid, "Azure Resource Notifications - Health Resources events". The resource is
the problem's identity, as in Azure Monitor's Resource Health alerts: either way one problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bridge.domain.alert import Alert
from bridge.sources.azure_alert import alert_of
from bridge.sources.reading import Message, mapping, text

_CHANGED: Final = "microsoft.resourcenotifications.healthresources.availabilitystatuschanged"


def read(message: Message) -> Sequence[Alert]:
    """The alert of one change. Raises nothing that `alert_of` does not."""
    properties = mapping(message.document, "resourceInfo", "properties")
    target, state = text(properties.get("targetResourceId")), text(properties.get("availabilityState"))
    if message.attributes.get("type", "").casefold() != _CHANGED or target is None or state is None:
        return ()
    return (
        alert_of(
            message,
            essentials={
                "monitorCondition": "Fired",
                "alertTargetIDs": [target],
                "configurationItems": [target.rpartition("/")[2]],
                "firedDateTime": properties.get("occurredTime"),
            },
            context={
                "eventTimestamp": properties.get("occurredTime"),
                "properties": {
                    "title": f"Resource health is {state}",
                    "currentHealthStatus": state,
                    "previousHealthStatus": properties.get("previousAvailabilityState"),
                },
            },
            custom={},
            service="Resource Health",
        ),
    )
