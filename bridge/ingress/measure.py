"""What the public listener measures: every answer by source and status, and how long accepting took."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bridge.metrics import ACCEPT_BUCKETS, Counter, Family, Histogram
from bridge.web import LOG_FACTS, PROBES

_UNKNOWN = "unknown"


class Measured:
    """Counts of one ingress process."""

    def __init__(self, sources: Collection[str], heartbeats: Collection[str]) -> None:
        """Only configured names become labels: a stranger must not be able to make new ones."""
        self._sources, self._heartbeats = frozenset(sources), frozenset(heartbeats)
        self._requests = Counter(
            "bridge_requests_total", "Answers of the ingress by source and HTTP status.", ("source", "status")
        )
        self._seconds = Histogram(
            "bridge_accept_seconds", "Time from the first byte to the 202, for what was accepted.", ACCEPT_BUCKETS
        )

    def collect(self) -> Iterable[Family]:
        """As it is now."""
        return self._requests.family(), self._seconds.family()

    def middleware(self) -> Middleware:
        """The outermost one: it sees the answer that the sender gets."""

        @web.middleware
        async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
            started = time.perf_counter()
            response = await handler(request)
            if request.path not in PROBES:
                self._requests.inc(self._source(request), str(response.status))
                if response.status == 202:
                    self._seconds.observe(time.perf_counter() - started)
            return response

        return measure

    def _source(self, request: web.Request) -> str:
        facts = request.get(LOG_FACTS, {})
        if facts.get("source") in self._sources:
            return str(facts["source"])
        if facts.get("heartbeat") in self._heartbeats:
            return f"heartbeat:{facts['heartbeat']}"
        return _UNKNOWN
