"""The list of scenarios by topic, and how to run one."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable
from pathlib import Path

from tests.burrow.wire import Json

from . import scenarios
from .lab import Lab

RECORDED = Path(__file__).parent / "recorded"
Scenario = Callable[[Lab], Json]


def topics() -> dict[str, dict[str, Scenario]]:
    """Every public function of every module in `scenarios`, by module name."""
    found: dict[str, dict[str, Scenario]] = {}
    for info in pkgutil.iter_modules(scenarios.__path__):
        module = importlib.import_module(f"{scenarios.__name__}.{info.name}")
        found[info.name] = {
            name: item
            for name, item in vars(module).items()
            if callable(item) and getattr(item, "__module__", "") == module.__name__
            and not name.startswith("_")
        }  # fmt: skip
    return found


def run(scenario: Scenario, url: str) -> Json:
    """Run one scenario on the broker at `url` and return its observation."""
    lab = Lab(url)
    try:
        return lab.record(scenario(lab))
    finally:
        lab.close()


def load(topic: str) -> Json:
    """The recorded file of a topic: broker, version, date, scenarios."""
    return json.loads((RECORDED / f"{topic}.json").read_text(encoding="utf-8"))


def everything() -> list[tuple[str, str]]:
    """(topic, scenario) of all scenarios."""
    return [(topic, name) for topic, items in topics().items() for name in items]
