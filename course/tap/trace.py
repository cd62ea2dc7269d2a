"""A header that follows one message: put into raw content headers, and taken out again.

Nothing else of a header's bytes changes: decoding and encoding again would change the widths of a
learner's integers. Content headers: AMQP 0-9-1 section 4.2.6.1; tables: 4.2.5.5 with RabbitMQ's
type letters (https://www.rabbitmq.com/amqp-0-9-1-errata).
"""

from __future__ import annotations

import struct

NAME = b"x-tap-message"
_FIELD = bytes((len(NAME),)) + NAME + b"S"  # a long string follows: length and text
_U32 = struct.Struct(">I")
_START = 14  # class, weight, body size, property flags
_FLAGS = struct.Struct(">H")
_HEADERS, _BEFORE, _CONTINUED = 0x2000, (0x8000, 0x4000), 0x0001
_MADE = b"+"  # ends the value if the message had no headers before
_WIDTHS = {ord(letter): width for letter, width in (
    *(("t", 1), ("b", 1), ("B", 1), ("s", 2), ("u", 2), ("I", 4), ("i", 4), ("f", 4), ("D", 5)),
    *(("l", 8), ("L", 8), ("d", 8), ("T", 8), ("V", 0)),
)}  # fmt: skip
_LONG = frozenset(b"SxAF")


def add(header: bytes, identity: str, limit: int) -> bytes | None:
    """The payload of a content header frame with the trace header added.

    None if it is not understood, has one already, or would be longer than `limit` bytes.
    """
    try:
        flags, at = _find(header)
        if flags & _CONTINUED:
            return None
        value = identity.encode()
        if not flags & _HEADERS:
            value += _MADE
            field = _FIELD + _U32.pack(len(value)) + value
            new = b"".join((
                header[:12], _FLAGS.pack(flags | _HEADERS), header[_START:at],
                _U32.pack(len(field)), field, header[at:],
            ))  # fmt: skip
            return new if len(new) <= limit else None
        (length,) = _U32.unpack_from(header, at)
        end = at + 4 + length
        if end > len(header) or _field(header, at + 4, end) is not None:
            return None
    except (ValueError, IndexError, struct.error):
        return None
    field = _FIELD + _U32.pack(len(value)) + value
    size = _U32.pack(length + len(field))
    new = b"".join((header[:at], size, header[at + 4 : end], field, header[end:]))
    return new if len(new) <= limit else None


def strip(header: bytes) -> tuple[bytes, str | None]:
    """The payload as the publisher sent it, and the message's identity; None if it has none."""
    if NAME not in header:
        return header, None
    try:
        flags, at = _find(header)
        if not flags & _HEADERS or flags & _CONTINUED:
            return header, None
        (length,) = _U32.unpack_from(header, at)
        end = at + 4 + length
        if end > len(header):
            return header, None
        place = _field(header, at + 4, end)
        if place is None:
            return header, None
    except (ValueError, IndexError, struct.error):
        return header, None
    start, stop = place
    value = header[start + len(_FIELD) + 4 : stop]
    identity = value.removesuffix(_MADE).decode(errors="replace")
    left = length - (stop - start)
    if not left and value.endswith(_MADE):
        flags ^= _HEADERS
        new = header[:12] + _FLAGS.pack(flags) + header[_START:at] + header[end:]
    else:
        new = header[:at] + _U32.pack(left) + header[at + 4 : start] + header[stop:]
    return new, identity


def _find(header: bytes) -> tuple[int, int]:
    """The property flags, and where the headers table is or would be."""
    (flags,) = _FLAGS.unpack_from(header, 12)
    at = _START
    for flag in _BEFORE:  # content type and content encoding, short strings
        if flags & flag:
            at += 1 + header[at]
    if at > len(header):
        raise ValueError("a property is cut short")
    return flags, at


def _field(data: bytes, pos: int, end: int) -> tuple[int, int] | None:
    """Where the trace header begins and ends among a table's fields, or None."""
    while pos < end:
        start = pos
        pos += 1 + data[pos]
        letter = data[pos]
        width = _WIDTHS.get(letter)
        if width is None:
            if letter not in _LONG:
                raise ValueError(f"no field type {letter}")
            width = 4 + _U32.unpack_from(data, pos + 1)[0]
        pos += 1 + width
        if pos > end:
            raise ValueError("a field is longer than its table")
        if data.startswith(_FIELD, start):
            return start, pos
    return None
