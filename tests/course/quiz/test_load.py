"""What is wrong with a question file is told with its line."""

from pathlib import Path

import pytest

from course.errors import CouldNotCheck, WrongUse
from course.quiz import load
from course.quiz.interview import InterviewFile
from course.quiz.models import QuizFile
from course.toml import files
from tests.course.quiz.sample import SAMPLE, sample

# What is replaced in the sample, by what, a word on the line that is told, and the message.
MISTAKES = {
    "not TOML": ('id = "one"', "id = one", "id = one", "not valid TOML"),
    "another version": ("schema_version = 1", "schema_version = 2", "schema_version", "1"),
    "an unknown field": ('prompt = "Which?"', 'promt = "Which?"', "promt", "no field 'promt'"),
    "a field that is missing": (
        *('prompt = "Which ones?"', "", "[[questions]] #2"),
        "question 'some': prompt is missing",
    ),
    "no type": ('type = "single"', "", "[[questions]] #1", "question 'one': type is missing"),
    "an unknown type": ('type = "order"', 'type = "sort"', 'type = "sort"', "'sort' is none of"),
    "an id that is no slug": ('id = "one"', 'id = "The One"', "The One", "'The One' should be"),
    "a difficulty of 4": ("difficulty = 1", "difficulty = 4", "difficulty = 4", "less than or"),
    "no right option": (
        *("correct = true\n", "", "[[questions]] #1"),
        "exactly one correct option among several, and has 0",
    ),
    "an option without a why": (
        *('why = "No."', "", "[[questions.options]] #2"),
        "question 'one': why is missing",
    ),
    "one why for two options": (
        *('why = "No, neither."', 'why = "No."', "[[questions]] #1"),
        "the why 'No.' is there twice",
    ),
    "two options alike": (
        *('text = "another"', 'text = "A wrong  one"', "[[questions]] #1"),
        "the option 'A wrong  one' is there twice",
    ),
    "an empty why": ('why = "No, C."', 'why = ""', 'why = ""', "at least 1 character"),
    "nothing wrong among several": (
        *('why = "No, C."', 'why = "No, C."\ncorrect = true', "[[questions]] #2"),
        "option that is correct and one that is not",
    ),
    "a number that is text": ("answer = 2.5", 'answer = "soon"', "soon", "valid number"),
    "a negative tolerance": ("tolerance = 0.5", "tolerance = -1", "tolerance", "greater than"),
    "a wrong answer that is right": (
        *('value = "dead letter exchange"', 'value = "ae"', "[[questions]] #5"),
        "the answer 'ae' is there twice",
    ),
    "probes of one kind": (
        *('"a.criticals", wanted = false', '"b.critical", wanted = true', "[questions.route] #1"),
        "a probe that is wanted and one that is not",
    ),
    "an unknown task": (
        *('task = "pattern"', 'task = "guess"', 'task = "guess"'),
        "task 'guess' is none of",
    ),
    "a queue without binding": (
        *('answer = ["one"]', 'answer = ["three"]', "[questions.route] #2"),
        "no binding names the queue 'three'",
    ),
    "a step that is not known": (
        *('do = "publish"', 'do = "shout"', "steps = ["),
        "do 'shout' is none of",
    ),
    "a step before its queue": (
        *('queue = "tasks", prefetch', 'queue = "other", prefetch', "[[questions]] #9"),
        "step 3 (consume) names the queue 'other', which is not declared before",
    ),
}


def mistaken(name: str) -> str:
    old, new, _, _ = MISTAKES[name]
    assert old in SAMPLE
    return SAMPLE.replace(old, new, 1)


def line_with(source: str, words: str) -> int:
    """The line with these words; `[[...]] #3` is the third line of that header."""
    header, _, number = words.partition(" #")
    lines = [n for n, line in enumerate(source.splitlines(), start=1) if header in line]
    exact = [n for n in lines if source.splitlines()[n - 1].strip() == header]
    return (exact or lines)[int(number or 1) - 1]


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / "module_3.toml"
    source = mistaken(name)
    path.write_text(source, encoding="utf-8")
    _, _, words, message = MISTAKES[name]
    with pytest.raises(files.Invalid) as caught:
        files.read(path, QuizFile)
    problems = caught.value.problems
    assert any(message in problem.message for problem in problems), problems
    told = next(problem for problem in problems if message in problem.message)
    assert told.line == line_with(source, words), told
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "module_3.toml"
    source = SAMPLE.replace('why = "No, C."', "").replace("tolerance = 0.5", "tolerance = -1")
    path.write_text(source, encoding="utf-8")
    with pytest.raises(files.Invalid, match=r"and 1 more") as caught:
        files.read(path, QuizFile)
    assert len(caught.value.problems) == 2


def test_a_file_that_is_no_text_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "module_3.toml"
    path.write_bytes(b"schema_version = 1\n# caf\xe9\n")
    with pytest.raises(files.Invalid, match=r"module_3.toml:2: this is not UTF-8 text"):
        files.read(path, QuizFile)


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(CouldNotCheck, match="cannot be read"):
        files.read(tmp_path / "none.toml", QuizFile)


def test_a_rubric_of_two_points_is_too_short(tmp_path: Path) -> None:
    path = tmp_path / "interview.toml"
    path.write_text(
        'schema_version = 1\ntitle = "T"\n[[questions]]\nid = "q"\nprompt = "P"\n'
        'model_answer = "A"\nrubric = ["one", "two"]\nlinks = ["README.md"]\n'
    )
    with pytest.raises(
        files.Invalid, match=r"interview.toml:7: question 'q': rubric: .* at least 3"
    ):
        files.read(path, InterviewFile)


def test_the_sample_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "module_3.toml"
    path.write_text(SAMPLE, encoding="utf-8")
    assert files.read(path, QuizFile) == sample()


def test_an_unknown_module_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match="there is no quiz '99'"):
        load.quiz("99")
