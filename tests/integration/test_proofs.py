"""Tokens and signatures over real sockets: a key server of our own, keys that rotate, servers that go away."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.samples import build
from tests.conftest import Start
from tests.support.bridge import Bridge
from tests.support.keyserver import KeyServer
from tests.support.sink import Sink
from tests.support.wait import wait_until
from tests.verify.issuing import (
    ACTION_GROUPS,
    APP_URI,
    AUDIENCE,
    EMAIL,
    TENANT,
    entra_claims,
    google_token,
    key_set,
    signing_key,
    token,
)

SECRET, NEXT = "s3cret-key", "next-key"
HEADER, STAMPED = "X-Grafana-Alerting-Signature", "X-Grafana-Alerting-Timestamp"


@pytest.fixture
async def issuer() -> AsyncIterator[KeyServer]:
    """Publishes `key-1`."""
    server = await KeyServer(body=key_set(signing_key())).start()
    yield server
    await server.stop()


def oidc(issuer: KeyServer, **changes: Any) -> dict[str, Any]:
    verify = {
        "method": "oidc", "audience": AUDIENCE, "emails": [EMAIL],
        "jwks_url": issuer.url, "allowed_hosts": [issuer.host], "allow_http": True,
    }  # fmt: skip
    return {"gcp": {"kind": "gcp", "verify": verify | changes}}


def entra(issuer: KeyServer) -> dict[str, Any]:
    verify = {
        "method": "entra", "tenant": TENANT, "audience": [APP_URI],
        "jwks_url": issuer.url, "allowed_hosts": [issuer.host], "allow_http": True,
    }  # fmt: skip
    return {"azure": {"kind": "azure", "verify": verify}}


def signed(**verify: Any) -> dict[str, Any]:
    return {"azure": {"kind": "azure", "verify": {"method": "hmac", "secret": [SECRET, NEXT], **verify}}}


def azure() -> bytes:
    return build("azure-monitor", firing=True, now=datetime.now(UTC)).body


def hexed(text: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


async def nothing_stored(bridge: Bridge) -> bool:
    return await bridge.ledger.counts() == {} and (await bridge.ledger.depths()).unplanned == 0


async def test_a_push_of_pubsub_is_delivered_with_its_proof(start: Start, issuer: KeyServer, sink: Sink) -> None:
    bridge = await start(sources=oidc(issuer))
    body = build("gcp-pubsub", firing=True, now=datetime.now(UTC)).body

    status, _ = await bridge.post("gcp", body, token=google_token())

    assert status == 202
    await wait_until(lambda: sink.alerts, "it is delivered")
    assert sink.alerts[0]["auth"] == {"method": "oidc", "principal": EMAIL}
    assert issuer.asked == ["/keys"]


@pytest.mark.parametrize("version", ["1.0", "2.0"])
async def test_a_secure_webhook_is_delivered_with_its_proof(
    start: Start, issuer: KeyServer, sink: Sink, version: str
) -> None:
    bridge = await start(sources=entra(issuer))

    status, _ = await bridge.post("azure", azure(), token=token(entra_claims(datetime.now(UTC), version)))

    assert status == 202
    await wait_until(lambda: sink.alerts, "it is delivered")
    assert sink.alerts[0]["auth"] == {"method": "entra", "principal": ACTION_GROUPS}


async def test_a_body_that_is_no_json_is_taken_where_its_proof_is_in_the_head(
    start: Start, issuer: KeyServer, sink: Sink
) -> None:
    """As with a plain token: nothing authentic is lost."""
    bridge = await start(sources=oidc(issuer))

    status, _ = await bridge.post("gcp", b'{"incident": \xff', token=google_token())

    assert status == 202
    await wait_until(lambda: sink.alerts, "the plain alert is delivered")
    assert sink.alerts[0]["source"]["type"] == "undecoded"


REFUSED: dict[str, Callable[[], str | None]] = {
    "none": lambda: None,
    "no token": lambda: "dev-token",
    "stranger's key": lambda: google_token(key=signing_key("stranger")),
    "expired": lambda: google_token(datetime.now(UTC) - timedelta(hours=2)),
    "another audience": lambda: google_token(aud="https://elsewhere.example.com"),
    "another account": lambda: google_token(email="thief@evil.iam.gserviceaccount.com"),
    "flipped": lambda: google_token()[:-3] + "AAA",
    "unsigned": lambda: google_token().rpartition(".")[0] + ".",
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_token_that_proves_nothing_is_401(
    start: Start, issuer: KeyServer, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The same answer for every reason, and the reason in the log alone, without the token."""
    bridge = await start(worker=False, sources=oidc(issuer))
    bearer = REFUSED[name]()

    status, answer = await bridge.post("gcp", b"{}", token=bearer)

    assert (status, answer["error"]) == (
        401, {"code": "unauthorized", "message": "the request does not prove who sent it"},
    )  # fmt: skip
    assert await nothing_stored(bridge)
    assert bearer is None or bearer[-20:] not in caplog.text


