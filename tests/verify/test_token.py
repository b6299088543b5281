"""Shared secrets: every place that may carry one, every way to be wrong, and no secret in any word."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.domain.errors import Unauthentic
from bridge.domain.request import AuthMethod, Principal, Request
from bridge.verify.base import Verifier
from bridge.verify.sns import SnsVerifier
from bridge.verify.token import CHALLENGE, BasicVerifier, NoVerifier, TokenVerifier

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = "s3cret-token"
TOKEN = TokenVerifier([SECRET, "nächster"], label="azure")
BASIC = BasicVerifier([("sender", SECRET), ("other", "pass:word")])
SENDER = Principal(method=AuthMethod.TOKEN, name="azure")


def basic(text: str) -> str:
    return f"Basic {b64encode(text.encode()).decode()}"


def request_of(headers: dict[str, str] | None = None, query: dict[str, str] | None = None) -> Request:
    return Request(method="POST", headers=headers or {}, query=query or {}, body=b"\xff")


@pytest.mark.parametrize(
    "request_",
    [
        request_of({"authorization": f"Bearer {SECRET}"}),
        request_of({"authorization": f"bearer  {SECRET} "}),
        request_of({"x-bridge-token": SECRET}),
        request_of({"authorization": basic(f"anybody:{SECRET}")}),
        request_of({"authorization": basic(f":{SECRET}")}),
        request_of(query={"token": SECRET}),
        request_of(query={"token": "nächster"}),
        request_of({"authorization": "Bearer wrong"}, {"token": SECRET}),
    ],
    ids=["bearer", "bearer-spaced", "header", "basic", "basic-no-user", "query", "second", "one-of-two"],
)
def test_a_token_is_taken_from(request_: Request) -> None:
    assert TOKEN.verify(request_, {}, NOW) == SENDER


@pytest.mark.parametrize(
    "request_",
    [
        request_of(),
        request_of({"authorization": "Bearer"}),
        request_of({"authorization": "Bearer wrong"}),
        request_of({"authorization": SECRET}),
        request_of({"authorization": f"Digest {SECRET}"}),
        request_of({"authorization": f"Bearer {SECRET}x"}),
        request_of({"authorization": f"Bearer {SECRET[:-1]}"}),
        request_of({"authorization": f"Bearer {SECRET.upper()}"}),
        request_of({"authorization": basic(f"{SECRET}:wrong")}),
        request_of({"authorization": basic(SECRET)}),
        request_of({"authorization": "Basic ####"}),
        request_of({"authorization": "Basic /w=="}),
        request_of({"authorization": "Basic ümläut"}),
        request_of({"x-bridge-token": ""}),
        request_of({"x-bridge-token": "\udcff"}),
        request_of({"cookie": SECRET}),
        request_of(query={"Token": SECRET}),
        request_of(query={"token": ""}),
    ],
)
def test_a_token_is_not_taken_from(request_: Request) -> None:
    with pytest.raises(Unauthentic) as refused:
        TOKEN.verify(request_, {}, NOW)
    assert SECRET not in str(refused.value)


def test_every_live_token_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []

    def counted(left: bytes, right: bytes) -> bool:
        compared.append(right)
        return left == right

    monkeypatch.setattr("hmac.compare_digest", counted)
    verifier = TokenVerifier([SECRET, "b", "c"])
    assert verifier.verify(request_of({"x-bridge-token": SECRET}), {}, NOW).name == "token"
    assert len(set(compared)) == 3
    assert {len(digest) for digest in compared} == {32}


@pytest.mark.parametrize(
    ("credentials", "name"),
    [(f"sender:{SECRET}", "sender"), ("other:pass:word", "other")],
)
def test_basic_credentials_are_taken(credentials: str, name: str) -> None:
    taken = BASIC.verify(request_of({"authorization": basic(credentials)}), {}, NOW)
    assert taken == Principal(method=AuthMethod.BASIC, name=name)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": basic("sender:wrong")},
        {"authorization": basic(f"other:{SECRET}")},
        {"authorization": basic(f"nobody:{SECRET}")},
        {"authorization": basic(f"Sender:{SECRET}")},
        {"authorization": basic("sender:")},
        {"authorization": basic("sender")},
        {"authorization": f"Bearer {SECRET}"},
        {"authorization": "Basic /w=="},
        {"x-bridge-token": SECRET},
    ],
)
def test_basic_credentials_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthentic) as refused:
        BASIC.verify(request_of(headers), {}, NOW)
    assert SECRET not in str(refused.value)


def test_nobody_is_refused_by_nothing() -> None:
    assert NoVerifier().verify(request_of(), {}, NOW) == Principal(method=AuthMethod.NONE, name="anonymous")


def test_the_proofs_say_what_they_need() -> None:
    verifiers: list[Verifier] = [TOKEN, BASIC, NoVerifier(), SnsVerifier(["arn:aws:sns:eu-west-1:111122223333:a"])]
    assert [verifier.reads_body for verifier in verifiers] == [False, False, False, True]
    assert [verifier.challenge for verifier in verifiers] == [CHALLENGE, CHALLENGE, None, None]
    assert [list(verifier.needs(request_of(), NOW)) for verifier in verifiers[:3]] == [[], [], []]


@pytest.mark.parametrize("tokens", [[], [""], ["a", ""]])
def test_wants_tokens(tokens: list[str]) -> None:
    with pytest.raises(ValueError, match="token"):
        TokenVerifier(tokens)


@pytest.mark.parametrize("credentials", [[], [("a", "")]])
def test_wants_credentials(credentials: list[tuple[str, str]]) -> None:
    with pytest.raises(ValueError, match="password"):
        BasicVerifier(credentials)


def test_keeps_no_secret_that_could_be_shown() -> None:
    assert SECRET not in repr(vars(TOKEN))
    assert SECRET not in repr(vars(BASIC))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # two shared cores
@given(
    authorization=st.text() | st.text().map(lambda text: f"Basic {text}") | st.text().map(basic),
    header=st.text(),
    query=st.text(),
)
def test_arbitrary_requests_are_refused_in_words(authorization: str, header: str, query: str) -> None:
    request = request_of({"authorization": authorization, "x-bridge-token": header}, {"token": query})
    for verifier in (TOKEN, BASIC):
        with pytest.raises(Unauthentic):
            verifier.verify(request, {}, NOW)
