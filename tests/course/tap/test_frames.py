"""Frames are found in a stream however it is cut, and at most one is kept."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.tap.frames import HEAD, Frames, not_amqp

payloads = st.tuples(st.sampled_from([1, 2, 3, 8]), st.integers(0, 65535), st.binary(max_size=60))


def frame(kind: int, channel: int, payload: bytes) -> bytes:
    return HEAD.pack(kind, channel, len(payload)) + payload + b"\xce"


@given(st.lists(payloads, max_size=8), st.lists(st.integers(0, 500), max_size=12))
def test_the_same_frames_come_out_however_the_stream_is_cut(
    wanted: list[tuple[int, int, bytes]], cuts: list[int]
) -> None:
    stream = b"".join(frame(*one) for one in wanted)
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    frames, found, passed = Frames(100), [], b""
    for start, end in itertools.pairwise(places):
        data, spans = frames.feed(stream[start:end])
        found += [(kind, channel, data[at + 7 : to - 1]) for kind, channel, at, to in spans]
        passed += data[: spans[-1][3]] if spans else b""
    assert found == wanted
    assert passed == stream
    assert frames.problem == ""


@given(st.binary(max_size=300))
def test_any_bytes_give_frames_or_a_problem(data: bytes) -> None:
    frames = Frames(100)
    _, spans = frames.feed(data)
    kept = sum(map(len, frames._parts))
    assert frames.problem or kept <= 108
    assert all(data[end - 1] == 0xCE for _, _, _, end in spans)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (frame(4, 0, b""), "no frame type 4"),
        (HEAD.pack(1, 0, 101), "at most 100"),
        (frame(1, 0, b"ab")[:-1] + b"\x00", "does not end"),
    ],
)
def test_a_broken_frame_is_a_problem_after_the_good_ones(data: bytes, problem: str) -> None:
    frames = Frames(100)
    _, spans = frames.feed(frame(8, 0, b"") + data + b"\x00")
    assert len(spans) == 1
    assert problem in frames.problem


def test_no_clue_quotes_what_was_sent() -> None:
    for start in (b"GET /?password=secret HTTP/1.1", b"\x16\x03secret", b"secret", b"AMQPsecret"):
        assert "secret" not in not_amqp(start[:8])
