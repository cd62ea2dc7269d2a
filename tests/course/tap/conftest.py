"""A tap before a broker, in a vhost of its own, and clients that name themselves."""

import contextlib
from collections.abc import Iterator

import pika
import pytest

from course.brokers import Broker
from course.tap.tap import Tap
from tests.course.tap.clients import Channel, Connect


@pytest.fixture
def upstream(embedded: Broker) -> Iterator[str]:
    """The URL of a throwaway vhost."""
    with embedded.new_vhost() as url:
        yield url


@pytest.fixture
def tap(upstream: str) -> Iterator[Tap]:
    with Tap(upstream) as opened:
        yield opened


@pytest.fixture
def connect(tap: Tap) -> Iterator[Connect]:
    """Connect through the tap under a name. What is still open at the end is closed."""
    made = []

    def connect(name: str) -> pika.BlockingConnection:
        made.append(pika.BlockingConnection(pika.URLParameters(tap.url(name))))
        return made[-1]

    yield connect
    for connection in made:
        with contextlib.suppress(pika.exceptions.AMQPError):
            if connection.is_open:
                connection.close()


@pytest.fixture
def publisher(connect: Connect) -> Channel:
    return Channel(connect)
