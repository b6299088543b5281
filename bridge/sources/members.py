"""Messages that hold several others: one broken member must not take the others' pages with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from bridge.domain.alert import Action, Alert, Status
from bridge.domain.conditions import canonical
from bridge.domain.errors import Undecoded
from bridge.sources.reading import parse_or_none

T = TypeVar("T")

_TYPE: Final = "undecoded"


def each_or_plain(members: Iterable[tuple[bytes, T]], read: Callable[[bytes, T], Sequence[Alert]]) -> Sequence[Alert]:
    """The alerts of every member, given as its own JSON and what was made of it; a broken one becomes a plain alert.

    Raises Undecoded where there is no good member at all: the message is then delivered as a whole.
    """
    found: list[Alert] = []
    broken: list[tuple[bytes, Undecoded]] = []
    for raw, member in members:
        try:
            found += read(raw, member)
        except Undecoded as error:
            broken.append((raw, error))
    if broken and not found:
        raise broken[0][1]
    return [*found, *(_plain(raw, str(error)) for raw, error in broken)]


def _plain(raw: bytes, reason: str) -> Alert:
    """Its key is what it says, so that two unknown members are not taken for one problem."""
    said = canonical(parse_or_none(raw)).encode("utf-8", "replace")
    return Alert(
        type=_TYPE,
        status=Status.FIRING,
        action=Action.TRIGGER,
        key=f"{_TYPE}/{hashlib.sha256(said).hexdigest()}",
        title="Member of a message that the bridge could not decode",
        description=f"Delivered as it came. {reason}",
        raw=raw,
    )
