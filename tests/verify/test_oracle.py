"""Which addresses a subscription of Oracle Cloud may be confirmed at."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.errors import Unauthentic
from bridge.domain.request import Request
from bridge.verify.oracle import CONFIRMATION_HEADER, OracleConfirmations, confirmation_url
from tests.support.fakes import BOUNDED

REST = "/20181201/subscriptions/ocid1.onssubscription.oc1.eu.aaaa/confirmation?token=a%2Bb==&protocol=CUSTOM_HTTPS"
GOOD = "https://cell1.notification.eu-frankfurt-1.oci.oraclecloud.com" + REST


def asked(url: str) -> Request:
    return Request(method="POST", headers={CONFIRMATION_HEADER: url}, query={}, body=b"")


@pytest.mark.parametrize("url", [GOOD, GOOD.replace(".oci.", ".")])
def test_oracles_own_hosts_are_confirmed_at(url: str) -> None:
    assert OracleConfirmations().confirmable(asked(url)) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "x", GOOD.replace("https", "http"), GOOD.replace("https", "file"),
        GOOD.replace("/confirmation", "/unsubscription"),
        GOOD.replace("oraclecloud.com", "oraclecloud.com.evil.example"),
        GOOD.replace(".oraclecloud", ".evil-oraclecloud"),
        GOOD.replace("https://", "https://evil.example/"), GOOD.replace("https://", "https://evil.example@"),
        GOOD.replace(".com/", ".com:8443/"), GOOD.replace(".com/", ".com\\@evil.example/"), GOOD + "#x", GOOD + "\n",
        GOOD.replace("cell1.", "a.b."), GOOD.replace("/2018", "/../2018"), GOOD.replace("?", "/x?"), GOOD.upper(),
        "https://objectstorage.eu-frankfurt-1.oraclecloud.com" + REST, "https://169.254.169.254" + REST,
        "http://127.0.0.1:80" + REST,
    ],
    ids=range(20),
)  # fmt: skip
def test_no_other_address_is(url: str) -> None:
    with pytest.raises(Unauthentic):
        OracleConfirmations(["10.0.0.1"]).confirmable(asked(url))


def test_the_operators_hosts_are_taken_and_plain_http_only_on_loopback() -> None:
    ours = OracleConfirmations(["ons.example.com", "127.0.0.1:99", "ons.internal:80"])

    for url in (f"https://ons.example.com{REST}", f"http://127.0.0.1:99{REST}", f"https://ons.internal:80{REST}"):
        assert ours.confirmable(asked(url)) == url
    for url in (f"http://ons.example.com{REST}", f"http://127.0.0.1:98{REST}", f"http://ons.internal:80{REST}"):
        with pytest.raises(Unauthentic):
            ours.confirmable(asked(url))


def test_the_header_counts_before_the_body() -> None:
    body = json.dumps({"ConfirmationURL": "https://in.body"}).encode()

    assert confirmation_url(Request(method="POST", headers={}, query={}, body=body)) == "https://in.body"
    assert confirmation_url(Request(method="POST", headers=asked("x").headers, query={}, body=body)) == "x"


@given(url=st.text(max_size=80) | st.text(max_size=20).map(lambda text: GOOD + text), body=st.binary(max_size=40))
@BOUNDED
def test_anything_raises_only_unauthentic(url: str, body: bytes) -> None:
    try:
        found = OracleConfirmations().confirmable(
            Request(method="POST", headers={CONFIRMATION_HEADER: url}, query={}, body=body)
        )
    except Unauthentic:
        return
    assert found.startswith(GOOD)
