"""Finding the rules that may match without asking them all: each key is looked up once a document, and rules that
want a key to be equal to something are found by what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from bridge.domain.conditions import AllOf, Condition, LookUp, When, compile_key, equality_token

_UNSEEN: Final = object()


class Seen:
    """One document, and what was looked up in it so far."""

    __slots__ = ("document", "values")

    def __init__(self, document: Any, keys: int) -> None:
        """Nothing is looked up yet."""
        self.document = document
        self.values: list[Any] = [_UNSEEN] * keys


class KeyTable:
    """The keys that a set of rules looks up."""

    def __init__(self) -> None:
        """Grows while rules are compiled, never after."""
        self._readers: dict[str, LookUp] = {}

    def reader(self, key: str) -> LookUp:
        """The look-up of a key in a `Seen`. Raises BadCondition."""
        if key not in self._readers:
            self._readers[key] = self._new(compile_key(key), len(self._readers))
        return self._readers[key]

    def see(self, document: Any) -> Seen:
        """A document for the readers."""
        return Seen(document, len(self._readers))

    @staticmethod
    def _new(look_up: LookUp, slot: int) -> LookUp:
        def read(seen: Seen) -> Any:
            value = seen.values[slot]
            if value is _UNSEEN:
                value = seen.values[slot] = look_up(seen.document)
            return value

        return read


class EqualityIndex:
    """Sets of rules as the bits of a whole number: bit n is the rule n."""

    def __init__(self, rules: Sequence[When], table: KeyTable) -> None:
        """Only `equal` conditions that must hold count; what else a rule wants it must be asked."""
        everyone = (1 << len(rules)) - 1
        wanted: dict[str, dict[int | float | str, int]] = {}
        concerned: dict[str, int] = {}
        for number, rule in enumerate(rules):
            for condition in _required(rule):
                concerned[condition.key] = concerned.get(condition.key, 0) | 1 << number
                of_key = wanted.setdefault(condition.key, {})
                for value in condition.values:
                    token = equality_token(value)
                    of_key[token] = of_key.get(token, 0) | 1 << number
        self._everyone = everyone
        self._keys = tuple((table.reader(key), wanted[key], everyone & ~concerned[key]) for key in wanted)

    def candidates(self, seen: Seen) -> Iterator[int]:
        """The rules that may hold, in their order; no other can."""
        left = self._everyone
        for read, wanted, unconcerned in self._keys:
            found = read(seen)
            left &= unconcerned if found is None else wanted.get(equality_token(found), 0) | unconcerned
        while left:
            lowest = left & -left
            left ^= lowest
            yield lowest.bit_length() - 1


def _required(rule: When) -> Iterator[Condition]:
    match rule:
        case Condition(operator="equal"):
            yield rule
        case AllOf(members=members):
            for member in members:
                yield from _required(member)
        case _:
            pass  # one of several, or the opposite: what it wants need not be so
