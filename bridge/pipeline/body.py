"""The body of schema `bridge.alert/v1`, as it is posted to the incident webhook."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from bridge.domain.alert import Alert, Severity, urgency_of
from bridge.domain.delivery import Delivery
from bridge.domain.redact import redact, redact_loosely
from bridge.domain.routing import Decision

SCHEMA: Final = "bridge.alert/v1"
RAW_LIMIT: Final = 256 * 1024
"""Bytes of `raw` that travel; past it only its digest does, and the admin API serves the rest."""


def document(
    alert: Alert, delivery: Delivery, *, alert_id: str, dedup_key: str, severity: Severity, kind: str
) -> dict[str, Any]:
    """The alert as JSON values, without `routing` and `raw`: what routes are decided on."""
    return {
        "schema": SCHEMA,
        "id": alert_id,
        "action": alert.action.value,
        "status": alert.status.value,
        "severity": severity.value,
        "severity_raw": alert.severity_raw,
        "urgency": urgency_of(severity).value,
        "title": alert.title,
        "description": alert.description,
        "dedup_key": dedup_key,
        "source": {
            "name": delivery.source,
            "kind": kind,
            "type": alert.type,
            "provider": alert.provider,
            "account": alert.account,
            "region": alert.region,
            "event_id": alert.event_id or delivery.event_id,
        },
        "resource": {"id": alert.resource.id, "type": alert.resource.type, "name": alert.resource.name},
        "service": None,
        "environment": None,
        "condition": _condition(alert),
        "labels": dict(alert.labels),
        "links": [{"rel": link.rel.value, "href": link.href} for link in alert.links],
        "starts_at": _moment(alert.starts_at),
        "ends_at": _moment(alert.ends_at),
        "received_at": _moment(delivery.received_at),
        "auth": {"method": delivery.principal.method.value, "principal": delivery.principal.name},
        "occurrences": 1,
        "test": alert.test,
    }


def render(document: dict[str, Any], decision: Decision, raw: bytes, *, redacted: frozenset[str]) -> bytes:
    """The document with its routing and its raw message, as bytes. Rendered once: retries send the same."""
    routing: dict[str, Any] = {
        "route": decision.route, "reason": decision.reason, "team_id": decision.team_id, "on_call": [],
    }  # fmt: skip
    return msgspec.json.encode({**document, "routing": routing, **_raw_members(raw, redacted)})


def _raw_members(body: bytes, redacted: frozenset[str]) -> dict[str, Any]:
    if len(body) > RAW_LIMIT:
        return {"raw_ref": {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}}
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Latin-1 names every byte, so that the rest of the bytes stay what they are.
        cut = redact_loosely(redact(body.decode("latin-1"), redacted), redacted)
        return {"raw": base64.b64encode(cut.encode("latin-1")).decode("ascii"), "raw_encoding": "base64"}
    text = redact(text, redacted)
    spliced = text.strip().encode()
    if _is_json(spliced):
        return {"raw": msgspec.Raw(spliced)}
    return {"raw": redact_loosely(text, redacted)}


def _is_json(body: bytes) -> bool:
    """Strictly: what is spliced into our JSON unchanged must not break it."""
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return False
    return True


def _condition(alert: Alert) -> dict[str, Any] | None:
    condition = alert.condition
    if condition is None:
        return None
    return {
        "metric": condition.metric,
        "operator": condition.operator,
        "threshold": condition.threshold,
        "value": condition.value,
        "unit": condition.unit,
        "text": condition.text,
    }


def _moment(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    text = moment.astimezone(UTC).isoformat()
    return text.removesuffix("+00:00") + "Z"
