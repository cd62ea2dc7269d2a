"""Reads a TOML file as a model; what is wrong with one is told with its line."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from course.errors import CouldNotCheck
from course.paths import ROOT
from course.toml.lines import line_of

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]  # for example ("questions", 3, "options", 0, "why")


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


def read(path: Path, model: type[Model]) -> Model:
    """The file, validated; raises Invalid."""
    return validate(path, text_of(path), model)


def text_of(path: Path) -> str:
    """The file's text; raises Invalid if it is none."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = Problem(line, "this is not UTF-8 text")
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
    place = _written(content, entry["loc"], missing=entry["type"] == "missing")
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


def _written(content: Any, place: Place, *, missing: bool) -> Place:
    """Without the names of union members, which pydantic adds and the file does not have.

    `missing` says that the last part is a field that should be there.
    """
    kept: list[str | int] = []
    for part in place:
        inside = range(len(content)) if isinstance(content, list) else content
        if isinstance(inside, range | dict) and part in inside:
            content = content[part]
            kept.append(part)
    return (*kept, place[-1]) if missing else tuple(kept)
