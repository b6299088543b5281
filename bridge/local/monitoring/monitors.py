"""What an uptime monitor may be asked to check, and how it is shown. Nothing here checks anything.

What an HTTP monitor sends (`method`, `body`, `headers`, `conditions`) and how its result is judged are kept as given,
under `settings`, for whatever will do the checking.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from bridge.domain import conditions
from bridge.local.accounts.addresses import is_url
from bridge.local.monitoring import cron
from bridge.local.replies import Fault
from bridge.local.times import rfc3339
from bridge.pinghome.systems.shared import Condition
from bridge.pinghome.systems.uptime_models import Headers, MonitorChange, NewMonitor

UNKNOWN: Final = "unknown"
"""The state of a monitor that has not been checked since it was made or switched on."""
PAUSED: Final = "paused"
"""The state of a monitor that is switched off."""

_COLUMNS: Final = frozenset({"name", "type", "url", "host", "port", "regions", "service_id"})
_NEEDS_A_PORT: Final = ("tcp", "udp")
_HOST: Final = re.compile(r"[A-Za-z0-9_.:%-]+")
# RFC 9110 5.1 and 5.5: a name is a token, a value has no control characters, so that no header can smuggle another.
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def faults_of(monitor: NewMonitor) -> list[Fault]:
    """What is wrong with a new monitor beyond its fields' types."""
    faults = _target_faults(monitor)
    if monitor.type == "http" and monitor.conditions is None:
        faults.append(Fault(field="conditions", message="is required for http"))
    if monitor.port and not (monitor.port.isascii() and monitor.port.isdigit() and 1 <= int(monitor.port) <= 65_535):
        faults.append(Fault(field="port", message="must be a number from 1 to 65535, or empty"))
    if not monitor.port and monitor.type in _NEEDS_A_PORT:
        faults.append(Fault(field="port", message=f"is required for {monitor.type}"))
    return [*faults, *change_faults(monitor)]


def change_faults(monitor: NewMonitor | MonitorChange) -> list[Fault]:
    """What is wrong with what may also be changed."""
    faults = condition_faults("conditions", monitor.conditions or ())
    if not _good_headers(monitor.headers):
        faults.append(Fault(field="headers", message="must be an object of HTTP headers, or its JSON"))
    if monitor.maintenance_cron_expression and (wrong := cron.fault_of(monitor.maintenance_cron_expression)):
        faults.append(Fault(field="maintenance_cron_expression", message=wrong))
    return faults


def condition_faults(field: str, wanted: Sequence[Condition]) -> list[Fault]:
    """What is wrong with conditions on a JSON document, each under `field[index].part`."""
    faults: list[Fault] = []
    for index, condition in enumerate(wanted):
        if condition.operator not in conditions.OPERATORS:
            message = f"must be one of {', '.join(conditions.OPERATORS)}"
            faults.append(Fault(field=f"{field}[{index}].operator", message=message))
            continue
        # The key is tried alone first: what then still fails lies in the values.
        for part, tried in (
            ("key", conditions.Condition(key=condition.key, operator="exists")),
            (
                "values",
                conditions.Condition(key=condition.key, operator=condition.operator, values=tuple(condition.values)),
            ),
        ):
            try:
                conditions.compile_condition(tried)
            except conditions.BadCondition as error:
                faults.append(Fault(field=f"{field}[{index}].{part}", message=str(error)))
                break
    return faults


def settings_of(monitor: NewMonitor | MonitorChange) -> dict[str, Any]:
    """What has no column of its own, as it was given."""
    settings = {name: value for name, value in msgspec.structs.asdict(monitor).items() if name not in _COLUMNS}
    if monitor.conditions is not None:
        settings["conditions"] = [msgspec.structs.asdict(condition) for condition in monitor.conditions]
    return settings


def shown(row: sqlite3.Row) -> dict[str, Any]:
    """A monitor under the API's own names. `status` is what is known of its target."""
    return {
        "id": row["id"],
        "service_id": row["service_id"],
        "name": row["name"],
        "type": row["type"],
        "url": row["url"],
        "host": row["host"],
        "port": row["port"],
        "regions": msgspec.json.decode(row["regions"]),
        **msgspec.json.decode(row["settings"]),
        "enabled": bool(row["enabled"]),
        "status": row["state"],
        "created_at": rfc3339(row["created_at"]),
        "updated_at": rfc3339(row["updated_at"]),
    }


def _target_faults(monitor: NewMonitor) -> list[Fault]:
    """`url` for HTTP and `host` for the rest; the other of the two would be checked by nothing."""
    field, other = ("url", "host") if monitor.type == "http" else ("host", "url")
    target = getattr(monitor, field)
    faults = [Fault(field=other, message=f"is not for {monitor.type}")] if getattr(monitor, other) else []
    if not target:
        return [Fault(field=field, message=f"is required for {monitor.type}"), *faults]
    if field == "url" and not is_url(target):
        faults.append(Fault(field="url", message="must be an http or https address"))
    if field == "host" and not _HOST.fullmatch(target):
        faults.append(Fault(field="host", message="must be a host name or an IP address"))
    return faults


def _good_headers(headers: Headers | None) -> bool:
    if headers is None or headers == "":
        return True
    if isinstance(headers, str):
        try:
            headers = msgspec.json.decode(headers, type=dict[str, str])
        except (msgspec.MsgspecError, RecursionError):
            return False
    return all(_HEADER_NAME.fullmatch(name) and not _CONTROL.search(value) for name, value in headers.items())
