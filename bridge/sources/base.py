"""What a source is: a pure reading of one kind of sender. No I/O, no clock, no globals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bridge.domain.alert import Alert
from bridge.domain.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """Answer the handshake with this JSON document (Event Grid's validation).

    `carries_more`: the same request also holds messages, which must be stored before it is answered.
    """

    document: Mapping[str, Any]
    carries_more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Confirm by a GET of this URL, if the source's configuration allows it (SNS subscriptions).

    `what` names in words what would be confirmed, for the log and the operator.
    """

    url: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """A control message that asks for nothing but a 200 and carries no alert (an unsubscription notice)."""

    what: str


Handshake = Echo | Confirm | Acknowledge


class Source(Protocol):
    """One kind of sender. Every method may be given any bytes and may raise only what it says."""

    redacted: frozenset[str]
    """JSON keys whose values are replaced wherever a raw message of this kind is shown or sent."""

    def handshake(self, request: Request) -> Handshake | None:
        """The protocol's handshake, if this request is one. Raises nothing."""

    def delivery_id(self, request: Request) -> str | None:
        """The sender's own id of this message; None means that it is never called a duplicate. Raises nothing."""

    def decode(self, request: Request) -> Sequence[Alert]:
        """What the message says, at least one alert. Raises Undecoded, and nothing else."""
