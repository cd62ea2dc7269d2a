"""burrow does what RabbitMQ did when the goldens were recorded; and RabbitMQ still does."""

from __future__ import annotations

import pytest

from .differences import DOCUMENTED
from .registry import everything, load, run, topics

pytestmark = pytest.mark.filterwarnings("ignore:This command is deprecated in AMQP 0-9-1")
SCENARIOS = everything()
NAMES = [f"{topic}.{name}" for topic, name in SCENARIOS]


def test_every_scenario_is_recorded_from_rabbitmq_4_3() -> None:
    for topic, items in topics().items():
        golden = load(topic)
        assert golden["broker"] == "RabbitMQ"
        assert golden["version"].startswith("4.3.")
        assert golden["scenarios"].keys() == items.keys(), topic


def test_documented_differences_name_scenarios() -> None:
    assert DOCUMENTED.keys() <= set(SCENARIOS)


@pytest.mark.parametrize(("topic", "name"), SCENARIOS, ids=NAMES)
def test_burrow_behaves_as_recorded(topic: str, name: str, burrow_url: str) -> None:
    seen = run(topics()[topic][name], burrow_url)
    if (topic, name) in DOCUMENTED:
        assert seen != load(topic)["scenarios"][name], "no longer a difference: remove its row"
    else:
        assert seen == load(topic)["scenarios"][name]


@pytest.mark.slow
@pytest.mark.parametrize(("topic", "name"), SCENARIOS, ids=NAMES)
def test_rabbitmq_still_behaves_as_recorded(topic: str, name: str, rabbitmq_url: str) -> None:
    assert run(topics()[topic][name], rabbitmq_url) == load(topic)["scenarios"][name]
