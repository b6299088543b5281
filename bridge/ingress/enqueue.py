"""The PagerDuty Events API v2: a client of PagerDuty that is pointed here works unchanged.

Source: PagerDuty developer documentation, "Events API v2 Overview". Its clients retry on 429 and 5xx and read
`status`, `message` and `errors` of a refusal; ours stands beside these, so that both kinds of reader find theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from aiohttp import web

from bridge.domain.errors import Rejected, TooLarge, Unauthentic, Undecoded, Unreadable
from bridge.ingress.bodies import Bodies
from bridge.ingress.requests import head
from bridge.pipeline.receive import Endpoint, Receipt, Receiver
from bridge.sources.pagerduty_events import alert_faults, change_faults, dedup_key
from bridge.sources.reading import mapping, parse
from bridge.verify.routing_key import RoutingKeyVerifier, routing_key
from bridge.web import LOG_FACTS, json_response

_UNKNOWN_KEY: Final = "the routing key is not known"
_LIMIT: Final = 512 << 10
"""Bytes of an event, where no source has routing keys. PagerDuty takes no larger ones."""

_Faults = Callable[[Mapping[str, object]], Iterable[str]]


class InvalidEvent(Rejected):
    """An authentic event that PagerDuty would refuse too; each fault is named."""

    code = "invalid_event"

    def __init__(self, faults: Sequence[str]) -> None:
        """`faults` in PagerDuty's own words."""
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The routing keys of one source, and the endpoint at which they are the proof."""

    keys: RoutingKeyVerifier
    endpoint: Endpoint


@dataclass(slots=True, kw_only=True)
class Enqueue:
    """What the handlers need. A reload replaces `clients`."""

    receiver: Receiver
    clients: Sequence[Client]
    bodies: Bodies

    async def alert(self, http: web.Request) -> web.Response:
        """POST /v2/enqueue: take one alert event."""

        def taken(event: Mapping[str, object], receipt: Receipt) -> dict[str, object]:
            # A key that the client left to us is the id that the event was accepted under: decoding knows it too.
            return {"message": "Event processed", "dedup_key": dedup_key(event) or receipt.id}

        return await self._answer(http, alert_faults, taken)

    async def change(self, http: web.Request) -> web.Response:
        """POST /v2/change/enqueue: take one change event."""
        return await self._answer(http, change_faults, lambda *_: {"message": "Change event processed"})

    async def _answer(
        self, http: web.Request, faults: _Faults, taken: Callable[[Mapping[str, object], Receipt], dict[str, object]]
    ) -> web.Response:
        try:
            event, receipt = await self._take(http, faults)
        except InvalidEvent as error:
            return _refusal(error, error.faults)
        except Unreadable as error:
            return _refusal(error, [str(error)])
        except Unauthentic as error:
            http[LOG_FACTS]["refused"] = str(error)
            return _refusal(Unauthentic(_UNKNOWN_KEY), [_UNKNOWN_KEY])
        return json_response({"status": "success", **taken(event, receipt)}, status=202)

    async def _take(self, http: web.Request, faults: _Faults) -> tuple[Mapping[str, object], Receipt]:
        facts = http[LOG_FACTS]
        with self.bodies.reader(http) as reader:
            body = await reader.read(max((client.endpoint.body_limit for client in self.clients), default=_LIMIT))
            facts["bytes"] = reader.held
            endpoint = self._endpoint(routing_key(body))
            facts["source"] = endpoint.name
            event = _event(body)
            if found := list(faults(event)):
                raise InvalidEvent(found)

            async def read(limit: int) -> bytes:
                if len(body) > limit:
                    raise TooLarge(f"a body may have at most {limit} bytes")
                return body

            receipt = await self.receiver.receive(endpoint, replace(head(http), query={}), read)
        facts["outcome"], facts["delivery"] = receipt.status, receipt.id
        return event, receipt

    def _endpoint(self, key: str) -> Endpoint:
        """The endpoint whose key it is, in a time that does not tell which. Raises Unauthentic."""
        found = [client.endpoint for client in self.clients if client.keys.knows(key)]
        if not found:
            raise Unauthentic(_UNKNOWN_KEY)
        return found[0]


def add_routes(app: web.Application, enqueue: Enqueue) -> None:
    """PagerDuty's own paths."""
    app.router.add_post("/v2/enqueue", enqueue.alert)
    app.router.add_post("/v2/change/enqueue", enqueue.change)


def _event(body: bytes) -> Mapping[str, object]:
    try:
        return mapping(parse(body))
    except Undecoded as error:
        raise Unreadable(str(error)) from None


def _refusal(error: Rejected, faults: Sequence[str]) -> web.Response:
    return json_response(
        {
            "status": "invalid event",
            "message": "Event object is invalid",
            "errors": faults,
            "error": {"code": error.code, "message": str(error)},
        },
        status=error.status,
    )
