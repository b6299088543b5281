"""The spool's files: whatever a crash or a bad disk leaves, every good record is read, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.spool.segments import MAGIC, frame, read
from tests.support.fakes import BOUNDED

PAYLOADS = st.lists(st.binary(max_size=60), max_size=8)


def segment(payloads: list[bytes]) -> bytes:
    return MAGIC + b"".join(map(frame, payloads))


@BOUNDED
@given(PAYLOADS)
def test_what_was_written_is_read_in_order(payloads: list[bytes]) -> None:
    contents = read(segment(payloads))

    assert contents.payloads == payloads
    assert (contents.damaged, contents.torn) == (0, 0)


@BOUNDED
@given(PAYLOADS, st.data())
def test_wherever_a_crash_cuts_the_file_the_whole_records_before_it_are_read(
    payloads: list[bytes], data: st.DataObject
) -> None:
    whole = segment(payloads)
    length = data.draw(st.integers(0, len(whole)))

    contents = read(whole[:length])

    assert contents.payloads == payloads[: len(contents.payloads)]
    assert contents.damaged == 0
    ends = [len(segment(payloads[: n + 1])) for n in range(len(payloads))]
    assert len(contents.payloads) == sum(end <= length for end in ends)


@BOUNDED
@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=8), st.data())
def test_a_flipped_bit_costs_one_record_and_is_noticed(payloads: list[bytes], data: st.DataObject) -> None:
    whole = bytearray(segment(payloads))
    place = data.draw(st.integers(len(MAGIC), len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))

    contents = read(bytes(whole))

    hit = sum(len(segment(payloads[: n + 1])) <= place for n in range(len(payloads)))
    assert contents.payloads == payloads[:hit] + payloads[hit + 1 :]
    assert contents.damaged or contents.torn


@BOUNDED
@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_read_without_an_error(data: bytes) -> None:
    contents = read(data)

    assert all(frame(payload) in data for payload in contents.payloads)


def test_a_record_that_holds_another_one_is_one_record() -> None:
    inner = frame(b"inner")

    assert read(segment([inner, b"next"])).payloads == [inner, b"next"]
