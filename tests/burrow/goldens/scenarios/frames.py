"""Frames that should not be: wrong order, wrong size, wrong end, unknown methods, odd tables."""

from __future__ import annotations

import struct

from pamqp import body, encode, header
from pamqp import commands as c

from tests.burrow.goldens.lab import Lab
from tests.burrow.wire import Channel, Connection, Json, marshal, method

from .connecting import _fate


def _frame(kind: int, channel: int, payload: bytes, end: bytes = b"\xce") -> bytes:
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + end


def _sent(lab: Lab, *pieces: bytes, channel: int = 1) -> Json:
    """How a connection with one open channel fares after these bytes."""
    connection = lab.connect()
    opened = connection.channel(channel)
    connection.write(b"".join(pieces))
    connection.send(method(c.Basic.Qos), channel)
    connection.pump(5)
    while not (connection.closed or opened.closed or opened.replies) and connection.pump(5):
        pass
    if opened.closed:
        return opened.closed.seen()
    return connection.closed.seen() if connection.closed else "open"


def _publish(queue: str) -> bytes:
    return marshal(method(c.Basic.Publish, routing_key=queue), 1)


def _head(size: int) -> bytes:
    return marshal(header.ContentHeader(0, size), 1)


def _body(data: bytes) -> bytes:
    return marshal(body.ContentBody(data), 1)


def a_wrong_frame_end(lab: Lab) -> Json:
    return _sent(lab, _frame(1, 1, b"\x00\x3c\x00\x0a" + b"\x00" * 7, b"\x00"))


def an_unknown_frame_type(lab: Lab) -> Json:
    return {kind: _sent(lab, _frame(kind, 1, b"\x00" * 11)) for kind in (0, 5, 9, 255)}


def a_frame_over_the_negotiated_size(lab: Lab) -> Json:
    connection = lab.connect(frame_max=8192)
    channel = connection.channel()
    channel.send(c.Basic.Publish, routing_key="nowhere")
    connection.send(header.ContentHeader(0, 9000), 1)
    connection.send(body.ContentBody(b"x" * 9000), 1)
    return _fate(connection)


def unknown_methods(lab: Lab) -> Json:
    cases = {"unknown class": (99, 10), "unknown method": (60, 99), "class zero": (0, 0)}
    return {name: _sent(lab, _frame(1, 1, struct.pack(">HH", *ids))) for name, ids in cases.items()}


def truncated_method_arguments(lab: Lab) -> Json:
    return _sent(lab, _frame(1, 1, struct.pack(">HH", 50, 10) + b"\x00\x00\x05ab"))


def a_method_where_a_header_belongs(lab: Lab) -> Json:
    return _sent(lab, _publish("q"), marshal(method(c.Basic.Qos), 1))


def a_body_where_a_header_belongs(lab: Lab) -> Json:
    return _sent(lab, _publish("q"), _body(b"x"))


def a_method_where_a_body_belongs(lab: Lab) -> Json:
    return _sent(lab, _publish("q"), _head(5), marshal(method(c.Basic.Qos), 1))


def a_header_where_a_body_belongs(lab: Lab) -> Json:
    return _sent(lab, _publish("q"), _head(5), _head(5))


def content_without_a_method(lab: Lab) -> Json:
    return {"header": _sent(lab, _head(1)), "body": _sent(lab, _body(b"x"))}


def more_body_than_announced(lab: Lab) -> Json:
    return _sent(lab, _publish("nowhere"), _head(2), _body(b"abc"))


def a_body_in_many_small_frames(lab: Lab) -> Json:
    queue = lab.queue()
    pieces = [_body(letter) for letter in (b"a", b"", b"b", b"c")]
    return [_sent(lab, _publish(queue), _head(3), *pieces), lab.bodies(queue, 1)]


def a_header_of_another_class(lab: Lab) -> Json:
    return _sent(lab, _publish("nowhere"), _frame(2, 1, struct.pack(">HHQH", 10, 0, 0, 0)))


