"""The mapping of a sender that no decoder knows: which JMESPath expression finds which fact of an alert."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from bridge.domain.alert import Rel, Severity, Status
from bridge.domain.conditions import BadCondition, canonical, compile_key
from bridge.settings.values import Model, NonEmpty
from bridge.sources.mapped import AlertMapping


def _compiled(expression: str) -> str:
    try:
        compile_key(expression)
    except BadCondition as error:
        raise ValueError(str(error)) from None
    return expression


def _words(value: Any) -> Any:
    """YAML reads `1:` as a number and `yes:` as true; what the sender writes is text or JSON."""
    return {canonical(word): meaning for word, meaning in value.items()} if isinstance(value, dict) else value


Expression = Annotated[NonEmpty, AfterValidator(_compiled)]
"""A JMESPath expression."""


class MappingSettings(Model):
    """Expressions over the sender's JSON, or over each member that `each` finds; and what the sender's words mean.

    What is left out is not looked for, but for `status`: without it every message fires.
    """

    title: Expression
    dedup_key: Expression
    each: Expression | None = None
    delivery_id: Expression | None = None
    status: Expression | None = None
    severity: Expression | None = None
    description: Expression | None = None
    account: Expression | None = None
    region: Expression | None = None
    resource: Expression | None = None
    reason: Expression | None = None
    labels: Expression | None = None
    links: dict[Rel, Expression] = Field(default_factory=dict)
    starts_at: Expression | None = None
    ends_at: Expression | None = None
    statuses: Annotated[dict[str, Status | Literal["test"]], BeforeValidator(_words)] = Field(default_factory=dict)
    severities: Annotated[dict[str, Severity], BeforeValidator(_words)] = Field(default_factory=dict)

    def mapping(self) -> AlertMapping:
        """As a source knows it."""
        facts = {name: getattr(self, name) for name in type(self).model_fields}
        return AlertMapping(**facts | {"status": self.status or f"'{Status.FIRING}'"})
