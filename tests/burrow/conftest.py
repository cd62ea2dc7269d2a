"""The two brokers of these tests: burrow always, RabbitMQ when there is one."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def rabbitmq_url() -> str:
    """AMQP URL of a RabbitMQ 4.3, from RABBITMQ_URL; skips without one."""
    url = os.environ.get("RABBITMQ_URL")
    if not url:
        pytest.skip("set RABBITMQ_URL to an AMQP URL of a RabbitMQ 4.3 to compare with it")
    return url


@pytest.fixture(scope="session")
def burrow_url() -> Iterator[str]:
    """AMQP URL of a burrow on a free port, from BURROW_URL if one already runs."""
    if url := os.environ.get("BURROW_URL"):
        yield url
        return
    from .process import Broker

    with Broker() as broker:
        yield broker.url
