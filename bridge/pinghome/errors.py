"""What can go wrong with a call, named by what the caller can do about it.

PinghomeError
├── Unauthorized   401, or no account is configured: the credentials are wrong
├── Forbidden      403: not your team
├── NotFound       404, 410: no such thing
├── Conflict       409: it exists already, or its state forbids it
├── Invalid        any other 4xx: the request can never succeed; `fields` says what is wrong
├── RateLimited    429: later; `retry_after` says when
└── Unavailable    5xx, 408, 425, a redirect, no answer, no JSON: later

No text of these errors holds a path parameter, a password or a token.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.domain.errors import BridgeError


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFault:
    """One field that the API refused, and why, in its words."""

    field: str
    message: str


class PinghomeError(BridgeError):
    """A call that did not succeed. `status` is None where no answer came."""

    def __init__(self, operation: str, reason: str, *, status: int | None = None) -> None:
        self.operation = operation
        self.reason = reason
        self.status = status
        answered = "no answer" if status is None else str(status)
        super().__init__(f"{operation}: {answered}: {reason}" if reason else f"{operation}: {answered}")


class Unauthorized(PinghomeError):
    """The account is unknown, its password wrong, or its token refused even when fresh."""


class Forbidden(PinghomeError):
    """The account may not do this: not its team."""


class NotFound(PinghomeError):
    """There is no such thing, or it belongs to somebody else."""


class Conflict(PinghomeError):
    """It exists already, or the state it is in forbids the call."""


class Invalid(PinghomeError):
    """The request itself is refused; the same again will be too. `fields` may be empty."""

    def __init__(
        self, operation: str, reason: str, *, status: int | None = None, fields: tuple[FieldFault, ...] = ()
    ) -> None:
        self.fields = fields
        named = "; ".join(f"{fault.field}: {fault.message}" for fault in fields)
        super().__init__(
            operation, " ".join(part for part in (reason, f"({named})" if named else "") if part), status=status
        )


class RateLimited(PinghomeError):
    """Too many calls. `retry_after` is in seconds, None where the API did not say."""

    def __init__(
        self, operation: str, reason: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        self.retry_after = retry_after
        super().__init__(operation, reason, status=status)


class Unavailable(PinghomeError):
    """Not now. Whether a write took effect is unknown."""