async def test_strangers_claims_cost_no_fetch(start: Start, issuer: KeyServer) -> None:
    """They are judged before the keys are asked for."""
    bridge = await start(worker=False, sources=oidc(issuer))

    for name in ("none", "no token", "expired", "another audience", "another account"):
        assert (await bridge.post("gcp", b"{}", token=REFUSED[name]()))[0] == 401

    assert issuer.asked == []


async def test_a_flood_of_forged_tokens_costs_one_fetch(start: Start, issuer: KeyServer) -> None:
    """Each names another key."""
    bridge = await start(worker=False, sources=oidc(issuer))
    forged = [google_token(key=signing_key("stranger"), jti=str(n)) for n in range(40)]

    answers = await asyncio.gather(*(bridge.post("gcp", b"{}", token=one) for one in forged))

    assert {status for status, _ in answers} == {401}
    assert len(issuer.asked) == 1


async def test_a_rotated_key_is_fetched(start: Start, issuer: KeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old one, once it is withdrawn, proves nothing any more."""
    monkeypatch.setattr("bridge.outbound.key_sets._PAUSE", 0.0)
    bridge = await start(worker=False, sources=oidc(issuer))
    new = signing_key("key-2")
    assert (await bridge.post("gcp", b"1", token=google_token()))[0] == 202

    issuer.body = key_set(new)
    assert (await bridge.post("gcp", b"2", token=google_token(key=new)))[0] == 202
    assert (await bridge.post("gcp", b"3", token=google_token()))[0] == 401


async def test_keys_that_cannot_be_had_are_503(start: Start, issuer: KeyServer) -> None:
    """The sender tries again; nothing is called a forgery that could not be looked at."""
    bridge = await start(worker=False, sources=oidc(issuer))
    issuer.status = 500

    status, answer = await bridge.post("gcp", b"{}", token=google_token())

    assert (status, answer["error"]["code"]) == (503, "keys_unavailable")
    assert await nothing_stored(bridge)


async def test_an_outage_of_the_issuer_stops_nobody_who_was_heard_before(
    start: Start, issuer: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old keys stay in force; only a new one cannot be judged."""
    monkeypatch.setattr("bridge.outbound.key_sets._FRESH_FOR", 0.0)
    monkeypatch.setattr("bridge.outbound.key_sets._PAUSE", 0.0)
    bridge = await start(worker=False, sources=oidc(issuer))
    assert (await bridge.post("gcp", b"1", token=google_token()))[0] == 202

    await issuer.stop()

    assert (await bridge.post("gcp", b"2", token=google_token()))[0] == 202
    assert (await bridge.post("gcp", b"3", token=google_token(key=signing_key("key-2"))))[0] == 503


async def test_a_redirect_of_the_keys_is_not_followed(start: Start, issuer: KeyServer) -> None:
    """It would lead off the pinned host."""
    bridge = await start(worker=False, sources=oidc(issuer))
    issuer.status = 302

    assert (await bridge.post("gcp", b"{}", token=google_token()))[0] == 503
    assert issuer.asked == ["/keys"]


@pytest.mark.parametrize("body", [None, b'{"cut": off', b"\xff\xfe no JSON", b""])
async def test_a_signed_body_is_delivered_with_its_proof(start: Start, sink: Sink, body: bytes | None) -> None:
    """Bytes are bytes: a signature does not ask whether they are JSON."""
    bridge = await start(sources=signed(header=HEADER))
    body = azure() if body is None else body

    status, _ = await bridge.post("azure", body, token=None, headers={HEADER: hexed(body)})

    assert status == 202
    await wait_until(lambda: sink.alerts, "it is delivered")
    assert sink.alerts[0]["auth"] == {"method": "hmac", "principal": HEADER.lower()}


async def test_both_secrets_live_while_one_is_replaced(start: Start) -> None:
    bridge = await start(worker=False, sources=signed(header="X-PagerDuty-Signature"))
    body = azure()

    for stated in (f"v1={hexed(body)}", f"v1={hexed(body, NEXT)}", f"v1={hexed(body, 'gone')},v1={hexed(body)}"):
        status, _ = await bridge.post("azure", body, token=None, headers={"X-PagerDuty-Signature": stated})
        assert status == 202


async def test_a_signature_that_proves_nothing_is_401(start: Start) -> None:
    bridge = await start(worker=False, sources=signed(header=HEADER, timestamp_header=STAMPED))
    body, now = azure(), str(int(datetime.now(UTC).timestamp()))
    old = str(int(now) - 301)

    def stamped(stamp: str, signature: str) -> dict[str, str]:
        return {HEADER: signature, STAMPED: stamp}

    good = hexed(f"{now}:".encode() + body)
    refused = [
        {},
        {HEADER: good},
        {HEADER: hexed(body)},
        stamped(now, hexed(body)),
        stamped(now, hexed(f"{now}:".encode() + body, "wrong")),
        stamped(now, good[:-1] + ("0" if good[-1] != "0" else "1")),
        stamped(old, hexed(f"{old}:".encode() + body)),
        {"X-Bridge-Token": SECRET},
    ]
    answers = [await bridge.post("azure", body, token=None, headers=headers) for headers in refused]

    assert {(status, json.dumps(answer)) for status, answer in answers} == {
        (401, json.dumps(answers[0][1])),
    }  # fmt: skip
    assert await nothing_stored(bridge)
    assert (await bridge.post("azure", body, token=None, headers=stamped(now, good)))[0] == 202


async def test_the_reference_client_of_standard_webhooks_is_understood(start: Start, sink: Sink) -> None:
    """The package `standardwebhooks` signs; another secret, another body and an old time do not pass."""
    standardwebhooks = pytest.importorskip("standardwebhooks", reason="the package standardwebhooks is not installed")
    ours, foreign = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    verify = {"method": "standard-webhooks", "secret": ours}
    bridge = await start(sources={"azure": {"kind": "azure", "verify": verify}})
    body, now = azure().decode(), datetime.now(UTC)

    async def sent(secret: str, *, text: str = body, at: datetime = now) -> int:
        signature = standardwebhooks.Webhook(secret).sign("msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", at, body)
        headers = {
            "webhook-id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature,
        }
        return (await bridge.post("azure", text.encode(), token=None, headers=headers))[0]

    assert await sent(ours) == 202
    assert await sent(foreign) == 401
    assert await sent(ours, text=body + " ") == 401
    assert await sent(ours, at=now - timedelta(minutes=6)) == 401
    await wait_until(lambda: sink.alerts, "the good one is delivered")
    assert sink.alerts[0]["auth"] == {"method": "hmac", "principal": "standard-webhooks"}
