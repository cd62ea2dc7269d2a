"""Each rule acts at its exact point, and the order of the events proves it."""

import threading

import pika
import pytest
from pamqp import commands, header
from pamqp.body import ContentBody

from course.tap.rules import Cut, Duplicate, Rule, Swallow, Throttle
from course.tap.tap import Tap
from tests.course.tap.clients import Channel, Connect, left
from tests.course.tap.raw import raw
from tests.course.tap.watching import story, told, wait


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
    assert left(connect) == [(b"one", False), (b"two", False)]


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
    assert left(connect) == [(b"three", True)]


def test_a_cut_after_a_delivery_still_delivers_all_of_it(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    body = "x" * 300_000  # several frames: the last of them counts
    publisher.publish(body)
    tap.add(Cut(method="basic.deliver"))
    with raw(tap.url("worker")) as client:
        client.send(1, commands.Basic.Consume(queue="q"))
        size = client.expect(header.ContentHeader).body_size
        while size:
            size -= len(client.expect(ContentBody).value)
        with pytest.raises(EOFError):
            client.receive()
    assert story(tap, "basic.deliver", "tap.fault", "tap.closed", connection="worker") == [
        "broker basic.deliver",
        "tap tap.fault",
        "tap tap.closed",
    ]
    assert left(connect) == [(body.encode(), True)]


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
    assert left(connect) == [(b"one", False), (b"two", False)]


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
    assert left(connect) == [(b"one", True)]


def test_a_duplicated_confirm_arrives_twice(tap: Tap, publisher: Channel) -> None:
    tap.add(Duplicate(method="basic.ack", sender="broker"))
    with raw(tap.url("raw")) as client:  # pika's blocking connection breaks on a second confirm
        client.send(1, commands.Confirm.Select())
        client.publish("q", b"one")
        tags = [client.expect(commands.Basic.Ack).delivery_tag for _ in range(2)]
        client.publish("q", b"two")
        tags.append(client.expect(commands.Basic.Ack).delivery_tag)
    assert tags == [1, 1, 2]
    assert [event.fault for event in told(tap, "basic.ack", "broker")] == ["duplicate", None]


def test_a_duplicated_publish_is_there_twice_with_all_its_frames(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    tap.add(Duplicate(method="basic.publish"))
    publisher.publish("x" * 300_000, "two")
    publisher.connection.close()
    bodies = [(len(body), again) for body, again in left(connect)]
    assert bodies == [(300_000, False), (300_000, False), (3, False)]


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
    assert [body for body, _ in left(connect)] == [b"three", b"four", b"six"]


def test_a_where_that_fails_is_told_and_harms_nobody(
    tap: Tap, publisher: Channel, connect: Connect
) -> None:
    tap.add(Swallow(method="basic.publish", where=lambda event: event.no_such_field))
    publisher.publish("one")
    publisher.connection.close()
    assert left(connect) == [(b"one", False)]
    assert "no_such_field" in str(told(tap, "tap.fault")[0].reply_text)


@pytest.mark.parametrize("wrong", [lambda: Swallow(nth=0), lambda: Throttle(0)])
def test_a_rule_that_could_never_act_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match=r"from 1|more than 0"):
        wrong()


def test_a_rule_knows_how_often_it_acted_and_forgets_nothing_when_removed_twice(tap: Tap) -> None:
    rule: Rule = tap.add(Swallow())
    rule.remove()
    rule.remove()
    assert rule.fired == 0


def test_a_rule_outlives_its_tap_without_harm(upstream: str) -> None:
    with Tap(upstream) as tap:
        rule = tap.add(Swallow())
    rule.remove()
    assert tap.events() == []
