"""What a learner types and is told: start, check, hint, solution, reset."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from course.grading.unit import Unit
from tests.course.grading.support import DRIVER, PYTHON, SAMPLE, sample
from tests.support import REPOSITORY, eventually


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return sample(tmp_path)


@pytest.fixture
def mine(own_work_folder: Path) -> Path:
    return own_work_folder / "ex_99_sample"


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUTF8": "1", "COLUMNS": "80"}


def learn(unit: Unit, *words: str, code: int = 0) -> str:
    """Run one command on a pipe; what it printed, after a look at its exit code."""
    done = subprocess.run(
        [PYTHON, "-P", "-c", DRIVER, str(unit.folder.parent.parent), *words],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", timeout=120,
        cwd=REPOSITORY, env=environment(), check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert "Traceback" not in said
    wide = [line for line in done.stdout.splitlines() if len(line) > 80 and "/" not in line]
    assert words[0] == "solution" or wide == []  # code is as wide as its author made it
    return said


@pytest.mark.parametrize(
    "name", ["ex_99", "99", "ex_99_sample", "exercises/ex_99_sample/", "ex99", "sample"]
)
def test_an_exercise_is_found_by_each_of_its_names(unit: Unit, name: str, mine: Path) -> None:
    assert "worker.py" in learn(unit, "start", name)
    assert (mine / "worker.py").read_bytes() == (SAMPLE / "starter/worker.py").read_bytes()


def test_a_misspelt_exercise_brings_the_nearest(unit: Unit) -> None:
    said = learn(unit, "start", "ex_9", code=2)
    assert said == "learn: there is no exercise 'ex_9'. Did you mean ex_99? See: ./learn list\n"


def test_start_overwrites_nothing_and_says_what_to_type_next(unit: Unit, mine: Path) -> None:
    learn(unit, "start", "ex_99")
    (mine / "worker.py").write_text("my work")
    (mine / "job.py").unlink()
    said = learn(unit, "start", "ex_99")
    assert (mine / "worker.py").read_text() == "my work"
    assert "nothing in it was changed" in said
    assert "Brought back: job.py" in said
    assert "./learn check ex_99" in said


def test_check_wants_a_start_first(unit: Unit) -> None:
    assert "./learn start ex_99" in learn(unit, "check", "ex_99", code=2)
    assert "which exercise?" in learn(unit, "check", code=2)


def test_from_the_first_finding_to_a_pass(unit: Unit, mine: Path) -> None:
    learn(unit, "start", "ex_99")
    said = learn(unit, "check", "ex_99", "--broker", "embedded", "--seed", "5", code=1)
    for part in ("We did", "We saw", "Expected", "Why", "Next", "Where"):
        assert f"\n  {part}" in said
    assert "work/ex_99_sample/worker.py:8" in said
    assert "./learn hint ex_99 1" in said
    assert "./learn check ex_99 --seed 5" in said
    assert "opens when your own has passed" in learn(unit, "solution", "ex_99", code=1)
    (mine / "worker.py").write_bytes((SAMPLE / "solution/worker.py").read_bytes())
    said = learn(unit, "check", "ex_99", "--broker", "embedded")
    assert "All 3 tasks passed" in said
    assert "worker.py: yours is the same." in learn(unit, "solution", "ex_99")
    progress = json.loads((mine.parent / "progress.json").read_text())
    entry = progress["exercises"]["ex_99_sample"]
    assert entry["tasks_passed"] == 3
    assert entry["passed_at"]


def test_json_is_all_that_is_printed(unit: Unit) -> None:
    done = subprocess.run(
        [PYTHON, "-P", "-c", DRIVER, str(unit.folder.parent.parent), "check", "99", "--json",
         "--code", "starter", "--broker", "embedded", "--seed", "3"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, cwd=REPOSITORY,
        env=environment(), check=False,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert (report["schema"], report["version"], report["seed"]) == ("learn-check", 1, 3)
    assert report["finding"]["id"] == "not-consuming"
    assert report["finding"]["evidence"]
    assert report["broker"]["provider"] == "embedded"
    assert "guest:guest" not in done.stdout


def test_hints_come_one_after_the_other_and_are_remembered(unit: Unit) -> None:
    hints = unit.tasks[1].hints
    for number, hint in enumerate(hints, start=1):
        said = learn(unit, "hint", "ex_99", "2")
        assert f"Hint {number} of 3" in said
        assert hint in said
        assert sum(other in said for other in hints) == 1
    said = learn(unit, "hint", "ex_99", "2")
    assert all(hint in said for hint in hints)
    assert "./learn solution ex_99 --show" in said
    assert unit.tasks[0].hints[0] in learn(unit, "hint", "ex_99")
    assert "tasks 1 to 3" in learn(unit, "hint", "ex_99", "4", code=2)


def test_the_solution_is_shown_as_a_way_there(unit: Unit) -> None:
    learn(unit, "start", "ex_99")
    said = learn(unit, "solution", "ex_99", "--show")
    assert "--- yours/worker.py\n+++ solution/worker.py" in said
    assert '+    channel.queue_declare(queue="tasks", durable=True)' in said
    assert "a_class, generator, threads" in said


def test_reset_keeps_a_backup_each_time(unit: Unit, mine: Path) -> None:
    learn(unit, "start", "ex_99")
    for number in (1, 2):
        (mine / "worker.py").write_text(f"work {number}")
        assert f"backups/ex_99_sample-{number}" in learn(unit, "reset", "ex_99")
        backup = mine.parent / "backups" / f"ex_99_sample-{number}"
        assert (backup / "worker.py").read_text() == f"work {number}"
        assert "TODO 1" in (mine / "worker.py").read_text()


@pytest.mark.slow
def test_check_all_takes_what_is_begun(unit: Unit) -> None:
    assert "no exercise is begun" in learn(unit, "check", "--all", code=2)
    learn(unit, "start", "ex_99")
    said = learn(unit, "check", "--all", "--broker", "embedded", code=1)
    assert "ex_99    0 of 3 tasks passed" in said


def test_a_code_that_there_is_not_brings_the_nearest(unit: Unit) -> None:
    said = learn(unit, "check", "ex_99", "--code", "mutants/autoack", code=2)
    assert "Did you mean mutants/auto_ack?" in said


def test_a_broken_exercise_is_told_in_one_line_before_a_broker_starts(
    unit: Unit, own_work_folder: Path
) -> None:
    file = unit.folder / "exercise.toml"
    file.write_text(file.read_text().replace("task = 2", "task = 2\ncolour = 'red'"))
    said = learn(unit, "check", "ex_99", "--code", "starter", code=3)
    assert re.search(r"exercise\.toml:\d+: there is no field 'colour' here\n$", said)
    assert not (own_work_folder / "broker.json").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_watch_checks_again_after_a_save_until_ctrl_c(unit: Unit, mine: Path) -> None:
    learn(unit, "start", "ex_99")
    command = [PYTHON, "-P", "-u", "-c", DRIVER, str(unit.folder.parent.parent)]
    log = mine.parent / "watch.txt"
    with log.open("w") as output:
        watching = subprocess.Popen(
            [*command, "check", "ex_99", "--watch", "--broker", "embedded"],
            stdout=output, stderr=subprocess.STDOUT, cwd=REPOSITORY, env=environment(),
        )  # fmt: skip
    try:
        eventually(lambda: log.read_text().count("Waiting for a change") == 1, "a check", 60)
        assert "not-consuming" in log.read_text()
        (mine / "worker.py").write_bytes((SAMPLE / "solution/worker.py").read_bytes())
        eventually(lambda: log.read_text().count("Waiting for a change") == 2, "another", 60)
        assert "All 3 tasks passed" in log.read_text()
        time.sleep(0.5)
        watching.send_signal(signal.SIGINT)
        assert watching.wait(20) == 0
    finally:
        watching.kill()
    assert "Traceback" not in log.read_text()
