"""Whether a text is an address of its kind. Nothing is looked up."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

# RFC 1035 2.3.4 bounds a label to 63 characters and a name to 255 octets, which are 253 characters as text.
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+{_LABEL}", re.IGNORECASE | re.ASCII)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def is_url(text: str) -> bool:
    """An absolute http or https address with a host."""
    if not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_domain(text: str) -> bool:
    """A name of two labels or more, in ASCII."""
    return _DOMAIN.fullmatch(text) is not None


def is_label(text: str) -> bool:
    """One label of a name, in lower case."""
    return re.fullmatch(_LABEL, text) is not None


def is_network(text: str) -> bool:
    """An IP address, or a network such as 192.0.2.0/24."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def is_email(text: str) -> bool:
    """Something with one @ and a dot behind it: only a message can show more."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None
