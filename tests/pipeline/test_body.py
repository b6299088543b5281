"""The body of schema `bridge.alert/v1`, field by field, and the raw message in it."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.alert import Action, Alert, Condition, Link, Rel, Resource, Severity, Status
from bridge.domain.delivery import Delivery
from bridge.domain.redact import REDACTED
from bridge.domain.request import AuthMethod, Principal
from bridge.domain.routing import Decision
from bridge.pipeline.body import RAW_LIMIT, document, render
from tests.support.fakes import BOUNDED, WEBHOOK, alert, delivery

DECISION = Decision(route="pages", reason="all 2 conditions hold", to=(WEBHOOK,))


def strictly(body: bytes) -> dict[str, Any]:
    """Parsed as RFC 8259 has it: no NaN, no Infinity, UTF-8."""

    def refuse(word: str) -> NoReturn:
        raise AssertionError(f"{word} is no JSON")

    parsed: dict[str, Any] = json.loads(body.decode("utf-8"), parse_constant=refuse)
    return parsed


def rendered(
    raw: bytes = b"{}",
    of: Alert | None = None,
    by: Delivery | None = None,
    *,
    severity: Severity = Severity.HIGH,
    redacted: frozenset[str] = frozenset(),
) -> bytes:
    """The whole body."""
    values = document(
        of or alert(), by or delivery(), alert_id="alert-1", dedup_key="shop:alarm/1", severity=severity, kind="aws"
    )
    return render(values, DECISION, raw, redacted=redacted)


def body(*args: Any, **kwargs: Any) -> dict[str, Any]:
    """The whole body, parsed."""
    return strictly(rendered(*args, **kwargs))


FULL = alert(
    status=Status.ACKNOWLEDGED,
    action=Action.ACKNOWLEDGE,
    severity_raw="Sev1",
    description="because",
    provider="aws",
    account="000000000000",
    region="eu-west-1",
    event_id="inner-1",
    resource=Resource(id="i-1", type="instance", name="web"),
    condition=Condition(metric="CPU", operator=">", threshold=80.0, value=91.5, unit="%", text="CPU > 80 %"),
    labels={"team": "shop"},
    links=(Link(rel=Rel.RUNBOOK, href="https://example.com/r"), Link(rel=Rel.CONSOLE, href="https://example.com/c")),
    starts_at=datetime(2026, 11, 22, 11, 30, tzinfo=timezone(timedelta(hours=2))),
    ends_at=datetime(2026, 11, 22, 9, 45, 0, 120_000, tzinfo=UTC),
    test=True,
)
BY = delivery(
    source="aws-prod", event_id="outer-1", principal=Principal(method=AuthMethod.SNS_SIGNATURE, name="arn:topic")
)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema", "bridge.alert/v1"),
        ("id", "alert-1"),
        ("action", "acknowledge"),
        ("status", "acknowledged"),
        ("severity", "medium"),
        ("severity_raw", "Sev1"),
        ("urgency", "medium"),
        ("title", "disk full"),
        ("description", "because"),
        ("dedup_key", "shop:alarm/1"),
        ("resource", {"id": "i-1", "type": "instance", "name": "web"}),
        ("service", None),
        ("environment", None),
        (
            "condition",
            {"metric": "CPU", "operator": ">", "threshold": 80.0, "value": 91.5, "unit": "%", "text": "CPU > 80 %"},
        ),
        ("labels", {"team": "shop"}),
        (
            "links",
            [{"rel": "runbook", "href": "https://example.com/r"}, {"rel": "console", "href": "https://example.com/c"}],
        ),
        ("starts_at", "2026-11-22T09:30:00Z"),
        ("ends_at", "2026-11-22T09:45:00.120000Z"),
        ("received_at", "2026-11-22T10:00:00Z"),
        ("auth", {"method": "sns-signature", "principal": "arn:topic"}),
        ("occurrences", 1),
        ("routing", {"route": "pages", "reason": "all 2 conditions hold", "team_id": None, "on_call": []}),
        ("test", True),
        ("raw", {}),
        (
            "source",
            {
                "name": "aws-prod",
                "kind": "aws",
                "type": "test-alarm",
                "provider": "aws",
                "account": "000000000000",
                "region": "eu-west-1",
                "event_id": "inner-1",
            },
        ),
    ],
)
def test_a_field_of_the_schema(field: str, value: Any) -> None:
    """Contract, section 4."""
    assert body(b"{}", FULL, BY, severity=Severity.MEDIUM)[field] == value


def test_the_body_has_the_fields_of_the_schema_and_no_others() -> None:
    """In the contract's own order."""
    assert list(body(b"{}", FULL, BY)) == [
        "schema", "id", "action", "status", "severity", "severity_raw", "urgency", "title", "description", "dedup_key",
        "source", "resource", "service", "environment", "condition", "labels", "links", "starts_at", "ends_at",
        "received_at", "auth", "occurrences", "test", "routing", "raw",
    ]  # fmt: skip


def test_facts_that_the_sender_did_not_state_are_null_or_absent() -> None:
    """Nothing is invented."""
    bare = body()

    nulls = ("severity_raw", "description", "service", "environment", "condition", "starts_at", "ends_at")
    assert [bare[name] for name in nulls] == [None] * len(nulls)
    assert bare["resource"] == {"id": None, "type": None, "name": None}
    assert (bare["labels"], bare["links"]) == ({}, [])
    assert bare["source"]["event_id"] is None


