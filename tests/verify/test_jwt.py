"""Signed tokens: what must be taken, every way to be wrong, and nothing that a token could choose for itself."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bridge.domain.errors import Unauthentic
from bridge.domain.request import AuthMethod, Principal, Request
from bridge.verify.base import KeyRef, Verifier
from bridge.verify.entra import Cloud, entra_verifier
from bridge.verify.jwt import JwtVerifier, signing_keys
from bridge.verify.oidc import KEYS_URL, oidc_verifier
from tests.verify.issuing import (
    ACTION_GROUPS,
    APP_URI,
    AUDIENCE,
    EMAIL,
    EVENT_GRID,
    TENANT,
    entra_claims,
    google_claims,
    google_token,
    key_set,
    signing_key,
    token,
    url64,
)

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
GOOGLE = oidc_verifier([AUDIENCE], [EMAIL])
ENTRA = entra_verifier(TENANT, [APP_URI])
SERVICE_ACCOUNT = Principal(method=AuthMethod.OIDC, name=EMAIL)
ENTRA_KEYS = f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys"


def request_of(bearer: str | None) -> Request:
    headers = {} if bearer is None else {"authorization": f"Bearer {bearer}"}
    return Request(method="POST", headers=headers, query={}, body=b"")


def judge(verifier: Verifier, bearer: str, now: datetime = NOW, document: bytes | None = None) -> Principal:
    """The whole way: which key, then the proof with the set that should hold it."""
    request = request_of(bearer)
    published = key_set(signing_key()) if document is None else document
    return verifier.verify(request, dict.fromkeys(verifier.needs(request, now), published), now)


def refusal(verifier: Verifier, bearer: str, now: datetime = NOW, document: bytes | None = None) -> str:
    with pytest.raises(Unauthentic) as refused:
        judge(verifier, bearer, now, document)
    return str(refused.value)


@pytest.mark.parametrize("issuer", ["https://accounts.google.com", "accounts.google.com"])
@pytest.mark.parametrize("audience", [AUDIENCE, [AUDIENCE], ["another", AUDIENCE]])
def test_takes_a_token_of_google(issuer: str, audience: object) -> None:
    assert judge(GOOGLE, google_token(NOW, iss=issuer, aud=audience)) == SERVICE_ACCOUNT


def test_asks_for_the_one_key_that_the_token_names() -> None:
    assert GOOGLE.needs(request_of(google_token(NOW)), NOW) == (KeyRef(url=KEYS_URL, kid="key-1"),)
    assert ENTRA.needs(request_of(token(entra_claims(NOW))), NOW) == (KeyRef(url=ENTRA_KEYS, kid="key-1"),)


def test_an_address_of_a_service_account_has_no_case() -> None:
    assert judge(oidc_verifier([AUDIENCE], [EMAIL.upper()]), google_token(NOW)).name == EMAIL


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://accounts.google.com.evil.example"}, "another issuer"),
        ({"iss": "http://accounts.google.com"}, "another issuer"),
        ({"iss": None}, "missing"),
        ({"iss": ["https://accounts.google.com"]}, "missing"),
        ({"aud": AUDIENCE + "/"}, "another audience"),
        ({"aud": AUDIENCE[:-1]}, "another audience"),
        ({"aud": []}, "another audience"),
        ({"aud": None}, "missing"),
        ({"aud": {"a": 1}}, "missing"),
        ({"email": "thief@evil.iam.gserviceaccount.com"}, "another account"),
        ({"email": EMAIL + ".evil.example"}, "another account"),
        ({"email": None}, "another account"),
        ({"email": ""}, "another account"),
        ({"email_verified": False}, "not verified"),
        ({"email_verified": None}, "not verified"),
        ({"email_verified": "true"}, "cannot be read"),
        ({"exp": None}, "missing"),
        ({"iat": None}, "missing"),
        ({"exp": "tomorrow"}, "cannot be read"),
        ({"exp": True}, "cannot be read"),
    ],
)
def test_refuses_other_claims_before_any_key_is_fetched(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unauthentic, match=reason):
        GOOGLE.needs(request_of(google_token(NOW, **changes)), NOW)


@pytest.mark.parametrize(
    ("changes", "after", "taken"),
    [
        ({}, timedelta(hours=1, seconds=59), True),
        ({}, timedelta(hours=1, seconds=60), False),
        ({}, timedelta(seconds=-60), True),
        ({}, timedelta(seconds=-61), False),
        ({"nbf": int(NOW.timestamp()) + 60}, timedelta(0), True),
        ({"nbf": int(NOW.timestamp()) + 61}, timedelta(0), False),
        ({"exp": 1e300}, timedelta(days=3000), True),
        ({"nbf": 1e300}, timedelta(0), False),
        ({"exp": int(NOW.timestamp()) + 0.5}, timedelta(seconds=60), True),
    ],
)
def test_a_minute_of_other_clocks_is_borne(changes: dict[str, Any], after: timedelta, *, taken: bool) -> None:
    bearer = google_token(NOW, **changes)
    if taken:
        assert judge(GOOGLE, bearer, NOW + after) == SERVICE_ACCOUNT
    else:
        assert refusal(GOOGLE, bearer, NOW + after) in {"the token has expired", "the token is not valid yet"}


def test_every_character_of_a_token_is_signed() -> None:
    """A flipped one is a wrong signature, other claims, or no token at all."""
    bearer = google_token(NOW)
    for at in range(0, len(bearer), 7):
        other = "A" if bearer[at] != "A" else "B"
        refusal(GOOGLE, f"{bearer[:at]}{other}{bearer[at + 1 :]}")


def test_another_key_of_the_same_id_signs_nothing() -> None:
    stranger = signing_key("stranger")
    bearer = token(google_claims(NOW), stranger, kid="key-1")
    assert "signature is wrong" in refusal(GOOGLE, bearer)


def test_a_key_that_the_set_does_not_hold_signs_nothing() -> None:
    assert "no key of this id" in refusal(GOOGLE, google_token(NOW, key=signing_key("other")))


def test_a_key_that_was_not_fetched_signs_nothing() -> None:
    with pytest.raises(Unauthentic, match="not at hand"):
        GOOGLE.verify(request_of(google_token(NOW)), {}, NOW)


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "RS384", "RS512", "PS256", "ES256", "", 5, ["RS256"], None])
def test_the_token_does_not_choose_the_algorithm(alg: object) -> None:
    assert "RS256" in refusal(GOOGLE, token(google_claims(NOW), alg=alg))


def test_a_token_without_a_signature_is_none() -> None:
    head, body, _ = google_token(NOW).split(".")
    assert "wrong" in refusal(GOOGLE, f"{head}.{body}.")
    unsigned = url64(json.dumps({"alg": "none", "kid": "key-1"}).encode())
    refusal(GOOGLE, f"{unsigned}.{body}.")


def test_a_public_key_is_no_secret_to_sign_with() -> None:
    """The old confusion: HS256 with the published key for a secret."""
    head = url64(json.dumps({"alg": "HS256", "kid": "key-1"}).encode())
    body = url64(json.dumps(google_claims(NOW)).encode())
    digest = hmac.digest(signing_key().jwk()["n"].encode(), f"{head}.{body}".encode(), hashlib.sha256)
    assert "RS256" in refusal(GOOGLE, f"{head}.{body}.{url64(digest)}")


@pytest.mark.parametrize(
    "header",
    [
        {"kid": None},
        {"kid": ""},
        {"kid": 7},
        {"kid": "k" * 257},
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
    ],
)
def test_odd_headers_are_refused(header: dict[str, Any]) -> None:
    refusal(GOOGLE, token(google_claims(NOW), **header))


def test_a_token_brings_no_key_of_its_own() -> None:
    """`jwk`, `jku` and `x5u` are what attackers write there; only the configured set is asked."""
    stranger = signing_key("stranger")
    bearer = token(
        google_claims(NOW), stranger, kid="key-1", jwk=stranger.jwk(), jku="https://evil.example/keys", x5u="https://e"
    )
    assert [ref.url for ref in GOOGLE.needs(request_of(bearer), NOW)] == [KEYS_URL]
    assert "signature is wrong" in refusal(GOOGLE, bearer)


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer a.b.c", "Bearer a b", "Basic YTpi", "Bearer ü.ü.ü", "Bearer " + "a" * 9000],
)
def test_what_is_no_token_is_refused(authorization: str) -> None:
    request = Request(method="POST", headers={"authorization": authorization}, query={}, body=b"")
    for verifier in (GOOGLE, ENTRA):
        with pytest.raises(Unauthentic):
            verifier.needs(request, NOW)
    with pytest.raises(Unauthentic, match="no bearer token"):
        GOOGLE.needs(request_of(None), NOW)


def test_a_token_over_8_kib_is_refused_unread() -> None:
    assert "too long" in refusal(GOOGLE, google_token(NOW, filling="x" * 8000))


def test_a_weak_key_signs_nothing() -> None:
    weak = signing_key("weak", 1024)
    assert "wrong" in refusal(GOOGLE, google_token(NOW, key=weak), document=key_set(weak))


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"null", b'{"keys": 5}', b'{"keys": [5, {}, {"kid": 1}]}', b"\xff", b"[" * 100_000, b"<html>"],
)
def test_what_is_no_key_set_holds_no_key(document: bytes) -> None:
    assert signing_keys(document) == {}
    assert "no key of this id" in refusal(GOOGLE, google_token(NOW), document=document)


@pytest.mark.parametrize(
    "changes", [{"use": "enc"}, {"alg": "HS256"}, {"kty": "oct"}, {"kid": 5}, {"n": None}, {"e": 65537}]
)
def test_keys_for_other_uses_are_passed_over(changes: dict[str, Any]) -> None:
    document = json.dumps({"keys": [signing_key().jwk(**changes), signing_key("key-2").jwk()]}).encode()
    assert list(signing_keys(document)) == ["key-2"]


@pytest.mark.parametrize("broken", [{"n": ""}, {"n": "!!"}, {"e": "AA"}, {"n": "AQAB", "e": "AQAB"}])
def test_a_key_that_is_none_signs_nothing(broken: dict[str, Any]) -> None:
    document = json.dumps({"keys": [signing_key().jwk(**broken)]}).encode()
    assert "wrong" in refusal(GOOGLE, google_token(NOW), document=document)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize(
    ("caller", "role"),
    [(ACTION_GROUPS, "ActionGroupsSecureWebhook"), (EVENT_GRID, "AzureEventGridSecureWebhookSubscriber")],
)
def test_takes_both_versions_of_entra_tokens(version: str, caller: str, role: str) -> None:
    claims = entra_claims(NOW, version, roles=["other", role], **{"appid" if version == "1.0" else "azp": caller})
    assert judge(ENTRA, token(claims)) == Principal(method=AuthMethod.ENTRA, name=caller)


@pytest.mark.parametrize(
    ("version", "changes", "reason"),
    [
        ("1.0", {"iss": "https://sts.windows.net/00000000-0000-4000-8000-000000000000/"}, "another issuer"),
        ("2.0", {"iss": "https://login.microsoftonline.com/common/v2.0"}, "another issuer"),
        ("1.0", {"iss": f"https://sts.windows.net/{TENANT}"}, "another issuer"),
        ("1.0", {"tid": "00000000-0000-4000-8000-000000000000"}, "another tenant"),
        ("1.0", {"tid": None}, "another tenant"),
        ("1.0", {"aud": ACTION_GROUPS}, "another audience"),
        ("1.0", {"appid": "00000000-0000-4000-8000-000000000000"}, "another app"),
        ("2.0", {"azp": "00000000-0000-4000-8000-000000000000"}, "another app"),
        ("2.0", {"azp": None, "appid": ACTION_GROUPS}, "another app"),
        ("1.0", {"appid": None, "azp": ACTION_GROUPS}, "another app"),
        ("1.0", {"roles": []}, "none of the roles"),
        ("1.0", {"roles": None}, "none of the roles"),
        ("1.0", {"roles": ["actiongroupssecurewebhook"]}, "none of the roles"),
        ("1.0", {"roles": "ActionGroupsSecureWebhook"}, "cannot be read"),
    ],
)
def test_refuses_other_callers_of_the_tenant(version: str, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unauthentic, match=reason):
        ENTRA.needs(request_of(token(entra_claims(NOW, version, **changes))), NOW)


@pytest.mark.parametrize(
    ("cloud", "login", "issuer"),
    [
        (Cloud.US_GOVERNMENT, "login.microsoftonline.us", "sts.windows.net"),
        (Cloud.CHINA, "login.partner.microsoftonline.cn", "sts.chinacloudapi.cn"),
    ],
)
def test_national_clouds_have_their_own_hosts(cloud: Cloud, login: str, issuer: str) -> None:
    verifier = entra_verifier(TENANT.upper(), [APP_URI], cloud=cloud)
    first = token(entra_claims(NOW, iss=f"https://{issuer}/{TENANT}/"))
    second = token(entra_claims(NOW, "2.0", iss=f"https://{login}/{TENANT}/v2.0"))
    for bearer in (first, second):
        assert judge(verifier, bearer).name == ACTION_GROUPS
        assert verifier.needs(request_of(bearer), NOW)[0].url == f"https://{login}/{TENANT}/discovery/v2.0/keys"


def test_a_configuration_that_lets_anybody_in_is_none() -> None:
    wrong: Callable[[], JwtVerifier]
    for wrong in (
        lambda: oidc_verifier([AUDIENCE], []),
        lambda: oidc_verifier([], [EMAIL]),
        lambda: oidc_verifier([""], [EMAIL]),
        lambda: entra_verifier(TENANT, [APP_URI], app_ids=[]),
        lambda: entra_verifier(TENANT, [APP_URI], roles=[]),
        lambda: entra_verifier(TENANT, []),
    ):
        with pytest.raises(ValueError, match=r"audience|e-mail|app_ids"):
            wrong()


def test_the_proof_is_in_the_head() -> None:
    """So that a stranger's body is never read."""
    assert (GOOGLE.reads_body, GOOGLE.challenge) == (False, "Bearer")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])  # two shared cores
