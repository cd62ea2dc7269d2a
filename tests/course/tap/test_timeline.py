"""The picture in lanes: who is drawn where, in words that fit."""

import dataclasses
from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from course.tap.event import Event
from course.tap.timeline import ASCII, FANCY, Timeline


def events(*told: dict) -> Iterator[Event]:
    for number, fields in enumerate(told, start=1):
        known = {"number": number, "at": number / 10, "channel": 1, "connection": "c"}
        yield Event(**{**known, **fields})


def picture(*told: dict, lines=ASCII) -> list[str]:
    """The rows without their head and without the time."""
    timeline = Timeline(lines)
    rows = [row for event in events(*told) for row in timeline.add(event)]
    rows += timeline.end()
    assert all(cell_len(row.text) <= 80 for row in rows)
    return [row.text[:69] for row in rows[1:]]


PUB = {"connection": "new_task", "sender": "client", "method": "basic.publish"}
DELIVER = {"connection": "worker", "sender": "broker", "method": "basic.deliver"}
CONSUME = {"connection": "worker", "sender": "client", "method": "basic.consume", "queue": "q"}
ACK = {"connection": "worker", "sender": "client", "method": "basic.ack"}
CONFIRM = {"connection": "new_task", "sender": "broker", "method": "basic.ack"}


def test_a_message_crosses_the_lanes() -> None:
    one = {"message": "r-1"}
    settled = {"messages": ("r-1",), "delivery_tags": (1,), **one}
    told = [
        *(CONSUME, {**PUB, **one, "preview": "1"}, {**DELIVER, **one, "preview": "1"}),
        *({**CONFIRM, **settled}, {**ACK, **settled}),
    ]
    assert picture(*told) == [
        "|                                 |<- worker: consume q ------------|",
        '|-- new_task: publish m1 "1" ---->|                                 |',
        '|                                 |-- deliver m1 "1" -------------->|',
        "|<- confirm m1 -------------------|                                 |",
        "|                                 |<- ack m1 -----------------------|",
    ]


def test_who_declares_before_it_publishes_is_a_publisher() -> None:
    declare = {"sender": "client", "method": "queue.declare", "queue": "q"}
    rows = picture(
        {**declare, "connection": "new_task"}, {**declare, "connection": "worker"}, PUB, CONSUME
    )
    assert rows[0].startswith("|-- new_task: declare q ")
    assert rows[1].startswith("|" + " " * 33 + "|<- worker: declare q ")


def test_who_does_neither_is_drawn_after_a_while() -> None:
    timeline = Timeline(ASCII)
    declare = {"sender": "client", "method": "exchange.declare", "exchange": "logs"}
    (event,) = events({**declare, "exchange_type": "fanout"})
    assert list(timeline.add(event)) == []
    assert list(timeline.until(event.at + 0.4)) == []
    assert len(list(timeline.until(event.at + 0.6))) == 2


def test_an_rpc_client_is_on_both_sides() -> None:
    rows = picture(
        {**CONSUME, "connection": "rpc_client"},
        {**PUB, "connection": "rpc_client", "message": "1"},
        {**DELIVER, "connection": "rpc_client", "message": "2", "auto_ack": True},
    )
    assert [row[1] for row in rows] == [" ", "-", " "]
    assert "deliver m2, auto-ack" in rows[2]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({**DELIVER, "message": "1", "redelivered": True}, "deliver m1, redelivered -"),
        ({**ACK, "messages": tuple("12345"), "delivery_tags": (1, 2, 3, 4, 5)}, "m1 to m5, 5 of"),
        ({**ACK, "messages": (), "delivery_tags": (), "delivery_tag": 7}, "ack delivery 7"),
        (
            {**ACK, "method": "basic.nack", "requeue": True, "delivery_tags": (3,)},
            "nack m1, requeue -",
        ),
        (
            {**ACK, "method": "basic.reject", "requeue": False, "delivery_tags": (3,)},
            "reject m1, do not requeue",
        ),
        ({**CONFIRM, "method": "basic.nack", "delivery_tags": (3,)}, "refuse m1"),
        (
            {**PUB, "sender": "broker", "method": "basic.return", "reply_text": "NO_ROUTE"},
            "return m1: NO_ROUTE",
        ),
        ({"sender": "tap", "method": "tap.requeued", "message": "1"}, "m1 is requeued (inferred)"),
        (
            {"sender": "broker", "method": "channel.close", "reply_code": 406, "reply_text": "no"},
            "error 406: no",
        ),
        ({**PUB, "message": "1", "preview": "a\x1b[31m\nb"}, 'publish m1 "a?[31m?b"'),
        ({**PUB, "message": "1", "preview": "日本語日本語日本語日本語"}, "日本"),
        ({"sender": "client", "method": "basic.qos", "prefetch": 1}, "prefetch 1"),
    ],
)
def test_events_in_words(told: dict, words: str) -> None:
    assert words in picture(told)[-1]


def test_a_name_that_does_not_fit_before_the_words_stands_above_them() -> None:
    assert picture({**DELIVER, "message": "1", "redelivered": True}) == [
        "|                                 | worker:                         |",
        "|                                 |-- deliver m1, redelivered ----->|",
    ]


def test_what_teaches_nothing_is_left_out() -> None:
    quiet = [
        {"sender": "broker", "method": "heartbeat"},
        {"sender": "broker", "method": "queue.declare-ok", "queue": "q"},
        {"sender": "client", "method": "channel.close", "reply_code": 200, "reply_text": "ok"},
    ]
    assert picture(*quiet) == []


def test_the_picture_can_do_without_unicode() -> None:
    told = [CONSUME, {**PUB, "message": "1", "preview": "long " * 20}, {**DELIVER, "message": "1"}]
    assert all(row.isascii() for row in picture(*told))
    fancy = picture(*told, lines=FANCY)
    assert fancy[2].startswith('│── publish m1 "long')
    assert fancy[2].index("▶") == 33


def test_an_event_comes_back_from_its_line() -> None:
    (event,) = events({**ACK, "delivery_tags": (1, 2), "messages": ("a", None), "inferred": True})
    assert Event.from_json(event.to_json()) == event
    assert dataclasses.asdict(event)["queue"] is None
    with pytest.raises(ValueError, match="not an event"):
        Event.from_json('{"schema": "learn-tap"}')
