"""Neither much traffic nor a slow reader fills the memory."""

import psutil
import pytest
from pamqp import commands, frame, header

from course.tap.limits import Limits
from course.tap.rules import Hold
from course.tap.tap import Tap
from tests.course.tap.clients import Channel
from tests.course.tap.raw import Raw, raw
from tests.course.tap.watching import told, wait
from tests.support import eventually

MB = 1 << 20
FRAME = 100_000


def memory() -> int:
    return psutil.Process().memory_info().rss


def publish(client: Raw, exchange: str, key: str, size: int) -> None:
    """One message of many frames."""
    client.send(1, commands.Basic.Publish(exchange=exchange, routing_key=key))
    client.send(1, header.ContentHeader(0, size))
    piece = frame.marshal(frame.body.ContentBody(b"x" * FRAME), 1)
    for _ in range(size // FRAME):
        client.socket.sendall(piece)


@pytest.mark.parametrize(
    "megabytes", [100, pytest.param(1000, marks=pytest.mark.slow)], ids="{} MB".format
)
def test_large_messages_stream_through(tap: Tap, megabytes: int) -> None:
    with raw(tap.url("pub")) as client:
        publish(client, "amq.fanout", "", 10 * FRAME)
        before = memory()
        for _ in range(megabytes // 10):  # to nobody: the broker drops them
            publish(client, "amq.fanout", "", 100 * FRAME)
        client.send(1, commands.Queue.Declare(queue="", exclusive=True))
        client.expect(commands.Queue.DeclareOk)
        assert memory() - before < 30 * MB
    assert len(told(tap, "basic.publish")) == megabytes // 10 + 1


def test_a_slow_reader_makes_the_broker_wait(tap: Tap, publisher: Channel) -> None:
    publisher.publish(*["x" * MB] * 40)
    publisher.channel.queue_declare("q", passive=True)
    before = memory()
    with raw(tap.url("slow")) as client:
        client.send(1, commands.Basic.Consume(queue="q", no_ack=True))
        link = next(link for link in tap._hub.links if link.name == "slow")
        eventually(lambda: link.broker._reasons, "the broker has to wait")
        assert tap.wait_for(lambda event: event.delivery_tag == 40, 2) is None
        assert memory() - before < 20 * MB
        for _ in range(40):
            client.expect(commands.Basic.Deliver)


def test_frames_that_are_held_make_the_sender_wait(upstream: str) -> None:
    with Tap(upstream, limits=Limits(held=MB)) as tap, raw(tap.url("pub")) as client:
        hold = tap.add(Hold(method="basic.publish"))
        before = memory()
        client.socket.settimeout(1)
        with pytest.raises(TimeoutError):
            for _ in range(40):
                publish(client, "amq.fanout", "", 10 * FRAME)
        assert memory() - before < 20 * MB
        hold.release()
        eventually(lambda: len(told(tap, "basic.publish")) > 2, "the publishes go on")


def test_many_events_stay_within_their_limit_in_bytes(upstream: str) -> None:
    with Tap(upstream, limits=Limits(event_bytes=MB)) as tap, raw(tap.url("pub")) as client:
        for _ in range(500):
            client.publish("nowhere", b"x", headers={"long": "y" * 10_000})
        client.send(1, commands.Channel.Close(0, "", 0, 0))
        last = wait(tap, "channel.close-ok")
        events = tap.events()
        assert len(events) < 100
        assert events[-1].number >= last.number
