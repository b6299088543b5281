"""Assignees of rulesets and incidents: objects with a type and an id."""

from __future__ import annotations

import msgspec

from bridge.local.validation import Fields


def read_assignees(fields: Fields) -> str | None:
    """The field `assignees` as JSON text, None where it is left out.

    The texts show only the type `team` and list no others: any is kept as it was given.
    """
    if not fields.has("assignees"):
        return None
    entries = fields.members("assignees", of=dict, what="objects")
    for index, entry in enumerate(entries):
        member = fields.nested("assignees", index, entry)
        member.text("type")
        member.text("id")
    return msgspec.json.encode(entries).decode()
