"""A message: where it was published, its content header as raw bytes, and its body."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from burrow import tables
from burrow.errors import AmqpError

if TYPE_CHECKING:
    from burrow.deadletter import Deaths

OVERHEAD = 400  # bytes of Python objects that one queued message costs beside header and body
MAX_EXPIRATION = 315_360_000_000  # ms: ten years
_LAYOUT = struct.Struct(">HHQ")  # class, weight, body size


class Properties:
    """What the broker itself needs to know of a content header; shared by equal headers.

    `expiration` in milliseconds, `priority` 0-255; None when the publisher set none.
    Raises ValueError when the header is malformed.
    """

    __slots__ = ("expiration", "headers", "persistent", "priority", "raw", "reply_to", "user_id")

    def __init__(self, raw: bytes) -> None:
        values = tables.split_properties(raw)
        self.raw = raw
        self.persistent = values.get("delivery_mode") == b"\x02"
        self.priority = values["priority"][0] if "priority" in values else None
        self.reply_to = _text(values["reply_to"]) if "reply_to" in values else None
        self.user_id = _text(values["user_id"]) if "user_id" in values else None
        self.expiration: int | None = None
        if "expiration" in values:
            self.expiration = _expiration(_text(values["expiration"]))
        self.headers: tables.Fields | None = None
        if "headers" in values:
            self.headers = tables.split_table(values["headers"][4:])


def _text(short: bytes) -> str:
    return short[1:].decode(errors="surrogateescape")


def _expiration(text: str) -> int:
    """The number at the start, which must be all there is, as RabbitMQ reads it."""
    found = re.match(r"[+-]?[0-9]+", text)
    if found is None:
        problem = "no_integer"
    elif left := text[found.end() :]:
        problem = f'{{leftover_string,"{left}"}}'
    elif int(text) < 0:
        problem = f"{{value_negative,{int(text)}}}"
    elif int(text) > MAX_EXPIRATION:
        problem = f"{{value_too_large,{int(text)}}}"
    else:
        return int(text)
    raise AmqpError(406, f"invalid expiration '{text}': {problem}")


_known: dict[bytes, Properties] = {}


def read_properties(header: bytes) -> Properties:
    """Parse a content header's payload, remembering the last few hundred different ones."""
    raw = header[12:]
    found = _known.get(raw)
    if found is None:
        found = Properties(raw)
        if len(raw) < 128:
            if len(_known) > 500:
                _known.clear()
            _known[raw] = found
    return found


class Message:
    """One published message; queues share it.

    `keys` are the routing keys it was published with: the first is the method's, the others
    come from the headers CC and, the last `blind` of them, BCC. `deaths` is its dead-letter
    history, `failures` how many deliveries failed before it was dead-lettered.
    """

    __slots__ = ("blind", "body", "deaths", "exchange", "failures", "header", "keys", "properties")

    def __init__(self, exchange: str, keys: tuple[str, ...], header: bytes, body: bytes,
                 properties: Properties, deaths: Deaths | None = None, *, blind: int = 0,
                 failures: int = 0) -> None:  # fmt: skip
        self.exchange = exchange
        self.keys = keys
        self.header = header
        self.body = body
        self.properties = properties
        self.deaths = deaths
        self.failures = failures
        self.blind = blind

    @property
    def cost(self) -> int:
        """Memory it takes in a queue, in bytes, roughly."""
        return OVERHEAD + len(self.header) + len(self.body)

    def header_value(self, name: bytes) -> bytes | None:
        """One application header, encoded; None when absent."""
        for field, value in self.properties.headers or ():
            if field == name:
                return value
        return None


def header_with(message_header: bytes, change: dict[str, bytes | None]) -> bytes:
    """A content header's payload with some raw properties replaced, or removed when None."""
    values = tables.split_properties(message_header[12:])
    for name, value in change.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value
    return message_header[:12] + tables.join_properties(values)


def with_headers(message_header: bytes, fields: tables.Fields) -> bytes:
    """A content header's payload with its headers table replaced."""
    return header_with(message_header, {"headers": tables.table(fields)[1:]})


def carbon_copies(fields: tables.Fields | None) -> tuple[list[str], list[str]]:
    """The extra routing keys of the headers CC and BCC.

    Raises 406 when one of them is not an array of strings (docs: sender-selected distribution).
    """
    keys: dict[bytes, list[str]] = {b"CC": [], b"BCC": []}
    for name, raw in fields or ():
        if name in keys:
            value = tables.decode_value(raw)
            if not isinstance(value, list):
                kind = tables.TYPE_NAMES[chr(raw[0])]
                problem = f'{{unacceptable_type_in_header,"{name.decode()}",{kind}}}'
                raise AmqpError(406, f"invalid message: {problem}")
            keys[name] = [item for item in value if isinstance(item, str)]
    return keys[b"CC"], keys[b"BCC"]


def content_header(size: int, properties: bytes) -> bytes:
    """A content header's payload for class basic."""
    return _LAYOUT.pack(60, 0, size) + properties
