"""Which alert goes where, and why: routes in order, the first that matches, and always one that catches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bridge.domain.conditions import Condition, Predicate, compile_all
from bridge.domain.send import Target

CATCH_ALL: Final = "catch-all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A named rule: all of `when` must hold. `to` may be empty, which drops the alert, counted and kept."""

    name: str
    when: tuple[Condition, ...]
    to: tuple[Target, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The route that was chosen, the reason in words, and the targets by value."""

    route: str
    reason: str
    to: tuple[Target, ...]


class Router:
    """Decides by the normalised alert's document (`bridge.alert/v1`, before `routing` is filled in)."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """Compile the routes. At least one must have a target, so that every alert has a way out.

        Raises BadCondition where a condition can never be evaluated.
        """
        self._routes: tuple[tuple[Route, Predicate], ...] = tuple((route, compile_all(route.when)) for route in routes)
        fallback = next((route for route in reversed(routes) if route.to), None)
        if fallback is None:
            raise ValueError("no route has a target")
        self._fallback = fallback
        self.reads_raw = any("raw" in condition.key for route in routes for condition in route.when)
        """Does any condition look into the raw message? Only then must a document hold it."""

    def decide(self, document: dict[str, Any]) -> Decision:
        """The first route whose conditions all hold, else the catch-all."""
        for route, holds in self._routes:
            if holds(document):
                reason = f"all {len(route.when)} conditions hold" if route.when else "route without conditions"
                return Decision(route=route.name, reason=reason, to=route.to)
        return self.catch_all("no route matched")

    def catch_all(self, reason: str) -> Decision:
        """Where an alert goes that nothing else takes: the targets of the last route that has any."""
        return Decision(route=CATCH_ALL, reason=f"{reason}; targets of {self._fallback.name!r}", to=self._fallback.to)
