"""What the tap records: every method, with what it means."""

import json
from pathlib import Path

import pika
import pytest

from course.tap.event import Event
from course.tap.limits import Limits
from course.tap.tap import Tap
from tests.course.tap.clients import Channel, Connect
from tests.course.tap.raw import raw
from tests.course.tap.watching import story, told, wait


def test_a_message_is_followed_from_publish_to_ack(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    publisher.channel.confirm_delivery()
    properties = pika.BasicProperties(
        content_type="text/plain", delivery_mode=2, type="greeting", headers={"n": 2**40}
    )
    publisher.channel.basic_publish("", "q", "grüße".encode(), properties, mandatory=True)
    worker = Channel(connect, "worker")
    got = worker.consume()
    worker.until(lambda: got)
    worker.channel.basic_ack(1)
    ack = wait(tap, "basic.ack", "client")
    publish, confirm, deliver = (
        wait(tap, "basic.publish"), wait(tap, "basic.ack", "broker"), wait(tap, "basic.deliver")
    )  # fmt: skip
    assert publish.message
    assert {publish.message} == {confirm.message, deliver.message, ack.message}
    assert (publish.exchange, publish.routing_key, publish.mandatory) == ("", "q", True)
    assert (publish.size, publish.preview) == (7, "grüße")
    assert publish.properties == deliver.properties == {
        "content_type": "text/plain", "delivery_mode": 2, "type": "greeting",
        "headers": {"n": 2**40},
    }  # fmt: skip
    assert (deliver.queue, deliver.redelivered, deliver.auto_ack) == ("q", False, False)
    assert (ack.queue, ack.delivery_tags, ack.messages) == ("q", (1,), (ack.message,))
    assert publish.number < confirm.number < ack.number
    assert publish.at <= deliver.at <= ack.at


def test_multiple_is_expanded_on_both_sides(tap: Tap, publisher: Channel) -> None:
    publisher.publish(*"abcde")
    publisher.channel.queue_declare("q", passive=True)
    with raw(tap.url("raw")) as client:
        from pamqp import commands

        client.send(1, commands.Basic.Consume(queue="q"))
        for _ in range(5):
            client.expect(commands.Basic.Deliver)
        client.send(1, commands.Basic.Ack(2), commands.Basic.Ack(4, multiple=True))
        client.send(1, commands.Basic.Nack(0, multiple=True, requeue=False))
        client.send(1, commands.Channel.Close(0, "", 0, 0))
        client.expect(commands.Channel.CloseOk)
    acks = told(tap, "basic.ack", "client")
    assert [event.delivery_tags for event in acks] == [(2,), (1, 3, 4)]
    nack = told(tap, "basic.nack", "client")[0]
    assert (nack.delivery_tags, nack.requeue) == ((5,), False)
    published = [event.message for event in told(tap, "basic.publish")]
    assert acks[1].messages == (published[0], published[2], published[3])
    assert told(tap, "tap.requeued") == []


def test_a_server_named_queue_is_known_by_its_name(tap: Tap, connect: Connect) -> None:
    channel = connect("late").channel()
    channel.exchange_declare("logs", "fanout")
    channel.queue_declare("", exclusive=True)
    channel.queue_bind("", "logs")
    name = told(tap, "queue.declare-ok")[0].queue
    assert name
    assert told(tap, "queue.bind")[0].queue == name
    channel.basic_publish("logs", "", b"one")
    method, _, _ = channel.basic_get("")
    assert method.delivery_tag == 1
    assert told(tap, "basic.get-ok")[0].queue == name
    tap.cut("late")
    assert told(tap, "tap.requeued") == []  # the exclusive queue is deleted, and all in it
    assert told(tap, "exchange.declare")[0].exchange_type == "fanout"


def test_what_is_unacknowledged_on_a_closed_channel_goes_back(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    publisher.publish("one", "two")
    worker = Channel(connect, "worker")
    got = worker.consume()
    worker.until(lambda: len(got) == 2)
    worker.channel.basic_ack(1)
    worker.channel.close()
    assert story(tap, "channel.close-ok", "tap.requeued", connection="worker") == [
        "broker channel.close-ok",
        "tap tap.requeued",
    ]
    requeued = told(tap, "tap.requeued")[0]
    deliver = told(tap, "basic.deliver")[1]
    assert (requeued.message, requeued.inferred) == (deliver.message, True)
    again = worker.connection.channel()
    again.basic_get("q", auto_ack=True)
    event = told(tap, "basic.get-ok")[0]
    assert (event.message, event.redelivered, event.auto_ack) == (deliver.message, True, True)


def test_a_dead_letter_is_the_same_message(tap: Tap, connect: Connect) -> None:
    channel = connect("both").channel()
    channel.queue_declare("dead", durable=True)
    channel.queue_declare(
        "work",
        durable=True,
        arguments={"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead"},
    )
    channel.basic_publish("", "work", b"poison", pika.BasicProperties(headers={"mine": 1}))
    method, _, _ = channel.basic_get("work")
    channel.basic_reject(method.delivery_tag, requeue=False)
    while (got := channel.basic_get("dead", auto_ack=True))[0] is None:
        pass
    headers = got[1].headers
    assert headers["mine"] == 1
    assert headers["x-death"][0]["queue"] == "work"
    assert "x-tap-message" not in headers
    assert {event.message for event in told(tap, "basic.get-ok")} == {
        told(tap, "basic.publish")[0].message
    }


def test_a_returned_message_is_the_same_message(tap: Tap, connect: Connect) -> None:
    channel = connect("pub").channel()
    channel.confirm_delivery()
    with pytest.raises(pika.exceptions.UnroutableError) as error:
        channel.basic_publish("", "nowhere", b"lost", mandatory=True)
    assert error.value.messages[0].properties.headers is None
    event = told(tap, "basic.return")[0]
    assert (event.reply_code, event.reply_text) == (312, "NO_ROUTE")
    assert event.message == told(tap, "basic.publish")[0].message


def test_without_trace_messages_go_through_untouched(upstream: str) -> None:
    with Tap(upstream, trace=False) as tap:
        direct = pika.BlockingConnection(pika.URLParameters(upstream)).channel()
        direct.queue_declare("q", durable=True)
        connection = pika.BlockingConnection(pika.URLParameters(tap.url("pub")))
        connection.channel().basic_publish("", "q", b"one")
        connection.close()
        _, properties, _ = direct.basic_get("q", auto_ack=True)
        assert properties.headers is None
        assert told(tap, "basic.publish")[0].message is None
        direct.connection.close()


def test_a_large_body_is_recorded_by_its_beginning(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    body = "ä" * 500_000
    publisher.publish(body)
    _, _, got = connect("get").channel().basic_get("q", auto_ack=True)
    assert got.decode() == body
    for event in (wait(tap, "basic.publish"), wait(tap, "basic.get-ok")):
        assert (event.size, event.preview) == (1_000_000, "ä" * 100)


def test_connections_are_named_in_the_order_in_which_they_come(tap: Tap, connect: Connect) -> None:
    first, second = connect("worker"), connect("worker")
    connect("other")
    assert [open_.name for open_ in tap.connections()] == ["worker", "worker#2", "other"]
    assert "Pika" in tap.connections()[0].product
    second.close()
    first.close()
    closed = [wait(tap, "tap.closed")]
    closed.append(wait(tap, "tap.closed", after=closed[0].number))
    assert {(event.sender, event.reply_text) for event in closed} == {
        ("client", "the client closed the connection")
    }
    connect("worker")
    assert [open_.name for open_ in tap.connections()] == ["other", "worker#3"]


def test_the_record_holds_every_event_and_the_memory_only_the_newest(
    upstream: str, tmp_path: Path
) -> None:
    record = tmp_path / "record.jsonl"
    with Tap(upstream, record, limits=Limits(events=10)) as tap:
        connection = pika.BlockingConnection(pika.URLParameters(tap.url("one")))
        channel = connection.channel()
        channel.queue_declare("q", durable=True)
        for _ in range(20):
            channel.basic_publish("", "q", b"x")
        connection.close()
        wait(tap, "tap.closed")
        events = tap.events()
        assert len(events) == 10
    first, *lines = record.read_text(encoding="utf-8").splitlines()
    assert json.loads(first)["schema"] == "learn-tap"
    assert json.loads(first)["version"] == 1
    recorded = [Event.from_json(line) for line in lines]
    assert [event.number for event in recorded] == list(range(1, len(recorded) + 1))
    assert recorded[-10:] == events
