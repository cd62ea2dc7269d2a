"""A message: where it was published, its content header as raw bytes, and its body."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from burrow.errors import AmqpError
from burrow.wire import tables

if TYPE_CHECKING:
    from burrow.deadletters import Deaths

OVERHEAD = 400  # bytes of Python objects that one queued message costs beside header and body
PROPERTIES = 12  # where they begin in a content header, after class, weight and size
TEN_YEARS = 315_360_000_000  # ms: the longest time to live


class Properties:
    """What the broker itself needs to know of a content header; shared by equal headers.

    `expiration` in milliseconds, `priority` 0-255; None when the publisher set none.
    Raises ValueError when the header is malformed, and 406 for an expiration that is no number.
    """

    __slots__ = ("expiration", "headers", "persistent", "priority", "reply_to", "user_id")

    def __init__(self, raw: bytes) -> None:
        values = tables.split_properties(raw)

        def text(name: str) -> str | None:
            return values[name][1:].decode(errors="surrogateescape") if name in values else None

        self.persistent = values.get("delivery_mode") == b"\x02"
        self.priority = values["priority"][0] if "priority" in values else None
        self.reply_to = text("reply_to")
        self.user_id = text("user_id")
        self.expiration = _expiration(text("expiration"))
        table = values.get("headers")
        self.headers = None if table is None else tables.split_table(table[4:])


def _expiration(text: str | None) -> int | None:
    """The number at the start, which must be all there is, as RabbitMQ reads it."""
    if text is None:
        return None
    found = re.match(r"[+-]?[0-9]+", text)
    if found is None:
        problem = "no_integer"
    elif left := text[found.end() :]:
        problem = f'{{leftover_string,"{left}"}}'
    elif int(text) < 0:
        problem = f"{{value_negative,{int(text)}}}"
    elif int(text) > TEN_YEARS:
        problem = f"{{value_too_large,{int(text)}}}"
    else:
        return int(text)
    raise AmqpError(406, f"invalid expiration '{text}': {problem}")


_known: dict[bytes, Properties] = {}


def read_properties(header: bytes) -> Properties:
    """Parse a content header's payload, remembering the last few hundred different ones."""
    raw = header[PROPERTIES:]
    found = _known.get(raw)
    if found is None:
        found = Properties(raw)
        if len(raw) < 128:
            if len(_known) > 500:
                _known.clear()
            _known[raw] = found
    return found


@dataclass(slots=True, eq=False)
class Message:
    """One published message; queues share it.

    `keys` are the routing keys it was published with: the first is the method's, the others
    come from the headers CC and, the last `blind` of them, BCC. `deaths` is its dead-letter
    history, `failures` how many deliveries failed before it was dead-lettered.
    """

    exchange: str
    keys: tuple[str, ...]
    header: bytes
    body: bytes
    properties: Properties
    deaths: Deaths | None = None
    blind: int = 0
    failures: int = 0

    @property
    def published_size(self) -> int:
        """Bytes of the properties that the publisher gave it; its deaths have changed them."""
        return self.deaths.published_size if self.deaths else len(self.header) - PROPERTIES

    @property
    def cost(self) -> int:
        """Memory it takes in a queue, in bytes, roughly."""
        return OVERHEAD + len(self.header) + len(self.body)


def header_with(header: bytes, **change: bytes | None) -> bytes:
    """A content header's payload with some raw properties replaced, or removed when None."""
    values: dict[str, bytes | None] = {**tables.split_properties(header[PROPERTIES:]), **change}
    kept = {name: value for name, value in values.items() if value is not None}
    return header[:PROPERTIES] + tables.join_properties(kept)


def carbon_copies(fields: tables.Fields) -> tuple[list[str], list[str]]:
    """The extra routing keys of the headers CC and BCC.

    Raises 406 when one of them is not an array of strings (docs: sender-selected distribution).
    """
    keys: dict[bytes, list[str]] = {b"CC": [], b"BCC": []}
    for name, raw in fields:
        if name in keys:
            value = tables.decode(raw)
            if not isinstance(value, list):
                problem = f'unacceptable_type_in_header,"{name.decode()}",{tables.type_name(raw)}'
                raise AmqpError(406, f"invalid message: {{{problem}}}")
            keys[name] = [item for item in value if isinstance(item, str)]
    return keys[b"CC"], keys[b"BCC"]
