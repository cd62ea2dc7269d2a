"""Frames: what goes over the socket, AMQP 0-9-1 section 4.2.

Methods are coded by pamqp, apart from the three that pass once per message (publish, ack,
deliver): those are coded here, by hand, because they decide how fast the broker is.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pamqp import base, commands, frame

from burrow.errors import AmqpError, Hangup
from burrow.tables import short_string

if TYPE_CHECKING:
    from burrow.message import Message

METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8
END = 0xCE
HEAD = struct.Struct(">BHI")  # type, channel, payload size
OVERHEAD = HEAD.size + 1  # bytes a frame adds to its payload
MIN_FRAME = 8192
MAX_FRAME = 131072
HEARTBEAT_FRAME = HEAD.pack(HEARTBEAT, 0, 0) + b"\xce"
PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"

ACCESS_REQUEST = struct.pack(">HH", 30, 10)
PUBLISH = struct.pack(">HH", 60, 40)
ACK = struct.pack(">HH", 60, 80)
NACK = struct.pack(">HH", 60, 120)
GET_OK = struct.pack(">HH", 60, 71)
DELIVER = struct.pack(">HH", 60, 60)
_DELIVERY_TAG = struct.Struct(">Q?")


def method(payload: bytes) -> base.Frame:
    """Decode a method frame's payload.

    Raises 501 for bad arguments, and Hangup for methods that do not exist.
    """
    (index,) = struct.unpack_from(">I", payload) if len(payload) >= 4 else (0,)
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
            raise AmqpError(501, "Malformed UTF-8 in shortstr") from None
        raise AmqpError(501, f"cannot decode {_octets(payload)}") from None
    return decoded


def _octets(data: bytes) -> str:
    """Bytes as Erlang shows them."""
    return f"<<{','.join(map(str, data[:60]))}>>"


def broken(kind: int, data: bytes, problem: str, code: int = 501) -> AmqpError:
    """A frame that breaks the framing, in RabbitMQ's words."""
    text = f"type {kind}, all octets = {_octets(data)}"
    return AmqpError(code, f"{text}: {problem}" if problem else text)


def method_numbers(payload: bytes) -> tuple[int, int]:
    """Class and method number of a method frame's payload."""
    return int.from_bytes(payload[:2], "big"), int.from_bytes(payload[2:4], "big")


def encode(channel: int, reply: base.Frame) -> bytes:
    """A whole method frame."""
    return frame.marshal(reply, channel)


def access_ok(channel: int) -> bytes:
    """A whole access.request-ok frame, which grants everything."""
    return b"%b\x00\x1e\x00\x0b\x00\x01\xce" % HEAD.pack(METHOD, channel, 6)


def confirm(channel: int, tag: int, multiple: bool, accepted: bool) -> bytes:
    """A whole basic.ack or basic.nack frame, confirming one publish or all up to it."""
    method = ACK if accepted else NACK
    arguments = _DELIVERY_TAG.pack(tag, multiple)
    return b"%b%b%b\xce" % (HEAD.pack(METHOD, channel, 13), method, arguments)


def declare_ok(channel: int, name: str, ready: int, consumers: int) -> bytes:
    """queue.declare-ok; by hand, because pamqp refuses names that RabbitMQ accepts."""
    payload = b"\x00\x32\x00\x0b" + short_string(name) + struct.pack(">II", ready, consumers)
    return b"%b%b\xce" % (HEAD.pack(METHOD, channel, len(payload)), payload)


def returned(message: Message) -> bytes:
    """The payload of basic.return for a message without a route."""
    where = short_string(message.exchange) + short_string(message.keys[0])
    return b"\x00\x3c\x00\x32" + struct.pack(">H", 312) + short_string("NO_ROUTE") + where


def get_ok(tag: int, redelivered: bool, message: Message, left: int) -> bytes:
    """The payload of basic.get-ok; `left` messages remain ready in the queue."""
    where = short_string(message.exchange) + short_string(message.keys[0])
    return GET_OK + _DELIVERY_TAG.pack(tag, redelivered) + where + struct.pack(">I", left)


_publishes: dict[bytes, tuple[str, str, bool, bool]] = {}


def publish(payload: bytes) -> tuple[str, str, bool, bool]:
    """Exchange, routing key, mandatory and immediate of basic.publish.

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
            raise AmqpError(501, f"cannot decode {_octets(payload)}") from None
        found = exchange, key, bool(bits & 1), bool(bits & 2)
        if len(_publishes) > 500:
            _publishes.clear()
        _publishes[payload] = found
    return found


def ack(payload: bytes) -> tuple[int, bool]:
    """Delivery tag and `multiple` of basic.ack."""
    if len(payload) < 13:
        raise AmqpError(501, f"cannot decode {_octets(payload)}")
    tag: tuple[int, bool] = _DELIVERY_TAG.unpack_from(payload, 4)
    return tag


def deliver_prefix(consumer_tag: str) -> bytes:
    """The part of basic.deliver that is the same for each message of one consumer."""
    return DELIVER + short_string(consumer_tag)


def deliver(prefix: bytes, tag: int, redelivered: bool, message: Message) -> bytes:
    """The payload of basic.deliver."""
    where = short_string(message.exchange) + short_string(message.keys[0])
    return prefix + _DELIVERY_TAG.pack(tag, redelivered) + where


def content(channel: int, payload: bytes, message: Message, header: bytes, frame_max: int) -> bytes:
    """A method frame with its content: header frame and as many body frames as needed."""
    body = message.body
    size = len(body)
    parts = [
        HEAD.pack(METHOD, channel, len(payload)), payload, b"\xce",
        HEAD.pack(HEADER, channel, len(header)), header, b"\xce",
    ]  # fmt: skip
    if size <= frame_max - OVERHEAD:
        if size:
            parts += (HEAD.pack(BODY, channel, size), body, b"\xce")
    else:
        step = frame_max - OVERHEAD
        for start in range(0, size, step):
            piece = body[start : start + step]
            parts += (HEAD.pack(BODY, channel, len(piece)), piece, b"\xce")
    return b"".join(parts)
