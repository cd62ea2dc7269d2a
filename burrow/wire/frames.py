"""Frames: what goes over the socket, and how three kinds of them make a message.

AMQP 0-9-1 sections 4.2.3 (frames) and 4.2.6 (content). Methods are coded by pamqp, apart from
those that pass once per message: coded here, by hand, they decide how fast the broker is.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pamqp import base, commands

from burrow.errors import AmqpError, Hangup
from burrow.wire.tables import short_string

if TYPE_CHECKING:
    from burrow.message import Message

METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8
END = 0xCE
HEAD = struct.Struct(">BHI")  # type, channel, payload size
OVERHEAD = HEAD.size + 1  # bytes a frame adds to its payload
MIN_FRAME = 8192
MAX_FRAME = 131072
PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"

# The numbers of class and method, with which a method's payload begins.
ACCESS_REQUEST = struct.pack(">HH", 30, 10)  # of AMQP 0-8, which old clients still send
ACCESS_OK = struct.pack(">HHH", 30, 11, 1)
DECLARE_OK = struct.pack(">HH", 50, 11)
PUBLISH = struct.pack(">HH", 60, 40)
RETURN = struct.pack(">HHH", 60, 50, 312) + short_string("NO_ROUTE")
DELIVER = struct.pack(">HH", 60, 60)
GET_OK = struct.pack(">HH", 60, 71)
ACK = struct.pack(">HH", 60, 80)
NACK = struct.pack(">HH", 60, 120)
_BASIC = b"\x00\x3c\x00\x00"  # how a content header begins: class 60, weight 0
_DELIVERY_TAG = struct.Struct(">Q?")

Publish = tuple[str, str, bool, bool]  # exchange, routing key, mandatory, immediate
_publishes: dict[bytes, Publish] = {}


def method(payload: bytes) -> base.Frame:
    """Decode a method frame's payload.

    Raises 501 for bad arguments, and Hangup for methods that do not exist.
    """
    index = int.from_bytes(payload[:4], "big") if len(payload) >= 4 else 0
    kind = commands.INDEX_MAPPING.get(index)
    if kind is None:
        raise Hangup(f"unknown method {payload[:4].hex()}")
    decoded: base.Frame = kind()
    try:
        decoded.unmarshal(payload[4:])
    except (ValueError, IndexError, TypeError, RecursionError, struct.error, OverflowError) as why:
        if "Unknown type" in str(why) or isinstance(why, RecursionError):
            raise Hangup(f"cannot decode {decoded}: {why}") from None
        if "utf-8" in str(why):
            error = AmqpError(501, "Malformed UTF-8 in shortstr")
            error.method = None
            raise error from None
        raise undecodable(payload) from None
    return decoded


def undecodable(payload: bytes) -> AmqpError:
    """501 for a method whose arguments are broken."""
    return AmqpError(501, f"cannot decode {_octets(payload[4:])}")


def broken(kind: int, data: bytes, problem: str = "", code: int = 501) -> AmqpError:
    """A frame that breaks the framing, in RabbitMQ's words."""
    text = f"type {kind}, all octets = {_octets(data)}"
    return AmqpError(code, f"{text}: {problem}" if problem else text)


def _octets(data: bytes) -> str:
    """Bytes as Erlang shows them."""
    return f"<<{','.join(map(str, data[:60]))}>>"


def frame(kind: int, channel: int, payload: bytes) -> bytes:
    """A whole frame."""
    return b"%b%b\xce" % (HEAD.pack(kind, channel, len(payload)), payload)


def encode(channel: int, reply: base.Frame) -> bytes:
    """A whole method frame."""
    return frame(METHOD, channel, reply.index.to_bytes(4, "big") + reply.marshal())


def confirm(channel: int, tag: int, multiple: bool, accepted: bool) -> bytes:
    """A whole basic.ack or basic.nack frame, confirming one publish or all up to it."""
    numbers = ACK if accepted else NACK
    return frame(METHOD, channel, numbers + _DELIVERY_TAG.pack(tag, multiple))


def declare_ok(channel: int, name: str, ready: int, consumers: int) -> bytes:
    """queue.declare-ok; by hand, because pamqp refuses names that RabbitMQ accepts."""
    counts = struct.pack(">II", ready, consumers)
    return frame(METHOD, channel, DECLARE_OK + short_string(name) + counts)


