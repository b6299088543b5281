"""`docs/reference/pinghome-api.md`, written from the table of operations.

Run as `python -m bridge.pinghome.reference FILE` (`make reference`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

from bridge.pinghome.describe import Parameter, parameters
from bridge.pinghome.endpoints import LOCAL_EXTRAS, OPERATIONS, SYSTEMS
from bridge.pinghome.operation import AnyOperation

_HEAD: Final = """\
# Pinghome's API

Every operation: how it is called from the command line and from Python, and what it takes. Written by `make reference`
from the table that drives the client, the command line and the local Pinghome; not by hand.

`(required)` fields must be given. `(local)` ones only the local Pinghome knows. Lists repeat their option; JSON is
given as text or as `@FILE`.

```python
from bridge.pinghome.client import Pinghome
from bridge.pinghome.connection import Connection

async with Pinghome(Connection(url="cloud", email="me@example.com", password="...")) as pinghome:
    for team in await pinghome.teams.list():
        print(team.name, [member.email for member in await pinghome.teams.members(team.team_id)])
```
"""
_KINDS: Final[dict[Any, str]] = {str: "text", int: "whole number", float: "number", bool: "true, false", dict: "JSON"}


def markdown() -> str:
    """The whole page."""
    parts = [_HEAD]
    for system, about in SYSTEMS.items():
        parts.append(f"## {system}\n\n{about}\n")
        parts += [_operation(row) for row in (*OPERATIONS, *LOCAL_EXTRAS) if row.system == system]
    return "\n".join(parts)


def _operation(row: AnyOperation) -> str:
    notes = []
    if not row.auth:
        notes.append("Needs no account.")
    if row in LOCAL_EXTRAS:
        notes.append("Only the local Pinghome knows it.")
    if row.paging is not None:
        notes.append("`--all` reads all pages.")
    command = f"pinghome-bridge pinghome {row.system} {row.name.replace('_', '-')}"
    words = [command, *(f"<{name}>" for name in row.parameters)]
    lines = [f"### {row.key}", "", f"{row.title}. {' '.join(notes)}".strip(), ""]
    lines += [f"- `{row.method} {row.service} {row.path}`", f"- `{' '.join(words)}`"]
    if row.body is dict:
        lines.append("- body: any JSON object")
    lines += [_parameter(one) for one in parameters(row)]
    return "\n".join([*lines, ""])


def _parameter(one: Parameter) -> str:
    kind = _KINDS.get(one.kind) or f"list of {_KINDS[one.kind.__args__[0]]}s"
    choices = f": {', '.join(f'`{choice}`' for choice in one.choices)}" if one.choices and one.kind is not dict else ""
    marks = " ".join(mark for mark, there in (("(required)", one.required), ("(local)", one.local)) if there)
    words = " ".join(part for part in (marks, f"{kind}{choices}.", one.about) if part)
    return f"- {one.where} `{one.name}`: {words}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(markdown(), encoding="utf-8")
