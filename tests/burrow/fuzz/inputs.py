"""Hostile bytes, each made from a seed and a number, so that any can be made again."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from typing import Any, cast

from pamqp import base, body, commands, encode, header, heartbeat
from pamqp import commands as c

from tests.burrow.wire import marshal, method

START = b"AMQP\x00\x00\x09\x01"
CLOSE = marshal(method(c.Connection.Close, reply_code=200, class_id=0, method_id=0), 0)
METHODS = sorted(commands.INDEX_MAPPING)
TYPES = b"tbBsuIilLfdDSATFVxn"


def frame(kind: int, channel: int, payload: bytes, end: int = 0xCE) -> bytes:
    """Any frame, right or wrong."""
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + bytes([end])


def login(frame_max: int = 131072) -> bytes:
    """Everything a client sends up to an open channel 1, without waiting for answers."""
    return START + b"".join((
        marshal(method(c.Connection.StartOk, client_properties={}, mechanism="PLAIN",
                       response="\0guest\0guest", locale="en_US"), 0),
        marshal(method(c.Connection.TuneOk, channel_max=2047, frame_max=frame_max, heartbeat=0), 0),
        marshal(method(c.Connection.Open, virtual_host="/"), 0),
        marshal(method(c.Channel.Open), 1),
    ))  # fmt: skip


def sensible(r: random.Random) -> list[bytes]:
    """A short session that is correct, as material to break."""
    durable = r.random() < 0.3
    queue = f"fuzz{'-durable' if durable else ''}{r.randrange(4)}"
    arguments = {"x-max-length": 50} if durable else table(r, 1)
    made: list[tuple[base.Frame, int]] = [
        (method(c.Queue.Declare, queue=queue, durable=durable, exclusive=not durable,
                arguments=arguments), 1),
        (method(c.Exchange.Declare, exchange="fuzz", exchange_type="topic", auto_delete=True), 1),
        (method(c.Queue.Bind, queue=queue, exchange="fuzz", routing_key="#"), 1),
        (method(c.Basic.Consume, queue=queue, consumer_tag="t", no_ack=r.random() < 0.5), 1),
        (method(c.Basic.Qos, prefetch_count=r.randrange(4)), 1),
        (method(c.Confirm.Select), 1), (method(c.Tx.Select), 1), (method(c.Tx.Commit), 1),
        (method(c.Basic.Get, queue=queue), 1), (method(c.Basic.Ack, delivery_tag=1), 1),
        (method(c.Basic.Nack, delivery_tag=1, multiple=True), 1),
        (method(c.Basic.Recover, requeue=True), 1), (method(c.Basic.Cancel, consumer_tag="t"), 1),
        (method(c.Queue.Delete, queue=queue), 1), (method(c.Channel.Open), 2),
        (method(c.Channel.Close, reply_code=200, class_id=0, method_id=0), 1),
        (method(c.Channel.CloseOk), 1), (method(c.Connection.CloseOk), 0),
        (method(c.Channel.Flow, active=True), 1),
    ]  # fmt: skip
    session = [marshal(*each) for each in made]
    session[r.randrange(6) : 0] = content(r, queue)
    return session


def content(r: random.Random, key: str) -> list[bytes]:
    """basic.publish, header and body."""
    data = r.randbytes(r.randrange(40))
    known = c.Basic.Properties()
    known.headers = cast("Any", table(r, 2))
    known.delivery_mode = r.choice([None, 1, 2])
    return [
        marshal(method(c.Basic.Publish, routing_key=key, mandatory=r.random() < 0.3), 1),
        marshal(header.ContentHeader(0, len(data), known), 1),
        marshal(body.ContentBody(data), 1),
    ]


def table(r: random.Random, depth: int) -> dict[str, object]:
    """A field table of sorts, nested up to `depth`."""
    choices: list[Callable[[], object]] = [
        lambda: r.randrange(-(2**63), 2**63), lambda: "text" * r.randrange(9), lambda: None,
        lambda: r.random() < 0.5, lambda: [1, "a", None], lambda: bytearray(r.randbytes(5)),
    ]  # fmt: skip
    made = {f"k{n}": r.choice(choices)() for n in range(r.randrange(4))}
    if depth and r.random() < 0.6:
        made["deep"] = table(r, depth - 1)
    return made


def raw_table(r: random.Random) -> bytes:
    """Table bytes: nested thousands deep, huge, lying about their length, or of unknown types."""
    kind = r.randrange(5)
    if kind == 0:
        inner = b""
        for _ in range(r.choice([50, 500, 2000, 8000])):
            inner = b"\x01kF" + struct.pack(">I", len(inner)) + inner
        return struct.pack(">I", len(inner)) + inner
    if kind == 1:
        inner = b"".join(b"\x04" + b"%04d" % n + b"b\x01" for n in range(r.randrange(9000)))
        return struct.pack(">I", len(inner)) + inner
    if kind == 2:
        return struct.pack(">I", r.choice([5, 2**31, 2**32 - 1])) + r.randbytes(r.randrange(20))
    if kind == 3:
        inner = b"".join(
            b"\x01k" + bytes([r.choice(TYPES)]) + r.randbytes(r.randrange(12)) for _ in range(5)
        )
        return struct.pack(">I", len(inner)) + inner
    nested = b""
    for _ in range(r.choice([50, 3000])):
        nested = b"A" + struct.pack(">I", len(nested)) + nested
    return struct.pack(">I", len(nested) + 2) + b"\x01k" + nested


def random_bytes(r: random.Random) -> bytes:
    """No AMQP at all."""
    return r.choice([b"", b"AMQP", START, login()]) + r.randbytes(r.randrange(200))


def cut(r: random.Random) -> bytes:
    """A correct session that ends in the middle."""
    whole = login() + b"".join(sensible(r))
    return whole[: r.randrange(len(whole))]


def flipped(r: random.Random) -> bytes:
    """A correct session with a few bytes changed."""
    head = login()
    whole = bytearray(head + b"".join(sensible(r)))
    low = 0 if r.random() < 0.2 else len(head)
    for _ in range(r.randrange(1, 6)):
        whole[r.randrange(low, len(whole))] = r.randrange(256)
    return bytes(whole)


def shuffled(r: random.Random) -> bytes:
    """Correct frames in a wrong order, on wrong channels, before the channel is open."""
    pieces = sensible(r)
    r.shuffle(pieces)
    for n in range(len(pieces)):
        if r.random() < 0.1:
            pieces[n] = pieces[n][:1] + struct.pack(">H", r.choice([0, 2, 65535])) + pieces[n][3:]
    return (START if r.random() < 0.1 else login()) + b"".join(pieces)


def any_method(r: random.Random) -> bytes:
    """Method frames of any number with arguments of any bytes."""
    pieces = []
    for _ in range(r.randrange(1, 5)):
        index = r.choice(METHODS) if r.random() < 0.8 else r.randrange(2**32)
        payload = struct.pack(">I", index) + r.randbytes(r.randrange(60))
        pieces.append(frame(1, r.choice([0, 1, 1, 1, 2]), payload))
    return login() + b"".join(pieces)


def any_frame(r: random.Random) -> bytes:
    """Frames of wrong types, sizes and ends."""
    size = r.choice([0, 1, 7, 131064, 131065, 200000])
    choices = [
        frame(
            r.randrange(256), r.randrange(3), r.randbytes(r.randrange(30)), r.choice([0xCE, 0, 255])
        ),
        struct.pack(">BHI", r.choice([1, 2, 3, 8]), 1, r.choice([2**31, 2**32 - 1, 131073]))
        + b"x" * 50,
        frame(r.choice([1, 2, 3]), 1, b"\x00" * size),
        marshal(heartbeat.Heartbeat(), 0) * r.randrange(50),
        frame(8, r.randrange(3), r.randbytes(3)),
    ]
    return login() + r.choice(choices)


def any_content(r: random.Random) -> bytes:
    """A publish whose header and body do not fit it."""
    publish = marshal(method(c.Basic.Publish, routing_key="fuzz0"), 1)
    size = r.choice([0, 1, 10, 2**24 + 1, 2**63, 2**64 - 1])
    flags = r.choice([0, 0x2000, 0xFFFE, 0xFFFF, 1])
    head = frame(
        2,
        1,
        struct.pack(">HHQH", r.choice([60, 60, 60, 10]), r.choice([0, 0, 1]), size, flags)
        + (raw_table(r) if flags == 0x2000 else r.randbytes(r.randrange(20))),
    )
    pieces = [
        publish,
        head,
        *(frame(3, 1, r.randbytes(r.randrange(12))) for _ in range(r.randrange(4))),
    ]
    if r.random() < 0.3:
        r.shuffle(pieces)
    return login() + b"".join(pieces)


def any_table(r: random.Random) -> bytes:
    """Declarations and logins with hostile tables."""
    raw = raw_table(r)
    name = encode.short_string("fuzz0")
    choices = [
        frame(1, 1, struct.pack(">HHH", 50, 10, 0) + name + b"\x04" + raw),
        frame(
            1,
            1,
            struct.pack(">HHH", 40, 10, 0) + name + encode.short_string("direct") + b"\x04" + raw,
        ),
        frame(1, 1, struct.pack(">HHH", 60, 20, 0) + name + name + b"\x00" + raw),
    ]
    if r.random() < 0.2:
        return START + frame(1, 0, struct.pack(">HH", 10, 11) + raw + b"\x05PLAIN")
    return login() + r.choice(choices)


KINDS = (random_bytes, cut, flipped, shuffled, any_method, any_frame, any_content, any_table)


def make(seed: int, number: int) -> tuple[str, bytes]:
    """Input `number` of a seed: the name of its kind, and the bytes to send."""
    r = random.Random(f"{seed}/{number}")
    kind = KINDS[number % len(KINDS)]
    return kind.__name__, kind(r)
