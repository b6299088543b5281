"""From a request to a receipt: find the source, prove the sender, answer handshakes, journal the rest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, assert_never

import structlog

from bridge.domain.delivery import Delivery, DeliveryId
from bridge.domain.errors import Unauthentic, UnknownSource
from bridge.domain.identity import new_delivery_id
from bridge.domain.request import Principal, Request
from bridge.pipeline.ports import Clock, Confirmer, Journal, KeyStore
from bridge.pipeline.shed import Quota
from bridge.sources.base import Acknowledge, Confirm, Echo, Source
from bridge.verify.base import Verifier

log = structlog.get_logger(__name__)

STORED_HEADERS: Final = frozenset(
    {
        "content-type", "user-agent", "x-amz-sns-message-type", "x-amz-sns-message-id", "x-amz-sns-topic-arn",
        "x-amz-sns-rawdelivery", "aeg-event-type", "aeg-subscription-name", "aeg-delivery-count",
        "x-goog-pubsub-subscription-name", "x-goog-pubsub-message-id", "x-goog-pubsub-publish-time",
        "x-oci-ns-messageid", "x-oci-ns-messagetype", "x-oci-ns-topicname", "x-oci-ns-topicocid",
        "billingaccountid", "budgetid",
    }
)  # fmt: skip
STORED_PREFIX: Final = "ce-"
"""The headers that decoding may need, and the attributes of CloudEvents in binary mode, whose names senders choose.
Everything else, credentials above all, is never stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One configured source as the ingress sees it. `body_limit` in bytes.

    `confirms` says whether subscription handshakes may be followed (`check_confirmation` then returns the
    URL to get, or raises Unauthentic). `quota` counts what is proven: strangers cannot use it up.
    """

    name: str
    source: Source
    verifier: Verifier
    body_limit: int
    check_confirmation: Callable[[Request], str] | None = None
    quota: Quota | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the sender is told: a status word, and either an id or a handshake's document."""

    status: str
    id: DeliveryId | None = None
    document: Mapping[str, object] | None = None


class Receiver:
    """Takes requests for the configured endpoints."""

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        *,
        journal: Journal,
        keys: KeyStore,
        confirmer: Confirmer,
        clock: Clock,
        entropy: Callable[[], int],
    ) -> None:
        """`entropy` gives 80 random bits."""
        self._endpoints = endpoints
        self._journal = journal
        self._keys = keys
        self._confirmer = confirmer
        self._clock = clock
        self._entropy = entropy

    def use(self, endpoints: Mapping[str, Endpoint]) -> None:
        """Take requests for these from now on; those under way end as they began."""
        self._endpoints = endpoints

    def endpoint(self, name: str) -> Endpoint:
        """The endpoint of that name. Raises UnknownSource."""
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            raise UnknownSource("no source of that name is configured")
        return endpoint

    async def receive(self, endpoint: Endpoint, head: Request, read_body: Callable[[int], Awaitable[bytes]]) -> Receipt:
        """Take one message. `head` is the request without its body; `read_body(limit)` reads it.

        Raises Rejected (nothing is stored) or Unavailable (the sender should try again, also where it is over its
        quota).
        """
        if endpoint.verifier.reads_body:
            request = replace(head, body=await read_body(endpoint.body_limit))
            principal = await self._prove(endpoint, request)
        else:
            # Strangers are turned away before they can make us hold a body.
            principal = await self._prove(endpoint, head)
            request = replace(head, body=await read_body(endpoint.body_limit))
        return await self._handshake(endpoint, request, principal) or await self._accept(endpoint, request, principal)

    async def _prove(self, endpoint: Endpoint, request: Request) -> Principal:
        now = self._clock()
        refs = endpoint.verifier.needs(request, now)
        keys = {ref: await self._keys.fetch(ref) for ref in refs}
        principal = endpoint.verifier.verify(request, keys, now)
        if endpoint.quota is not None:
            endpoint.quota.take(now.timestamp())
        return principal

    async def _handshake(self, endpoint: Endpoint, request: Request, principal: Principal) -> Receipt | None:
        handshake = endpoint.source.handshake(request)
        match handshake:
            case None:
                return None
            case Echo(document=document, carries_more=more):
                if more:
                    await self._accept(endpoint, request, principal)
                return Receipt(status="handshake", document=document)
            case Acknowledge(what=what):
                log.warning("control_message", source=endpoint.name, what=what)
                return Receipt(status="acknowledged")
            case Confirm(what=what):
                return await self._confirm(endpoint, request, what)
            case _:
                assert_never(handshake)

    async def _confirm(self, endpoint: Endpoint, request: Request, what: str) -> Receipt:
        if endpoint.check_confirmation is None:
            log.warning(
                "subscription_not_confirmed", source=endpoint.name, what=what,
                hint="confirmed only with verify.method sns and confirm_subscriptions: true",
            )  # fmt: skip
            return Receipt(status="not_confirmed")
        try:
            url = endpoint.check_confirmation(request)
        except Unauthentic:
            log.warning("subscription_url_refused", source=endpoint.name, what=what)
            raise
        await self._confirmer.confirm(url)
        log.info("subscription_confirmed", source=endpoint.name, what=what)
        return Receipt(status="confirmed")

    async def _accept(self, endpoint: Endpoint, request: Request, principal: Principal) -> Receipt:
        now = self._clock()
        accepted = await self._journal.accept(
            Delivery(
                id=new_delivery_id(now, self._entropy()),
                source=endpoint.name,
                received_at=now,
                principal=principal,
                event_id=endpoint.source.delivery_id(request),
                headers={name: value for name, value in request.headers.items() if _is_stored(name)},
                body=request.body,
            )
        )
        return Receipt(status="duplicate" if accepted.duplicate else "accepted", id=accepted.id)


def _is_stored(name: str) -> bool:
    return name in STORED_HEADERS or name.startswith(STORED_PREFIX)