@given(
    st.dictionaries(st.sampled_from(["iss", "aud", "exp", "iat", "nbf", "email", "tid", "roles", "appid"]), JSON),
    st.dictionaries(st.sampled_from(["alg", "kid", "crit", "b64", "typ"]), JSON),
    st.sampled_from([GOOGLE, ENTRA]),
)
def test_odd_claims_and_headers_are_refused_in_words(
    changes: dict[str, Any], header: dict[str, Any], verifier: JwtVerifier
) -> None:
    claims = (google_claims(NOW) if verifier is GOOGLE else entra_claims(NOW)) | changes
    with contextlib.suppress(Unauthentic):
        judge(verifier, token(json.dumps(claims).encode("utf-8", "surrogatepass"), **header))


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")), st.binary(max_size=200))
@example("Bearer .", b"")
@example("Bearer " + ".".join(["e30"] * 3), b"")
@example("Bearer \udcff", b"")
def test_arbitrary_headers_are_refused_in_words(authorization: str, document: bytes) -> None:
    for text in (authorization, f"Bearer {authorization}"):
        request = Request(method="POST", headers={"authorization": text}, query={}, body=b"")
        with pytest.raises(Unauthentic):
            GOOGLE.needs(request, NOW)
        with pytest.raises(Unauthentic):
            GOOGLE.verify(request, {KeyRef(url=KEYS_URL, kid="key-1"): document}, NOW)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps({"keys": value}).encode("utf-8", "surrogatepass")))
def test_arbitrary_key_sets_prove_nothing(document: bytes) -> None:
    refusal(GOOGLE, google_token(NOW), document=document)
