"""The examples for authors are questions that the format takes, with keys that hold."""

import tomllib

import pytest

from course.quiz.check import key_problems
from course.quiz.interview import InterviewFile
from course.quiz.models import Question, QuizFile
from course.quiz.simulated import Simulated
from tests.content import tokens
from tests.quizzes.files import FOLDER

COMMON = """
[[questions]]
id = "example-{number}"
type = "{type}"
lesson = "3.4"
objective = "topic-patterns"
difficulty = 1
prompt = "?"
explanation = "."
source = "module_3/README.md"
"""


def examples() -> list[tuple[str, str]]:
    """Every TOML fence, with the first word of the heading above it."""
    found, heading = [], ""
    inline = False
    for token in tokens(FOLDER / "README.md"):
        if inline:
            heading = token.content.partition(":")[0]
        inline = token.type == "heading_open"
        if token.type == "fence" and token.info == "toml":
            found.append((heading, token.content))
    return found


def example_file() -> QuizFile:
    """The examples, put together as one file."""
    parts = []
    for number, (heading, text) in enumerate(examples()):
        if heading == "A file":
            parts.insert(0, text)
        elif heading != "Open questions":
            whole = text.startswith("[[questions]]")
            parts.append(text if whole else COMMON.format(number=number, type=heading) + text)
    return QuizFile.model_validate(tomllib.loads("\n".join(parts)))


EXAMPLES = example_file().questions


def test_every_type_has_an_example_but_multiple_which_looks_like_single() -> None:
    assert sorted({question.type for question in EXAMPLES}) == [
        *("number", "order", "predict", "route", "single", "state", "text")
    ]


@pytest.mark.parametrize("question", EXAMPLES, ids=lambda q: f"{q.type}-{q.id}")
def test_an_example_has_a_right_key(question: Question) -> None:
    assert key_problems(question, Simulated()) == []


def test_the_example_of_an_open_question_is_one() -> None:
    text = next(text for heading, text in examples() if heading == "Open questions")
    InterviewFile.model_validate(tomllib.loads(f'schema_version = 1\ntitle = "."\n{text}'))
