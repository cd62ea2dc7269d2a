"""Clients of the tap's tests, made of pika."""

import time
from collections.abc import Callable

import pika

Connect = Callable[[str], pika.BlockingConnection]


class Channel:
    """A connection with one channel and the durable queue `q`."""

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


def left(connect: Connect) -> list[tuple[bytes, bool]]:
    """What is still in the queue, and whether it is marked as redelivered."""
    channel = connect("left").channel()
    found = []
    while True:
        method, _, body = channel.basic_get("q", auto_ack=True)
        if method is None:
            return found
        found.append((body, method.redelivered))
