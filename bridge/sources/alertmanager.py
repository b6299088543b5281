"""Sources of the kind `alertmanager`: Prometheus' Alertmanager, webhook version 4 and its forerunners.

An alert's labels are its identity, inside the installation that its `externalURL` names.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.domain.alert import Alert
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources.alertmanager_wire import is_group, read_alert, read_members
from bridge.sources.base import Handshake
from bridge.sources.reading import mapping, parse


class AlertmanagerSource:
    """Each alert of a group by itself, with its own state and its own part of the message."""

    redacted: frozenset[str] = frozenset()

    def handshake(self, request: Request) -> Handshake | None:
        """Alertmanager has none."""
        return None

    def delivery_id(self, request: Request) -> str | None:
        """Alertmanager has none: `groupKey` and `fingerprint` are the same in every repetition."""
        return None

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alerts of one group. Raises Undecoded."""
        document = mapping(parse(request.body))
        if not is_group(document):
            keys = ", ".join(sorted(document)[:5])
            raise Undecoded(f"a JSON document with {keys or 'no keys'} is no group of alerts of Alertmanager")
        return [read_alert(member, kind="alertmanager") for member in read_members(document, request.body)]
