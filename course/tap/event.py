"""One thing that the tap saw or did, and its form as a line of JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any

SCHEMA = {"schema": "learn-tap", "version": 1}
PREVIEW_BYTES = 200


@dataclass(frozen=True, slots=True)
class Event:
    """A frame with a method, a message with its content, or what the tap did. Absent is None.

    Field names are those of AMQP 0-9-1. `sender` is who sent it ("client", "broker"), or "tap" for
    the tap's own: "tap.connected", "tap.closed" (`sender`: who ended it), "tap.malformed",
    "tap.fault", and "tap.requeued", which no frame says: it is concluded, `inferred`, from the end
    of a channel. An ack by a "broker" is a publisher confirm.
    """

    number: int  # 1, 2, ... in the order in which the tap saw them
    at: float  # seconds since the tap opened
    connection: str  # "worker", "worker#2", ...
    channel: int
    sender: str
    method: str  # "basic.publish"
    exchange: str | None = None
    queue: str | None = None  # of a delivery and of what settles it, too
    routing_key: str | None = None
    consumer_tag: str | None = None
    delivery_tag: int | None = None
    delivery_tags: tuple[int, ...] | None = None  # all that it settles: `multiple` expanded
    multiple: bool | None = None
    requeue: bool | None = None
    redelivered: bool | None = None
    auto_ack: bool | None = None
    mandatory: bool | None = None
    passive: bool | None = None
    durable: bool | None = None
    exclusive: bool | None = None
    auto_delete: bool | None = None
    arguments: dict[str, Any] | None = None
    exchange_type: str | None = None
    source: str | None = None  # of a binding between exchanges
    destination: str | None = None
    properties: dict[str, Any] | None = None  # of a message; of a connection: what it tells
    size: int | None = None  # of the body, in bytes
    preview: str | None = None  # the body's first 200 bytes
    message: str | None = None  # the same on all ways of one message
    messages: tuple[str | None, ...] | None = None  # for each of `delivery_tags`
    message_count: int | None = None
    consumer_count: int | None = None
    prefetch: int | None = None
    reply_code: int | None = None
    reply_text: str | None = None
    fault: str | None = None  # what a rule did with it: "swallow", "cut-before", ...
    inferred: bool = False

    @property
    def passed(self) -> bool:
        """Whether it was to reach the other side: no rule swallowed it or cut before it."""
        return self.fault not in ("swallow", "cut-before", "blackhole")

    def to_json(self) -> str:
        """One line, without what is absent; `inferred` only where it is true."""
        found = {name: getattr(self, name) for name in _NAMES}
        if not self.inferred:
            del found["inferred"]
        return to_json(found)

    @classmethod
    def from_json(cls, line: str) -> Event:
        """The event of a line. Raises ValueError if it is none."""
        try:
            values = json.loads(line)
            for name in ("delivery_tags", "messages"):
                if name in values:
                    values[name] = tuple(values[name])
            return cls(**values)
        except TypeError as error:
            raise ValueError(f"not an event of the tap: {error}") from None


_NAMES = tuple(field.name for field in fields(Event))
_encode = json.JSONEncoder(check_circular=False).encode


def to_json(values: dict[str, Any]) -> str:
    """One line of the fields of an event that are not None."""
    return _encode({name: value for name, value in values.items() if value is not None})


def header(opened: str, upstream: str) -> str:
    """The first line of a record: the schema, when the tap opened, and the broker's address."""
    return json.dumps({**SCHEMA, "opened": opened, "broker": upstream})