def publish(payload: bytes) -> Publish:
    """The arguments of basic.publish.

    Publishers repeat themselves, so the last few hundred different payloads are remembered.
    """
    found = _publishes.get(payload)
    if found is None:
        try:
            middle = 7 + payload[6]
            end = middle + 1 + payload[middle]
            exchange = payload[7:middle].decode(errors="surrogateescape")
            key = payload[middle + 1 : end].decode(errors="surrogateescape")
            bits = payload[end]
        except IndexError:
            raise undecodable(payload) from None
        found = exchange, key, bool(bits & 1), bool(bits & 2)
        if len(_publishes) > 500:
            _publishes.clear()
        _publishes[payload] = found
    return found


def ack(payload: bytes) -> tuple[int, bool]:
    """Delivery tag and `multiple` of basic.ack."""
    if len(payload) < 13:
        raise undecodable(payload)
    tag: tuple[int, bool] = _DELIVERY_TAG.unpack_from(payload, 4)
    return tag


def deliver(prefix: bytes, tag: int, redelivered: bool, message: Message) -> bytes:
    """The payload of basic.deliver (`prefix` is DELIVER and the consumer's tag) or basic.get-ok."""
    return prefix + _DELIVERY_TAG.pack(tag, redelivered) + _source(message)


def returned(message: Message) -> bytes:
    """The payload of basic.return for a message without a route."""
    return RETURN + _source(message)


def _source(message: Message) -> bytes:
    return short_string(message.exchange) + short_string(message.keys[0])


def content(channel: int, payload: bytes, message: Message, header: bytes, frame_max: int) -> bytes:
    """A method frame with its content: header frame and as many body frames as needed."""
    parts = [
        HEAD.pack(METHOD, channel, len(payload)), payload, b"\xce",
        HEAD.pack(HEADER, channel, len(header)), header, b"\xce",
    ]  # fmt: skip
    body, step = message.body, frame_max - OVERHEAD
    for start in range(0, len(body), step):
        piece = body[start : start + step]
        parts += (HEAD.pack(BODY, channel, len(piece)), piece, b"\xce")
    return b"".join(parts)


@dataclass(slots=True)
class Content:
    """What has arrived so far of one channel's next message: a method frame, a header frame and
    body frames, and nothing else in between.

    `method` is the publish whose header or body must come next, None when nothing must.
    `complete` is called with that, the payload of the header, and the body.
    """

    limit: int  # bytes of a body
    complete: Callable[[Publish, bytes, bytes], None]
    method: Publish | None = None
    header: bytes = b""
    left: int = 0
    body: list[bytes] = field(default_factory=list)

    def on_header(self, payload: bytes) -> None:
        """A content header frame. Raises 505, and 406 for a body over the limit."""
        if self.method is None or self.header or len(payload) < 14 or payload[2:4] != _BASIC[2:]:
            raise self.unexpected()
        if not payload.startswith(_BASIC):
            other = int.from_bytes(payload[:2], "big")
            text = f"expected content header for class 60, got one for class {other} instead"
            raise AmqpError(505, text)
        size = int.from_bytes(payload[4:12], "big")
        if size > self.limit:
            self.method = None
            limit = f"larger than configured max size {self.limit}"
            raise AmqpError(406, f"message size {size} is {limit}")
        self.header = payload
        self.left = size
        if not size:
            self._finish(b"")

    def on_body(self, payload: bytes) -> None:
        """A content body frame. Raises 505, and 501 when the body is too long."""
        if self.method is None or not self.header:
            raise self.unexpected()
        self.left -= len(payload)
        if self.left < 0:
            raise AmqpError(501, "content body frame exceeds remaining content size")
        if self.left or self.body:
            self.body.append(payload)
        if not self.left:
            body, self.body = self.body, []
            self._finish(b"".join(body) if body else payload)

    def _finish(self, body: bytes) -> None:
        method, header = self.method, self.header
        self.method, self.header = None, b""
        if method is not None:
            self.complete(method, header, body)

    def unexpected(self) -> AmqpError:
        """505: another frame than the one that must come next."""
        if self.method is None:
            wanted, got = "method frame", "non method frame"
        elif not self.header:
            wanted, got = "content header for class 60", "non content header frame"
        else:
            wanted, got = "content body", "non content body frame"
        return AmqpError(505, f"expected {wanted}, got {got} instead")
