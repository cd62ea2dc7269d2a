"""Connections: version negotiation, login, tuning, vhosts, closing, update-secret."""

from __future__ import annotations

import time
from typing import Any

from pamqp import commands as c

from tests.burrow.goldens.lab import Lab
from tests.burrow.wire import Closed, Connection, Json, method


def _fate(connection: Connection, within: float = 10.0) -> Json:
    deadline = time.monotonic() + within
    while not connection.closed and time.monotonic() < deadline:
        connection.pump(0.2)
    return connection.closed.seen() if connection.closed else "open"


def _opened(lab: Lab, **options: Any) -> Json:
    try:
        connection = lab.connect(**options)
    except Closed as closed:
        return closed.seen()
    return [
        "open",
        connection.tune.channel_max,
        connection.tune.frame_max,
        connection.tune.heartbeat,
    ]


def _half(lab: Lab) -> Connection:
    """A connection that has read tune and answered nothing."""
    made = lab.connect(open_now=False)
    made.frame_max = 131072
    made.start("guest", "guest", "PLAIN", {})
    return made


def other_protocol_versions_get_ours(lab: Lab) -> Json:
    seen = {}
    for start in (b"AMQP\x00\x00\x08\x00", b"AMQP\x01\x01\x00\x0a", b"AMQP\x00\x00\x09\x02",
                  b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 8):  # fmt: skip
        raw = lab.connect(open_now=False)
        raw.write(start)
        seen[start.hex()] = _fate(raw)
    return seen


def capabilities_of_the_broker(lab: Lab) -> Json:
    return lab.connect().server["capabilities"]


def mechanisms(lab: Lab) -> Json:
    raw = lab.connect(open_now=False)
    raw.write(b"AMQP\x00\x00\x09\x01")
    started = raw.expect("Connection.Start")
    assert isinstance(started, c.Connection.Start)
    offered = started.mechanisms
    return {
        "offers plain": "PLAIN" in str(offered).split(), "locales": started.locales,
        "plain": _opened(lab), "amqplain": _opened(lab, mechanism="AMQPLAIN"),
        "unknown": _opened(lab, mechanism="MAGIC"),
    }  # fmt: skip


def wrong_passwords(lab: Lab) -> Json:
    return {
        "told": _opened(lab, credentials=("guest", "wrong")),
        "unknown user": _opened(lab, credentials=("nobody", "guest")),
        "without the capability": _opened(lab, credentials=("guest", "wrong"), capabilities={}),
        "amqplain": _opened(lab, credentials=("guest", "wrong"), mechanism="AMQPLAIN"),
    }


def tune_answers(lab: Lab) -> Json:
    return {
        "frame_max below the minimum": _opened(lab, frame_max=4095),
        "frame_max 4096": _opened(lab, frame_max=4096),
        "frame_max 8192": _opened(lab, frame_max=8192),
        "frame_max above ours": _opened(lab, frame_max=131073),
        "channel_max above ours": _opened(lab, channel_max=4096),
    }


def zero_in_tune_means_no_limit(lab: Lab) -> Json:
    seen = {}
    for field in ("frame_max", "channel_max"):
        raw = _half(lab)
        fields = {"channel_max": 2047, "frame_max": 131072, "heartbeat": 0, field: 0}
        raw.send(method(c.Connection.TuneOk, **fields))
        try:
            got = raw.call(method(c.Connection.Open, virtual_host="/"))
            seen[field] = got.name
        except Closed as closed:
            seen[field] = closed.seen()
    return seen


def more_channels_than_the_maximum(lab: Lab) -> Json:
    connection = lab.connect(channel_max=2)
    connection.channel(2)
    connection.channel(7)
    try:
        connection.channel(1)
    except Closed as closed:
        return closed.seen()
    return "open"


def opening_a_channel_twice(lab: Lab) -> Json:
    channel = lab.connect().channel(3)
    channel.send(c.Channel.Open)
    return channel.fate()


def a_closed_channels_number_is_free_again(lab: Lab) -> Json:
    connection = lab.connect()
    for _ in range(3):
        connection.channel(9).close()
    return connection.channel(9).own_queue()


def using_a_channel_that_is_not_open(lab: Lab) -> Json:
    connection = lab.connect()
    connection.send(method(c.Basic.Qos), 4)
    return _fate(connection)


def channel_errors_leave_other_channels_alone(lab: Lab) -> Json:
    connection = lab.connect()
    good, bad = connection.channel(), connection.channel()
    bad.send(c.Queue.Declare, queue=lab.name("none"), passive=True)
    return [bad.fate(), good.own_queue()]


def channel_flow(lab: Lab) -> Json:
    return {
        active: lab.tries(lambda ch, a=active: ch.call(c.Channel.Flow, active=a))
        for active in (True, False)
    }


def close_ok_without_close(lab: Lab) -> Json:
    connection = lab.connect()
    channel = connection.channel()
    channel.send(c.Channel.CloseOk)
    return _fate(connection, 0.5)


def update_secret(lab: Lab) -> Json:
    connection = lab.connect()
    try:
        got = connection.call(method(c.Connection.UpdateSecret, new_secret="guest", reason="turn"))  # noqa: S106
    except Closed as closed:
        return closed.seen()
    return got.name


def connection_close_answers_close_ok(lab: Lab) -> Json:
    connection = lab.connect()
    connection.channel().publish("nowhere", "x")
    got = connection.call(method(c.Connection.Close, reply_code=200, reply_text="", class_id=0,
                                 method_id=0))  # fmt: skip
    return got.name


def a_silent_peer_is_dropped_after_two_heartbeats(lab: Lab) -> Json:
    connection = lab.connect(heartbeat=1)
    fate = _fate(connection, 10.0)
    return [fate, "heartbeat" in connection.events]
