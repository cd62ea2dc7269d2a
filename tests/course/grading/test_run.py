"""A run ends with a verdict, or without one for a reason, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from course.brokers import Broker
from course.brokers.embedded import EmbeddedBroker
from course.grading import run, tree
from course.grading.show import Silent
from course.grading.unit import Unit
from tests.course.grading.support import DRIVER, check, found, note, nothing_left, sample
from tests.support import REPOSITORY, eventually

BUSY = """
import os, time
{note}
print("busy", flush=True)
time.sleep(600)
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return sample(tmp_path, busy=BUSY.format(note=note(tmp_path / "pids")))


def rewrite(unit: Unit, old: str, new: str) -> None:
    text = unit.checks.read_text(encoding="utf-8")
    assert old in text
    unit.checks.write_text(text.replace(old, new), encoding="utf-8")


def test_a_right_solution_passes_every_task(unit: Unit, embedded: Broker) -> None:
    report = check(unit, embedded, "solution")
    assert [task.verdict for task in report.tasks] == ["passed"] * 3, report.problem
    assert report.verdict == "passed"
    assert report.finding is None
    assert report.broker.provider == "embedded"
    assert report.versions.keys() == {"course", "python", "pika"}
    assert "restart the broker" in [step.text for step in report.steps]


def test_the_first_finding_ends_the_run_and_locks_the_rest(unit: Unit, embedded: Broker) -> None:
    report = check(unit, embedded, "starter")
    assert [task.verdict for task in report.tasks] == ["not-yet", "locked", "locked"]
    assert report.verdict == "not-yet"
    found_ = report.finding
    assert found_ is not None
    assert (found_.id, found_.task, found_.line) == ("not-consuming", 1, 8)
    assert found_.file == str(unit.folder / "starter" / "worker.py")
    assert found_.why == unit.file.findings["not-consuming"].why
    assert any(event["method"] == "connection.open-ok" for event in found_.evidence)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_inputs(unit: Unit, embedded: Broker) -> None:
    rewrite(unit, "def tasks(lab):\n", "def tasks(lab):\n    raise KeyError(lab.random.random())\n")
    problems = {check(unit, embedded, "solution").problem for _ in range(2)}
    problems.add(run.check(unit, embedded, Silent(), code="solution", seed=2).problem)
    assert len(problems) == 2
    assert all("KeyError: 0." in str(problem) for problem in problems)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "    worker = lab",
            "    assert 1 == 2\n    worker = lab",
            "AssertionError: assert 1 == 2",
        ),
        ("    worker = lab", "    lab.queue(1 / 0)\n    worker = lab", "ZeroDivisionError"),
        ("@pytest.mark.task(2)\n", "", "not marked with a task"),
        ("import pytest", "import pytest\nimport nothing_of_that_name", "nothing_of_that_name"),
        ('"not-consuming"', '"no-such-finding"', "'no-such-finding', exercise.toml does not"),
    ],
)
def test_a_mistake_in_the_checks_is_not_the_learners_fault(
    unit: Unit, embedded: Broker, old: str, new: str, said: str
) -> None:
    rewrite(unit, old, new)
    report = check(unit, embedded, "starter")
    assert report.verdict == "could-not-check"
    assert report.finding is None
    assert said in str(report.problem)
    assert "\n" not in str(report.problem)


def test_a_broker_that_goes_away_is_not_the_learners_fault(
    unit: Unit, embedded: EmbeddedBroker
) -> None:
    class Saboteur(Silent):
        def step(self, text: str) -> None:
            if text.startswith("start"):
                embedded._throwaways[-1].stop()

    report = run.check(unit, embedded, Saboteur(), code="solution")
    assert report.verdict == "could-not-check"
    assert "broker" in str(report.problem)
    assert report.finding is None


def test_a_process_of_the_checks_that_dies_is_not_the_learners_fault(
    unit: Unit, embedded: Broker
) -> None:
    rewrite(unit, "    worker = lab", "    import os; os._exit(7)\n    worker = lab")
    report = check(unit, embedded, "solution")
    assert report.verdict == "could-not-check"
    assert "exit code 7" in str(report.problem)


def test_a_broker_that_may_not_be_restarted_leaves_that_task_unchecked(
    unit: Unit, embedded: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    able = embedded.capabilities
    monkeypatch.setitem(vars(embedded), "capabilities", replace(able, restart=False))
    report = check(unit, embedded, "solution")
    assert [task.verdict for task in report.tasks] == ["passed", "passed", "could-not-check"]
    assert report.verdict == "could-not-check"
    assert "restarted" in str(report.tasks[2].reason)


def test_a_check_that_takes_too_long_is_given_up(unit: Unit, embedded: Broker) -> None:
    rewrite(unit, "    worker = lab", "    lab.eventually(lambda: False, 60)\n    worker = lab")
    report = check(unit, embedded, "solution", seconds=1)
    assert report.verdict == "could-not-check"
    assert "took too long" in str(report.problem)


def test_a_missing_file_is_found_without_running_anything(unit: Unit, embedded: Broker) -> None:
    (unit.folder / "starter" / "worker.py").unlink()
    report = check(unit, embedded, "starter")
    assert found(report) == "missing-file"
    assert not any(step.text.startswith("start") for step in report.steps)


@pytest.mark.slow
def test_given_files_are_laid_over_what_the_learner_made_of_them(
    unit: Unit, embedded: Broker
) -> None:
    mine = unit.folder / "mutants" / "busy"
    (mine / "job.py").write_text("raise SystemExit('mine')\n")
    (mine / "worker.py").unlink()
    assert check(unit, embedded, "mutants/busy").verdict == "passed"


@pytest.mark.slow
def test_a_run_that_is_given_up_leaves_nothing_running(
    unit: Unit, tmp_path: Path, embedded: Broker
) -> None:
    pids = tmp_path / "pids"
    with pytest.raises(run.Cancelled):
        check(unit, embedded, "mutants/busy", cancelled=pids.exists)
    eventually(lambda: pids.read_text(), "the program's number")
    assert nothing_left(pids)


@pytest.mark.slow
@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whoever_is_interrupted_leaves_nothing_running(
    unit: Unit, tmp_path: Path, number: signal.Signals
) -> None:
    """The learner's program, the broker made for it, and the scratch folder."""
    words = ["check", "ex_99", "--code", "mutants/busy", "--broker", "embedded"]
    command = [sys.executable, "-P", "-c", DRIVER, str(tmp_path), *words]
    grader = subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)}, start_new_session=True,
    )  # fmt: skip
    pids = tmp_path / "pids"
    eventually(lambda: pids.exists() and pids.read_text(), "the program runs", 40)
    grader.send_signal(number)
    said, _ = grader.communicate(timeout=30)
    assert grader.returncode == (-9 if number == signal.SIGKILL else 130), said
    assert nothing_left(pids, 20)
    eventually(lambda: not list(tmp_path.glob("learn-check-*")), "the scratch folder is gone")
    if number != signal.SIGKILL:
        left = list((tmp_path / "work").glob("burrow-*"))
        assert left == [], "the throwaway broker's folder is there"


def test_nothing_on_this_machine_carries_the_token_afterwards(
    unit: Unit, embedded: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens: list[str] = []
    original = run.secrets.token_hex
    monkeypatch.setattr(
        run.secrets, "token_hex", lambda n: tokens.append(original(n)) or tokens[-1]
    )
    check(unit, embedded, "starter")
    assert tokens
    assert [process for token in tokens for process in tree.marked(token)] == []
