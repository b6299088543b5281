"""Writing files that hold secrets."""

from __future__ import annotations

import os
from pathlib import Path


def write_secret(path: Path, text: str) -> None:
    """Readable by its owner alone, on disk before it has its name, and never half written. Raises OSError."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        written.write(text if text.endswith("\n") else f"{text}\n")
        written.flush()
        os.fsync(written.fileno())
    temporary.replace(path)
