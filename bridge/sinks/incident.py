"""Incidents of a team by Pinghome's API: opened once, updated, resolved.

The API has no Idempotency-Key and no way to read incidents, so creating one is not safe to repeat: what is known of
an earlier attempt is kept in the store, and an attempt that may open a second incident is counted. There are at most
as many as `delivery.schedule` has attempts. `PUT incident` knows no status: against the SaaS a resolve renames.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Protocol, assert_never

import msgspec
import structlog

from bridge.domain.alert import Action
from bridge.domain.send import Send
from bridge.pinghome.errors import Invalid, NotFound, PinghomeError, RateLimited, Unauthorized, Unavailable
from bridge.pipeline.orders import DESCRIPTION_LIMIT, NAME_LIMIT, IncidentOrder
from bridge.pipeline.ports import Answer, IncidentMemory
from bridge.pipeline.pull import insist

log = structlog.get_logger(__name__)

RESOLVED: Final = "[RESOLVED] "
_CREATE: Final = "incident.create"
_DETAIL: Final = 512
_NEVER_SENT: Final = (
    "ClientConnectorError", "ClientConnectorDNSError", "ClientConnectorCertificateError", "ClientConnectorSSLError",
    "ConnectionRefusedError",
)  # fmt: skip
"""Reasons of `Unavailable` with which no request went out."""


class Caller(Protocol):
    """The one thing that is needed of the API's client."""

    async def call(
        self,
        which: str,
        *,
        path: Mapping[str, str] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Carry out an operation and return its data. Raises PinghomeError."""


class IncidentSink:
    """Implements the port `Sink`. At most one send of a lane is under way, so a problem's steps come in order."""

    def __init__(self, pinghome: Caller, memory: IncidentMemory, *, knows_status: bool) -> None:
        """`knows_status`: may the far side take `status`, as the local Pinghome does? The SaaS does not."""
        self._pinghome = pinghome
        self._memory = memory
        self._knows_status = knows_status

    async def send(self, send: Send) -> Answer:
        """See the port."""
        order = msgspec.json.decode(send.body, type=IncidentOrder)
        known = await insist(lambda: self._memory.find(send.lane))
        try:
            match order.action:
                case Action.TRIGGER:
                    return await self._trigger(send, order, known)
                case Action.RESOLVE:
                    return await self._resolve(send, order, known)
                case Action.ACKNOWLEDGE | Action.INFO | Action.TEST:
                    return await self._tell(order, known)
                case _:
                    assert_never(order.action)
        except PinghomeError as error:
            return _answer(error)

    async def _trigger(self, send: Send, order: IncidentOrder, known: str | None) -> Answer:
        if known == "":
            return _nothing("its incident is open, and cannot be updated: the API did not tell its id")
        if known is not None:
            try:
                return await self._update(known, order)
            except NotFound:
                # Somebody deleted it, and the problem fires again.
                await insist(lambda: self._memory.forget(send.lane))
        return await self._open(send, order)

    async def _open(self, send: Send, order: IncidentOrder) -> Answer:
        if await insist(lambda: self._memory.begin(send.lane)):
            log.warning("incident_may_be_double", delivery=send.delivery_id, send=send.id)
        wanted = {**_fields(order), "assignees": order.assignees, "actions": order.actions}
        try:
            data = await self._pinghome.call(
                _CREATE,
                path={"id": send.target.id},
                json=wanted,
                headers={"Idempotency-Key": send.idempotency_key},
            )
        except PinghomeError as error:
            if not _may_have_happened(error):
                await insist(lambda: self._memory.forget(send.lane))
            raise
        incident_id = _id(data)
        await insist(lambda: self._memory.keep(send.lane, incident_id))
        return Answer(status=201, detail="opened" if incident_id else "opened, but the answer names no id")

    async def _update(self, incident_id: str, order: IncidentOrder) -> Answer:
        await self._pinghome.call("incident.update", path={"id": incident_id}, json=_fields(order))
        return Answer(status=200, detail="updated")

    async def _tell(self, order: IncidentOrder, known: str | None) -> Answer:
        """The API cannot acknowledge. The incident's text says what the alert says."""
        if not known:
            return _nothing("no incident is known for it")
        try:
            return await self._update(known, order)
        except NotFound:
            return _nothing("its incident is gone")

    async def _resolve(self, send: Send, order: IncidentOrder, known: str | None) -> Answer:
        if known is None:
            return _nothing("no incident is known for it; nothing to resolve")
        if known == "":
            answer = _nothing("resolve not possible: the API did not tell the incident's id")
        else:
            try:
                answer = await self._resolved(known, order)
            except NotFound:
                answer = _nothing("its incident is gone")
        await insist(lambda: self._memory.forget(send.lane))
        return answer

    async def _resolved(self, incident_id: str, order: IncidentOrder) -> Answer:
        path = {"id": incident_id}
        if self._knows_status:
            try:
                wanted = {**_fields(order), "status": "resolved"}
                data = await self._pinghome.call("incident.update", path=path, json=wanted)
            except Invalid:
                data = None  # it refuses what it does not know
            if isinstance(data, dict) and data.get("status") == "resolved":
                return Answer(status=200, detail="resolved")
        ending = f"\n\nResolved at {order.at}."
        renamed = {
            **_fields(order),
            "name": f"{RESOLVED}{order.name}"[:NAME_LIMIT],
            "description": f"{order.description[: DESCRIPTION_LIMIT - len(ending)]}{ending}".strip(),
        }
        await self._pinghome.call("incident.update", path=path, json=renamed)
        return Answer(status=200, detail="resolve not supported by the API: renamed")


def _fields(order: IncidentOrder) -> dict[str, Any]:
    """What both operations take. An update leaves out whom it is assigned to: a person may have changed that."""
    return {"name": order.name, "description": order.description, "urgency": order.urgency}


def _id(data: Any) -> str:
    """The new incident's id. The API documents no answers: it is looked for where it may be, or it is empty."""
    if isinstance(data, dict):
        for name in ("id", "incident_id"):
            if isinstance(data.get(name), str):
                return str(data[name])
    return ""


def _may_have_happened(error: PinghomeError) -> bool:
    """May the API have created the incident all the same? A refusal says no, and so does a failed sign-in."""
    return isinstance(error, Unavailable) and error.operation == _CREATE and error.reason not in _NEVER_SENT


def _answer(error: PinghomeError) -> Answer:
    """The failure as the verdict reads it: a 2xx that was no answer of the API is as good as none."""
    status = error.status if error.status is None or error.status >= 300 else None
    if isinstance(error, Unauthorized):
        status = 401
    seconds = error.retry_after if isinstance(error, RateLimited) else None
    later = None if seconds is None else timedelta(seconds=min(seconds, 86_400))
    return Answer(status=status, detail=str(error)[:_DETAIL], retry_after=later)


def _nothing(why: str) -> Answer:
    return Answer(status=None, detail=why, settled=True)
