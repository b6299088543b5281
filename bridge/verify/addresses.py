"""Addresses as a whole against one pattern, so that no two URL parsers can disagree about a host."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Sequence
from typing import Final

ADDRESS: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[[0-9a-f:]+\])(?P<port>:[0-9]{1,5})?(?P<rest>/[!-~]*)",
    re.ASCII,
)
"""An address of http or https without a user; the host in lower case."""


def is_loopback(host: str) -> bool:
    """Does this host of an address lead back to this machine?"""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def check_keys_address(
    url: str, pinned: Collection[str], allowed_hosts: Sequence[str] = (), *, allow_http: bool = False
) -> None:
    """Raises ValueError unless keys may be fetched from there: https on a pinned host, or on an allowed one.

    `allowed_hosts` are `host` or `host:port`; `allow_http` lets those of them on loopback speak plain http.
    """
    found = ADDRESS.fullmatch(url)
    if found is None:
        raise ValueError("an address of keys is https://host/path, the host in lower case")
    host = found["host"] + (found["port"] or "")
    if host not in pinned and host not in allowed_hosts:
        raise ValueError(f"keys come from {', '.join(sorted(pinned))}; another host must stand in allowed_hosts")
    plain = found["scheme"] == "http"
    if plain and not (allow_http and host in allowed_hosts and is_loopback(found["host"])):
        raise ValueError("keys come by https; plain http needs allow_http and a host on loopback")
