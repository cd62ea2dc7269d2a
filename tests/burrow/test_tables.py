"""Field tables and properties are read without changing a byte."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands, encode, header

from burrow.wire import tables

VALUES = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=20) | st.none(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
KEYS = st.text(max_size=30).filter(lambda key: len(key.encode()) <= 128)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_a_table_that_is_split_and_joined_is_the_same_bytes(table: dict[str, object]) -> None:
    raw = encode.field_table(table)[4:]  # type: ignore[arg-type]
    assert tables.join_table(tables.split_table(raw)) == raw


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_decoded_values_are_those_that_were_encoded(table: dict[str, object]) -> None:
    raw = encode.field_table(table)[4:]  # type: ignore[arg-type]
    read = {name.decode(): tables.decode(value) for name, value in tables.split_table(raw)}
    assert read == table


@given(st.binary(max_size=60))
def test_random_bytes_are_a_table_or_a_value_error(raw: bytes) -> None:
    try:
        fields = tables.split_table(raw)
    except ValueError:
        return
    assert tables.join_table(fields) == raw


def test_a_value_nested_beyond_the_limit_is_refused() -> None:
    value = tables.encode([])
    for _ in range(200):
        value = tables.encode([value])
    with pytest.raises(ValueError, match="deep"):
        tables.decode(value)


def test_properties_are_split_and_joined_to_the_same_bytes() -> None:
    properties = commands.Basic.Properties(
        content_type="text/plain", headers={"n": 1}, delivery_mode=2, priority=3, expiration="10",
        correlation_id="c", message_id="m", app_id="a",
    )  # fmt: skip
    raw = header.ContentHeader(0, 0, properties).marshal()[12:]
    values = tables.split_properties(raw)
    assert values["priority"] == b"\x03"
    assert values["expiration"] == b"\x0210"
    assert tables.join_properties(values) == raw


@pytest.mark.parametrize(
    "raw", [b"\x80\x00", b"\x80\x00\x05ab", b"\x00\x01", b"\x20\x00\x00\x00\x00\x09"]
)
def test_properties_that_do_not_fit_their_flags_are_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"short|flags"):
        tables.split_properties(raw)


def test_integer_widths_survive() -> None:
    raw = b"\x01a" + b"s" + struct.pack(">h", 7) + b"\x01b" + b"l" + struct.pack(">q", 7)
    assert [value[:1] for _, value in tables.split_table(raw)] == [b"s", b"l"]
