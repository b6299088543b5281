"""Who is on call: exact answers from the entries of Pinghome's on-call schedules.

    entries, quarantined, warnings = oncall.read(documents, rules)
    roster = oncall.compile(entries, rules, horizon)
    roster.who(at)

The API names the seven fields of an entry and does not say what they mean. What they mean here is written beside the
code, rule by rule; where more than one reading is possible, `Rules` has the choice.
"""

from __future__ import annotations

from bridge.domain.oncall.entries import BadEntry, Entry, Quarantined, Reading, read
from bridge.domain.oncall.roster import Gap, Roster, Shift, compile  # noqa: A004 - read as oncall.compile, like re.compile
from bridge.domain.oncall.rules import BadRule, Rules

__all__ = [
    "BadEntry",
    "BadRule",
    "Entry",
    "Gap",
    "Quarantined",
    "Reading",
    "Roster",
    "Rules",
    "Shift",
    "compile",
    "read",
]
