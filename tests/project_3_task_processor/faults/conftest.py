"""One system for each test, on RabbitMQ in a container."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from course.brokers import Broker
from tests.project_3_task_processor.faults import system as systems


@pytest.fixture
def system(rabbitmq: Broker, tmp_path: Path) -> Iterator[systems.System]:
    with systems.system(rabbitmq, tmp_path) as made:
        yield made
