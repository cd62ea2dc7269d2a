"""Rules that keep a connection waiting: delay, hold, black hole and throttle."""

import time

import pika

from course.tap.rules import Blackhole, Delay, Hold, Throttle
from course.tap.tap import Tap
from tests.course.tap.clients import Channel, Connect, left
from tests.course.tap.watching import told, wait


def test_a_delay_holds_up_what_comes_behind_on_its_channel_only(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    other = publisher.connection.channel()
    other.queue_declare("other", durable=True)
    tap.add(Delay(0.5, method="basic.publish", where=lambda event: event.preview == "slow"))
    publisher.publish("slow", "behind")
    started = time.monotonic()
    other.queue_declare("other", durable=True, passive=True)
    assert time.monotonic() - started < 0.4
    assert publisher.channel.queue_declare("q", durable=True, passive=True).method.message_count
    assert time.monotonic() - started >= 0.45
    assert [body for body, _ in left(connect)] == [b"slow", b"behind"]
    assert [event.fault for event in told(tap, "tap.fault")] == ["delay", "release"]


def test_held_acks_go_on_in_order_when_they_are_released(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    publisher.publish("one", "two", "three")
    hold = tap.add(Hold(method="basic.ack", sender="client", nth=None))
    worker = Channel(connect, "worker")
    worker.channel.basic_qos(prefetch_count=1)
    got = worker.consume()
    worker.until(lambda: len(got) == 1)
    worker.channel.basic_ack(1)
    wait(tap, "basic.ack", "client")
    worker.connection.process_data_events(0.3)
    assert len(got) == 1  # the broker does not know of the ack
    hold.release()
    for tag in (2, 3):
        worker.until(lambda tag=tag: len(got) == tag)
        worker.channel.basic_ack(tag)
    worker.connection.close()
    wait(tap, "tap.closed")
    assert hold.fired == 1
    assert told(tap, "tap.requeued") == []
    assert left(connect) == []


def test_acks_that_are_held_when_the_connection_ends_are_lost(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    publisher.publish("one", "two")
    tap.add(Hold(method="basic.ack", sender="client", nth=2))
    worker = Channel(connect, "worker")
    got = worker.consume()
    worker.until(lambda: len(got) == 2)
    worker.channel.basic_ack(1)
    worker.channel.basic_ack(2)
    worker.connection.process_data_events(0)
    tap.wait_for(lambda event: event.fault == "hold", 5)
    tap.cut("worker")
    assert [event.delivery_tag for event in told(tap, "tap.requeued")] == [2]
    assert left(connect) == [(b"two", True)]


def test_a_black_hole_swallows_both_directions_and_leaves_the_sockets_open(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    publisher.publish("one")
    worker = Channel(connect, "worker")
    got = worker.consume()
    worker.until(lambda: len(got) == 1)
    tap.add(Blackhole(connection="worker", method="basic.ack", sender="client"))
    worker.channel.basic_ack(1)
    publisher.publish("two")
    worker.connection.process_data_events(0.3)
    assert len(got) == 1
    assert worker.connection.is_open
    assert [event.fault for event in told(tap, "basic.ack", "client")] == ["blackhole"]
    assert "worker" in [open_.name for open_ in tap.connections()]
    assert tap.cut("worker") == 1
    assert sorted(event.delivery_tag for event in told(tap, "tap.requeued")) == [1, 2]
    assert left(connect) == [(b"one", True), (b"two", True)]


def test_heartbeats_do_not_pass_a_black_hole(tap: Tap, connect: Connect) -> None:
    parameters = pika.URLParameters(tap.url("quiet"))
    parameters.heartbeat = 1
    connection = pika.BlockingConnection(parameters)
    tap.add(Blackhole(connection="quiet", method="heartbeat"))
    deadline = time.monotonic() + 10
    while not any(event.fault == "blackhole" for event in told(tap, "heartbeat")):
        assert time.monotonic() < deadline
        connection.process_data_events(0.1)
    assert wait(tap, "tap.closed").sender == "broker"  # which hears nothing, and gives up
    assert connection.is_open  # pika is more patient
    tap.cut()


def test_heartbeats_pass_without_rules(tap: Tap) -> None:
    parameters = pika.URLParameters(tap.url("quiet"))
    parameters.heartbeat = 1
    connection = pika.BlockingConnection(parameters)
    connection.process_data_events(3.5)  # three missed ones would have ended it
    assert connection.is_open
    assert {event.sender for event in told(tap, "heartbeat")} == {"client", "broker"}
    connection.close()


def test_a_throttle_slows_down_and_loses_nothing(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    rule = tap.add(Throttle(200_000, connection="pub", sender="client"))
    started = time.monotonic()
    publisher.publish(*["x" * 10_000] * 20)
    assert publisher.channel.queue_declare("q", passive=True).method.message_count == 20
    assert 0.9 < time.monotonic() - started < 5
    rule.remove()
    started = time.monotonic()
    publisher.publish(*["x" * 10_000] * 20)
    assert publisher.channel.queue_declare("q", passive=True).method.message_count == 40
    assert time.monotonic() - started < 0.9
    assert [event.fault for event in told(tap, "tap.fault")] == ["throttle"]
