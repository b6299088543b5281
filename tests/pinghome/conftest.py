from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from bridge.pinghome.client import TRIES
from tests.local.fixtures import clock, demo_file, prepared, prepared_file, start_world, whole, world

__all__ = ["clock", "demo_file", "prepared", "prepared_file", "start_world", "whole", "world"]


@pytest.fixture(autouse=True)
def no_waiting_between_tries() -> Iterator[None]:
    """As many tries as ever, without the pauses: stamina's own switch for tests."""
    with stamina.set_testing(True, attempts=TRIES, cap=True):
        yield
