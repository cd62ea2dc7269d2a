"""Every starter fails, every right way passes, and every mutant is told its own misconception.

The whole of it runs on RabbitMQ in Docker, with -m slow; on an installed one, or with more seeds,
by `python -m tests.exercises.corpus`. A part, without restarts, runs on the embedded broker.
"""

from collections.abc import Iterator

import pytest

from course.brokers import Broker
from course.grading.unit import every
from tests.exercises.corpus import Case, broker_of, cases

CASES = [case for unit in every() for case in cases(unit)]
SEED = 1


def first_of(unit_cases: list[Case]) -> list[Case]:
    """The starter, the solution, and the mutant that is found in the first task, of one unit."""
    tasks = {c.code: _task(c) for c in unit_cases if c.kind == "mutants"}
    early = sorted(tasks, key=lambda code: tasks[code])[:1]
    wanted = {"starter", "solution", *early}
    return [case for case in unit_cases if case.code in wanted]


def _task(case: Case) -> int:
    entry = case.unit.file.findings.get(case.finding or "")
    return entry.task if entry else 1


QUICK = [case for unit in every() for case in first_of(cases(unit))]


@pytest.fixture(scope="session")
def own_rabbitmq(docker_engine: str) -> Iterator[Broker]:
    """A container for each process of the tests, as exercises restart it."""
    with broker_of("docker") as broker:
        yield broker


def judge(case: Case, broker: Broker) -> None:
    if not case.applies(broker):
        pytest.skip(f"only from RabbitMQ {case.since} on is this wrong")
    report = case.run(broker, SEED)
    said = case.problem(report)
    assert not said, f"{case}: {said}\n{report.to_json()}"


@pytest.mark.parametrize("case", QUICK, ids=str)
def test_on_the_embedded_broker(case: Case, embedded: Broker) -> None:
    judge(case, embedded)


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_on_rabbitmq(case: Case, own_rabbitmq: Broker) -> None:
    judge(case, own_rabbitmq)
