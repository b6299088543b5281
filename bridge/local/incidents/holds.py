"""Whether the conditions of a ruleset hold for a document."""

from __future__ import annotations

import functools
from typing import Any

import msgspec

from bridge.domain.conditions import Condition, Predicate, compile_all


def holds(conditions: str, document: dict[str, Any]) -> bool:
    """Whether all conditions (as they are stored, JSON) hold."""
    try:
        return _predicate(conditions)(document)
    except RecursionError:
        # A body nested nearly as deep as the parser allows: too deep to be compared, not too deep to be kept.
        return False


@functools.lru_cache(maxsize=1024)
def _predicate(conditions: str) -> Predicate:
    """Compiled once for each text: a changed ruleset has another text, so that nothing needs to be dropped."""
    return compile_all(msgspec.json.decode(conditions, type=list[Condition]))
