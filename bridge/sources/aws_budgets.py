"""AWS Budgets by SNS: plain text, of which the lines `Name: value` are read.

Source: AWS documentation, AWS Cost Management user guide, "Creating an Amazon SNS topic for budget
notifications", and mails as people show them. A budget never says that it is in order again: a new period
begins silently.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from bridge.domain.alert import Alert, Condition, Resource
from bridge.domain.conditions import number
from bridge.sources.aws_event import FIRING, Details, Place, alert_of, key_of, topic_place
from bridge.sources.reading import Message, title

_SUBJECT: Final = "AWS Budgets:"
_LINE: Final = re.compile(r"^[ \t]*([A-Z][A-Za-z ]{1,30}): *(\S.*?)[ \t\r]*$", re.MULTILINE)
_ACCOUNT: Final = re.compile(r"\bAWS Account:? (\d{12})\b")
_AMOUNT: Final = re.compile(r"-?[\d,]+(?:\.\d+)?")


def read(message: Message) -> Sequence[Alert]:
    """The alert of one budget. Raises Undecoded where it names no budget."""
    written = message.plain_text
    if written is None or not ((message.subject or "").startswith(_SUBJECT) or "\nBudget Name:" in written):
        return ()
    lines = dict(_LINE.findall(written))
    name, kind, threshold = lines.get("Budget Name"), lines.get("Alert Type"), lines.get("Alert Threshold", "")
    if name is None:
        return ()
    amount, topic = lines.get(f"{kind} Amount"), topic_place(message)
    account = _ACCOUNT.search(written)
    place = Place(account=account.group(1) if account else topic.account)
    return (
        alert_of(
            message,
            "budget",
            FIRING,
            key=key_of(None, "budget", place.account, name, suffix=f"{kind}|{threshold}"),
            title=title(message.subject) or title("AWS Budgets:", name, "is over its threshold"),
            place=place,
            details=Details(
                severity_raw=kind,
                description=written,
                resource=Resource(id=name, type="AWS::Budgets::Budget", name=name),
                condition=Condition(
                    metric=f"{kind.lower()} amount" if kind else None,
                    operator=threshold[:1] if threshold[:1] in (">", "<") else None,
                    threshold=_amount(threshold),
                    value=_amount(amount),
                    unit="USD" if "$" in threshold else None,
                    text=f"{kind} {amount}, threshold {threshold}, budget {lines.get('Budgeted Amount')}",
                ),
                labels={"budget": name, "budget_type": lines.get("Budget Type"), "alert_type": kind},
                since=message.sent_at,
            ),
        ),
    )


def _amount(stated: str | None) -> float | None:
    """`$1,234.50` as a number."""
    found = _AMOUNT.search(stated or "")
    return number(found.group().replace(",", "")) if found else None
