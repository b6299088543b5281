"""What breaks parsers, through the real ingress: stored and delivered as a plain alert, or a clear 4xx. Never a 5xx."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from bridge.sources import SOURCES
from tests.conftest import Start
from tests.support.bridge import TOKEN
from tests.support.sink import Sink
from tests.support.wait import wait_until
from tests.verify.signing import TOPIC

HARD = {
    "empty": b"",
    "blank": b" \r\n\t",
    "deep arrays": b"[" * 100_000,
    "deep arrays, closed": b"[" * 50_000 + b"]" * 50_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "deep inside": b'{"Type": "Notification", "incident": ' + b'{"a":' * 500 + b"1" + b"}" * 501,
    "NaN": b'{"incident": {"started_at": NaN}, "alerts": NaN}',
    "infinity": b'{"data": {"essentials": {"severity": -Infinity}}}',
    "beyond a double": b'{"incident": {"started_at": 1e999, "state": "open"}}',
    "a huge integer": b'{"incident": {"started_at": ' + b"9" * 10_000 + b', "state": "open"}}',
    "twenty digits": b'{"incident": {"started_at": 99999999999999999999, "state": "open"}}',
    "a key twice": b'{"incident": {"state": "open", "state": "closed"}, "incident": 5, "version": 4, "version": 5}',
    "a mark alone": b"\xef\xbb\xbf",
    "a mark": b"\xef\xbb\xbf{}",
    "UTF-16": json.dumps({"incident": {}}).encode("utf-16"),
    "UTF-32": json.dumps([{}]).encode("utf-32"),
    "Latin-1": '{"title": "Störung"}'.encode("latin-1"),
    "a lone surrogate": b'{"title": "\\ud800", "alerts": [{"labels": {"a": "\\udfff"}}]}',
    "a lone surrogate in bytes": b'{"title": "\xed\xa0\x80"}',
    "a lone surrogate as a key": b'{"\\udc00": {"\\ud800\\ud800": 1}}',
    "NUL": b'{"title": "\\u0000", "\\u0000": "\\u0000"}\x00',
    "control characters": b'{"title": "a\x01b\x1bc"}',
    "cut off": b'{"incident": {"incident_id": "0.x", "state": "op',
    "two documents": b'{"a": 1}{"b": 2}',
    "a scalar": b'"text"',
    "null": b"null",
    "many members": b"[" + b"{}," * 20_000 + b"{}]",
    "a long key": b'{"' + b"k" * 500_000 + b'": 1}',
}


def everybody() -> dict[str, object]:
    """A source of every kind, with a token."""
    return {kind: {"kind": kind, "verify": {"method": "token", "token": TOKEN}} for kind in sorted(SOURCES)}


@pytest.mark.parametrize("name", HARD)
async def test_whatever_an_authentic_sender_writes_is_taken_and_delivered(start: Start, sink: Sink, name: str) -> None:
    """By every kind of source: nobody is left uninformed because a parser could not cope."""
    bridge = await start(sources=everybody())

    answers = {kind: await bridge.post(kind, HARD[name]) for kind in SOURCES}

    assert {kind: status for kind, (status, _) in answers.items() if status != 202} == {}
    named = lambda: {one["source"]["name"] for one in sink.alerts} == SOURCES.keys()  # noqa: E731
    # One of these bodies becomes thousands of alerts: how long that takes is a matter of the machine.
    await wait_until(named, "each is delivered", within=90)
    counts = await bridge.ledger.counts()
    assert (counts.get("bugs", 0), counts.get("dead", 0)) == (0, 0)


@pytest.mark.parametrize("name", HARD)
async def test_a_proof_inside_a_body_that_cannot_be_read_is_400(start: Start, name: str) -> None:
    """Nothing is stored: it may be from anybody."""
    bridge = await start(
        worker=False, sources={"aws": {"kind": "aws", "verify": {"method": "sns", "topic_arns": [TOPIC]}}}
    )

    status, answer = await bridge.post("aws", HARD[name], token=None)

    assert (status, answer["error"]["code"]) == (400, "unreadable")
    assert await bridge.ledger.counts() == {}


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "GZIP", "identity", ""])
async def test_packed_bodies_are_unpacked(start: Start, encoding: str) -> None:
    """What is stored is what was meant."""
    bridge = await start(worker=False)
    body = b'{"incident": {}}'
    packed = {"gzip": gzip.compress(body), "deflate": zlib.compress(body)}.get(encoding.lower(), body)

    status, answer = await bridge.post("gcp", packed, headers={"Content-Encoding": encoding})

    assert status == 202
    claims = await bridge.store.queries.xrange(bridge.store.keys.inbox)
    assert body in b"".join(claims[0][1].values())
    assert answer["status"] == "accepted"


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 131_072, 1_000_000])
async def test_a_packed_body_loses_nothing(start: Start, size: int) -> None:
    """At and around the steps in which it is unpacked."""
    bridge = await start(worker=False)

    await bridge.post("gcp", gzip.compress(b"x" * size), headers={"Content-Encoding": "gzip"})

    claims = await bridge.store.queries.xrange(bridge.store.keys.inbox)
    assert b"".join(claims[0][1].values()).count(b"x" * size) == 1


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "x-gzip", "gzip, gzip", "gzip;q=1", "no\tsuch", "*"])
async def test_other_packings_are_refused_by_name(start: Start, encoding: str) -> None:
    """415 at the first test message, instead of pages that nobody can read."""
    bridge = await start(worker=False)

    status, answer = await bridge.post("gcp", b"{}", headers={"Content-Encoding": encoding})

    assert (status, answer["error"]["code"]) == (415, "unknown_encoding")
    assert await bridge.ledger.counts() == {}


@pytest.mark.parametrize("packer", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
async def test_a_bomb_is_too_large_before_it_is_unpacked(start: Start, packer: Callable[[bytes], bytes]) -> None:
    """64 MiB in 64 KiB, against 2 MiB that the source allows."""
    bridge = await start(worker=False)
    encoding = "gzip" if packer is gzip.compress else "deflate"

    tracemalloc.start()
    bomb = packer(bytes(64 << 20))
    tracemalloc.reset_peak()
    status, answer = await bridge.post("aws", bomb, headers={"Content-Encoding": encoding})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (status, answer["error"]["code"]) == (413, "too_large")
    assert peak < 16 << 20
    assert await bridge.ledger.counts() == {}


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"{}"),
        ("deflate", b"{}"),
        ("gzip", gzip.compress(b"{}")[:-4]),
        ("gzip", zlib.compress(b"{}")),
        ("gzip", gzip.compress(b"{}") + b"more"),
        ("gzip", b"\x1f\x8b"),
        ("gzip", b""),
    ],
    ids=["plain", "plain-deflate", "cut-off", "deflate", "more", "magic", "empty"],
)
async def test_a_body_that_is_packed_otherwise_is_400(start: Start, encoding: str, body: bytes) -> None:
    """The sender's fault, and said so."""
    bridge = await start(worker=False)

    status, answer = await bridge.post("gcp", body, headers={"Content-Encoding": encoding})

    assert (status, answer["error"]["code"]) == (400, "bad_body")
    assert await bridge.ledger.counts() == {}
