"""Finds a module's quiz."""

from course.errors import unknown
from course.paths import ROOT
from course.quiz.models import QuizFile
from course.toml import files

FOLDER = ROOT / "quizzes"


def quiz(module: str) -> QuizFile:
    """The quiz of a module, such as "3"; WrongUse if there is none, Invalid if it is broken."""
    numbers = {file.stem.removeprefix("module_"): file for file in FOLDER.glob("module_*.toml")}
    word = module.strip().removeprefix("module_")
    if word not in numbers:
        known = ", ".join(sorted(numbers, key=int)) or "none yet"
        raise unknown("quiz", module, numbers, f"./learn quiz --help (modules with one: {known})")
    return files.read(numbers[word], QuizFile)
