"""The operations of the Pinghome API, one row each. The client and the local Pinghome are driven by this table.

Source of the facts: the API texts, extracted to `endpoints.json` (a test holds every row against it). The
texts name no operations; the names here are ours, unique within their system.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

_PARAMETER: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: `method` on `path` (a template) of the host that serves `service`.

    `auth` says whether it takes a bearer token. The data gateway's operations take none: the webhook's or
    heartbeat's id in their path is the secret.
    """

    system: str
    name: str
    method: str
    service: str
    path: str
    auth: bool = True

    @property
    def key(self) -> str:
        """The operation's name in the whole API, `webhook.submit`."""
        return f"{self.system}.{self.name}"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the path's parameters, in order."""
        return tuple(_PARAMETER.findall(self.path))

    def fill(self, values: Mapping[str, str]) -> str:
        """The path with its parameters, percent-encoded.

        Raises ValueError for a missing, unknown or empty parameter, and for one that would climb the path.
        The text never holds a value: ids may be secrets.
        """
        if unknown := sorted(set(values) - set(self.parameters)):
            raise ValueError(f"{self.key} has no path parameter {unknown[0]!r}")
        for name in self.parameters:
            if values.get(name, "") in ("", ".", ".."):
                raise ValueError(f"{self.key} needs the path parameter {name!r}")
        return _PARAMETER.sub(lambda match: quote(values[match[1]], safe=""), self.path)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(system="auth", name="sign_in", method="POST", service="auth", path="/v1/auth", auth=False),
    Operation(system="auth", name="sign_out", method="DELETE", service="auth", path="/v1/auth"),
    Operation(
        system="customer",
        name="get",
        method="GET",
        service="customer-query",
        path="/default/v1/customer/{customer_id}",
    ),
    Operation(system="team", name="list", method="GET", service="customer-query", path="/default/v1/teams"),
    Operation(
        system="team", name="members", method="GET", service="customer-query", path="/default/v1/team/{id}/members"
    ),
    Operation(system="service", name="create", method="POST", service="resource-cmd", path="/default/v1/service"),
    Operation(
        system="service", name="get", method="GET", service="resource-query", path="/default/v1/team-service/{id}"
    ),
    Operation(system="heartbeat", name="create", method="POST", service="resource-cmd", path="/default/v1/heartbeat"),
    Operation(
        system="heartbeat", name="delete_many", method="DELETE", service="resource-cmd", path="/default/v1/heartbeat"
    ),
    Operation(
        system="heartbeat", name="delete", method="DELETE", service="resource-cmd", path="/default/v1/heartbeat/{id}"
    ),
    Operation(
        system="heartbeat",
        name="list",
        method="GET",
        service="resource-query",
        path="/default/v1/service/{id}/heartbeats",
    ),
    Operation(
        system="heartbeat", name="update", method="PUT", service="resource-cmd", path="/default/v1/heartbeat/{id}"
    ),
    Operation(
        system="heartbeat", name="get", method="GET", service="resource-query", path="/default/v1/heartbeat/{id}"
    ),
    Operation(
        system="heartbeat",
        name="events",
        method="GET",
        service="statistic-query",
        path="/default/v1/heartbeat/{id}/events",
    ),
    Operation(
        system="heartbeat",
        name="submit",
        method="GET",
        service="data-gateway",
        path="/default/v1/heartbeat/{id}",
        auth=False,
    ),
    Operation(system="ruleset", name="list", method="GET", service="incident-query", path="/default/v1/rulesets"),
    Operation(system="ruleset", name="create", method="POST", service="incident-cmd", path="/default/v1/ruleset"),
    Operation(system="ruleset", name="update", method="PUT", service="incident-cmd", path="/default/v1/ruleset/{id}"),
    Operation(
        system="ruleset", name="delete", method="DELETE", service="incident-cmd", path="/default/v1/ruleset/{id}"
    ),
    Operation(system="webhook", name="list", method="GET", service="incident-query", path="/default/v1/webhooks"),
    Operation(
        system="webhook", name="events", method="GET", service="incident-query", path="/default/v1/webhook/{id}/events"
    ),
    Operation(system="webhook", name="create", method="POST", service="incident-cmd", path="/default/v1/webhook"),
    Operation(
        system="webhook",
        name="submit",
        method="POST",
        service="data-gateway",
        path="/default/v1/incident/webhook/{id}",
        auth=False,
    ),
    Operation(
        system="incident",
        name="health_check",
        method="GET",
        service="incident-query",
        path="/default/v1/health-check",
        auth=False,
    ),
    Operation(
        system="incident", name="create", method="POST", service="incident-cmd", path="/default/v1/team/{id}/incident"
    ),
    Operation(system="incident", name="update", method="PUT", service="incident-cmd", path="/default/v1/incident/{id}"),
    Operation(
        system="schedule",
        name="get",
        method="GET",
        service="incident-query",
        path="/default/v1/customer/{id}/schedule",
    ),
    Operation(
        system="schedule", name="create", method="POST", service="incident-cmd", path="/default/v1/team/{id}/schedule"
    ),
    Operation(
        system="schedule", name="delete", method="DELETE", service="incident-cmd", path="/default/v1/team/{id}/schedule"
    ),
)
"""What the API texts document. Every row is in `endpoints.json`."""

LOCAL_EXTRAS: Final[tuple[Operation, ...]] = (
    Operation(
        system="incident",
        name="list",
        method="GET",
        service="incident-query",
        path="/default/v1/team/{id}/incidents",
    ),
)
"""What only the local Pinghome can do: the API has no operation that reads incidents."""

ALIASES: Final[tuple[Operation, ...]] = (
    Operation(
        system="heartbeat",
        name="submit",
        method="HEAD",
        service="data-gateway",
        path="/default/v1/heartbeat/{id}",
        auth=False,
    ),
    Operation(
        system="heartbeat",
        name="submit",
        method="POST",
        service="data-gateway",
        path="/default/v1/heartbeat/{id}",
        auth=False,
    ),
)
"""Other spellings of rows above that the local Pinghome understands and the client never uses."""

_BY_KEY: Final[Mapping[str, Operation]] = {row.key: row for row in (*OPERATIONS, *LOCAL_EXTRAS)}


def operation(key: str) -> Operation:
    """The operation of that name, `webhook.submit`. Raises KeyError for a name that is in no table."""
    return _BY_KEY[key]
