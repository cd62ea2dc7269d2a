"""The trace header goes in and comes out, and not one other byte changes."""

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pamqp import header

from course.tap import trace

NO_LIMIT = 1 << 20


def text(data: bytes, code: str) -> bytes:
    return struct.pack(code, len(data)) + data


short = st.binary(max_size=30).map(lambda data: text(data, ">B"))
long_ = st.binary(max_size=40).map(lambda data: text(data, ">I"))
fixed = st.sampled_from([
    *((b"t", 1), (b"b", 1), (b"B", 1), (b"s", 2), (b"u", 2), (b"I", 4), (b"i", 4), (b"l", 8)),
    *((b"L", 8), (b"f", 4), (b"d", 8), (b"D", 5), (b"T", 8), (b"V", 0)),
]).flatmap(
    lambda kind: st.binary(min_size=kind[1], max_size=kind[1]).map(lambda data: kind[0] + data)
)  # fmt: skip
names = short | st.just(text(b"x-tap", ">B")) | st.just(text(b"x-tap-message2", ">B"))


def tables(values: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    field = st.tuples(names, values).map(b"".join)
    return st.lists(field, max_size=6).map(lambda fields: text(b"".join(fields), ">I"))


values = st.recursive(
    fixed | st.builds(lambda letter, data: letter + data, st.sampled_from([b"S", b"x"]), long_),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: b"A" + text(b"".join(items), ">I")),
        tables(inner).map(lambda table: b"F" + table),
    ),
    max_leaves=8,
)
KINDS = [short, short, tables(values), st.binary(min_size=1, max_size=1)]  # ... and some more
headers = st.tuples(
    st.integers(0, 2**64 - 1),
    *(st.none() | kind for kind in KINDS),
    st.integers(0, 0x3FF).map(lambda bits: bits << 2),
    st.binary(max_size=20),
)


def build(parts: tuple) -> bytes:
    """A content header's payload; what comes after the delivery mode is any bytes."""
    size, *properties, more, rest = parts
    flags = sum(0x8000 >> place for place, value in enumerate(properties) if value is not None)
    head = struct.pack(">HHQH", 60, 0, size, flags | more)
    return head + b"".join(value for value in properties if value is not None) + rest


@given(headers)
@example((5, None, None, None, None, 0, b""))
@example((5, None, None, text(b"", ">I"), None, 0, b""))  # an empty table stays an empty table
def test_what_goes_in_comes_out_byte_for_byte(parts: tuple) -> None:
    original = build(parts)
    marked = trace.add(original, "run-1", NO_LIMIT)
    assert marked is not None
    assert marked != original
    assert trace.strip(marked) == (original, "run-1")


@given(headers, values)
def test_a_field_that_the_broker_adds_stays(parts: tuple, value: bytes) -> None:
    """As x-death does, and x-delivery-count; before our field or behind it."""
    field = text(b"x-death", ">B") + value
    for before in (True, False):
        with_table = build((*parts[:3], parts[3] or text(b"", ">I"), *parts[4:]))
        marked = trace.add(build(parts), "run-1", NO_LIMIT)
        at = _table(marked)
        length = int.from_bytes(marked[at : at + 4], "big")
        place = at + 4 if before else at + 4 + length
        grown = (marked[:at] + struct.pack(">I", length + len(field)) + marked[at + 4 : place]
                 + field + marked[place:])  # fmt: skip
        out, message = trace.strip(grown)
        at = _table(with_table)
        length = int.from_bytes(with_table[at : at + 4], "big")
        place = at + 4 if before else at + 4 + length
        assert message == "run-1"
        assert out == (with_table[:at] + struct.pack(">I", length + len(field))
                       + with_table[at + 4 : place] + field + with_table[place:])  # fmt: skip


def _table(data: bytes) -> int:
    return trace._find(data)[1]


@given(headers)
def test_a_header_without_a_trace_passes_as_it_is(parts: tuple) -> None:
    original = build(parts)
    assert trace.strip(original) == (original, None)


@given(st.binary(max_size=80))
@example(b"\x00\x3c\x00\x00" + bytes(8) + b"\x20\x00\xff\xff\xff\xff")
def test_any_bytes_at_all_do_no_harm(data: bytes) -> None:
    marked = trace.add(data, "run-1", NO_LIMIT)
    if marked is not None:
        assert trace.strip(marked) == (data, "run-1")
    assert trace.strip(data) == (data, None) or b"x-tap-message" in data


def test_a_header_that_would_grow_beyond_a_frame_is_left_alone() -> None:
    original = build((1, None, None, None, None, 0, b""))
    assert trace.add(original, "run-1", len(original) + 20) is None


def test_a_second_tap_does_not_mark_a_message_again() -> None:
    marked = trace.add(build((1, None, None, None, None, 0, b"")), "run-1", NO_LIMIT)
    assert trace.add(marked, "run-2", NO_LIMIT) is None


@pytest.mark.parametrize("nested", [b"F", b"S"])
def test_the_name_inside_a_value_is_not_the_header(nested: bytes) -> None:
    inner = text(b"x-tap-message", ">B") + b"S" + text(b"mine", ">I")
    table = text(text(b"a", ">B") + nested + text(inner, ">I"), ">I")
    original = build((1, None, None, table, None, 0, b""))
    assert trace.strip(original) == (original, None)
    assert trace.strip(trace.add(original, "run-1", NO_LIMIT)) == (original, "run-1")


def test_pamqp_reads_what_was_added() -> None:
    decoded = header.ContentHeader()
    decoded.unmarshal(trace.add(build((1, None, None, None, b"\x02", 0, b"")), "run-1", NO_LIMIT))
    assert decoded.properties.headers == {"x-tap-message": "run-1+"}
    assert decoded.properties.delivery_mode == 2
