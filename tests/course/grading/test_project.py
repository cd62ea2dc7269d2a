"""A project: its package is copied, begun, assembled and shown as milestones."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from course import catalog, guide, progress
from course.errors import CouldNotCheck, WrongUse
from course.grading import package, project, workspace
from course.grading.unit import Unit, find
from course.progress import Progress
from tests.support import learn


@pytest.fixture
def unit() -> Unit:
    return Unit(find("project_3").folder)


def started(unit: Unit) -> Path:
    workspace.start(unit)
    return unit.copy / "task_processor"


def test_start_copies_the_starter_and_what_is_lent(unit: Unit) -> None:
    result = workspace.start(unit)
    assert "task_processor/submit.py" in result.made
    assert "task_processor/errors.py" not in result.made, "that is not the learner's to edit"
    for name in ("submit.py", "errors.py", "images/process.py", "storage/__init__.py"):
        assert (unit.copy / "task_processor" / name).is_file()


def test_start_leaves_what_is_there_and_brings_back_what_is_not(unit: Unit) -> None:
    folder = started(unit)
    (folder / "submit.py").write_text("mine\n", encoding="utf-8")
    (folder / "dead.py").unlink()
    again = workspace.start(unit)
    assert (folder / "submit.py").read_text(encoding="utf-8") == "mine\n"
    assert again.made == ["task_processor/dead.py"]


def test_a_check_takes_the_learners_modules_and_lays_the_lent_ones_over_them(
    unit: Unit, tmp_path: Path
) -> None:
    folder = started(unit)
    (folder / "queues" / "more").mkdir(parents=True)
    (folder / "queues" / "more" / "names.py").write_text("TASKS = 'mine'\n", encoding="utf-8")
    (folder / "images" / "process.py").write_text("changed = True\n", encoding="utf-8")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("hidden", encoding="utf-8")
    package.assemble(unit, tmp_path / "scratch", unit.layers("learner"))
    there = tmp_path / "scratch" / "task_processor"
    assert (there / "queues" / "more" / "names.py").is_file()
    lent = (unit.folder / "task_processor" / "images" / "process.py").read_bytes()
    assert (there / "images" / "process.py").read_bytes() == lent
    assert not (there / ".git").exists()


def test_a_link_in_the_package_is_not_followed(unit: Unit, tmp_path: Path) -> None:
    folder = started(unit)
    try:
        (folder / "everything.py").symlink_to("/etc/hostname")
    except OSError:
        pytest.skip("no symbolic links here")
    package.assemble(unit, tmp_path / "scratch", unit.layers("learner"))
    assert not (tmp_path / "scratch" / "task_processor" / "everything.py").exists()


def test_a_package_with_a_thousand_files_too_many_could_not_be_checked(
    unit: Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(unit)
    monkeypatch.setattr(package, "MOST_FILES", 3)
    with pytest.raises(CouldNotCheck, match="more than 3 files"):
        package.assemble(unit, tmp_path / "scratch", unit.layers("learner"))


def test_the_reference_program_is_a_layer_of_its_own(unit: Unit, tmp_path: Path) -> None:
    package.assemble(unit, tmp_path / "scratch", unit.layers("reference"))
    there = {path.name for path in (tmp_path / "scratch" / "task_processor").iterdir()}
    ours = {path.name for path in (unit.folder / "task_processor").iterdir()}
    assert there == ours - {"__pycache__"}


def test_a_mutant_lies_over_the_small_program_and_that_over_the_starter(unit: Unit) -> None:
    names = [layer.name for layer in unit.layers("mutants/auto_ack")]
    assert names == ["starter", "small", "auto_ack"]
    with pytest.raises(WrongUse, match="reference"):
        find("ex_01").layers("reference")


def test_reset_keeps_a_backup_of_the_whole_package(unit: Unit) -> None:
    folder = started(unit)
    (folder / "submit.py").write_text("mine\n", encoding="utf-8")
    backup = workspace.set_aside(unit)
    workspace.start(unit)
    assert (backup / "task_processor" / "submit.py").read_text(encoding="utf-8") == "mine\n"
    assert (folder / "submit.py").read_text(encoding="utf-8") != "mine\n"


def test_watch_sees_a_change_in_the_package(unit: Unit) -> None:
    folder = started(unit)
    before = workspace.fingerprint(unit.copy)
    (folder / "worker.py").write_text("changed\n", encoding="utf-8")
    assert workspace.fingerprint(unit.copy) != before


@pytest.mark.parametrize(("word", "number"), [("ex_01", 1), ("project_3", 6), ("project_3", 0)])
def test_a_milestone_that_is_not_there_is_wrong_use(word: str, number: int) -> None:
    with pytest.raises(WrongUse, match="milestone"):
        project.check_milestone(find(word), number)


def test_the_reference_program_could_not_be_checked_on_burrow(unit: Unit) -> None:
    broker = SimpleNamespace(capabilities=SimpleNamespace(product="burrow"))
    with pytest.raises(CouldNotCheck, match="--broker docker"):
        project.check_broker(unit, broker, "reference")
    project.check_broker(unit, broker, "learner")


def test_the_next_step_after_all_else_is_the_project(unit: Unit) -> None:
    units, so_far = catalog.load(), Progress()
    for lesson in units.lessons:
        so_far.mark_played(lesson.id)
    for exercise in units.exercises:
        so_far.exercise(exercise.name).judge(6, passed=True)
    assert "./learn start project_3" in guide.next_step(units, so_far)
    entry = so_far.exercise(unit.name)
    entry.begin()
    entry.tasks_passed = 2
    said = guide.next_step(units, so_far)
    assert "2 of 5 milestones passed" in said
    assert "./learn check project_3 --milestone 3" in said
    entry.judge(5, passed=True)
    assert guide.next_project(units, so_far) is None


def test_the_commands_speak_of_milestones(unit: Unit, own_work_folder: Path) -> None:
    begun = learn("start", "project_3")
    assert begun.returncode == 0, begun.stderr
    assert "task_processor/worker.py" in begun.stdout
    so_far = progress.load(print)
    so_far.exercise(unit.name).tasks_passed = 2
    progress.save(so_far)
    listed = learn("list").stdout
    assert "2 of 5 milestones" in listed
    assert "project_3, milestone 3" in learn("hint", "project_3").stdout
    solution = learn("solution", "project_3").stdout
    assert "alternatives/small" in solution.replace("\\", "/")
    refused = learn("check", "ex_01", "--milestone", "1", "--code", "starter")
    assert refused.returncode == 2, refused.stdout


@pytest.mark.slow
def test_the_starter_gets_a_helpful_first_finding(unit: Unit) -> None:
    checked = learn(
        "check", "project_3", "--code", "starter", "--json", "--broker", "embedded", timeout=280
    )
    assert checked.returncode == 1, checked.stderr
    report = json.loads(checked.stdout)
    assert report["finding"]["id"] == "nothing-submitted"
    assert report["finding"]["file"].endswith("submit.py")
    assert report["tasks"][1]["verdict"] == "locked"
