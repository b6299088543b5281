"""Conditions in the configuration, and what is decided by them besides the route."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Self, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from bridge.domain.alert import Severity
from bridge.domain.conditions import JSON_CHECK, AllOf, AnyOf, BadCondition, Condition, Not, When, compile_condition
from bridge.domain.severity import Severities, SeverityRule
from bridge.settings.values import Model, NonEmpty, key_of


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


class AllSettings(Model):
    """All of them hold."""

    all_of: Annotated[tuple[WhenSettings, ...], Field(alias="all", min_length=1)]

    def condition(self) -> AllOf:
        """As the domain knows it."""
        return AllOf(members=conditions(self.all_of))


class AnySettings(Model):
    """At least one of them holds."""

    any_of: Annotated[tuple[WhenSettings, ...], Field(alias="any", min_length=1)]

    def condition(self) -> AnyOf:
        """As the domain knows it."""
        return AnyOf(members=conditions(self.any_of))


class NotSettings(Model):
    """It does not hold."""

    none_of: Annotated[WhenSettings, Field(alias="not")]

    def condition(self) -> Not:
        """As the domain knows it."""
        return Not(member=self.none_of.condition())


WhenSettings: TypeAlias = Annotated[
    Annotated[ConditionSettings, Tag("<condition>")]
    | Annotated[AllSettings, Tag("<all>")]
    | Annotated[AnySettings, Tag("<any>")]
    | Annotated[NotSettings, Tag("<not>")],
    Discriminator(key_of("all", "any", "not", default="<condition>")),
]
"""A condition, or `all`, `any` or `not` of more of them."""

for _model in (AllSettings, AnySettings, NotSettings):
    _model.model_rebuild()


def conditions(written: tuple[WhenSettings, ...]) -> tuple[When, ...]:
    """As the domain knows them."""
    return tuple(one.condition() for one in written)


class SeverityRuleSettings(Model):
    """How bad alerts are for which all of `when` holds. Rules are tried in order; the first that matches wins."""

    when: Annotated[tuple[WhenSettings, ...], Field(min_length=1)]
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
        rules = [SeverityRule(when=conditions(rule.when), severity=rule.severity) for rule in self.rules]
        return Severities(rules, self.words)
