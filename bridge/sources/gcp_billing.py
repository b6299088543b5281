"""Cloud Billing's budgets, which publish their state to Pub/Sub several times a day, exceeded or not.

Source: Google Cloud documentation, Cloud Billing, "Set up programmatic notifications", "Notification format". Only a
message with an exceeded threshold is an alert. What names the budget are attributes of the Pub/Sub message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.domain.alert import Action, Alert, Condition, Severity, Status
from bridge.domain.conditions import canonical, number
from bridge.sources.reading import Message, labels, mapping, text, title

_TYPE: Final = "gcp-budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exceeded:
    """The highest thresholds that are exceeded, as parts of the budget (1.0 is all of it); None for none."""

    actual: int | float | None
    forecast: int | float | None

    @property
    def key(self) -> str:
        """One problem for each set of thresholds: when a further one is exceeded, that is news."""
        told = (("actual", self.actual), ("forecast", self.forecast))
        return "/".join(f"{name}-{canonical(part)}" for name, part in told if part is not None) or "quiet"

    @property
    def words(self) -> str:
        """What happened, in percent of the budget."""
        told = (("exceeded", self.actual), ("forecast to be exceeded", self.forecast))
        return ", ".join(f"{_percent(part)} % {word}" for word, part in told if part is not None)


def read(message: Message) -> Sequence[Alert]:
    """The alert of one message, of the status `info` where no threshold is exceeded. Raises nothing."""
    name = text(message.document.get("budgetDisplayName"))
    if name is None or "costAmount" not in message.document:
        return ()
    exceeded = _Exceeded(
        actual=number(message.document.get("alertThresholdExceeded")),
        forecast=number(message.document.get("forecastThresholdExceeded")),
    )
    pages = exceeded.actual is not None or exceeded.forecast is not None
    account, budget = _named(message.attributes, "billingAccountId"), _named(message.attributes, "budgetId")
    start = text(message.document.get("costIntervalStart"))
    return (
        Alert(
            type=_TYPE,
            status=Status.FIRING if pages else Status.INFO,
            action=Action.TRIGGER if pages else Action.INFO,
            key="/".join(
                [
                    "billingAccounts",
                    account or message.channel or "",
                    "budgets",
                    budget or name,
                    start or "",
                    exceeded.key,
                ]
            ),
            global_key=account is not None and budget is not None,
            title=title(f"Budget {name}:", exceeded.words or "no threshold is exceeded"),
            # What is no problem must not get the default severity of problems.
            severity=None if pages else Severity.INFO,
            description=_description(message.document),
            provider="gcp",
            account=account,
            event_id=message.event_id,
            condition=_condition(message.document, exceeded),
            labels=_labels(message.document, budget),
            raw=message.raw,
        ),
    )


def _named(attributes: Mapping[str, str], name: str) -> str | None:
    """An attribute of the message, which is a header in lower case where the push is unwrapped."""
    return text(attributes.get(name)) or text(attributes.get(name.lower()))


def _description(document: Mapping[str, object]) -> str:
    unit = text(document.get("currencyCode"))
    cost, budget = text(document.get("costAmount")), text(document.get("budgetAmount"))
    return title("Spent", cost or "an unknown amount", "of", budget or "an unknown budget", unit)


def _condition(document: Mapping[str, object], exceeded: _Exceeded) -> Condition:
    part = exceeded.actual if exceeded.actual is not None else exceeded.forecast
    budget = number(document.get("budgetAmount"))
    return Condition(
        metric="forecast cost" if exceeded.actual is None and exceeded.forecast is not None else "cost",
        operator=">" if part is not None else None,
        threshold=number(round(float(budget) * float(part), 2)) if budget is not None and part is not None else None,
        # The forecast amount itself is not in the message.
        value=number(document.get("costAmount")),
        unit=text(document.get("currencyCode")),
        text=exceeded.words or None,
    )


def _labels(document: Mapping[str, object], budget: str | None) -> dict[str, str]:
    named = {
        "budget": document.get("budgetDisplayName"),
        "budget_id": budget,
        "budget_amount_type": document.get("budgetAmountType"),
        "cost_interval_start": document.get("costIntervalStart"),
    }
    return labels(mapping(document, "labels"), named)


def _percent(part: int | float) -> str:
    return canonical(round(float(part) * 100, 2))
