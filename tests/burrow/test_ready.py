"""The order of ready messages, without a broker."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from burrow.message import Message, read_properties
from burrow.queue.ready import Entry, Ready

CONTENT_HEADER = struct.pack(">HHQ", 60, 0, 2)  # class, weight, size of the body


def _entry(sequence: int, priority: int = 0, expires: int | None = None) -> Entry:
    header = CONTENT_HEADER + b"\x00\x00"
    message = Message("", ("q",), header, b"abc", read_properties(header))
    return Entry(message, sequence, priority, expires)


def _drain(ready: Ready) -> list[int]:
    taken = []
    while (entry := ready.take()) is not None:
        taken.append(entry.sequence)
    return taken


@given(st.lists(st.integers(0, 3), max_size=30))
def test_higher_priorities_go_first_and_equals_in_order(priorities: list[int]) -> None:
    ready = Ready(lambda message: len(message.body))
    for sequence, priority in enumerate(priorities):
        ready.append(_entry(sequence, priority))
    assert (ready.count, ready.size) == (len(priorities), 3 * len(priorities))
    wanted = sorted(range(len(priorities)), key=lambda number: (-priorities[number], number))
    assert _drain(ready) == wanted
    assert (ready.count, ready.size) == (0, 0)


@given(st.integers(1, 20), st.data())
def test_what_is_inserted_again_is_back_in_its_place(count: int, data: st.DataObject) -> None:
    ready = Ready(lambda message: len(message.body))
    for sequence in range(count):
        ready.append(_entry(sequence))
    taken = [ready.take() for _ in range(data.draw(st.integers(0, count)))]
    for entry in data.draw(st.permutations(taken)):
        assert entry is not None
        ready.insert(entry)
    assert _drain(ready) == list(range(count))


def test_what_came_back_to_a_quorum_queue_goes_first_in_the_order_it_came() -> None:
    ready = Ready(lambda message: len(message.body))
    for sequence in range(3):
        ready.append(_entry(sequence, priority=sequence))
    ready.put_first(_entry(11))
    ready.put_first(_entry(10))
    assert _drain(ready) == [11, 10, 2, 1, 0]


def test_only_heads_expire() -> None:
    ready = Ready(lambda message: len(message.body))
    for sequence, expires in enumerate((5, 20, 5)):
        ready.append(_entry(sequence, expires=expires))
    assert ready.next_expiry(each=False) == 5
    assert [entry.sequence for entry in ready.expired(10, each=False)] == [0]
    assert ready.next_expiry(each=False) == 20
    assert _drain(ready) == [1, 2]
