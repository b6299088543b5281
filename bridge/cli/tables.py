"""Showing the API's answers to people."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

WIDTH: Final = 160
"""Columns where the output is no terminal."""


def show(data: Any) -> None:
    """A list of objects as a table, an object as two columns, anything else as JSON."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    if data is None or data == []:
        console.print("done" if data is None else "none")
        return
    if isinstance(data, dict):
        table = Table(show_header=False)
        table.add_column(style="dim")
        table.add_column(overflow="fold")
        for name, value in data.items():
            table.add_row(name, _text(value))
        console.print(table)
        return
    if isinstance(data, list) and all(isinstance(entry, dict) for entry in data):
        names = list(dict.fromkeys(name for entry in data for name in entry))
        table = Table()
        for name in names:
            table.add_column(name, overflow="fold")
        for entry in data:
            table.add_row(*(_text(entry.get(name)) for name in names))
        console.print(table)
        return
    console.print_json(json.dumps(data))


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
