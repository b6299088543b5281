"""How sources read what strangers wrote: bytes into JSON, JSON into typed facts, text into times.

Every function takes any value and none raises anything but Undecoded, and only where it says so. A fact of
the wrong type is an absent fact: a sender's odd field must not cost the page that it came with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Final

import msgspec

from bridge.domain.alert import Alert, Link, Rel
from bridge.domain.conditions import canonical, number
from bridge.domain.errors import Undecoded

DEPTH_LIMIT: Final = 32
"""Levels of nesting that a document may have. The deepest real alert that is known has 10."""

TITLE_LIMIT: Final = 255
_BOM: Final = b"\xef\xbb\xbf"
_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})
_TIME_TEXT_LIMIT: Final = 64
_LAST_SECOND: Final = 253402300799
"""9999-12-31T23:59:59Z in seconds since 1970, the last that a datetime can hold."""


_FAILURES: Final = (
    "fail", "error", "fatal", "critical", "timedout", "timeout", "unsuccessful", "unhealthy", "impaired",
    "degraded", "approachingexpiration", "certificateexpired",
)  # fmt: skip
_NO_LETTERS: Final = re.compile(r"[^a-z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message out of its wrappings.

    `event_id` is the outermost wrapping's own id of the message, `channel` the topic or subscription that
    it came through, `raw` the member's exact bytes where one request holds several messages. A message of
    text has no document but `plain_text`. `body` is the document's exact JSON where a product may have to
    take it apart; `subject`, `attributes` and `sent_at` are the innermost wrapping's.
    """

    document: Mapping[str, object] = field(default_factory=dict)
    event_id: str | None = None
    channel: str | None = None
    raw: bytes | None = None
    plain_text: str | None = None
    body: bytes | None = None
    subject: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    sent_at: datetime | None = None


Product = Callable[[Message], Sequence[Alert]]
"""Reads one product's messages: no alerts for a message of another product, Undecoded for a broken one."""


def first_of(products: Sequence[Product], message: Message) -> Sequence[Alert]:
    """The alerts by the first product that knows the message, or none. Raises Undecoded as the product does."""
    for product in products:
        if alerts := product(message):
            return alerts
    return ()


def without_bom(body: bytes) -> bytes:
    """The body without a byte order mark, which no JSON parser takes and some senders write."""
    return body.removeprefix(_BOM)


def parse(body: bytes, what: str = "the body") -> object:
    """The body as JSON. Raises Undecoded where it is not strict JSON in UTF-8 of a bearable depth.

    A byte order mark is tolerated and the last of duplicate keys counts, as every sender's own parser has
    it. NaN, infinities, numbers beyond a double and lone surrogates are refused.
    """
    try:
        document: object = msgspec.json.decode(without_bom(body))
    except (ValueError, RecursionError) as error:
        raise Undecoded(f"{what} is no JSON: {error}") from None
    # Only a body with that many brackets can be that deep; to count them costs nothing.
    if body.count(b"{") + body.count(b"[") > DEPTH_LIMIT and _deeper_than(document, DEPTH_LIMIT):
        raise Undecoded(f"{what} is nested deeper than {DEPTH_LIMIT} levels")
    return document


def parse_or_none(body: bytes) -> object:
    """The body as JSON, or None where `parse` would raise."""
    try:
        return parse(body)
    except Undecoded:
        return None


