"""Field tables and content headers as raw bytes: read what is needed, forward the rest as it came.

Decoding and encoding again would change integer widths and break other clients' header types
(AMQP 0-9-1 sections 4.2.5.5 and 4.2.6.1, with RabbitMQ's type letters).
"""

from __future__ import annotations

import struct
from typing import Any

Fields = list[tuple[bytes, bytes]]  # (name, type letter and encoded value), in wire order

_FIXED = {
    b"t": ">?", b"b": ">b", b"B": ">B", b"s": ">h", b"u": ">H", b"I": ">i", b"i": ">I",
    b"l": ">q", b"L": ">q", b"f": ">f", b"d": ">d", b"T": ">Q",
}  # fmt: skip
_WIDTH = {letter: struct.calcsize(code) for letter, code in _FIXED.items()} | {b"V": 0, b"D": 5}
TYPE_NAMES = {
    "t": "bool", "b": "byte", "B": "unsignedbyte", "s": "short", "u": "unsignedshort",
    "I": "signedint", "i": "unsignedint", "l": "long", "L": "long", "f": "float", "d": "double",
    "D": "decimal", "T": "timestamp", "S": "longstr", "A": "array", "F": "table", "V": "void",
    "x": "binary",
}  # fmt: skip
_U32 = struct.Struct(">I")
_DEEPEST = 100


def _value_end(data: bytes, pos: int) -> int:
    letter = data[pos : pos + 1]
    width = _WIDTH.get(letter)
    if width is None:
        if letter not in (b"S", b"x", b"A", b"F"):
            raise ValueError(f"unknown field type {letter!r}")
        if pos + 5 > len(data):
            raise ValueError("field cut short")
        width = 4 + _U32.unpack_from(data, pos + 1)[0]
    end = pos + 1 + width
    if end > len(data):
        raise ValueError("field longer than its table")
    return end


def split_table(raw: bytes) -> Fields:
    """The fields of a table's content (without its 4-byte length). Raises ValueError."""
    fields: Fields = []
    pos = 0
    while pos < len(raw):
        start = pos + 1
        pos = start + raw[pos]
        end = _value_end(raw, pos)
        fields.append((raw[start:pos], raw[pos:end]))
        pos = end
    return fields


def join_table(fields: Fields) -> bytes:
    """The table's content again, byte for byte what `split_table` read."""
    return b"".join(bytes((len(name),)) + name + value for name, value in fields)


def decode_value(raw: bytes, depth: int = 0) -> Any:
    """A Python value of one encoded field: str or bytes, int, float, bool, list, dict or None.

    Raises ValueError when the bytes are not a value, or nest deeper than 100 levels.
    """
    letter, rest = raw[:1], raw[1:]
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    if letter in _FIXED:
        return struct.unpack(_FIXED[letter], rest)[0]
    if letter == b"V":
        return None
    if letter == b"D":
        return struct.unpack(">i", rest[1:])[0] / 10 ** rest[0]
    body = rest[4:]
    if letter == b"S":
        try:
            return body.decode()
        except UnicodeDecodeError:
            return body
    if letter == b"A":
        items, pos = [], 0
        while pos < len(body):
            end = _value_end(body, pos)
            items.append(decode_value(body[pos:end], depth + 1))
            pos = end
        return items
    if letter == b"F":
        fields = split_table(body)
        return {name.decode(errors="replace"): decode_value(v, depth + 1) for name, v in fields}
    return body


def string(text: str) -> bytes:
    """An encoded long-string field."""
    data = text.encode(errors="surrogateescape")
    return b"S" + _U32.pack(len(data)) + data


def long(number: int) -> bytes:
    """An encoded signed 64-bit field, the width RabbitMQ uses in x-death."""
    return b"l" + struct.pack(">q", number)


def timestamp(seconds: int) -> bytes:
    """An encoded timestamp field, in seconds since 1970."""
    return b"T" + struct.pack(">Q", seconds)


def array(values: list[bytes]) -> bytes:
    """An encoded array of encoded fields."""
    body = b"".join(values)
    return b"A" + _U32.pack(len(body)) + body


def table(fields: Fields) -> bytes:
    """An encoded table field."""
    body = join_table(fields)
    return b"F" + _U32.pack(len(body)) + body


def short_string(text: str) -> bytes:
    """A short string as method arguments and properties carry it: one length byte, then bytes."""
    data = text.encode(errors="surrogateescape")
    return bytes((len(data),)) + data


# The properties of class basic in the order of their flags, bit 15 first; the letter says how
# each is encoded: s short string, F table, o octet, T timestamp.
PROPERTIES = (
    ("content_type", "s"), ("content_encoding", "s"), ("headers", "F"), ("delivery_mode", "o"),
    ("priority", "o"), ("correlation_id", "s"), ("reply_to", "s"), ("expiration", "s"),
    ("message_id", "s"), ("timestamp", "T"), ("type", "s"), ("user_id", "s"), ("app_id", "s"),
    ("cluster_id", "s"),
)  # fmt: skip


def split_properties(raw: bytes) -> dict[str, bytes]:
    """The property flags and list of a content header, as raw values by name.

    Raises ValueError when they do not fit the bytes.
    """
    (flags,) = struct.unpack_from(">H", raw)
    if flags & 0b11:
        raise ValueError("unknown property flags")
    values: dict[str, bytes] = {}
    pos = 2
    for index, (name, kind) in enumerate(PROPERTIES):
        if not flags & (0x8000 >> index):
            continue
        if kind == "s":
            end = pos + 1 + raw[pos] if pos < len(raw) else pos + 1
        elif kind == "F":
            end = pos + 4 + (_U32.unpack_from(raw, pos)[0] if pos + 4 <= len(raw) else 0)
        else:
            end = pos + (1 if kind == "o" else 8)
        if end > len(raw):
            raise ValueError(f"property {name} is cut short")
        values[name] = raw[pos:end]
        pos = end
    if pos != len(raw):
        raise ValueError("bytes after the last property")
    return values


def join_properties(values: dict[str, bytes]) -> bytes:
    """Property flags and list of raw values, the reverse of `split_properties`."""
    flags, parts = 0, []
    for index, (name, _) in enumerate(PROPERTIES):
        if name in values:
            flags |= 0x8000 >> index
            parts.append(values[name])
    return struct.pack(">H", flags) + b"".join(parts)
