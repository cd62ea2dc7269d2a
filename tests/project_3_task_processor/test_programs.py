"""What the milestones' checks say of the reference, the small program, and wrong ones.

All of them, on any broker: python -m tests.exercises.corpus --exercise project_3
"""

import pytest

from course.brokers import Broker
from course.grading.unit import find
from tests.exercises.corpus import Case, cases, own_milestone

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SEED = 7
# One of each milestone; the corpus has all.
CHOSEN = [
    "mutants/only_the_worker_declares",
    "mutants/auto_ack",
    "mutants/drops_failures",
    "mutants/counts_events",
    "mutants/event_after_ack",
]
CASES = {case.code: case for case in cases(find("project_3"))}


def judged(case: Case, broker: Broker) -> str:
    return case.problem(case.run(broker, SEED))


def test_the_small_program_passes_on_burrow(embedded: Broker) -> None:
    assert judged(CASES["alternatives/small"], embedded) == ""


def test_the_reference_program_passes_on_rabbitmq(rabbitmq: Broker) -> None:
    assert judged(CASES["reference"], rabbitmq) == ""


@pytest.mark.parametrize("code", CHOSEN)
def test_a_wrong_program_gets_its_own_finding(code: str, embedded: Broker) -> None:
    assert judged(own_milestone(CASES[code]), embedded) == ""
