"""A vhost for each test of a fact."""

from collections.abc import Iterator

import pytest

from course.brokers import Broker


@pytest.fixture
def url(rabbitmq: Broker) -> Iterator[str]:
    with rabbitmq.new_vhost() as url:
        yield url
