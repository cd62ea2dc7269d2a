"""Field tables and content headers as raw bytes: read what is needed, forward the rest as it came.

Decoding and encoding again would change integer widths and break other clients' header types
(AMQP 0-9-1 sections 4.2.5.5 and 4.2.6.1, with RabbitMQ's type letters).
"""

import struct
from typing import Any

Fields = list[tuple[bytes, bytes]]  # (name, type letter and encoded value), in wire order

_TYPES: dict[str, tuple[str, str | None]] = {
    # letter: RabbitMQ's name for it, and its struct format; None for a length with bytes
    "t": ("bool", "?"), "b": ("byte", "b"), "B": ("unsignedbyte", "B"), "s": ("short", "h"),
    "u": ("unsignedshort", "H"), "I": ("signedint", "i"), "i": ("unsignedint", "I"),
    "l": ("long", "q"), "L": ("long", "q"), "f": ("float", "f"), "d": ("double", "d"),
    "D": ("decimal", "Bi"), "T": ("timestamp", "Q"), "V": ("void", ""),
    "S": ("longstr", None), "x": ("binary", None), "A": ("array", None), "F": ("table", None),
}  # fmt: skip
_WIDTH = {ord(c): None if f is None else struct.calcsize(">" + f) for c, (_, f) in _TYPES.items()}
_U32 = struct.Struct(">I")
_DEEPEST = 100


def type_name(value: bytes) -> str:
    """RabbitMQ's name for the type of an encoded field."""
    return _TYPES[chr(value[0])][0]


def _value_end(data: bytes, pos: int) -> int:
    """Where the value ends that begins at `pos`. Raises ValueError."""
    try:
        width = _WIDTH[data[pos]]
        end = pos + 1 + (4 + _U32.unpack_from(data, pos + 1)[0] if width is None else width)
    except (LookupError, struct.error):
        raise ValueError("field cut short, or of unknown type") from None
    if end > len(data):
        raise ValueError("field longer than its table")
    return end


def _split(raw: bytes, *, named: bool) -> Fields:
    fields: Fields = []
    pos = 0
    while pos < len(raw):
        name = raw[pos + 1 : pos + 1 + raw[pos]] if named else b""
        start = pos + 1 + raw[pos] if named else pos
        pos = _value_end(raw, start)
        fields.append((name, raw[start:pos]))
    return fields


def split_table(raw: bytes) -> Fields:
    """The fields of a table's content (without its 4-byte length). Raises ValueError."""
    return _split(raw, named=True)


def join_table(fields: Fields) -> bytes:
    """The table's content again, byte for byte what `split_table` read."""
    return b"".join(bytes((len(name),)) + name + value for name, value in fields)


def decode(raw: bytes, depth: int = 0) -> Any:
    """A Python value of one encoded field: str or bytes, int, float, bool, list, dict or None.

    Raises ValueError when the bytes are not a value, or nest deeper than 100 levels.
    """
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    letter = chr(raw[0])
    numbers = _TYPES[letter][1]
    if numbers is not None:
        values = struct.unpack(">" + numbers, raw[1:])
        if letter == "D":
            return values[1] / 10 ** values[0]
        return values[0] if values else None
    body = raw[5:]
    if letter == "A":
        return [decode(item, depth + 1) for _, item in _split(body, named=False)]
    if letter == "F":
        return {k.decode(errors="replace"): decode(v, depth + 1) for k, v in split_table(body)}
    try:
        return body.decode() if letter == "S" else body
    except UnicodeDecodeError:
        return body


def encode(value: Any) -> bytes:
    """One encoded field, with the widths RabbitMQ uses in x-death.

    From a str, an int (signed, 64 bits), a list or a dict; bytes are a field encoded already.
    """
    if isinstance(value, bytes):
        return value
    if isinstance(value, int):
        return b"l" + struct.pack(">q", value)
    if isinstance(value, str):
        letter, body = b"S", value.encode(errors="surrogateescape")
    elif isinstance(value, dict):
        letter, body = b"F", join_table([(k.encode(), encode(v)) for k, v in value.items()])
    else:
        letter, body = b"A", b"".join(encode(item) for item in value)
    return letter + _U32.pack(len(body)) + body


def table(fields: Fields) -> bytes:
    """A table as method arguments and properties carry it: its length, then its content."""
    body = join_table(fields)
    return _U32.pack(len(body)) + body


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
        try:
            if kind == "s":
                end = pos + 1 + raw[pos]
            elif kind == "F":
                end = pos + 4 + _U32.unpack_from(raw, pos)[0]
            else:
                end = pos + (1 if kind == "o" else 8)
        except (IndexError, struct.error):
            end = len(raw) + 1
        if end > len(raw):
            raise ValueError(f"property {name} is cut short")
        values[name] = raw[pos:end]
        pos = end
    if pos != len(raw):
        raise ValueError("bytes after the last property: flags missing")
    return values


def join_properties(values: dict[str, bytes]) -> bytes:
    """Property flags and list of raw values, the reverse of `split_properties`."""
    flags, parts = 0, []
    for index, (name, _) in enumerate(PROPERTIES):
        if name in values:
            flags |= 0x8000 >> index
            parts.append(values[name])
    return struct.pack(">H", flags) + b"".join(parts)
