"""What the operator knows and senders do not, in the configuration: tables of facts, and words of one's own."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from bridge.domain.alert import Link, Rel
from bridge.domain.conditions import BadCondition, canonical, compile_key
from bridge.domain.enrichment import Always, Facts, Table
from bridge.domain.template import Template, compile_template
from bridge.settings.conditions import WhenSettings, conditions
from bridge.settings.values import Model, NonEmpty

Href = Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2048)]


def _words(value: Any) -> Any:
    """YAML reads `1:` as a number and `yes:` as true; what an alert says is text or JSON."""
    return {canonical(word): facts for word, facts in value.items()} if isinstance(value, dict) else value


class FactsSettings(Model):
    """What is to be known. `team` is the label `team`."""

    service: NonEmpty | None = None
    environment: NonEmpty | None = None
    team: NonEmpty | None = None
    labels: dict[NonEmpty, str] = Field(default_factory=dict)
    links: dict[Rel, Href] = Field(default_factory=dict)

    def facts(self) -> Facts:
        """As the domain knows it."""
        return Facts(
            service=self.service,
            environment=self.environment,
            labels={**self.labels, **({"team": self.team} if self.team else {})},
            links=tuple(Link(rel=rel, href=href) for rel, href in self.links.items()),
        )


class EnrichmentSettings(Model):
    """Facts for alerts for which all of `when` holds: always the same (`set`), or by what `by` finds (`rows`)."""

    when: tuple[WhenSettings, ...] = ()
    by: NonEmpty | None = None
    rows: Annotated[dict[str, FactsSettings], BeforeValidator(_words)] = Field(default_factory=dict)
    always: Annotated[FactsSettings | None, Field(alias="set")] = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if (self.by is not None) is not bool(self.rows) or (self.by is None) is (self.always is None):
            raise ValueError("give either `set`, or `by` and `rows`")
        if self.by is not None:
            try:
                compile_key(self.by)
            except BadCondition as error:
                raise ValueError(f"by: {error}") from None
        return self

    def rule(self) -> Table | Always:
        """As the domain knows it."""
        when = conditions(self.when)
        if self.always is not None:
            return Always(facts=self.always.facts(), when=when)
        return Table(key=self.by or "", rows={value: row.facts() for value, row in self.rows.items()}, when=when)


class TemplateSettings(Model):
    """How alerts are worded for which all of `when` holds. The first that matches wins."""

    when: tuple[WhenSettings, ...] = ()
    title: NonEmpty | None = None
    description: NonEmpty | None = None

    @model_validator(mode="after")
    def _fillable(self) -> Self:
        if self.title is None and self.description is None:
            raise ValueError("give a title, a description, or both")
        for name in ("title", "description"):
            try:
                compile_template(getattr(self, name) or "")
            except BadCondition as error:
                raise ValueError(f"{name}: {error}") from None
        return self

    def template(self) -> Template:
        """As the domain knows it."""
        return Template(when=conditions(self.when), title=self.title, description=self.description)
