"""What a verifier is: the proof of who sent a request, bound to a source by configuration.

Pure and synchronous. A verifier whose proof needs a public key says which (`needs`); the ingress fetches
it and passes it in, so that no verifier ever opens a connection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.domain.request import Principal, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRef:
    """A public key that a proof needs: where it is published. The host was checked before this was made.

    `kid` is None for a document that holds one key. Otherwise the document is a set of keys (RFC 7517), and this
    is the id of the one that is meant: a set that lacks it may be out of date.
    """

    url: str
    kid: str | None = None


Keys = Mapping[KeyRef, bytes]


class Verifier(Protocol):
    """One method of proof with its secrets or its allow-lists."""

    reads_body: bool
    """False: the proof is in the headers or the query, and is checked before any body is read."""

    challenge: str | None
    """The WWW-Authenticate header of a 401, where the method is one that a sender may be asked for."""

    def needs(self, request: Request, now: datetime) -> Sequence[KeyRef]:
        """The keys to fetch, after every cheap check. Raises Unauthentic or Unreadable."""

    def verify(self, request: Request, keys: Keys, now: datetime) -> Principal:
        """Who sent it. Raises Unauthentic or Unreadable. `keys` holds every key that `needs` named."""
