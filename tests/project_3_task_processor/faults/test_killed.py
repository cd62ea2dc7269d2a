"""Workers and worker processes are killed; nothing is lost, nothing is done twice."""

import random
import time
from pathlib import Path

import pytest

from tests.project_3_task_processor.faults.system import System

pytestmark = pytest.mark.slow


def test_twenty_killed_workers_lose_nothing(system: System) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    random.seed(seed)
    system.make_images(400)
    job = system.submit()
    slow = {"handler": "slow", "TEST_SECONDS": "0.04"}
    workers = [system.worker(**slow) for _ in range(3)]
    working = 0
    for _ in range(20):
        victim = workers.pop(0)
        victim.wait_for("ready")
        time.sleep(random.uniform(0, 0.4))
        before = len(system.outputs())
        assert victim.process.poll() is None
        victim.kill()
        assert victim.process.wait(10) == -9
        working += before < 400
        workers.append(system.worker(**slow))
    assert working >= 15, "most were killed while there was work"
    system.wait(job)
    outcome = system.check(job)
    print(f"killed 20, {working} with work left; {outcome.repeated} reported again")


def test_a_process_killed_in_the_decoder_costs_one_attempt_of_one_task(
    system: System, tmp_path: Path
) -> None:
    system.make_images(200)
    for number in range(2):
        image = system.inputs / f"image-{number:04}.png"
        image.rename(system.inputs / f"lethal-{number}.png")
    for number in range(2, 5):
        image = system.inputs / f"image-{number:04}.png"
        image.rename(system.inputs / f"image-lethal-once-{number}.png")
    job = system.submit()
    marks = tmp_path / "marks"
    marks.mkdir()
    worker = system.worker(handler="killed_in_decoder", TEST_MARKS=str(marks))
    system.wait(job)
    outcome = system.check(job)
    deaths = {mark.name: len(mark.read_text()) for mark in marks.iterdir()}
    assert deaths == {
        **{f"lethal-{number}": 3 for number in range(2)},
        **{f"image-lethal-once-{number}": 1 for number in range(2, 5)},
    }, "each death was of one attempt; three kill a task"
    assert worker.said().count("is charged") == sum(deaths.values())
    dead = [row for row in outcome.results if row["state"] == "dead"]
    assert {(row["reason"], row["attempts"]) for row in dead} == {("process-died", 3)}
    assert outcome.repeated == 0, "the others of a dead process's batch were done once"


def test_a_task_over_its_limit_is_killed_and_not_waited_for(system: System) -> None:
    system.make_images(200)
    (system.inputs / "image-0000.png").rename(system.inputs / "endless-0.png")
    job = system.submit()
    began = time.monotonic()
    system.worker("--task-timeout", "1", handler="endless")
    system.wait(job)
    outcome = system.check(job)
    dead = [row for row in outcome.results if row["state"] == "dead"]
    assert [(row["reason"], row["attempts"]) for row in dead] == [("timed-out", 2)]
    assert time.monotonic() - began < 30


def test_the_last_worker_gone_and_a_new_one_come_go_on_where_it_was(system: System) -> None:
    system.make_images(200)
    job = system.submit()
    slow = {"handler": "slow", "TEST_SECONDS": "0.02"}
    first = [system.worker(**slow) for _ in range(2)]
    system.begun()
    for worker in first:
        worker.kill()
        worker.process.wait(10)
    left = len(system.outputs())
    assert left < 200, "there was work left"
    system.worker()
    system.wait(job)
    system.check(job)


def test_ten_percent_poison_is_dead_lettered_and_stops_nothing(system: System) -> None:
    system.make_images(270, poison=30)
    job = system.submit()
    system.worker()
    system.wait(job)
    outcome = system.check(job)
    reasons = {row["reason"] for row in outcome.results if row["state"] == "dead"}
    assert reasons == {"not-an-image"}
    assert outcome.dead_messages == 30
