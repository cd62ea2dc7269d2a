"""Workers that are told to stop, and clocks that jump."""

from pathlib import Path

import pytest
from task_processor.amqp.connect import session

from tests.project_3_task_processor.faults.system import System

pytestmark = pytest.mark.slow

SLOW = {"handler": "slow", "TEST_SECONDS": "0.02"}


def test_sigterm_finishes_what_is_at_hand_and_returns_the_rest(system: System) -> None:
    system.make_images(240)
    job = system.submit()
    for _ in range(3):
        worker = system.worker(**SLOW)
        worker.wait_for("ready")
        done = len(system.outputs())
        while len(system.outputs()) < done + 15:
            pass
        assert worker.end() == 0
        assert "stopped: " in worker.said()
    left = 240 - len(system.outputs())
    assert left > 0, "the workers were stopped while there was work"
    state = system.state(job)
    assert state.counts()["done"] == 240 - left, "every output is reported before the end"
    with session(system.broker, "test") as on:
        assert on.count(on.names.tasks)[0] == left, "what nobody began is back, and nothing else"
    system.worker()
    system.wait(job)
    assert system.check(job).repeated == 0, "nothing was done twice"


def test_a_second_signal_leaves_at_once_and_the_tasks_return(system: System) -> None:
    system.make_images(200)
    job = system.submit()
    worker = system.worker(handler="slow", TEST_SECONDS="5")
    worker.wait_for("begun")
    worker.kill("SIGTERM")
    worker.wait_for("stopping")
    assert worker.end("SIGTERM", seconds=4) == 143
    system.worker()
    system.wait(job)
    system.check(job)


def test_tasks_that_outlast_the_drain_are_returned(system: System) -> None:
    system.make_images(200)
    job = system.submit()
    worker = system.worker("--drain", "0.5", handler="slow", TEST_SECONDS="30")
    worker.wait_for("begun")
    assert worker.end(seconds=10) == 0
    assert "some took longer" in worker.said()
    system.worker()
    system.wait(job)
    system.check(job)


def test_a_clock_that_jumps_changes_nothing(system: System, tmp_path: Path) -> None:
    system.make_images(200, poison=10)
    job = system.submit()
    clock = tmp_path / "clock"
    clock.mkdir()
    (clock / "sitecustomize.py").write_text(
        "import random, time\n"
        "_time = time.time\n"
        "time.time = lambda: _time() + random.choice((-86400, 0, 86400 * 400))\n"
    )
    system.worker(before_path=str(clock), handler="slow", TEST_SECONDS="0.005")
    system.wait(job)
    outcome = system.check(job)
    first, last = outcome.state.first_at, outcome.state.last_at
    assert first is not None and last is not None
    assert last - first > 86400, "the clock did jump"
