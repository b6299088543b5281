"""The schema, as the steps that made it: the files of `schema/`, in the order of their numbers.

`user_version` counts the steps that a file has been through. A step that has been released is never changed. Times are
whole microseconds since 1970; lists and objects that are only stored and shown are JSON texts.
"""

from __future__ import annotations

import sqlite3
from importlib import resources
from typing import Final


def _steps() -> tuple[str, ...]:
    files = sorted(resources.files("bridge.local.storage").joinpath("schema").iterdir(), key=lambda file: file.name)
    return tuple(file.read_text(encoding="utf-8") for file in files if file.name.endswith(".sql"))


MIGRATIONS: Final[tuple[str, ...]] = _steps()


class NewerSchema(RuntimeError):
    """The file was written by a newer version of the bridge; this one would damage it."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to the newest schema, one transaction a step. Raises NewerSchema."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise NewerSchema(f"the file has schema {version}, this version of the bridge knows {len(MIGRATIONS)}")
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
