"""A vhost for each test of a fact, on RabbitMQ and on the embedded broker."""

from collections.abc import Iterator

import pytest

from course.brokers import Broker

BROKERS = [pytest.param("rabbitmq", marks=pytest.mark.xdist_group("rabbitmq")), "embedded"]


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest) -> Broker:
    found: Broker = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def url(broker: Broker) -> Iterator[str]:
    with broker.new_vhost() as url:
        yield url
