"""What the tests of sources share: the captured cases, requests made of them, and alerts as plain JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bridge.domain.alert import Alert
from bridge.domain.errors import Undecoded
from bridge.domain.request import Request
from bridge.sources import SOURCES
from bridge.sources.base import Source

HERE = Path(__file__).parent
SAMPLES = HERE.parents[2] / "shared" / "samples"
"""Captures that are not part of the project: tests read them where they are, and skip where they are not."""

EXPECTED = ".expected.json"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One body that a kind of sender sends, and the file that says how it must be read."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def body(self) -> bytes:
        return (HERE / self.kind / f"{self.name}.json").read_bytes()

    @property
    def expected_path(self) -> Path:
        return HERE / self.kind / f"{self.name}{EXPECTED}"

    def expected(self) -> dict[str, Any]:
        """How the case must be read; nothing where that was not written down yet."""
        text = self.expected_path.read_text() if self.expected_path.exists() else "{}"
        document: dict[str, Any] = json.loads(text)
        return document

    def source(self) -> Source:
        return SOURCES[self.kind]()

    def alerts(self) -> list[Alert]:
        return list(self.source().decode(request_of(self.body)))


def cases() -> Iterator[Case]:
    """Every case of every kind, by name."""
    for kind in SOURCES:
        for path in sorted((HERE / kind).glob("*.json")):
            if not path.name.endswith(EXPECTED):
                yield Case(kind=kind, name=path.name.removesuffix(".json"))


def request_of(body: bytes, headers: Mapping[str, str] | None = None) -> Request:
    """A POST of the body."""
    return Request(method="POST", headers=headers or {}, query={}, body=body)


def reading_of(source: Source, request: Request) -> dict[str, Any]:
    """Everything that the source says about the request, as a JSON document."""
    shake = source.handshake(request)
    reading: dict[str, Any] = {
        "handshake": None if shake is None else {type(shake).__name__: dataclasses.asdict(shake)},
        "delivery_id": source.delivery_id(request),
    }
    try:
        reading["alerts"] = [_plain(dataclasses.asdict(alert)) for alert in source.decode(request)]
    except Undecoded as reason:
        reading["undecoded"] = str(reason)
    as_json: dict[str, Any] = json.loads(json.dumps(reading))
    return as_json


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.decode() if isinstance(value, bytes) else value
