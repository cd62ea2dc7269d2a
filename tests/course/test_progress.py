"""What the learner has done is kept."""

import json
from pathlib import Path

import pytest

from course import progress
from course.progress import Progress, Sitting


def test_a_fresh_start_has_done_nothing() -> None:
    fresh = progress.load(pytest.fail)
    assert not fresh.welcomed
    assert not fresh.lesson("3.1").done
    assert fresh.lesson("3.1").read_at is None


def test_marks_survive_saving() -> None:
    so_far = Progress(welcomed=True)
    so_far.mark_read("3.1")
    so_far.mark_played("3.2")
    progress.save(so_far)
    again = progress.load(pytest.fail)
    assert again == so_far
    assert again.welcomed


def test_reading_alone_is_not_done_and_playing_is() -> None:
    so_far = Progress()
    so_far.mark_read("3.1")
    assert not so_far.lesson("3.1").done
    so_far.mark_played("3.1")
    assert so_far.lesson("3.1").done


def test_the_first_time_counts() -> None:
    so_far = Progress()
    so_far.mark_read("3.1")
    so_far.mark_played("3.1")
    first = so_far.lesson("3.1").model_copy()
    so_far.mark_read("3.1")
    so_far.mark_played("3.1")
    assert so_far.lesson("3.1") == first


def test_times_carry_their_zone() -> None:
    so_far = Progress()
    so_far.mark_played("3.1")
    played_at = so_far.lesson("3.1").played_at
    assert played_at is not None
    assert played_at.tzinfo is not None


def test_asking_about_a_lesson_marks_nothing() -> None:
    so_far = Progress()
    so_far.lesson("3.1")
    assert so_far == Progress()


def test_a_file_of_a_newer_course_is_kept_aside(own_work_folder: Path) -> None:
    own_work_folder.mkdir()
    newer = json.dumps({"schema_version": 99, "lessons": {"3.1": {"stars": 5}}})
    (own_work_folder / "progress.json").write_text(newer)
    said: list[str] = []
    assert progress.load(said.append) == Progress()
    assert len(said) == 1
    assert (own_work_folder / "progress.damaged-1.json").read_text() == newer


@pytest.mark.parametrize("version", [1, 2])
def test_a_file_of_an_older_course_is_taken_over(own_work_folder: Path, version: int) -> None:
    own_work_folder.mkdir()
    older = {"schema_version": version, "welcomed": True, "lessons": {"3.1": {}}}
    (own_work_folder / "progress.json").write_text(json.dumps(older))
    so_far = progress.load(pytest.fail)
    assert so_far.welcomed
    assert so_far.lessons.keys() == {"3.1"}
    progress.save(so_far)
    assert progress.load(pytest.fail) == so_far


def test_a_quiz_is_kept_with_the_rest() -> None:
    so_far = Progress()
    so_far.quiz(3).sitting = Sitting(seed=1, questions=["a", "b"], scores={"a": 0.5})
    so_far.quiz(3).best_percent = 70
    progress.save(so_far)
    assert progress.load(pytest.fail) == so_far


def test_an_exercise_is_kept_with_the_rest() -> None:
    so_far = Progress()
    entry = so_far.exercise("ex_01_work_queues")
    entry.begin()
    entry.hints["2"] = 1
    entry.judge(3, passed=False)
    assert entry.passed_at is None
    progress.save(so_far)
    assert progress.load(pytest.fail) == so_far


def test_a_pass_is_kept_when_a_later_check_fails() -> None:
    entry = Progress().exercise("ex_01_work_queues")
    entry.judge(6, passed=True)
    first = entry.passed_at
    entry.judge(2, passed=False)
    assert (entry.passed_at, entry.tasks_passed) == (first, 2)
