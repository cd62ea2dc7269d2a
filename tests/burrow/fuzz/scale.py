"""`python -m tests.burrow.fuzz.scale`: many connections, queues and messages; memory used."""

from __future__ import annotations

import argparse
import contextlib
import resource
import sys
import time
from dataclasses import dataclass

from pamqp import commands as c

from tests.burrow.process import Broker
from tests.burrow.wire import Connection

BATCH = 1000


@dataclass
class Measure:
    """One step: how many, how long, and the broker's memory after it."""

    what: str
    count: int
    seconds: float
    memory: float

    def __str__(self) -> str:
        return f"{self.count:>9,} {self.what:<44} {self.seconds:7.1f} s {self.memory:8.1f} MB"


def raise_file_limit(wanted: int) -> None:
    """Let this process, and the brokers it starts, open that many sockets if the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def connections(broker: Broker, count: int) -> list[Measure]:
    """Open `count` connections, then make each of them work."""
    started = time.monotonic()
    opened = [Connection(broker.url) for _ in range(count)]
    done = [Measure("connections opened", count, time.monotonic() - started, broker.memory())]
    started = time.monotonic()
    for connection in opened:
        channel = connection.channel()
        queue = channel.own_queue()
        channel.publish(queue, "x")
        got = channel.get(queue)
        assert got, "a connection among many lost its message"
        assert got["body"] == "x"
    done.append(
        Measure("round trips, one on each", count, time.monotonic() - started, broker.memory())
    )
    for connection in opened:
        connection.close()
    return done


def queues(broker: Broker, count: int) -> list[Measure]:
    """Declare `count` durable queues, bind each to a topic exchange, and route to the last."""
    channel = Connection(broker.url).channel()
    channel.exchange("scale", "topic", durable=True)
    started = time.monotonic()
    for number in range(count):
        channel.declare(f"scale.{number}", durable=True)
        channel.bind(f"scale.{number}", "scale", f"key.{number}")
    done = [
        Measure("queues declared and bound", count, time.monotonic() - started, broker.memory())
    ]
    channel.confirm_mode()
    channel.confirmed(f"key.{count - 1}", "last", exchange="scale", mandatory=True)
    got = channel.get(f"scale.{count - 1}", no_ack=True)
    assert got, "the last of many bindings did not match"
    started = time.monotonic()
    for number in range(count):
        channel.call(c.Queue.Delete, queue=f"scale.{number}")
    done.append(Measure("queues deleted", count, time.monotonic() - started, broker.memory()))
    channel.connection.close()
    return done


def messages(broker: Broker, count: int, size: int = 100) -> list[Measure]:
    """Queue `count` messages of `size` bytes, see that all are there in order, take them away."""
    channel = Connection(broker.url).channel()
    channel.declare("scale.messages", durable=True)
    channel.confirm_mode()
    started = time.monotonic()
    for number in range(1, count + 1):
        channel.publish("scale.messages", str(number - 1).rjust(size, "."))
        if number % BATCH == 0 or number == count:
            channel.wait(
                lambda n=number: channel.events and channel.events[-1]["tag"] >= n, within=60
            )
            channel.events.clear()
    ready = channel.declare("scale.messages", passive=True).message_count
    assert ready == count, f"{ready} of {count} messages are in the queue"
    done = [
        Measure(
            f"messages of {size} bytes queued", count, time.monotonic() - started, broker.memory()
        )
    ]
    started, expected = time.monotonic(), 0
    channel.consume("scale.messages", no_ack=True)
    while expected < count:
        channel.wait(lambda: channel.events, within=60)
        for event in channel.events:
            assert event["body"].lstrip(".") == str(expected), (
                f"expected {expected}: {event['body']}"
            )
            expected += 1
        channel.events.clear()
    done.append(
        Measure("of them consumed, in order", count, time.monotonic() - started, broker.memory())
    )
    channel.connection.close()
    return done


def scale(connection_count: int, queue_count: int, message_count: int) -> list[Measure]:
    """All three on one fresh burrow. Raises AssertionError when something is missing or hangs."""
    raise_file_limit(connection_count * 2 + 100)
    with Broker() as broker:
        done = [Measure("nothing yet", 0, 0.0, broker.memory())]
        done += connections(broker, connection_count)
        done += queues(broker, queue_count)
        done += messages(broker, message_count)
        assert broker.stop() == 0, "burrow did not stop cleanly"
        assert "Traceback" not in broker.log, broker.log
    return done


def main() -> int:
    """Exit code 0 when everything held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=1_000)
    parser.add_argument("--queues", type=int, default=10_000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    args = parser.parse_args()
    for measure in scale(args.connections, args.queues, args.messages):
        print(measure)
    return 0


if __name__ == "__main__":
    sys.exit(main())
