"""Reads quiz and interview files; what is wrong with one is told with its line."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from course.errors import CouldNotCheck, unknown
from course.paths import ROOT
from course.quiz.lines import line_of
from course.quiz.models import QuizFile

FOLDER = ROOT / "quizzes"
TYPES = ("single", "multiple", "order", "number", "text", "route", "predict", "state")
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Problem:
    """Something wrong with a file, at a line."""

    line: int
    message: str


class Invalid(CouldNotCheck):
    """A file cannot be used; all that is wrong with it is in `problems`."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{shown(path)}:{first.line}: {first.message}{more}")


def quiz(module: str) -> QuizFile:
    """The quiz of a module, such as "3"; WrongUse if there is none."""
    numbers = {file.stem.removeprefix("module_"): file for file in FOLDER.glob("module_*.toml")}
    word = module.strip().removeprefix("module_")
    if word not in numbers:
        known = ", ".join(sorted(numbers, key=int)) or "none yet"
        raise unknown("quiz", module, numbers, f"./learn quiz --help (modules with one: {known})")
    return read(numbers[word], QuizFile)


def read(path: Path, model: type[Model]) -> Model:
    """The file, validated; raises Invalid."""
    return validate(path, text_of(path), model)


def text_of(path: Path) -> str:
    """The file's text; raises Invalid if it is none."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        before = path.read_bytes()[: error.start]
        problem = Problem(before.count(b"\n") + 1, "this is not UTF-8 text")
        raise Invalid(path, [problem]) from None
    except OSError as error:
        raise CouldNotCheck(f"{shown(path)} cannot be read: {error.strerror}.") from None


def validate(path: Path, source: str, model: type[Model]) -> Model:
    """The text as a `model`; raises Invalid."""
    try:
        content = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else source.count("\n") + 1
        said = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise Invalid(path, [Problem(line, f"not valid TOML: {said}")]) from None
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problems = [_problem(source, content, dict(entry)) for entry in error.errors()]
        raise Invalid(path, sorted(set(problems), key=lambda p: (p.line, p.message))) from None


def shown(path: Path) -> str:
    """The path as a person would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _problem(source: str, content: dict[str, Any], entry: dict[str, Any]) -> Problem:
    place = _without_tags(entry["loc"])
    if entry["type"] == "union_tag_invalid":
        place = (*place, entry["ctx"]["discriminator"].strip("'"))
    name = next((str(part) for part in reversed(place) if isinstance(part, str)), "")
    message = _message(entry, name)
    if place[:1] == ("questions",) and len(place) > 1:
        message = f"{_which(content, int(place[1]))}: {message}"
    return Problem(line_of(source, place), message)


def _message(entry: dict[str, Any], name: str) -> str:
    quote = "'"  # pydantic puts them around names
    match entry["type"]:
        case "missing":
            return f"{name} is missing"
        case "extra_forbidden":
            return f"there is no field {name!r} here"
        case "union_tag_not_found":
            return f"{entry['ctx']['discriminator'].strip(quote)} is missing"
        case "union_tag_invalid":
            known = entry["ctx"]["expected_tags"].replace(quote, "")
            field = entry["ctx"]["discriminator"].strip(quote)
            return f"{field} {entry['ctx']['tag']!r} is none of {known}"
        case "value_error":
            return str(entry["msg"]).removeprefix("Value error, ")
        case "string_pattern_mismatch":
            return f"{name}: {entry['input']!r} should be like {entry['ctx']['pattern']}"
    return f"{name}: {entry['msg']}, and it is {entry['input']!r:.60}"


def _which(content: dict[str, Any], index: int) -> str:
    questions = content.get("questions")
    given = questions[index] if isinstance(questions, list) and index < len(questions) else None
    slug = given.get("id") if isinstance(given, dict) else None
    return f"question {slug!r}" if slug else f"question number {index + 1}"


def _without_tags(place: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Without the names of union members, which pydantic adds and the file does not have."""
    tagged = place[:1] == ("questions",) and len(place) > 2 and place[2] in TYPES
    parts = [*place[:2], *place[3:]] if tagged else list(place)
    return tuple(part for part in parts if part not in ("WrongText", "WrongQueues"))
