"""Which alert goes where, and why: routes in order, the first that matches, and always one that catches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bridge.domain.conditions import AllOf, When, compile_when, reads_raw
from bridge.domain.destination import Destination, HeartbeatOf, IncidentOf, takes, target_of
from bridge.domain.index import EqualityIndex, KeyTable
from bridge.domain.send import Target
from bridge.domain.words import describe, failing

CATCH_ALL: Final = "catch-all"
_REASON_LIMIT: Final = 240
"""Characters of a reason: the ledger keeps one for each alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A named rule: all of `when` must hold. `to` may be empty, which drops the alert, counted and kept.

    `proceed`: the routes after it are tried too, and what they say is added.
    """

    name: str
    when: tuple[When, ...]
    to: tuple[Destination, ...]
    proceed: bool = False

    def pages(self) -> bool:
        """Does it lead to people? A heartbeat monitor takes an alert without telling anybody what it says."""
        return any(not isinstance(destination, HeartbeatOf) for destination in self.to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The route that was chosen (several with commas between), the reason in words, and the targets by value."""

    route: str
    reason: str
    to: tuple[Destination, ...]

    @property
    def team_id(self) -> str | None:
        """The first team that gets an incident of it."""
        return next((one.target.id for one in self.to if isinstance(one, IncidentOf)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One route as `explain` shows it: did it take the alert, and what decided that."""

    route: str
    took: bool
    why: str


class Router:
    """Decides by the normalised alert's document (`bridge.alert/v1`, before `routing` is filled in)."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """Compile the routes. At least one must lead to people, so that every alert has a way out.

        Raises BadCondition where a condition can never be evaluated.
        """
        self._routes = tuple(routes)
        whens = [AllOf(members=route.when) for route in routes]
        self._table = KeyTable()
        self._holds = tuple(compile_when(when, self._table.reader) for when in whens)
        self._index = EqualityIndex(whens, self._table)
        self._reasons = tuple(_reason(route) for route in routes)
        fallback = next((route for route in reversed(routes) if route.pages()), None)
        if fallback is None:
            raise ValueError("no route has a target")
        self._fallback = fallback
        self.reads_raw = reads_raw(whens)
        """Does any condition look into the raw message? Only then must a document hold it."""

    def decide(self, document: dict[str, Any]) -> Decision:
        """The first route whose conditions all hold, and those after it if it says so; else the catch-all."""
        seen, taken = self._table.see(document), []
        for number in self._index.candidates(seen):
            route = self._routes[number]
            if self._holds[number](seen) and _takes(route, document):
                taken.append(number)
                if not route.proceed:
                    break
        if not taken:
            return self.catch_all("no route matched", document)
        return Decision(
            route=", ".join(self._routes[number].name for number in taken),
            reason=self._why(taken),
            to=_united([one for number in taken for one in self._routes[number].to], document),
        )

    def catch_all(self, reason: str, document: Mapping[str, Any] | None = None) -> Decision:
        """Where an alert goes that nothing else takes: the targets of the last route that leads to people."""
        found = self._fallback.to if document is None else _united(self._fallback.to, document)
        reason = f"{reason}; targets of {self._fallback.name!r}"
        if not found:
            reason += ", which opens no incident for information or a test"
        return Decision(route=CATCH_ALL, reason=reason, to=found)

    def trace(self, document: dict[str, Any]) -> Sequence[Tried]:
        """Every route that was tried, in order, with the condition that failed. For people: it takes its time."""
        tried: list[Tried] = []
        for route, reason in zip(self._routes, self._reasons, strict=True):
            failed = failing(AllOf(members=route.when), document)
            if failed is None and not _takes(route, document):
                failed = f"none of its targets takes {document.get('action')} ({document.get('status')})"
            tried.append(Tried(route=route.name, took=failed is None, why=reason if failed is None else failed))
            if failed is None and not route.proceed:
                break
        return tried

    def _why(self, taken: Sequence[int]) -> str:
        if len(taken) == 1:
            return self._reasons[taken[0]]
        return _cut("; ".join(f"{self._routes[number].name}: {self._reasons[number]}" for number in taken))


class TracingRouter(Router):
    """Decides in the same way, and keeps what was tried, by the alert's id."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """As its parent."""
        super().__init__(routes)
        self.traces: dict[str, Sequence[Tried]] = {}

    def decide(self, document: dict[str, Any]) -> Decision:
        """See the parent."""
        self.traces[document["id"]] = self.trace(document)
        return super().decide(document)


def _takes(route: Route, document: Mapping[str, Any]) -> bool:
    return not route.to or any(takes(destination, document) for destination in route.to)


def _united(destinations: Sequence[Destination], document: Mapping[str, Any]) -> tuple[Destination, ...]:
    """Each target once, by the first route that names it, and only those that take the alert."""
    found: dict[Target, Destination] = {}
    for destination in destinations:
        if takes(destination, document):
            found.setdefault(target_of(destination), destination)
    return tuple(found.values())


def _reason(route: Route) -> str:
    if not route.when:
        return "route without conditions"
    return _cut("conditions hold: " + "; ".join(describe(when) for when in route.when))


def _cut(text: str) -> str:
    return text if len(text) <= _REASON_LIMIT else text[: _REASON_LIMIT - 1] + "…"
