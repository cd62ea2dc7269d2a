"""A system on RabbitMQ for each test, and Hypothesis without a time limit for an example: a busy
machine is no finding.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from course.brokers import Broker
from tests.project_3_task_processor.faults import system as systems

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture
def system(rabbitmq: Broker, tmp_path: Path) -> Iterator[systems.System]:
    with systems.system(rabbitmq, tmp_path) as made:
        yield made
