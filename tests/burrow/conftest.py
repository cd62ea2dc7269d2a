"""The two brokers of these tests: burrow always, RabbitMQ as for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from course.brokers import Broker


@pytest.fixture(scope="session")
def rabbitmq_url(rabbitmq: Broker) -> str:
    """AMQP URL of a RabbitMQ 4.3."""
    return rabbitmq.url


@pytest.fixture(scope="session")
def burrow_url() -> Iterator[str]:
    """AMQP URL of a burrow on a free port, from BURROW_URL if one already runs."""
    if url := os.environ.get("BURROW_URL"):
        yield url
        return
    from .process import Broker

    with Broker() as broker:
        yield broker.url
