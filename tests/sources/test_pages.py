"""The pages of the sources: what they show of a message is what comes out, and their settings are settings."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.domain.delivery import Delivery, DeliveryId
from bridge.domain.request import AuthMethod, Principal
from bridge.settings import load
from bridge.wiring import planner
from tests.sources.kit import HERE

ROOT = HERE.parents[1]
PAGES = sorted((ROOT / "docs" / "sources").glob("*.md"))
SAMPLE = re.compile(r"In: `(tests/sources/[^`]+)`.*?Out, .*?```json\n(.*?)```", re.DOTALL)
SETTINGS = re.compile(r"```yaml\n# the bridge\n(.*?)```", re.DOTALL)
ROUTE = "routes: [{name: all, to: [{webhook: c03b02ec-244f-4d2c-8f68-3910071ed5c8}]}]\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_pages_sample_is_what_comes_out(page: Path) -> None:
    samples = SAMPLE.findall(page.read_text())
    assert samples
    for path, shown in samples:
        expected = json.loads(shown)
        found = delivered(page.stem, (ROOT / path).read_bytes())
        assert {key: found[key] for key in expected} == expected


def delivered(source: str, body: bytes) -> dict[str, Any]:
    delivery = Delivery(
        id=DeliveryId("01a20165-1f87-7926-be86-4d59180607f0"),
        source=source,
        received_at=datetime(2026, 11, 22, tzinfo=UTC),
        principal=Principal(method=AuthMethod.TOKEN, name="token"),
        event_id=None,
        headers={},
        body=body,
    )
    first: dict[str, Any] = json.loads(planner(load(environment={})).plan(delivery).bodies[0])
    return first


@pytest.mark.parametrize(
    "page", [page for page in PAGES if SETTINGS.search(page.read_text())], ids=lambda page: page.stem
)
def test_a_pages_settings_are_taken(page: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a-secret-from-a-file")
    for text in SETTINGS.findall(page.read_text()):
        file = tmp_path / "bridge.yaml"
        file.write_text(ROUTE + re.sub(r"/run/secrets/[\w-]+", str(secret), text))
        assert load(file, {}).sources