def _deeper_than(document: object, limit: int) -> bool:
    level: Sequence[object] = (document,)
    for _ in range(limit):
        level = [inner for outer in level for inner in _values(outer) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _values(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else members(value)


def mapping(value: object, *path: str) -> Mapping[str, object]:
    """The JSON object at `path` below `value`; an empty one where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else _NOTHING


def members(value: object) -> Sequence[object]:
    """The members of a JSON array; none where the value is no array."""
    return value if isinstance(value, list) else ()


def raw_members(body: bytes, *path: str) -> Sequence[bytes]:
    """The exact bytes of each member of the JSON array at `path`; none where there is no array.

    The body must be one that `parse` took.
    """
    found = bytes(without_bom(body))
    try:
        for key in path:
            found = bytes(msgspec.json.decode(found, type=dict[str, msgspec.Raw])[key])
        return tuple(bytes(member) for member in msgspec.json.decode(found, type=list[msgspec.Raw]))
    except (KeyError, msgspec.ValidationError):
        return ()


def text(value: object) -> str | None:
    """A text that shows something, or a number as text. Blank text, booleans and structures are None."""
    if isinstance(value, str):
        # Nearly every text begins with a letter or a digit: no need to look further.
        shows = value[:1].isalnum() or any(char.isprintable() and char != " " for char in value)
        return value if shows else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return canonical(value)
    return None


def first_text(*values: object) -> str | None:
    """The first of the values that is a text."""
    return next((found for found in map(text, values) if found is not None), None)


def labels(*sources: Mapping[str, object]) -> dict[str, str]:
    """Scalars of the mappings as text, later mappings over earlier ones; structures and nulls are left out."""
    return {
        key: canonical(value)
        for source in sources
        for key, value in source.items()
        if isinstance(value, str | int | float) and value != ""
    }


def pairs(value: object) -> dict[str, str]:
    """`[{"name": ..., "value": ...}]`, the usual way to write dimensions, also with capitals."""
    found: dict[str, str] = {}
    for member in map(mapping, members(value)):
        name = first_text(member.get("name"), member.get("Name"))
        stated = first_text(member.get("value"), member.get("Value"))
        if name is not None and stated is not None:
            found[name] = stated
    return found


def title(*parts: str | None) -> str:
    """The parts as one printable line of at most 255 characters."""
    joined = " ".join(part for part in parts if part)[: 8 * TITLE_LIMIT]
    line = " ".join("".join(char if char.isprintable() else " " for char in joined).split())
    return line if len(line) <= TITLE_LIMIT else f"{line[: TITLE_LIMIT - 1]}…"


def web_links(*stated: tuple[Rel, object]) -> tuple[Link, ...]:
    """The links among the stated values: absolute http(s) addresses, each once."""
    found: dict[str, Link] = {}
    for rel, value in stated:
        if isinstance(value, str) and value.lower().startswith(("https://", "http://")):
            found.setdefault(value, Link(rel=rel, href=value))
    return tuple(found.values())


def time(value: object) -> datetime | None:
    """A sender's time in UTC, or None where it is missing or means nothing.

    Understands ISO 8601 with any number of fraction digits and `+0000` (Azure, Google Cloud, CloudWatch),
    seconds since 1970 as a number or as text (Google Cloud), `3/22/2019 1:36:31 PM` (Azure log alerts V1)
    and RFC 5322 dates (AWS Health). A time without a zone is UTC. 0, null, "" and year 1 are missing.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _from_epoch(value)
    if not isinstance(value, str) or not 0 < len(value) <= _TIME_TEXT_LIMIT:
        return None
    for read in (_from_epoch_text, datetime.fromisoformat, _from_us_text, parsedate_to_datetime):
        try:
            found = read(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return None if found is None else _in_utc(found)
    return None


def time_ms(value: object) -> datetime | None:
    """A time in milliseconds since 1970, as a number or as text, to UTC. 0 and what is no number are missing."""
    found = number(value)
    return None if found is None else _from_epoch(found / 1000)


def _from_epoch(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds <= _LAST_SECOND else None


def _from_epoch_text(value: str) -> datetime | None:
    return _from_epoch(float(value))


def _from_us_text(value: str) -> datetime:
    return datetime.strptime(value, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=UTC)


def _in_utc(value: datetime) -> datetime | None:
    if value.year == 1:
        return None
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        return None


def states_failure(*values: object) -> bool:
    """Whether one of the texts has a word of failure in it, however it is written (`TIMED_OUT`, `Timed Out`)."""
    return any(word in plain for plain in _letters(values) for word in _FAILURES)


def is_word(value: object, words: Iterable[str]) -> bool:
    """Whether the text is one of the words, which have no capitals and no separators."""
    return any(plain in words for plain in _letters([value]))


def _letters(values: Iterable[object]) -> Iterable[str]:
    return (_NO_LETTERS.sub("", stated.casefold()) for stated in map(text, values) if stated is not None)
