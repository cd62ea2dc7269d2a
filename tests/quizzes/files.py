"""The question files, for the tests that read them."""

import tomllib
from collections.abc import Callable, Iterator

from course.quiz.models import QuizFile
from tests.support import REPOSITORY

FOLDER = REPOSITORY / "quizzes"
MODULE_3 = QuizFile.model_validate(tomllib.loads((FOLDER / "module_3.toml").read_text("utf-8")))


def whys(question) -> list[str]:
    """What is said about each right or wrong answer of a question."""
    parts = [*getattr(question, "options", []), *getattr(question, "items", [])]
    return [part.why for part in [*parts, *getattr(question, "wrong", [])]]


def texts(value: object) -> Iterator[str]:
    """Every text in a file's data, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


def shows(question: str) -> Callable:
    """Marks the test of what a question's key claims where no key is executed."""
    assert question in {asked.id for asked in MODULE_3.questions}, question
    return lambda test: test
