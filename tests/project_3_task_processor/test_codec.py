"""Task messages: what we send, and what we refuse."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from task_processor import codec
from task_processor.codec import MAX_BYTES, Task, decode, encode
from task_processor.errors import Permanent

TASK = Task("0123456789abcdef", 7, "/in/a.jpg", "/out/a-1.webp", "convert:webp", "0" * 64)


@given(st.text(), st.text(), st.integers(1, codec.MOST_TASKS), st.none() | st.text())
def test_a_task_survives_the_message(source: str, target: str, number: int, digest) -> None:
    task = Task(TASK.job, number, source, target, "grayscale", digest)
    assert decode(encode(task)) == task


def test_names_that_are_no_text_in_any_encoding_survive() -> None:
    task = Task(TASK.job, 1, "/in/\udcff.jpg", "/out/x.jpg", "grayscale", None)
    assert decode(encode(task)) == task


def changed(**fields: object) -> bytes:
    return json.dumps({**json.loads(encode(TASK)), **fields}).encode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not-a-task"),
        (b"\xff\xfe", "not-a-task"),
        (b"hello", "not-a-task"),
        (b"[1]", "not-a-task"),
        (b"{}", "not-a-task"),
        (b"[" * 50_000, "not-a-task"),
        (changed(schema=2), "newer-schema"),
        (changed(schema="1"), "malformed-message"),
        (changed(schema=True), "malformed-message"),
        (changed(schema=0), "malformed-message"),
        (changed(job="../x"), "malformed-message"),
        (changed(job=None), "malformed-message"),
        (changed(number=0), "malformed-message"),
        (changed(number="1"), "malformed-message"),
        (changed(number=True), "malformed-message"),
        (changed(number=1.0), "malformed-message"),
        (changed(source=None), "malformed-message"),
        (changed(content_hash=5), "malformed-message"),
        (b" " * MAX_BYTES + encode(TASK), "malformed-message"),
    ],
)
def test_what_is_no_task_is_refused_with_a_reason(body: bytes, reason: str) -> None:
    with pytest.raises(Permanent) as raised:
        decode(body)
    assert raised.value.reason == reason


def test_a_field_that_a_newer_program_added_is_no_obstacle() -> None:
    assert decode(changed(colour="blue")) == TASK


@given(st.binary(max_size=200))
def test_no_bytes_whatever_raise_anything_else(body: bytes) -> None:
    with pytest.raises(Permanent):
        decode(body)
