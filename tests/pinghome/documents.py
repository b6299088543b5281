"""The extracted API texts, where they lie beside the project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.pinghome.operation import AnyOperation

ENDPOINTS = Path(__file__).parents[2].parent / "shared" / "pinghome-api" / "endpoints.json"


def documented() -> list[dict[str, Any]]:
    """Every documented operation; skips the test where the texts are not at hand."""
    if not ENDPOINTS.is_file():
        pytest.skip("the API texts (../shared/pinghome-api/endpoints.json) are not beside this checkout")
    rows: list[dict[str, Any]] = json.loads(ENDPOINTS.read_text(encoding="utf-8"))
    return rows


def documented_row(row: AnyOperation) -> dict[str, Any] | None:
    """The documented operation of the same method, service and path."""
    host = f"{row.service}.api.pinghome.io"
    same = [
        found
        for found in documented()
        if (found["method"], found["host"], found["path"]) == (row.method, host, row.path)
    ]
    return same[0] if same else None
