"""Every error that one room of the bridge raises for another, named by who must act.

BridgeError
├── ConfigError      the operator, before start: every fault at once; exit 78
├── Rejected         the sender, now; nothing was stored
│   ├── UnknownSource     404
│   ├── UnknownHeartbeat  404
│   ├── Unauthentic       401
│   ├── TooLarge          413
│   ├── Unreadable        400: the proof of authenticity is inside a body that cannot be read
│   └── Invalid           422: a parameter has a value that means nothing
├── Unavailable      us, for now: 503 with Retry-After, so that the sender tries again
└── Undecoded        authentic and stored, but no decoder understands it: delivered as a plain alert

A failure of the far side is no exception but an `Answer`, judged in `pipeline.verdict`. Anything else that is
raised is a bug of ours: it is logged with its type and never swallowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class BridgeError(Exception):
    """Root of the errors that the bridge raises on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFault:
    """One thing that is wrong in the configuration: where it was said, at which key, and why."""

    origin: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.origin}: {self.key}: {self.reason}" if self.key else f"{self.origin}: {self.reason}"


class ConfigError(BridgeError):
    """The configuration cannot be used. Holds every fault that was found, not only the first."""

    def __init__(self, faults: Sequence[ConfigFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Rejected(BridgeError):
    """The sender's request is refused and nothing is stored. `code` is the public name of the error."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "rejected"


class UnknownSource(Rejected):
    """No source of that name is configured."""

    status = 404
    code = "unknown_source"


class UnknownHeartbeat(Rejected):
    """No heartbeat of that name is configured."""

    status = 404
    code = "unknown_heartbeat"


class Unauthentic(Rejected):
    """The request does not prove who sent it. The reason is for our log, never for the answer."""

    status = 401
    code = "unauthorized"


class TooLarge(Rejected):
    """The body is larger than the source allows."""

    status = 413
    code = "too_large"


class Unreadable(Rejected):
    """The proof of authenticity lies inside the body, and the body cannot be read."""

    status = 400
    code = "unreadable"


class Invalid(Rejected):
    """A parameter has a value that means nothing; the text says which values do."""

    status = 422
    code = "invalid"


class Unavailable(BridgeError):
    """We cannot take the message now. `code` is public; `retry_after` is in whole seconds."""

    def __init__(self, reason: str, *, code: str = "unavailable", retry_after: int = 5) -> None:
        super().__init__(reason)
        self.code = code
        self.retry_after = retry_after


class Undecoded(BridgeError):
    """No decoder understands this authentic message; the reason is shown to the operator."""
