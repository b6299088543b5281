"""Sources of the kind `generic`: any JSON, read by the mapping in the source's configuration.

Without a mapping the sender is taken to speak the bridge's own words (`bridge.alert/v1`).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bridge.domain.alert import Alert
from bridge.domain.request import Request
from bridge.sources.base import Handshake
from bridge.sources.mapped import AlertMapping, MappedReading
from bridge.sources.members import each_or_plain
from bridge.sources.reading import parse, parse_or_none


class GenericSource:
    """One message of any JSON, or several in one."""

    redacted: frozenset[str] = frozenset()

    def __init__(self, wanted: AlertMapping | None = None) -> None:
        """Raises BadCondition for a mapping with an expression that is none."""
        self._reading = MappedReading(wanted or AlertMapping(), kind="generic")

    def handshake(self, request: Request) -> Handshake | None:
        """None is known of a sender that is not known."""
        return None

    def delivery_id(self, request: Request) -> str | None:
        """What the mapping's `delivery_id` finds."""
        return self._reading.delivery_id(parse_or_none(request.body))

    def decode(self, request: Request) -> Sequence[Alert]:
        """The alerts of one request. Raises Undecoded."""
        document = parse(request.body)
        event_id = self._reading.delivery_id(document)
        found = self._reading.members(document)
        if len(found) == 1:
            return (self._reading.alert(found[0], event_id=event_id),)
        # JMESPath yields values and no places, so a member's own JSON is written anew.
        return each_or_plain(
            [(msgspec.json.encode(member), member) for member in found],
            lambda raw, member: (self._reading.alert(member, event_id=event_id, raw=raw),),
        )
