"""What AWS posts without a signature, over real sockets: EventBridge's API destinations and raw SNS messages."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from bridge.samples import build
from tests.conftest import Start
from tests.support.bridge import TOKEN
from tests.support.sink import Sink
from tests.support.wait import wait_until

TOPIC = "arn:aws:sns:eu-west-1:000000000000:alarms"
AWS = {"kind": "aws", "verify": {"method": "token", "token": TOKEN}}
SIGNED = {"kind": "aws", "verify": {"method": "sns", "topic_arns": [TOPIC]}}
RAW = {
    "Content-Type": "text/plain; charset=UTF-8",
    "User-Agent": "Amazon Simple Notification Service Agent",
    "x-amz-sns-message-type": "Notification",
    "x-amz-sns-message-id": "00000000-0000-4000-8000-000000000001",
    "x-amz-sns-topic-arn": TOPIC,
    "x-amz-sns-rawdelivery": "true",
}
API_DESTINATION = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Amazon/EventBridge/ApiDestinations",
    "Range": "bytes=0-1048575",
    "Accept-Encoding": "gzip,deflate",
    "X-Bridge-Token": TOKEN,
}


async def test_an_api_destination_delivers_bare_events(start: Start, sink: Sink) -> None:
    """With the headers that EventBridge sends, and a key in one of our choice. It retries with the same id."""
    bridge = await start(sources={"aws": AWS})
    event = build("aws-guardduty", firing=True, now=datetime.now(UTC)).body

    for expected in ("accepted", "duplicate"):
        async with bridge.http.post(bridge.url("/v1/alerts/aws"), data=event, headers=API_DESTINATION) as response:
            assert response.ok
            assert (await response.json())["status"] == expected

    await wait_until(lambda: sink.alerts, "the delivery")
    (alert,) = sink.alerts
    assert alert["source"]["type"] == "guardduty-finding"
    assert alert["source"]["event_id"] == json.loads(event)["id"]


async def test_raw_messages_come_to_a_token_and_never_to_a_signature(start: Start, sink: Sink) -> None:
    """Nothing in them is signed: who takes them has chosen another proof, in the subscription's address."""
    bridge = await start(sources={"aws": AWS, "signed": SIGNED})
    raw = b"Disk /data of web-1 is full"

    async with bridge.http.post(bridge.url("/v1/alerts/signed"), data=raw, headers=RAW) as response:
        assert response.status == 400
    for expected in ("accepted", "duplicate"):
        async with bridge.http.post(
            bridge.url("/v1/alerts/aws"), data=raw, headers=RAW, params={"token": TOKEN}
        ) as response:
            assert (await response.json())["status"] == expected

    await wait_until(lambda: sink.alerts, "the delivery")
    (alert,) = sink.alerts
    assert (alert["source"]["type"], alert["title"]) == ("sns-text", raw.decode())
    assert alert["source"]["event_id"] == RAW["x-amz-sns-message-id"]
