"""Transient errors are tried again after a delay; what never gets better is dead-lettered."""

import time
from pathlib import Path

import pytest
from task_processor.amqp.connect import session
from task_processor.dead import letters

from tests.project_3_task_processor.faults.system import System
from tests.support import eventually

pytestmark = pytest.mark.slow


def test_a_disk_that_is_full_for_a_while_delays_the_tasks_and_loses_none(
    system: System, tmp_path: Path
) -> None:
    system.make_images(200)
    full = tmp_path / "full"
    full.write_text("")
    job = system.submit()
    worker = system.worker(handler="full", TEST_FULL=str(full))
    eventually(lambda: system.state(job).counts()["to be tried again"] > 50, "the disk is full", 60)
    assert not system.outputs(), "nothing half-written is under an output's name"
    full.unlink()
    system.wait(job)
    outcome = system.check(job)
    assert outcome.dead_messages == 0
    assert "is charged" not in worker.said()


def test_a_disk_that_stays_full_dead_letters_and_a_retry_brings_them_back(
    system: System, tmp_path: Path
) -> None:
    system.make_images(200)
    full = tmp_path / "full"
    full.write_text("")
    job = system.submit()
    system.worker(handler="full", TEST_FULL=str(full))
    began = time.monotonic()
    system.wait(job)
    assert time.monotonic() - began >= 3, "1 s before the second attempt, 2 s before the third"
    assert system.state(job).by_reason(3) == {"disk-full": 200}
    full.unlink()
    with session(system.broker, "test") as on:
        dead = list(letters.letters(on, letters.matching("", job, "disk-full")))
        assert {letter.attempts for letter in dead} == {3}
        assert letters.retry(on, letters.matching("", job, "disk-full")) == 200
    system.wait(job)
    system.check(job)
