"""What an operation of the Pinghome API is, and what its requests and answers are made of.

Requests are models: their fields, constraints and descriptions drive the client, the command line, the local
Pinghome's validation, its OpenAPI document and the reference. The API's texts document no answers, so that every
field of an answer may be missing (None), and what is not known to a model is kept under `extra`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, Literal, Self, TypeAlias, TypeVar, get_type_hints
from urllib.parse import quote

import msgspec
from msgspec import Meta

_PARAMETER: Final = re.compile(r"\{(\w+)\}")

TEXT_LIMIT: Final = 4096
"""Characters of a long text, such as a description."""

Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
"""One line that says something."""
Text = Annotated[str, Meta(max_length=TEXT_LIMIT)]
"""A text that may be long or empty."""
END: Final = r"(?![\s\S])"
"""The end of a text in a pattern. `$` would let a line break pass before it."""
Email = Annotated[str, Meta(max_length=254, pattern=rf"^[^@\s]+@[^@\s]+\.[^@\s]+{END}")]
"""RFC 5321 4.5.3.1.3 bounds a path to 256 characters, two of which are its angle brackets."""
Password = Annotated[str, Meta(min_length=1, max_length=1024, extra={"secret": True})]
Time = Annotated[str, Meta(min_length=1, max_length=64, extra={"format": "date-time"})]
"""A time as of RFC 3339."""
Positive = Annotated[int, Meta(ge=1, le=2**31 - 1)]
NotNegative = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Page = Annotated[int, Meta(ge=1, le=1_000_000)]
Limit = Annotated[int, Meta(ge=1, le=100)]


def about(words: str) -> Meta:
    """A description of a field."""
    return Meta(description=words)


LOCAL: Final = Meta(extra={"local": True})
"""Marks a field that only the local Pinghome knows: it is in none of the API's texts."""


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body or the query of a request. A field with a default may be left out."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the API says of one thing. `extra` holds what the model does not know."""

    extra: Mapping[str, Any] = msgspec.field(default_factory=dict)

    @classmethod
    def read(cls, document: Any) -> Self:
        """Whatever of a document can be understood. A value of an unexpected type counts as unknown.

        A bare text is the thing's id: the texts say of some answers "the ruleset ID".
        """
        if isinstance(document, str):
            document = {"id": document}
        rest = dict(document) if isinstance(document, dict) else {}
        known: dict[str, Any] = {}
        for name, spellings, kind in _fields(cls):
            for spelling in spellings:
                if spelling not in rest:
                    continue
                try:
                    known[name] = msgspec.convert(rest[spelling], kind, strict=False)
                except msgspec.ValidationError:
                    continue
                del rest[spelling]
                break
        return cls(**known, extra=rest)


def also(*spellings: str) -> Meta:
    """Other names under which an answer may carry a field."""
    return Meta(extra={"also": spellings})


@functools.cache
def _fields(cls: type[Answer]) -> tuple[tuple[str, tuple[str, ...], Any], ...]:
    hints = get_type_hints(cls, include_extras=True)
    return tuple(
        (name, (name, *_spellings(hint)), hint) for name, hint in hints.items() if name in cls.__struct_fields__[1:]
    )


def _spellings(hint: Any) -> tuple[str, ...]:
    marks = (mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, Meta) and mark.extra)
    return tuple(name for mark in marks for name in (mark.extra or {}).get("also", ()))


class Confirmation(Answer, frozen=True, kw_only=True):
    """That it was done, in the API's words."""

    message: str | None = None
    id: str | None = None


A = TypeVar("A", bound=Answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[A]):
    """One operation: `method` on `path` (a template) of the host that serves `service`.

    `auth` says whether it takes a bearer token. The data gateway's operations take none: the webhook's or
    heartbeat's id in their path is the secret. `body` is `dict` where any JSON object will do. `many`: it answers a
    list of `answer`. `paging`: `page` (from 1) and `limit`, or `last_received_at`, the time below which it goes on.
    """

    system: str
    name: str
    title: str
    method: str
    service: str
    path: str
    answer: type[A]
    auth: bool = True
    body: type[Request] | type[dict[str, Any]] | None = None
    query: type[Request] | None = None
    many: bool = False
    paging: Literal["page", "last_received_at"] | None = None
    repeatable: bool | None = None

    @property
    def key(self) -> str:
        """The operation's name in the whole API, `webhook.submit`."""
        return f"{self.system}.{self.name}"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the path's parameters, in order."""
        return tuple(_PARAMETER.findall(self.path))

    @property
    def idempotent(self) -> bool:
        """Whether doing it twice is the same as doing it once (RFC 9110 9.2.2), unless the row says otherwise."""
        return self.method in ("GET", "PUT", "DELETE") if self.repeatable is None else self.repeatable

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


AnyOperation: TypeAlias = Operation[Any]
