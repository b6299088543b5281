"""Heartbeat reports: what a job says of itself, stored before it is thanked."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.destination import Result
from bridge.domain.errors import Invalid, Unauthentic, Unavailable, UnknownHeartbeat
from bridge.domain.identity import delivery_time_ms
from bridge.domain.request import Request
from bridge.domain.send import Send, TargetKind
from bridge.pipeline.orders import MESSAGE_LIMIT, fitting
from bridge.pipeline.report import Heartbeat, Reporter
from bridge.verify.token import TokenVerifier
from tests.support.fakes import BOUNDED, NOW, MemoryJournal, clock

OPEN = Heartbeat(name="demo-job", monitor_id="monitor-demo", verifier=None)
CLOSED = Heartbeat(name="backup", monitor_id="monitor-backup", verifier=TokenVerifier(["s3cret"]))
NOBODY = Request(method="GET", headers={}, query={}, body=b"")


def bearer(token: str) -> Request:
    """A request with this token."""
    return Request(method="GET", headers={"authorization": f"Bearer {token}"}, query={}, body=b"")


def reporter(journal: MemoryJournal) -> Reporter:
    """For one open and one closed heartbeat."""
    numbers = iter(range(1, 1000))
    return Reporter(
        {heartbeat.name: heartbeat for heartbeat in (OPEN, CLOSED)},
        journal=journal,
        clock=clock,
        entropy=lambda: next(numbers),
    )


async def reported(
    name: str = "demo-job", request: Request = NOBODY, word: str = "tick", message: str | None = None
) -> Send:
    """The send that a report became."""
    journal = MemoryJournal()
    await reporter(journal).report(name, request, word, message)
    ((send, _),) = journal.sends
    return send


@pytest.mark.parametrize("word", [*Result])
async def test_a_report_becomes_a_send_with_its_result(word: str) -> None:
    """To the heartbeat's monitor; the body is the query of the gateway's GET."""
    send = await reported(word=word)

    assert (send.target.kind, send.target.id) == (TargetKind.HEARTBEAT, "monitor-demo")
    assert json.loads(send.body) == {"result": word}
    assert send.label == f"demo-job {word}"


async def test_a_message_goes_along() -> None:
    """As text."""
    assert json.loads((await reported(message="42 files, 3 s")).body)["message"] == "42 files, 3 s"


@pytest.mark.parametrize("message", [None, ""])
async def test_an_empty_message_is_left_out(message: str | None) -> None:
    """Nothing to say."""
    assert "message" not in json.loads((await reported(message=message)).body)


async def test_the_id_is_promised_only_when_it_is_stored() -> None:
    """It is that of the send and of the ledger's event, and it tells the time."""
    journal = MemoryJournal()

    accepted = await reporter(journal).report("demo-job", NOBODY, "run", None)

    ((send, facts),) = journal.sends
    assert accepted.id == send.delivery_id == send.idempotency_key == facts.id
    assert delivery_time_ms(accepted.id) == int(NOW.timestamp() * 1000)
    assert (facts.source, facts.principal) == ("heartbeat:demo-job", "open")


async def test_two_reports_are_two_sends_in_one_lane() -> None:
    """`run` and `complete` keep their order."""
    journal = MemoryJournal()
    reports = reporter(journal)

    await reports.report("demo-job", NOBODY, "run", None)
    await reports.report("demo-job", NOBODY, "complete", None)

    (first, _), (second, _) = journal.sends
    assert first.id != second.id
    assert first.lane == second.lane


async def test_two_heartbeats_do_not_wait_for_each_other() -> None:
    """Each has a lane of its own."""
    assert (await reported()).lane != (await reported("backup", bearer("s3cret"))).lane


async def test_a_closed_heartbeat_takes_its_token() -> None:
    """And the ledger knows how it was proven, not by which token."""
    journal = MemoryJournal()

    await reporter(journal).report("backup", bearer("s3cret"), "tick", None)

    assert journal.sends[0][1].principal == "token: token"


@pytest.mark.parametrize("request_", [NOBODY, bearer("wrong")], ids=["no token", "a wrong one"])
async def test_a_closed_heartbeat_refuses_strangers(request_: Request) -> None:
    """A forged tick hides a dead job."""
    journal = MemoryJournal()

    with pytest.raises(Unauthentic):
        await reporter(journal).report("backup", request_, "tick", None)

    assert journal.sends == []


async def test_a_stranger_learns_nothing_about_results() -> None:
    """The proof is asked for first."""
    with pytest.raises(Unauthentic):
        await reporter(MemoryJournal()).report("backup", NOBODY, "no such result", None)


async def test_an_unknown_heartbeat_is_said_to_be_unknown() -> None:
    """And nothing is stored."""
    journal = MemoryJournal()

    with pytest.raises(UnknownHeartbeat):
        await reporter(journal).report("nightly", NOBODY, "tick", None)

    assert journal.sends == []


@pytest.mark.parametrize("word", ["", "TICK", "done", "tick ", "1"])
async def test_another_result_names_the_four(word: str) -> None:
    """Tick, run, complete, fail."""
    journal = MemoryJournal()

    with pytest.raises(Invalid, match="tick, run, complete, fail"):
        await reporter(journal).report("demo-job", NOBODY, word, None)

    assert journal.sends == []


async def test_a_report_that_cannot_be_stored_is_not_thanked_for() -> None:
    """The job tries again."""
    journal = MemoryJournal()
    journal.away = True

    with pytest.raises(Unavailable):
        await reporter(journal).report("demo-job", NOBODY, "tick", None)


@BOUNDED
@given(message=st.text(max_size=400) | st.text(alphabet="a %ü€😀\ud800", min_size=100, max_size=1600))
def test_a_message_fits_into_a_url(message: str) -> None:
    """However much its encoding makes of it; what is left is its beginning, whole characters."""
    fitted = fitting(message)

    assert len(quote(fitted, safe="")) <= MESSAGE_LIMIT
    assert message.encode("utf-8", "replace").decode().startswith(fitted)


@pytest.mark.parametrize(("character", "cost"), [("a", 1), (" ", 3), ("ü", 6), ("€", 9), ("😀", 12)])
def test_a_message_is_cut_at_the_last_character_that_fits(character: str, cost: int) -> None:
    """Not earlier, and never inside one."""
    assert fitting(character * 2000) == character * (MESSAGE_LIMIT // cost)


def test_a_short_message_is_left_alone() -> None:
    """At exactly the limit it is short."""
    assert fitting("x" * MESSAGE_LIMIT) == "x" * MESSAGE_LIMIT
