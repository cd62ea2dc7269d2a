"""course.toml and the units it names, validated."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from course.errors import CouldNotCheck, unknown
from course.grading.unit import Unit
from course.paths import COURSE_FILE
from course.toml import files

MINUTES = re.compile(r"^\*(\d+) minutes\b", re.MULTILINE)


class ModuleEntry(BaseModel):
    """One [[modules]] table: a folder and its lessons' folders, in order."""

    model_config = ConfigDict(extra="forbid")

    number: int = Field(ge=1, description="The module's number, as in lesson 3.1")
    folder: str = Field(pattern=r"^[\w-]+$", description="The module's folder in the repository")
    lessons: list[str] = Field(description="Folders inside the module's, in reading order")
    exercises: list[str] = Field(default=[], description="Folders inside exercises/, in order")
    project: str | None = Field(
        default=None, pattern=r"^[\w-]+$", description="The folder of the project at its end"
    )


class CourseFile(BaseModel):
    """The whole of course.toml. Its JSON Schema is published as course.schema.json."""

    model_config = ConfigDict(extra="forbid")

    schema_version: Literal[1]
    modules: list[ModuleEntry]


@dataclass(frozen=True)
class Lesson:
    """One lesson: `id` such as "3.1", and the folder that holds its README.md and scripts."""

    id: str
    folder: Path

    @property
    def readme(self) -> Path:
        return self.folder / "README.md"

    @cached_property
    def _text(self) -> str:
        return self.readme.read_text(encoding="utf-8")

    @property
    def title(self) -> str:
        """The README's first heading, without the lesson's number."""
        heading = self._text.partition("\n")[0]
        return heading.removeprefix("#").strip().removeprefix(self.id).strip()

    @property
    def minutes(self) -> int | None:
        found = MINUTES.search(self._text)
        return int(found[1]) if found else None


@dataclass(frozen=True)
class Module:
    """A module: its number, folder, title, lessons, exercises, and the project at its end."""

    number: int
    folder: Path
    lessons: tuple[Lesson, ...]
    exercises: tuple[Unit, ...] = ()
    project: Unit | None = None

    @property
    def title(self) -> str:
        heading = (self.folder / "README.md").read_text(encoding="utf-8").partition("\n")[0]
        return heading.removeprefix("#").strip()


@dataclass(frozen=True)
class Catalog:
    """All units of the course, in order."""

    modules: tuple[Module, ...]

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        return tuple(lesson for module in self.modules for lesson in module.lessons)

    @property
    def exercises(self) -> tuple[Unit, ...]:
        return tuple(unit for module in self.modules for unit in module.exercises)

    @property
    def projects(self) -> tuple[Unit, ...]:
        return tuple(module.project for module in self.modules if module.project is not None)

    def lesson(self, word: str) -> Lesson:
        """The lesson called `word`: its id ("3.1") or its folder's name ("01_work_queues").

        Raises WrongUse, naming the nearest lesson, if there is none.
        """
        names = {lesson.id: lesson for lesson in self.lessons}
        for lesson in self.lessons:
            names[lesson.folder.name] = lesson
            names[lesson.folder.name.partition("_")[2]] = lesson
        name = word.strip().rstrip("/\\").replace("\\", "/").rpartition("/")[2]
        if name in names:
            return names[name]
        raise unknown("lesson", word, names, "./learn list")


def load(path: Path = COURSE_FILE) -> Catalog:
    """Read course.toml; CouldNotCheck with the place of the mistake if it is not valid."""
    if not path.is_file():
        raise CouldNotCheck(f"{path} is missing. Run the course from a clone of its repository.")
    course = files.read(path, CourseFile)
    return Catalog(tuple(_module(entry, path.parent) for entry in course.modules))


def _module(entry: ModuleEntry, root: Path) -> Module:
    folder = root / entry.folder
    if not (folder / "README.md").is_file():
        raise CouldNotCheck(f"course.toml names {entry.folder}, which has no README.md.")
    lessons = []
    for position, name in enumerate(entry.lessons, start=1):
        lesson = Lesson(f"{entry.number}.{position}", folder / name)
        if not lesson.readme.is_file():
            raise CouldNotCheck(f"course.toml names {entry.folder}/{name}, which has no README.md.")
        lessons.append(lesson)
    exercises = []
    for name in entry.exercises:
        unit = Unit(root / "exercises" / name)
        if not (unit.folder / "exercise.toml").is_file():
            raise CouldNotCheck(f"course.toml names exercises/{name}, which has no exercise.toml.")
        exercises.append(unit)
    project = Unit(root / entry.project) if entry.project else None
    if project is not None and not (project.folder / "exercise.toml").is_file():
        raise CouldNotCheck(f"course.toml names {entry.project}, which has no exercise.toml.")
    return Module(entry.number, folder, tuple(lessons), tuple(exercises), project)
