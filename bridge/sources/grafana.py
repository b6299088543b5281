"""Sources of the kind `grafana`: unified alerting, and the dashboard alerts of Grafana 8 and before."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.domain.alert import Alert
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources import grafana_legacy, grafana_unified
from bridge.sources.base import Handshake
from bridge.sources.reading import Message, mapping, parse


class GrafanaSource:
    """The webhook contact point in its default payload, and the legacy webhook channel."""

    redacted: frozenset[str] = frozenset()

    def handshake(self, request: Request) -> Handshake | None:
        """Grafana has none."""
        return None

    def delivery_id(self, request: Request) -> str | None:
        """Grafana has none: `groupKey`, `fingerprint` and `ruleId` are the same in every repetition."""
        return None

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alerts of one request. Raises Undecoded."""
        document = mapping(parse(request.body))
        alerts = grafana_unified.read(document, request.body) or grafana_legacy.read(Message(document=document))
        if not alerts:
            keys = ", ".join(sorted(document)[:5])
            raise Undecoded(f"a JSON document with {keys or 'no keys'} is no default payload of Grafana")
        return alerts
