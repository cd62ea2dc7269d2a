"""The state of a job follows from its events, however often each of them comes."""

import random

from hypothesis import given
from hypothesis import strategies as st
from task_processor import numbers
from task_processor.jobs.events import Job
from task_processor.jobs.state import JobState

JOB = Job("0123456789abcdef", 20, "grayscale", "/out", 4, 0.0, "here", 0, 0)


def event(**fields: object) -> dict[str, object]:
    return {"event": "progress", "job": JOB.id, "at": 1.0, "worker": "w", **fields}


def counts(*events: dict[str, object]) -> dict[str, int]:
    state = JobState(JOB)
    for content in events:
        state.apply(content)
    return {name: count for name, count in state.counts().items() if count}


sets = st.sets(st.integers(1, JOB.total))


@given(st.lists(sets), st.randoms(use_true_random=False))
def test_done_is_a_set_in_any_order_any_number_of_times(batches, chance: random.Random) -> None:
    events = [event(done=numbers.compact(batch)) for batch in batches]
    again = events + chance.choices(events, k=len(events)) if events else []
    chance.shuffle(again)
    done = len(set().union(*batches))
    assert counts(*again).get("done", 0) == done


def test_a_task_that_is_done_stays_done() -> None:
    late = [event(dead={"vanished": "1"}), event(accepted="1"), event(dropped="1")]
    assert counts(event(done="1"), *late)["done"] == 1


def test_a_dead_task_that_is_retried_waits_until_it_is_done() -> None:
    dead, retried = event(dead={"vanished": "1-2"}), event(retried="1")
    assert counts(event(accepted="1-20"), dead, retried) == {
        "waiting": 19,
        "dead": 1,
    }
    assert counts(dead, retried, event(done="1"))["done"] == 1


def test_a_dropped_task_waits_again_only_after_it_was_sent_again() -> None:
    dropped, late = event(dropped="1-20"), event(accepted="1-20")
    assert counts(dropped, late) == {"dropped": 20}
    assert counts(dropped, late, event(retried="1-20")) == {"waiting": 20}


def test_the_reason_is_the_one_of_the_last_failure() -> None:
    state = JobState(JOB)
    state.apply(event(again={"disk-full": "1-3"}))
    state.apply(event(dead={"vanished": "2"}))
    assert state.by_reason(3) == {"vanished": 1}


def test_a_job_is_finished_when_nothing_of_it_moves_by_itself() -> None:
    state = JobState(JOB)
    state.apply(event(accepted="1-20"))
    assert not state.finished
    state.apply(event(done="1-19"))
    assert not state.finished
    state.apply(event(dead={"truncated": "20"}))
    assert state.finished


def test_parts_that_make_no_sense_are_skipped() -> None:
    nonsense = [
        event(done="0"),
        event(done="21"),
        event(done=["1"]),
        event(dead="1"),
        event(dead={"x": 5}),
        {"event": "progress", "job": "another", "done": "1"},
        {"event": "other", "job": JOB.id, "done": "1"},
    ]
    assert counts(*nonsense) == {"not accepted": 20}
