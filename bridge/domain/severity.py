"""How bad an alert is, where the operator knows better than its sender or its source's table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from bridge.domain.alert import Severity
from bridge.domain.conditions import Predicate, When, compile_all, reads_raw

_NO_WORDS: Final[Mapping[Severity, Sequence[str]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRule:
    """All of `when` hold: then it is this bad, whatever else was said."""

    when: tuple[When, ...]
    severity: Severity


class Severities:
    """The operator's words and rules."""

    def __init__(self, rules: Sequence[SeverityRule] = (), words: Mapping[Severity, Sequence[str]] = _NO_WORDS) -> None:
        """`words` are what senders say, by what they mean; case and surrounding white space do not count.

        Raises BadCondition where a condition can never be evaluated.
        """
        self._rules: tuple[tuple[Predicate, Severity], ...] = tuple(
            (compile_all(rule.when), rule.severity) for rule in rules
        )
        self._words = {_plain(word): severity for severity, stated in words.items() for word in stated}
        self.reads_raw = reads_raw([when for rule in rules for when in rule.when])
        """Does any condition look into the raw message? Only then must a document hold it."""

    def by_word(self, stated: str | None) -> Severity | None:
        """What a sender's word means that its source does not know; None where the operator does not say either."""
        return None if stated is None else self._words.get(_plain(stated))

    def by_rule(self, document: Any) -> Severity | None:
        """The severity of the first rule whose conditions all hold over the alert's document, or None."""
        return next((severity for holds, severity in self._rules if holds(document)), None)


def _plain(word: str) -> str:
    return word.strip().casefold()