def a_header_with_a_weight(lab: Lab) -> Json:
    return _sent(lab, _publish("nowhere"), _frame(2, 1, struct.pack(">HHQH", 60, 1, 0, 0)))


def truncated_properties(lab: Lab) -> Json:
    return _sent(lab, _publish("nowhere"), _frame(2, 1, struct.pack(">HHQH", 60, 0, 0, 0x8000)))


def methods_on_channel_zero(lab: Lab) -> Json:
    cases = {"basic.qos": method(c.Basic.Qos), "channel.open": method(c.Channel.Open)}
    return {name: _sent(lab, marshal(made, 0)) for name, made in cases.items()}


def connection_methods_on_a_channel(lab: Lab) -> Json:
    return _sent(lab, marshal(method(c.Connection.Open, virtual_host="/"), 1))


def servers_methods_from_a_client(lab: Lab) -> Json:
    cases = {
        "deliver": method(
            c.Basic.Deliver, consumer_tag="t", delivery_tag=1, exchange="", routing_key=""
        ),
        "declare-ok": method(c.Queue.DeclareOk, queue="q", message_count=0, consumer_count=0),
        "ack of zero": method(c.Basic.Ack, delivery_tag=0),
        "flow-ok": method(c.Channel.FlowOk, active=True),
    }
    return {name: _sent(lab, marshal(made, 1)) for name, made in cases.items()}


def a_second_start_ok(lab: Lab) -> Json:
    return _sent(lab, marshal(method(c.Connection.StartOk, client_properties={}, response="x"), 0))


def a_heartbeat_on_a_channel(lab: Lab) -> Json:
    return {"empty": _sent(lab, _frame(8, 1, b"")), "on zero": _sent(lab, _frame(8, 0, b""))}


def _unopened(lab: Lab) -> Connection:
    raw = lab.connect(open_now=False)
    raw.frame_max = 131072
    return raw


def methods_before_open(lab: Lab) -> Json:
    raw = _unopened(lab)
    raw.start("guest", "guest", "PLAIN", {})
    Channel(raw, 1).send(c.Channel.Open)
    first = _fate(raw)
    early = _unopened(lab)
    early.write(b"AMQP\x00\x00\x09\x01")
    early.expect("Connection.Start")
    early.send(method(c.Connection.Open, virtual_host="/"))
    return [first, _fate(early)]


def tables_deep_and_odd(lab: Lab) -> Json:
    queue = lab.queue()
    deep: dict[str, object] = {}
    for _ in range(50):
        deep = {"k": deep}
    odd = encode.field_table({"a": 1})
    bad = odd[:4] + odd[4:6] + b"?" + odd[7:]
    declare = struct.pack(">HH", 50, 10) + b"\x00\x00" + encode.short_string("never") + b"\x02"
    return {
        "deep": lab.tries(lambda ch: ch.publish(queue, "x", headers=deep)),
        "bad type": _sent(lab, _frame(1, 1, declare + bad)),
        "table longer than the frame": _sent(lab, _frame(1, 1, declare + struct.pack(">I", 99999))),
    }


def a_queue_name_that_is_not_utf_8(lab: Lab) -> Json:
    name = b"\xff\xfe" + lab.prefix.encode()
    raw = struct.pack(">HHHB", 50, 10, 0, len(name)) + name + b"\x04" + bytes(4)
    return _sent(lab, _frame(1, 1, raw))


def a_publish_whose_arguments_are_cut_short(lab: Lab) -> Json:
    return _sent(lab, _frame(1, 1, struct.pack(">HHHB", 60, 40, 0, 5) + b"ab"))


def an_exchange_name_that_is_not_utf_8(lab: Lab) -> Json:
    publish = struct.pack(">HHHB", 60, 40, 0, 2) + b"\xff\xfe" + b"\x01k\x00"
    return _sent(lab, _frame(1, 1, publish) + _frame(2, 1, struct.pack(">HHQH", 60, 0, 0, 0)))