def test_the_id_of_the_message_stands_in_for_that_of_the_member() -> None:
    """Where the decoder found none."""
    assert body(by=BY)["source"]["event_id"] == "outer-1"


@pytest.mark.parametrize(
    ("severity", "urgency"),
    [("critical", "high"), ("high", "high"), ("medium", "medium"), ("low", "low"), ("info", "low")],
)
def test_the_urgency_follows_from_the_severity(severity: str, urgency: str) -> None:
    """Ruling 23."""
    assert body(severity=Severity(severity))["urgency"] == urgency


@pytest.mark.parametrize(
    "raw",
    [
        b'{"b":1,  "a" : [1.50, 1e2, "\\u00fc\\/"],"b":2}',
        b"[]",
        b'"text"',
        b"3.10",
        b"null",
        b" \n{}\n ",
        '"ü"'.encode(),
    ],
)
def test_json_is_spliced_in_unchanged(raw: bytes) -> None:
    """Byte for byte: order, blanks, duplicates, spelling of numbers and escapes."""
    assert rendered(raw).endswith(b'"raw":' + raw.strip() + b"}")


@pytest.mark.parametrize(
    "raw", [b"", b"plain words", b'{"a": ', b'{"a": NaN}', b"[Infinity]", b"{}{}", b"{'a': 1}", b'"\\ud800"', b"01"]
)
def test_a_body_that_is_no_json_is_a_string(raw: bytes) -> None:
    """As it came."""
    assert body(raw)["raw"] == raw.decode()


def test_a_body_nested_without_end_is_a_string() -> None:
    """No receiver could parse it, and the bridge must not fall over it."""
    raw = b"[" * 100_000

    assert body(raw)["raw"] == raw.decode()


def test_a_byte_order_mark_is_left_out() -> None:
    """Inside our JSON it would be a stray character."""
    assert body(b'\xef\xbb\xbf{"a": 1}')["raw"] == {"a": 1}


@pytest.mark.parametrize("raw", [b"\xff\xfe{\x00}\x00", b"caf\xe9", b"\xed\xa0\x80"])
def test_bytes_that_are_no_utf8_are_base64(raw: bytes) -> None:
    """And say so."""
    carried = body(raw)

    assert carried["raw_encoding"] == "base64"
    assert base64.b64decode(carried["raw"]) == raw


@pytest.mark.parametrize("raw", [b'"' + b"x" * RAW_LIMIT + b'"', b"\xff" * (RAW_LIMIT + 1)], ids=["json", "bytes"])
def test_a_raw_message_past_256_kib_is_cut_out(raw: bytes) -> None:
    """Its digest and its size stand for it; the page still leaves."""
    carried = body(raw)

    assert carried["raw_ref"] == {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}
    assert "raw" not in carried
    assert "raw_encoding" not in carried


def test_a_raw_message_of_exactly_256_kib_travels() -> None:
    """The limit itself is allowed."""
    raw = b'"' + b"x" * (RAW_LIMIT - 2) + b'"'

    assert body(raw)["raw"] == "x" * (RAW_LIMIT - 2)


@pytest.mark.parametrize(
    ("raw", "carried"),
    [
        (b'{"Token": {"deep": ["s3cret"]}, "a":  1}', {"Token": REDACTED, "a": 1}),
        (b'{"Token": "s3cret"', f'{{"Token": "{REDACTED}"'),
        (b'\xef\xbb\xbf{"Token": "s3cret"}', {"Token": REDACTED}),
    ],
)
def test_secrets_of_the_raw_message_stay_here(raw: bytes, carried: Any) -> None:
    """In JSON and in what is not quite JSON."""
    assert body(raw, redacted=frozenset({"Token"}))["raw"] == carried


def test_secrets_do_not_leave_by_way_of_base64() -> None:
    """One byte that is no UTF-8 must not switch redaction off."""
    carried = body(b'{"Token": "s3cret", "name": "caf\xe9"}', redacted=frozenset({"Token"}))

    raw = carried["raw"]
    shown = base64.b64decode(raw) if carried.get("raw_encoding") == "base64" else str(raw).encode()
    assert b"s3cret" not in shown


@BOUNDED
@given(
    raw=st.binary(max_size=200)
    | st.text(alphabet='{}[]":,\\u0d8f1eE+-.nulltre \n\ufeff\u00a0', max_size=80).map(str.encode)
)
def test_the_whole_is_strict_json_whatever_was_sent(raw: bytes) -> None:
    """A stranger's bytes cannot break out of `raw`."""
    carried = body(raw, redacted=frozenset({"null"}))

    assert carried["schema"] == "bridge.alert/v1"
    assert carried["id"] == "alert-1"
    assert list(carried)[-1] in {"raw", "raw_encoding"}


leaves = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9)
documents = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


@BOUNDED
@given(raw=documents)
def test_any_json_comes_out_as_it_went_in(raw: Any) -> None:
    """Without a redacted key."""
    assert body(json.dumps(raw).encode())["raw"] == raw
