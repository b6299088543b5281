"""Where a subscription of Oracle Cloud's Notifications may be confirmed.

Source: Oracle Cloud documentation, Notifications, "Confirming a Subscription". Notifications signs its
messages by a scheme that is not published, so a source proves itself by Basic or by a token in its URL;
the address to confirm at is pinned, for whoever holds that secret must not make us fetch anything else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from bridge.domain.errors import Unauthentic
from bridge.domain.request import Request
from bridge.verify.addresses import ADDRESS, is_loopback

CONFIRMATION_HEADER: Final = "x-oci-ns-confirmationurl"
_HOST: Final = re.compile(r"[a-z0-9-]+\.notification\.[a-z0-9-]+\.(?:oci\.)?oraclecloud\.com", re.ASCII)
_PATH: Final = re.compile(r"/[0-9]{8}/subscriptions/[A-Za-z0-9._-]+/confirmation\?[^#]+", re.ASCII)


class _Body(msgspec.Struct, frozen=True):
    ConfirmationURL: str | None = None


def confirmation_url(request: Request) -> str | None:
    """The address that the request asks to be fetched, in its header or else in its body."""
    if stated := request.headers.get(CONFIRMATION_HEADER):
        return stated
    try:
        return msgspec.json.decode(request.body, type=_Body).ConfirmationURL or None
    except (ValueError, RecursionError):
        return None


class OracleConfirmations:
    """Oracle's own hosts, and the hosts that the operator allows beside them."""

    def __init__(self, allowed_hosts: Sequence[str] = ()) -> None:
        """`allowed_hosts` are `host` or `host:port`, lower case; those on loopback may speak plain http."""
        self._allowed = frozenset(allowed_hosts)

    def confirmable(self, request: Request) -> str:
        """The address to GET in order to confirm the subscription. Raises Unauthentic for any other address."""
        url = confirmation_url(request) or ""
        found = ADDRESS.fullmatch(url)
        if found is None:
            raise Unauthentic("the address to confirm at is none")
        host, rest = found["host"] + (found["port"] or ""), found["rest"]
        own = host in self._allowed
        if found["scheme"] == "http" and not (own and is_loopback(found["host"])):
            raise Unauthentic("the address to confirm at is not on https")
        if not own and (found["port"] or not _HOST.fullmatch(found["host"])):
            raise Unauthentic("the address to confirm at is not on a host of Oracle's Notifications")
        if not _PATH.fullmatch(rest):
            raise Unauthentic("the address to confirm at does something else than to confirm a subscription")
        return url
