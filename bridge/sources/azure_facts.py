"""What every alert of Azure Monitor is read from, what its family adds, and the words that families share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bridge.domain.alert import Condition, Rel, Severity
from bridge.domain.conditions import number
from bridge.sources.reading import text

_SEVERITIES: Final = {
    "sev0": Severity.CRITICAL,
    "sev1": Severity.HIGH,
    "sev2": Severity.MEDIUM,
    "sev3": Severity.LOW,
    "sev4": Severity.INFO,
    "0": Severity.CRITICAL,
    "1": Severity.HIGH,
    "2": Severity.MEDIUM,
    "3": Severity.LOW,
    "4": Severity.INFO,
    "info": Severity.INFO,
    "scale in": Severity.INFO,
    "scale out": Severity.INFO,
}
"""The common schema's words, the legacy schemas' numbers, and what autoscale did: a notice, as Azure rates it."""

_OPERATORS: Final = {
    "greaterthan": ">",
    "greaterthanorequal": ">=",
    "greaterthanorequalto": ">=",
    "lessthan": "<",
    "lessthanorequal": "<=",
    "lessthanorequalto": "<=",
    "equal": "==",
    "equals": "==",
    "equalto": "==",
    "greaterorlessthan": "outside band",
}
_MONEY: Final = re.compile(r"\D{0,4}?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\D{0,4}")
"""`$11,111.00` as cost alerts write it; other countries' ways would be guesses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The parts of one message that its family is read from. `service` is the monitoring service."""

    service: str
    essentials: Mapping[str, object]
    context: Mapping[str, object]
    custom: Mapping[str, object]
    alert_id: str | None
    target: str | None
    subscription: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What only the family knows.

    `identity` is None where the alert id is the identity. `recovered` says that the problem is over although
    the message says "Fired". `subject` is None where the rule's name says it best, `description` where the
    rule's own does.
    """

    type: str
    severity: Severity | None
    severity_raw: str | None
    identity: str | None = None
    recovered: bool = False
    subject: str | None = None
    description: str | None = None
    region: str | None = None
    condition: Condition | None = None
    labels: Mapping[str, object] = field(default_factory=dict)
    links: Sequence[tuple[Rel, object]] = ()


def rated(stated: object) -> tuple[Severity | None, str | None]:
    """The severity by the table, None where the word is not in it, and the word."""
    word = text(stated)
    return _SEVERITIES.get((word or "").casefold()), word


def operator(value: object) -> str | None:
    """The operator as a sign, or as it was stated."""
    stated = text(value)
    return None if stated is None else _OPERATORS.get(stated.replace(" ", "").casefold(), stated)


def money(value: object) -> int | float | None:
    """An amount with or without a currency sign."""
    found = _MONEY.fullmatch(text(value) or "")
    return number(found.group(1).replace(",", "")) if found else None
