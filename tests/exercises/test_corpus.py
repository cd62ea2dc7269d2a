"""Every starter fails, every right way passes, and every mutant is told its own misconception.

Starters run on the embedded broker, always; with -m slow the solutions, too, and some of all on
RabbitMQ in Docker, with -m nightly the rest. On an installed RabbitMQ, or with more seeds:
`python -m tests.exercises.corpus`.
"""

from itertools import zip_longest

import pytest

from course.brokers import Broker
from course.grading.unit import every
from tests.exercises.corpus import Case, cases

CASES = [case for unit in every() for case in cases(unit)]
SEED = 1
QUICK = [
    pytest.param(case, marks=[pytest.mark.slow] * (case.kind == "solution"), id=str(case))
    for case in CASES
    if case.kind in ("starter", "solution")
]
MUTANTS_IN_CI = 4  # of each exercise


def early(unit_cases: list[Case]) -> list[Case]:
    """What CI can afford: no alternatives, and mutants from different tasks."""
    kept = [case for case in unit_cases if case.kind in ("starter", "solution")]
    tasks: dict[int, list[Case]] = {}
    for case in unit_cases:
        if case.kind == "mutants":
            tasks.setdefault(_task(case), []).append(case)
    in_turn = [case for row in zip_longest(*tasks.values()) for case in row if case]
    return [*kept, *in_turn[:MUTANTS_IN_CI]]


def _task(case: Case) -> int:
    """The task whose finding the mutant is to be told; the built-in ones come early."""
    entry = case.unit.file.findings.get(case.finding or "")
    return entry.task if entry else 1


EARLY = [case for unit in every() if not unit.is_project for case in early(cases(unit))]
LATE = [case for case in CASES if case not in EARLY]


def judge(case: Case, broker: Broker) -> None:
    if not case.applies(broker):
        pytest.skip(f"only from RabbitMQ {case.since} on is this wrong")
    report = case.run(broker, SEED)
    said = case.problem(report)
    assert not said, f"{case}: {said}\n{report.to_json()}"


@pytest.mark.parametrize("case", QUICK)
def test_on_the_embedded_broker(case: Case, embedded: Broker) -> None:
    judge(case, embedded)


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("case", EARLY, ids=str)
def test_on_rabbitmq(case: Case, rabbitmq: Broker) -> None:
    judge(case, rabbitmq)


@pytest.mark.nightly
@pytest.mark.timeout(180)
@pytest.mark.parametrize("case", LATE, ids=str)
def test_the_rest_on_rabbitmq(case: Case, rabbitmq: Broker) -> None:
    judge(case, rabbitmq)
