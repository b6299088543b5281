"""Conditions in the configuration, and what is decided by them besides the route."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Self

from pydantic import Field, model_validator

from bridge.domain.alert import Severity
from bridge.domain.conditions import JSON_CHECK, BadCondition, Condition, compile_condition
from bridge.domain.severity import Severities, SeverityRule
from bridge.settings.values import Model, NonEmpty


class ConditionSettings(Model):
    """One condition in Pinghome's own language."""

    type: str = JSON_CHECK
    key: NonEmpty
    operator: str
    values: tuple[str | bool | int | float | None, ...] = ()

    @model_validator(mode="after")
    def _evaluable(self) -> Self:
        try:
            compile_condition(self.condition())
        except BadCondition as error:
            raise ValueError(str(error)) from None
        return self

    def condition(self) -> Condition:
        """As the domain knows it."""
        return Condition(type=self.type, key=self.key, operator=self.operator, values=self.values)


class SeverityRuleSettings(Model):
    """How bad alerts are for which all of `when` holds. Rules are tried in order; the first that matches wins."""

    when: Annotated[tuple[ConditionSettings, ...], Field(min_length=1)]
    severity: Severity


class SeveritySettings(Model):
    """Severities of one's own. `words` are senders' words that their source has no severity for."""

    rules: tuple[SeverityRuleSettings, ...] = ()
    words: dict[Severity, tuple[NonEmpty, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _unambiguous(self) -> Self:
        counted = Counter(word.casefold() for words in self.words.values() for word in {w.casefold() for w in words})
        twice = sorted(word for word, times in counted.items() if times > 1)
        if twice:
            raise ValueError(f"words: these mean two severities: {', '.join(twice)}")
        return self

    def severities(self) -> Severities:
        """As the domain knows it."""
        rules = [
            SeverityRule(when=tuple(one.condition() for one in rule.when), severity=rule.severity)
            for rule in self.rules
        ]
        return Severities(rules, self.words)
