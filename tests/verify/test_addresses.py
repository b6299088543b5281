"""Where key sets may come from: the provider's own hosts, and what the operator allows beside them."""

from __future__ import annotations

import pytest

from bridge.verify import entra, oidc
from bridge.verify.addresses import check_keys_address

PINNED = oidc.KEY_HOSTS | entra.KEY_HOSTS
STAND_IN = ("127.0.0.1:8443", "keys.example.com", "[::1]:80")


@pytest.mark.parametrize(
    "url",
    [
        oidc.KEYS_URL,
        "https://login.microsoftonline.com/common/discovery/v2.0/keys",
        "https://login.microsoftonline.us/t/discovery/v2.0/keys",
        "https://login.partner.microsoftonline.cn/t/discovery/v2.0/keys",
        "https://keys.example.com/jwks.json",
        "https://127.0.0.1:8443/keys",
        "http://127.0.0.1:8443/keys",
        "http://[::1]:80/keys",
    ],
)
def test_keys_may_come_from(url: str) -> None:
    check_keys_address(url, PINNED, STAND_IN, allow_http=True)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://www.googleapis.com/oauth2/v3/certs", "https"),
        ("http://keys.example.com/keys", "https"),
        ("https://www.googleapis.com.evil.example/certs", "allowed_hosts"),
        ("https://www.googleapis.com:444/certs", "allowed_hosts"),
        ("https://evil.example/www.googleapis.com", "allowed_hosts"),
        ("https://127.0.0.1:8444/keys", "allowed_hosts"),
        ("https://user@www.googleapis.com/certs", "https://host/path"),
        ("https://WWW.googleapis.com/certs", "https://host/path"),
        ("https://www.googleapis.com", "https://host/path"),
        ("https://www.googleapis.com\\@evil.example/", "https://host/path"),
        ("file:///etc/passwd", "https://host/path"),
        ("", "https://host/path"),
    ],
)
def test_keys_may_not_come_from(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_keys_address(url, PINNED, STAND_IN, allow_http=True)


def test_plain_http_is_allowed_in_so_many_words() -> None:
    with pytest.raises(ValueError, match="allow_http"):
        check_keys_address("http://127.0.0.1:8443/keys", PINNED, STAND_IN)
