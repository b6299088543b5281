"""What applies where nothing is configured: the development bridge, on loopback only."""

from __future__ import annotations

from typing import Any

from bridge.pinghome import demo
from bridge.settings.model import DEV_TOKEN
from bridge.sources import SOURCES


def development() -> dict[str, Any]:
    """Every kind of source with the development token, everything to the demo webhook, one open heartbeat."""
    return {
        "admin": {"token": DEV_TOKEN},
        "pinghome": {
            "email": demo.DEMO_EMAIL,
            "password": demo.DEMO_PASSWORD,
            "control": {"token": DEV_TOKEN},
        },
        "sources": {kind: _source(kind) for kind in sorted(SOURCES)},
        "routes": [{"name": "everything", "to": [{"webhook": demo.DEMO_WEBHOOK_ID}]}],
        "heartbeats": {"demo-job": {"id": demo.DEMO_HEARTBEAT_ID, "open": True}},
    }


def _source(kind: str) -> dict[str, Any]:
    source = {"kind": kind, "verify": {"method": "token", "token": DEV_TOKEN}}
    return source | {"routing_keys": [DEV_TOKEN]} if kind == "pagerduty" else source
