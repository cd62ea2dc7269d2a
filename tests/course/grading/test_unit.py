"""exercise.toml and the folder around it: each mistake is told with its place."""

from pathlib import Path

import pytest

from course.errors import CouldNotCheck, WrongUse
from course.grading import unit as units
from course.grading.unit import Unit
from tests.course.grading.support import SAMPLE, sample

GOOD = (SAMPLE / "exercise.toml").read_text(encoding="utf-8")


def line(part: str) -> int:
    return GOOD[: GOOD.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "where", "said"),
    [
        ("schema_version = 1", "schema_version = 2", 1, "schema_version"),
        ("minutes = 5", "minutes = 0", line("minutes"), "minutes"),
        ("minutes = 5", "minutes = 5\nlevel = 1", line("minutes") + 1, "no field 'level'"),
        ('lesson = "3.1"', 'lesson = "three"', line("lesson"), "'three' should be like"),
        ('files = ["worker.py"]', 'files = ["../w.py"]', line("files"), "'../w.py'"),
        ('files = ["worker.py"]', 'files = ["job.py"]', 1, "both edited and given"),
        ('needs = ["restart"]', 'needs = ["luck"]', line("needs"), "'luck'"),
        (', "basic_consume"]', "]", line('hints = ["Look'), "at least 3"),
        ('"basic_consume"]', '" "]', line('hints = ["Look'), "hints"),
        ("[findings.lost]\ntask = 2", "[findings.lost]\ntask = 9", 1, "task 9, which is not"),
        ('why = "The line is the work."', 'why = ""', line('why = "The line'), "why"),
        ('hunt = "queue_declare"', 'hunt = "("', line('hunt = "queue'), "no regular expression"),
        ("[findings.queue-gone]", "[findings.QueueGone]", 1, "QueueGone"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_its_place(
    tmp_path: Path, old: str, new: str, where: int, said: str
) -> None:
    unit = sample(tmp_path)
    assert old in GOOD
    (unit.folder / "exercise.toml").write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CouldNotCheck) as caught:
        _ = unit.file
    message = str(caught.value)
    assert f"exercise.toml:{where}:" in message or (where == 1 and "exercise.toml:" in message)
    assert said in message
    assert "\n" not in message


def test_the_layers_of_each_code(tmp_path: Path, own_work_folder: Path) -> None:
    unit = sample(tmp_path)
    folder = unit.folder
    assert unit.layers("learner") == [own_work_folder / "ex_99_sample"]
    assert unit.layers("starter") == [folder / "starter"]
    assert unit.layers("solution") == [folder / "solution"]
    both = [folder / "solution", folder / "mutants/auto_ack"]
    assert unit.layers("mutants/auto_ack") == both
    assert [path.name for path in unit.given()] == ["job.py"]
    with pytest.raises(WrongUse, match=r"Did you mean mutants/auto_ack\?"):
        unit.layers("mutants/auto-ack")


def test_a_mutant_says_what_it_is(tmp_path: Path) -> None:
    unit = sample(tmp_path)
    assert unit.mutant("mutants/auto_ack").finding == "lost"
    assert len(unit.variants("mutants")) == 9
    assert unit.variants("alternatives") == [
        f"alternatives/{name}" for name in ("a_class", "generator", "threads")
    ]


def test_a_project_is_a_unit_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample(tmp_path).folder.rename(tmp_path / "project_3_task_processor")
    monkeypatch.setattr(units, "ROOT", tmp_path)
    for name in ("project_3", "project_3_task_processor", "task_processor"):
        assert units.find(name).short == "project_3"
    with pytest.raises(WrongUse):
        units.find("3")


def test_a_folder_without_an_exercise_is_none(tmp_path: Path) -> None:
    with pytest.raises(CouldNotCheck, match=r"has no exercise\.toml"):
        units.outside(tmp_path)
    assert units.outside(SAMPLE) == Unit(SAMPLE)
