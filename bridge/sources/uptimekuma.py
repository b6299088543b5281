"""Sources of the kind `uptime-kuma`: its webhook notification, in the JSON content.

Source: louislam/uptime-kuma `server/notification-providers/webhook.js` and `server/model/monitor.js`. A monitor is
the identity: Uptime Kuma numbers neither its messages nor its outages, and does not say which instance it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from bridge.domain.alert import Action, Alert, Condition, Rel, Resource, Severity, Status
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources.base import Handshake
from bridge.sources.reading import first_text, labels, mapping, members, parse, text, time, title, web_links

_MEANING: Final = {
    "0": (Status.FIRING, Action.TRIGGER),
    "1": (Status.RESOLVED, Action.RESOLVE),
    "2": (Status.FIRING, Action.TRIGGER),
    "3": (Status.SUPPRESSED, Action.INFO),
}
_WORDS: Final = {"0": "DOWN", "1": "UP", "2": "PENDING", "3": "MAINTENANCE"}
_PENDING: Final = "2"
_TEST_SUFFIX: Final = " Testing"
_EXPIRY: Final = re.compile(r" will expire in -?[0-9]+ days?.*", re.DOTALL)


class UptimeKumaSource:
    """One heartbeat of one monitor a request, or a notice about a certificate or a domain."""

    redacted = frozenset(
        {
            "url", "headers", "body", "grpcBody", "grpcMetadata", "basic_auth_user", "basic_auth_pass", "bearer_token",
            "oauth_client_id", "oauth_client_secret", "pushToken", "gamedigToken", "databaseConnectionString",
            "radiusUsername", "radiusPassword", "radiusSecret", "mqttUsername", "mqttPassword", "authWorkstation",
            "authDomain", "tlsCa", "tlsCert", "tlsKey", "kafkaProducerSaslOptions", "rabbitmqUsername",
            "rabbitmqPassword",
        }
    )  # fmt: skip
    """What `monitor.js` itself calls sensitive, and sends all the same; and the address, which may hold a password."""

    def handshake(self, request: Request) -> Handshake | None:
        """Uptime Kuma has none."""
        return None

    def delivery_id(self, request: Request) -> str | None:
        """Uptime Kuma has none."""
        return None

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alert of one message. Raises Undecoded."""
        document = mapping(parse(request.body))
        if not {"heartbeat", "monitor", "msg"} <= document.keys():
            keys = ", ".join(sorted(document)[:5])
            raise Undecoded(f"a JSON document with {keys or 'no keys'} is no default payload of Uptime Kuma")
        heartbeat, monitor = mapping(document, "heartbeat"), mapping(document, "monitor")
        if not heartbeat:
            return (_notice(document),)
        return (_alert(heartbeat, monitor, text(document.get("msg"))),)


def _alert(heartbeat: Mapping[str, object], monitor: Mapping[str, object], said: str | None) -> Alert:
    state = text(heartbeat.get("status"))
    if state not in _MEANING:
        raise Undecoded(f"the monitor is in a state that is not known: {state!r}")
    monitor_id = first_text(monitor.get("id"), heartbeat.get("monitorID"), heartbeat.get("monitor_id"))
    if monitor_id is None:
        raise Undecoded("neither the monitor nor the heartbeat names the monitor's id")
    status, action = _MEANING[state]
    name, at = text(monitor.get("name")), time(heartbeat.get("time"))
    return Alert(
        type="uptime-kuma",
        status=status,
        action=action,
        key=f"monitor/{monitor_id}",
        title=title(f"{_WORDS[state]}:", name or f"monitor {monitor_id}"),
        severity=Severity.LOW if state == _PENDING else None,
        severity_raw=_WORDS[state],
        description=text(monitor.get("description")),
        provider="uptime-kuma",
        resource=Resource(id=_target(monitor) or f"monitor {monitor_id}", type=text(monitor.get("type")), name=name),
        condition=Condition(text=first_text(heartbeat.get("msg"), said)),
        labels=_labels(monitor),
        links=web_links((Rel.SOURCE, _address(monitor))),
        starts_at=at if status is Status.FIRING else None,
        ends_at=at if status is Status.RESOLVED else None,
    )


def _notice(document: Mapping[str, object]) -> Alert:
    """Without a heartbeat it is the test button, or the notice that a certificate or a domain is about to end."""
    said = text(document.get("msg"))
    if said is None:
        raise Undecoded("the message has neither a heartbeat nor a text")
    test = said.endswith(_TEST_SUFFIX)
    return Alert(
        type="uptime-kuma-notice",
        status=Status.INFO if test else Status.FIRING,
        action=Action.TEST if test else Action.TRIGGER,
        # The days that are left change from notice to notice, the problem does not.
        key=f"notice/{_EXPIRY.sub('', said)}",
        title=title(said),
        severity=None if test else Severity.MEDIUM,
        provider="uptime-kuma",
        condition=Condition(text=said),
        test=test,
    )


def _target(monitor: Mapping[str, object]) -> str | None:
    """What is watched."""
    host, port = text(monitor.get("hostname")), text(monitor.get("port"))
    if host is not None:
        return f"{host}:{port}" if port else host
    return _address(monitor)


def _address(monitor: Mapping[str, object]) -> str | None:
    """The address without what may be secret in it. A monitor that has none says `https://`."""
    try:
        parts = urlsplit(text(monitor.get("url")) or "")
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if parts.scheme and host else None


def _labels(monitor: Mapping[str, object]) -> dict[str, str]:
    """The monitor's tags: a tag without a value is its own."""
    tags = [mapping(tag) for tag in members(monitor.get("tags"))]
    named = {text(tag.get("name")): first_text(tag.get("value"), tag.get("name")) for tag in tags}
    return labels({name: value for name, value in named.items() if name is not None}, {"path": monitor.get("pathName")})
