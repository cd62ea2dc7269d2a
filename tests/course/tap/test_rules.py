"""Each rule acts at its exact point, and the order of the events proves it."""

import threading
import time

import pika
import pytest

from course.tap import Blackhole, Cut, Delay, Duplicate, Hold, Rule, Swallow, Tap, Throttle
from tests.course.tap.conftest import Connect
from tests.course.tap.watching import story, told, wait


class Channel:
    """A publisher in confirm mode that does not wait, on a queue of its own."""

    def __init__(self, connect: Connect, name: str = "pub") -> None:
        self.connection = connect(name)
        self.channel = self.connection.channel()
        self.channel.queue_declare("q", durable=True)

    def publish(self, *bodies: str) -> None:
        for body in bodies:
            self.channel.basic_publish("", "q", body.encode())

    def consume(self) -> list[tuple[int, bytes]]:
        """What is delivered from now on, as (delivery tag, body)."""
        got: list[tuple[int, bytes]] = []
        self.channel.basic_consume(
            "q", lambda _, method, __, body: got.append((method.delivery_tag, body))
        )
        return got

    def until(self, done, seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline
            self.connection.process_data_events(0.01)


@pytest.fixture
def publisher(connect: Connect) -> Channel:
    return Channel(connect)


def left(tap: Tap, connect: Connect) -> list[tuple[bytes, bool]]:
    """What is still in the queue, and whether it is marked as redelivered."""
    channel = connect("left").channel()
    found = []
    while True:
        method, _, body = channel.basic_get("q", auto_ack=True)
        if method is None:
            return found
        found.append((body, method.redelivered))


def test_a_cut_before_the_third_publish_lets_two_pass(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    rule = tap.add(Cut(when="before", method="basic.publish", sender="client", nth=3))
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        publisher.publish("one", "two", "three")
        publisher.until(lambda: False)
    wait(tap, "tap.closed")
    assert story(tap, "basic.publish", "tap.fault", "tap.closed") == [
        *["client basic.publish"] * 3,
        "tap tap.fault",
        "tap tap.closed",
    ]
    assert [event.fault for event in told(tap, "basic.publish")] == [None, None, "cut-before"]
    assert not told(tap, "basic.publish")[-1].passed
    assert rule.fired == 1
    assert left(tap, connect) == [(b"one", False), (b"two", False)]


def test_a_cut_after_the_second_ack_has_that_ack_arrive(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    publisher.publish("one", "two", "three")
    tap.add(Cut(when="after", method="basic.ack", sender="client", nth=2))
    worker = Channel(connect, "worker")
    got = worker.consume()
    worker.until(lambda: len(got) == 3)
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        worker.channel.basic_ack(1)
        worker.channel.basic_ack(2)
        worker.until(lambda: False)
    assert story(
        tap, "basic.ack", "tap.fault", "tap.closed", "tap.requeued", connection="worker"
    ) == [
        *["client basic.ack"] * 2,
        "tap tap.fault",
        "tap tap.closed",
        "tap tap.requeued",
    ]
    requeued = told(tap, "tap.requeued")[0]
    assert (requeued.delivery_tag, requeued.queue, requeued.inferred) == (3, "q", True)
    assert left(tap, connect) == [(b"three", True)]


def test_a_cut_after_a_delivery_has_it_delivered_again(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    publisher.publish("x" * 300_000)  # several frames: the last of them counts
    tap.add(Cut(method="basic.deliver"))
    worker = Channel(connect, "worker")
    got = worker.consume()
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        worker.until(lambda: False)
    assert got == []  # pika drops what is not handed out yet when the connection ends
    assert story(tap, "basic.deliver", "tap.fault", "tap.closed", connection="worker") == [
        "broker basic.deliver",
        "tap tap.fault",
        "tap tap.closed",
    ]
    assert left(tap, connect) == [(b"x" * 300_000, True)]


def test_a_swallowed_confirm_never_reaches_the_publisher(tap: Tap, connect: Connect) -> None:
    tap.add(Swallow(method="basic.ack", sender="broker", nth=2))
    publisher = Channel(connect)
    publisher.channel.confirm_delivery()
    publisher.publish("one")
    cutter = threading.Thread(
        target=lambda: tap.wait_for(lambda event: event.fault == "swallow", 10) and tap.cut("pub")
    )
    cutter.start()
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        publisher.publish("two")  # waits for the confirm until the connection is cut
    cutter.join()
    assert [event.fault for event in told(tap, "basic.ack", "broker")] == [None, "swallow"]
    assert left(tap, connect) == [(b"one", False), (b"two", False)]


def test_a_swallowed_ack_leaves_the_delivery_unacknowledged(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    publisher.publish("one", "two")
    tap.add(Swallow(method="basic.ack", sender="client"))
    worker = Channel(connect, "worker")
    got = worker.consume()
    worker.until(lambda: len(got) == 2)
    worker.channel.basic_ack(1)
    worker.channel.basic_ack(2)
    worker.connection.close()
    wait(tap, "tap.closed")
    assert [event.delivery_tag for event in told(tap, "tap.requeued")] == [1]
    assert left(tap, connect) == [(b"one", True)]


def test_a_duplicated_confirm_arrives_twice(tap: Tap, connect: Connect) -> None:
    tap.add(Duplicate(method="basic.ack", sender="broker"))
    publisher = Channel(connect)
    publisher.channel.confirm_delivery()
    confirms = []
    publisher.channel._impl.callbacks.add(
        1, pika.spec.Basic.Ack, lambda frame: confirms.append(frame.method.delivery_tag), False
    )
    publisher.publish("one")
    publisher.until(lambda: len(confirms) == 2)
    assert confirms == [1, 1]
    assert len(told(tap, "basic.ack", "broker")) == 1


def test_a_duplicated_publish_is_there_twice_with_all_its_frames(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    tap.add(Duplicate(method="basic.publish"))
    publisher.publish("x" * 300_000, "two")
    publisher.connection.close()
    bodies = [(len(body), again) for body, again in left(tap, connect)]
    assert bodies == [(300_000, False), (300_000, False), (3, False)]


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
    assert [body for body, _ in left(tap, connect)] == [b"slow", b"behind"]
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
    assert left(tap, connect) == []


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
    assert left(tap, connect) == [(b"two", True)]


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
    assert left(tap, connect) == [(b"one", True), (b"two", True)]


def test_heartbeats_do_not_pass_a_black_hole(tap: Tap, connect: Connect) -> None:
    parameters = pika.URLParameters(tap.url("quiet"))
    parameters.heartbeat = 1
    connection = pika.BlockingConnection(parameters)
    tap.add(Blackhole(connection="quiet", method="heartbeat"))
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        connection.process_data_events(10)
    assert told(tap, "heartbeat")


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


def test_a_rule_acts_on_every_frame_that_fits_until_it_is_removed(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    rule = tap.add(
        Swallow(connection="p*", method="basic.p*", nth=None, where=lambda e: e.size == 3)
    )
    publisher.publish("one", "three", "two", "four")
    wait(tap, "tap.fault", after=wait(tap, "tap.fault").number)
    publisher.channel.queue_declare("q", passive=True)
    rule.remove()
    publisher.publish("six")
    publisher.connection.close()
    assert rule.fired == 2
    assert [body for body, _ in left(tap, connect)] == [b"three", b"four", b"six"]


def test_a_where_that_fails_is_told_and_harms_nobody(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    tap.add(Swallow(method="basic.publish", where=lambda event: event.no_such_field))
    publisher.publish("one")
    publisher.connection.close()
    assert left(tap, connect) == [(b"one", False)]
    assert "no_such_field" in str(told(tap, "tap.fault")[0].reply_text)


@pytest.mark.parametrize("wrong", [lambda: Swallow(nth=0), lambda: Throttle(0)])
def test_a_rule_that_could_never_act_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match="from 1|more than 0"):
        wrong()


def test_a_rule_knows_how_often_it_acted_and_forgets_nothing_when_removed_twice(tap: Tap) -> None:
    rule: Rule = tap.add(Swallow())
    rule.remove()
    rule.remove()
    assert rule.fired == 0
