"""course.toml: what is in it can be found, and each mistake is told with its place."""

from pathlib import Path

import pytest

from course import catalog
from course.errors import CouldNotCheck, WrongUse

GOOD = """\
schema_version = 1

[[modules]]
number = 7
folder = "module_7"
lessons = ["01_first_steps", "02_second_steps"]
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course of one module with two lessons."""
    for name, title in (("01_first_steps", "7.1 First steps"), ("02_second_steps", "7.2 More")):
        folder = tmp_path / "module_7" / name
        folder.mkdir(parents=True)
        readme = f"# {title}\n\n*15 minutes · Before this: nothing*\n"
        (folder / "README.md").write_text(readme, encoding="utf-8")
    (tmp_path / "module_7" / "README.md").write_text("# Module 7: Steps\n", encoding="utf-8")
    path = tmp_path / "course.toml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def problem(path: Path) -> str:
    with pytest.raises(CouldNotCheck) as caught:
        catalog.load(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_units_are_in_order_and_described_by_their_readmes(course: Path) -> None:
    units = catalog.load(course)
    assert [module.title for module in units.modules] == ["Module 7: Steps"]
    described = [(lesson.id, lesson.title, lesson.minutes) for lesson in units.lessons]
    assert described == [("7.1", "First steps", 15), ("7.2", "More", 15)]


def test_a_lesson_need_not_say_its_minutes(course: Path) -> None:
    readme = course.parent / "module_7" / "01_first_steps" / "README.md"
    readme.write_text("# 7.1 First steps\n", encoding="utf-8")
    assert catalog.load(course).lesson("7.1").minutes is None


@pytest.mark.parametrize(
    "word",
    [
        "7.2",
        " 7.2 ",
        "02_second_steps",
        "second_steps",
        "module_7/02_second_steps",
        "module_7/02_second_steps/",
        "module_7\\02_second_steps",
    ],
)
def test_a_lesson_is_found_by_each_of_its_names(course: Path, word: str) -> None:
    assert catalog.load(course).lesson(word).id == "7.2"


@pytest.mark.parametrize(("word", "near"), [("7.11", "7.1"), ("second_step", "second_steps")])
def test_an_unknown_lesson_brings_the_nearest(course: Path, word: str, near: str) -> None:
    with pytest.raises(WrongUse) as caught:
        catalog.load(course).lesson(word)
    said = f"there is no lesson {word!r}. Did you mean {near}? See: ./learn list"
    assert str(caught.value) == said


def test_a_word_like_no_lesson_brings_no_guess(course: Path) -> None:
    with pytest.raises(WrongUse, match=r"^there is no lesson 'zebra'\. See: \./learn list$"):
        catalog.load(course).lesson("zebra")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("schema_version = 1", "schema_version = 2", ":1: schema_version: Input should be 1"),
        ("schema_version = 1", "", ":1: schema_version is missing"),
        ("schema_version = 1", "schema_version = 1\ntitle = 'x'", ":2: there is no field 'title'"),
        ("number = 7", "number = 'seven'", ":4: number: Input should be a valid integer"),
        ("number = 7", "number = 0", ":4: number: Input should be greater than"),
        ("number = 7", "", ":3: number is missing"),
        ("number = 7", "number = 7\ncolour = 'red'", ":5: there is no field 'colour'"),
        ('"module_7"', '"../module_7"', ":5: folder: '../module_7' should be like"),
        ('["01_first_steps", "02_second_steps"]', "'01_first_steps'", ":6: lessons: Input should"),
        ('"02_second_steps"]', "2]", ":6: lessons: Input should be a valid string"),
        ("[[modules]]", "[modules]", ":3: modules: Input should be a valid list"),
        ("number = 7", "number 7", ":4: not valid TOML"),
        ('"02_second_steps"]', '"03_third_steps"]', " names module_7/03_third_steps, which has no"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_its_place(
    course: Path, old: str, new: str, told: str
) -> None:
    assert old in GOOD
    course.write_text(GOOD.replace(old, new), encoding="utf-8")
    assert f"course.toml{told}" in problem(course)


def test_a_missing_course_file_says_where_it_should_be(tmp_path: Path) -> None:
    assert f"{tmp_path / 'course.toml'} is missing" in problem(tmp_path / "course.toml")


def test_a_course_file_that_is_no_text_is_told(course: Path) -> None:
    course.write_bytes(b"\xff\xfe\x00schema")
    assert "course.toml" in problem(course)


def test_a_module_without_its_page_is_told(course: Path) -> None:
    (course.parent / "module_7" / "README.md").unlink()
    assert "module_7" in problem(course)


def test_the_course_itself_is_valid(repository: Path) -> None:
    units = catalog.load(repository / "course.toml")
    assert units.lesson("3.1").folder == repository / "module_3" / "01_work_queues"


def test_the_exercises_of_the_course_are_all_named(repository: Path) -> None:
    units = catalog.load(repository / "course.toml")
    folders = sorted((repository / "exercises").glob("*/exercise.toml"))
    assert [unit.folder for unit in units.exercises] == [file.parent for file in folders]


def test_an_exercise_without_its_file_is_told(course: Path) -> None:
    course.write_text(GOOD + 'exercises = ["ex_01_nothing"]\n', encoding="utf-8")
    assert "exercises/ex_01_nothing, which has no exercise.toml" in problem(course)
