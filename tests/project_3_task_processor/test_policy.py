"""Which failures are tried again, how often, after how long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from task_processor.errors import REASONS
from task_processor.policy import DeadLetter, Failure, Retry, decide

DELAYS = (1, 5, 30)


def failure(reason: str) -> Failure:
    return Failure(reason, "what happened", REASONS[reason].transient)


def path(reason: str) -> list[Retry | DeadLetter]:
    """Every decision from the first attempt to the last."""
    found, attempt = [], 1
    while True:
        found.append(decide(failure(reason), attempt, DELAYS))
        if isinstance(found[-1], DeadLetter):
            return found
        attempt = found[-1].attempt


@pytest.mark.parametrize("reason", [name for name, one in REASONS.items() if not one.transient])
def test_a_permanent_error_is_never_tried_again(reason: str) -> None:
    assert path(reason) == [DeadLetter(reason)]


@pytest.mark.parametrize("reason", ["storage-unavailable", "disk-full"])
def test_a_transient_error_waits_longer_each_time_then_gives_up(reason: str) -> None:
    assert path(reason) == [Retry(1, 2), Retry(5, 3), Retry(30, 4), DeadLetter(reason)]


@pytest.mark.parametrize(("reason", "attempts"), [("process-died", 3), ("timed-out", 2)])
def test_an_error_that_costs_others_gets_few_attempts(reason: str, attempts: int) -> None:
    assert len(path(reason)) == attempts


@given(st.sampled_from(sorted(REASONS)), st.integers(1, 2000))
def test_every_attempt_has_a_decision(reason: str, attempt: int) -> None:
    decision = decide(failure(reason), attempt, DELAYS)
    assert isinstance(decision, DeadLetter) or decision.attempt == attempt + 1
