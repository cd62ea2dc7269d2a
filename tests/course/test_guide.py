"""`./learn` alone says where the learner is and what to type now."""

from pathlib import Path

import pytest

from course import catalog, guide
from course.catalog import Catalog
from course.progress import Progress


@pytest.fixture
def units(repository: Path) -> Catalog:
    return catalog.load(repository / "course.toml")


def test_at_first_the_next_step_is_to_read_the_first_lesson(units: Catalog) -> None:
    said = guide.next_step(units, Progress())
    first = units.lessons[0]
    assert f"0 of {len(units.lessons)} lessons played, " in said
    assert f"0 of {len(units.exercises)} exercises passed." in said
    assert f"lesson {first.id}, {first.title} ({first.minutes} minutes)" in said
    assert said.index(f"./learn read {first.id}") < said.index(f"./learn run {first.id}")


def test_after_reading_the_next_step_is_to_play(units: Catalog) -> None:
    so_far = Progress()
    so_far.mark_read("3.1")
    said = guide.next_step(units, so_far)
    assert "You have read lesson 3.1" in said
    assert said.index("./learn run 3.1") < said.index("./learn read 3.1")


def test_the_next_lesson_is_the_first_that_was_not_played(units: Catalog) -> None:
    so_far = Progress()
    for played in ("3.1", "3.3"):
        so_far.mark_played(played)
    lesson = guide.next_lesson(units, so_far)
    assert lesson is not None
    assert lesson.id == "3.2"
    assert guide.next_step(units, so_far).startswith("2 of ")


def passed(so_far: Progress, *names: str) -> None:
    for name in names:
        so_far.exercise(name).judge(1, passed=True)


def test_after_a_lesson_comes_its_exercise(units: Catalog) -> None:
    so_far = Progress()
    so_far.mark_played("3.1")
    said = guide.next_step(units, so_far)
    assert "Next is exercise ex_01" in said
    assert said.index("./learn start ex_01") < said.index("go on with lesson 3.2")


def test_an_exercise_that_is_begun_is_gone_on_with(units: Catalog) -> None:
    so_far = Progress()
    so_far.mark_played("3.1")
    unit = units.exercises[0]
    so_far.exercise(unit.name).begin()
    so_far.exercise(unit.name).judge(2, passed=False)
    said = guide.next_step(units, so_far)
    assert f"2 of {len(unit.tasks)} tasks passed" in said
    assert "./learn check ex_01" in said


def test_who_has_moved_on_is_not_called_back_to_an_exercise(units: Catalog) -> None:
    so_far = Progress()
    so_far.mark_played("3.1")
    so_far.mark_read("3.2")
    said = guide.next_step(units, so_far)
    assert said.index("./learn run 3.2") < said.index("./learn start ex_01")


def test_a_passed_exercise_is_over(units: Catalog) -> None:
    so_far = Progress()
    so_far.mark_played("3.1")
    passed(so_far, units.exercises[0].name)
    said = guide.next_step(units, so_far)
    assert f"1 of {len(units.exercises)} exercises passed" in said
    assert "Next is lesson 3.2" in said
    assert "ex_01" not in said


def test_at_the_end_there_is_no_next_step(units: Catalog) -> None:
    so_far = Progress()
    for lesson in units.lessons:
        so_far.mark_played(lesson.id)
    assert guide.next_lesson(units, so_far) is None
    assert "exercise" in guide.next_step(units, so_far)
    passed(so_far, *(unit.name for unit in (*units.exercises, *units.projects)))
    assert "You have been through all there is" in guide.next_step(units, so_far)
