from __future__ import annotations

import pytest

from bridge.pinghome.address import Address, BadAddress


def test_cloud_is_short_for_the_saas() -> None:
    assert Address("cloud").url("auth", "/v1/auth") == "https://auth.api.pinghome.io/v1/auth"


def test_the_service_may_be_part_of_the_path() -> None:
    address = Address("http://127.0.0.1:8090/{service}/")
    assert address.webhook_url("w1") == "http://127.0.0.1:8090/data-gateway/default/v1/incident/webhook/w1"
    assert address.heartbeat_url("h1") == "http://127.0.0.1:8090/data-gateway/default/v1/heartbeat/h1"


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("https://api.pinghome.io", "must contain {service} exactly once"),
        ("https://{service}.example/{service}", "must contain {service} exactly once"),
        ("{service}.api.pinghome.io", "must begin with https:// or http://"),
        ("ftp://{service}.example", "must begin with https:// or http://"),
        ("http:///{service}", "names no host"),
        ("http://host:99999/{service}", "is no URL"),
        ("http://user:secret@host/{service}", "must not carry credentials"),
        ("http://host/{service}?x=1", "must not have a query"),
    ],
)
def test_a_template_that_cannot_be_called_says_why(template: str, reason: str) -> None:
    with pytest.raises(BadAddress) as caught:
        Address(template)
    assert reason in str(caught.value)
    assert "secret" not in str(caught.value)
