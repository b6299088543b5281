"""What a handler is given and what it gives back: no HTTP library, no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

import msgspec

from bridge.local.times import micros
from bridge.pinghome.operation import AnyOperation


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who holds the token."""

    id: str
    organisation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. Header names are lower case; `query` holds every value of a parameter.

    `method` is what the client used, which an alias of the operation may allow to differ from the table's.
    `origin` is the scheme and host that the client called; `strict` is how the application was started.
    """

    operation: AnyOperation
    method: str
    path: Mapping[str, str]
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    origin: str
    ip: str | None
    strict: bool
    signed_in: Customer | None = None

    @property
    def customer(self) -> Customer:
        """The customer; every operation with `auth` has one."""
        if self.signed_in is None:
            raise LookupError(f"{self.operation.key} has no customer: it takes no token")
        return self.signed_in

    @property
    def now(self) -> int:
        """The time of the request in microseconds since 1970."""
        return micros(self.received_at)

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises Refusal 400 for anything else."""
        try:
            document = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Refusal(HTTPStatus.BAD_REQUEST, "The body is no JSON.") from None
        if not isinstance(document, dict):
            raise Refusal(HTTPStatus.BAD_REQUEST, "The body must be a JSON object.")
        return document


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer: `{"message", "data"}`. Without a message the answer has no body."""

    message: str | None
    data: Any = None
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One field of a request that cannot be accepted."""

    field: str
    message: str


class Refusal(Exception):
    """A request that is not carried out; whatever its handler wrote is rolled back."""

    def __init__(
        self, status: int, message: str, *, faults: tuple[Fault, ...] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        self.status = int(status)
        self.message = message
        self.faults = faults
        self.headers = dict(headers or {})
        super().__init__(message)


def unauthorized(message: str = "The token is missing, unknown or expired.") -> Refusal:
    """401, in the same words whatever is wrong with a token."""
    return Refusal(HTTPStatus.UNAUTHORIZED, message, headers={"WWW-Authenticate": "Bearer"})


def not_found(what: str, *, named_by: str | None = None) -> Refusal:
    """404; `named_by` is the field of the body or query that named the thing, None where the path did."""
    message = f"There is no such {what}."
    faults = () if named_by is None else (Fault(field=named_by, message=message),)
    return Refusal(HTTPStatus.NOT_FOUND, message, faults=faults)


def invalid(*faults: Fault) -> Refusal:
    """422 with every field that is wrong."""
    return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "The request has invalid fields.", faults=faults)


def created(message: str, data: Any) -> Reply:
    """201."""
    return Reply(message=message, data=data, status=HTTPStatus.CREATED)


def encode(reply: Reply) -> bytes:
    """The body of an answer; empty where there is no message."""
    if reply.message is None:
        return b""
    if reply.data is None:
        return msgspec.json.encode({"message": reply.message})
    return msgspec.json.encode({"message": reply.message, "data": reply.data})


def encode_error(message: str, faults: tuple[Fault, ...] = ()) -> bytes:
    """The body of a refusal: `{"message", "errors": [{"field", "message"}]}`."""
    return msgspec.json.encode({"message": message, "errors": list(faults)})
