"""Grafana and Sentry as they sign, over the real ingress: proof, duplicates, and what is no alert."""

from __future__ import annotations

import hashlib
import hmac
import time

import pytest

from tests.conftest import Start
from tests.sources.kit import Case
from tests.support.bridge import Bridge
from tests.support.sink import Sink
from tests.support.wait import wait_until

SECRET = "a-client-secret"
GRAFANA, TIME = "X-Grafana-Alerting-Signature", "X-Grafana-Alerting-Timestamp"
SENTRY = "Sentry-Hook-Signature"


@pytest.fixture
async def bridge(start: Start) -> Bridge:
    signed = {"method": "hmac", "secret": SECRET}
    return await start(
        sources={
            "grafana": {"kind": "grafana", "verify": {**signed, "header": GRAFANA, "timestamp_header": TIME}},
            "sentry": {"kind": "sentry", "verify": {**signed, "header": SENTRY}},
        }
    )


def signature(text: bytes) -> str:
    return hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()


async def test_a_group_of_grafana_is_proven_and_told_apart(bridge: Bridge, sink: Sink) -> None:
    body, now = Case(kind="grafana", name="unified-group-of-two").body, str(int(time.time()))
    headers = {TIME: now, GRAFANA: signature(now.encode() + b":" + body)}

    assert (await bridge.post("grafana", body + b" ", token=None, headers=headers))[0] == 401
    assert (await bridge.post("grafana", body, token=None, headers=headers))[0] == 202

    await wait_until(lambda: len(sink.alerts) == 2, "both alerts are delivered")
    assert {alert["action"] for alert in sink.alerts} == {"trigger", "resolve"}
    assert {alert["auth"]["method"] for alert in sink.alerts} == {"hmac"}
    assert all(alert["raw"]["labels"]["alertname"] == "CPU" for alert in sink.alerts)


async def test_a_message_of_sentry_is_taken_once(bridge: Bridge, sink: Sink) -> None:
    body = Case(kind="sentry", name="issue-alert").body
    headers = {SENTRY: signature(body), "Request-ID": "9a7c6d0e", "Sentry-Hook-Resource": "event_alert"}

    first = await bridge.post("sentry", body, token=None, headers=headers)
    again = await bridge.post("sentry", body, token=None, headers=headers)
    other = await bridge.post("sentry", body, token=None, headers={**headers, "Request-ID": "another"})

    assert [first[1]["status"], again[1]["status"], other[1]["status"]] == ["accepted", "duplicate", "accepted"]
    await wait_until(lambda: len(sink.alerts) == 2, "two of three are delivered")
    assert sink.alerts[0]["source"]["event_id"] == "9a7c6d0e"
    assert b"made-up" not in sink.received[0].body


async def test_a_comment_in_sentry_is_acknowledged_and_not_stored(bridge: Bridge, sink: Sink) -> None:
    body = Case(kind="sentry", name="handshake-comment").body

    answer = await bridge.post("sentry", body, token=None, headers={SENTRY: signature(body)})

    assert answer == (200, {"status": "acknowledged"})
    assert (await bridge.ledger.counts()).get("accepted", 0) == 0
