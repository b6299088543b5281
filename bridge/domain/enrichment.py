"""What the operator knows about an alert and its sender does not: service, environment, team, labels, links."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.domain.alert import Link
from bridge.domain.conditions import When, compile_all, compile_key, equality_token, reads_raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is to be known. What is None or absent says nothing."""

    service: str | None = None
    environment: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Facts by the value that `key` finds, as `equal` compares; only where all of `when` holds."""

    key: str
    rows: Mapping[str, Facts]
    when: tuple[When, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Always:
    """Facts wherever all of `when` holds."""

    facts: Facts
    when: tuple[When, ...] = ()


class Enrichment:
    """Tables and rules of one configuration, in order: what an earlier one or the sender said stays."""

    def __init__(self, rules: Sequence[Table | Always] = ()) -> None:
        """Raises BadCondition where a condition or a key can never be evaluated."""
        self._rules = tuple((compile_all(rule.when), _finder(rule)) for rule in rules)
        self.reads_raw = reads_raw([when for rule in rules for when in rule.when]) or any(
            isinstance(rule, Table) and "raw" in rule.key for rule in rules
        )
        """Does any of them look into the raw message? Only then must a document hold it."""

    def apply(self, document: dict[str, Any]) -> None:
        """Add to the alert's document, in place. Its labels and links must belong to it alone."""
        for holds, find in self._rules:
            facts = find(document) if holds(document) else None
            if facts is not None:
                _add(document, facts)


def _finder(rule: Table | Always) -> Callable[[Any], Facts | None]:
    if isinstance(rule, Always):
        return lambda _: rule.facts
    look_up, rows = compile_key(rule.key), {equality_token(value): facts for value, facts in rule.rows.items()}

    def find(document: Any) -> Facts | None:
        found = look_up(document)
        return None if found is None else rows.get(equality_token(found))

    return find


def _add(document: dict[str, Any], facts: Facts) -> None:
    for name in ("service", "environment"):
        if document[name] is None:
            document[name] = getattr(facts, name)
    for name, value in facts.labels.items():
        document["labels"].setdefault(name, value)
    for link in facts.links:
        shown = {"rel": link.rel.value, "href": link.href}
        if shown not in document["links"]:
            document["links"].append(shown)
