"""A unit is a folder with an exercise.toml: an exercise, or a project with its milestones."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from course.errors import CouldNotCheck, unknown
from course.grading.models import ExerciseFile, MutantFile, TaskEntry
from course.paths import ROOT, work
from course.toml import files

PLACES = ("exercises/*", "project_*")
SHORT = re.compile(r"^[a-z]+_\d+")
LEARNERS = "learner"
REFERENCE = "reference"


@dataclass(frozen=True)
class Unit:
    """An exercise: where its parts are, and what its exercise.toml says."""

    folder: Path

    @property
    def name(self) -> str:
        """For example "ex_01_work_queues"."""
        return self.folder.name

    @property
    def short(self) -> str:
        """For example "ex_01": what a learner types."""
        found = SHORT.match(self.name)
        return found[0] if found else self.name

    @cached_property
    def file(self) -> ExerciseFile:
        """exercise.toml, validated; CouldNotCheck names file, line and mistake."""
        return files.read(self.folder / "exercise.toml", ExerciseFile)

    def validate(self) -> None:
        """Read exercise.toml now, so that a mistake in it is told before a broker is started."""
        _ = self.file

    @property
    def title(self) -> str:
        return self.file.title

    @property
    def tasks(self) -> list[TaskEntry]:
        return self.file.tasks

    @property
    def readme(self) -> Path:
        """The page that a learner reads: of a project its MILESTONES.md."""
        milestones = self.folder / "MILESTONES.md"
        return milestones if milestones.is_file() else self.folder / "README.md"

    @property
    def checks(self) -> Path:
        """checks.py, or a folder of them, with modules that they share."""
        folder = self.folder / "checks"
        return folder if folder.is_dir() else self.folder / "checks.py"

    @property
    def is_project(self) -> bool:
        """Whether it is a package, with a reference program beside, and its tasks milestones."""
        return self.file.package is not None

    @property
    def word(self) -> str:
        """What a task is called here."""
        return "milestone" if self.is_project else "task"

    @property
    def right(self) -> list[Path]:
        """The layers of a right program, over which mutants and alternatives are laid."""
        names = ("starter", "alternatives/small") if self.is_project else ("solution",)
        return [self.folder / name for name in names]

    @property
    def copy(self) -> Path:
        """The learner's own copy."""
        return work() / self.name

    def variants(self, kind: str) -> list[str]:
        """For kind "mutants": "mutants/auto_ack" and so on; likewise for "alternatives"."""
        return [f"{kind}/{path.name}" for path in sorted(self.folder.glob(f"{kind}/[!._]*/"))]

    def mutant(self, code: str) -> MutantFile:
        """The mutant.toml of "mutants/auto_ack"."""
        return files.read(self.folder / code / "mutant.toml", MutantFile)

    def layers(self, code: str) -> list[Path]:
        """The folders whose files, each laid over those before it, make up `code`.

        `code` is learner, solution, starter, alternatives/NAME or mutants/NAME; of a project also
        reference, its own program. Raises WrongUse if there is no such code. The given files are
        not among them: see `given`.
        """
        if code == LEARNERS:
            return [self.copy]
        if code == REFERENCE and self.is_project:
            return [self.folder]
        if code in ("solution", "starter"):
            return [self.folder / code]
        known = [*self.variants("alternatives"), *self.variants("mutants")]
        if code in known:
            return [*self.right, self.folder / code]
        see = f"./learn check {self.short} --code solution"
        raise unknown(f"code of {self.short}", code, [LEARNERS, "solution", "starter", *known], see)

    def given(self) -> Iterator[Path]:
        """The files that the learner is given and does not edit."""
        for name in self.file.given:
            yield self.folder / "starter" / name


def every() -> list[Unit]:
    """All units of this repository, in order."""
    files = (file for place in PLACES for file in sorted(ROOT.glob(f"{place}/exercise.toml")))
    return [Unit(file.parent) for file in files]


def find(word: str) -> Unit:
    """The unit called ex_01, 1, ex_01_work_queues, work_queues or by its path.

    Raises WrongUse, naming the nearest one, if there is none.
    """
    if (unit := named(word)) is not None:
        return unit
    raise unknown("exercise", word, _names(), "./learn list")


def named(word: str) -> Unit | None:
    """The unit of that name, as `find`; None if there is none."""
    names = _names()
    path = Path(word.strip().rstrip("/\\").replace("\\", "/"))
    return next((names[part.name] for part in (path, *path.parents) if part.name in names), None)


def _names() -> dict[str, Unit]:
    """Every word that means a unit."""
    names: dict[str, Unit] = {}
    for unit in every():
        kind, _, number = unit.short.partition("_")
        rest = unit.name.removeprefix(unit.short).lstrip("_")
        for name in (unit.name, unit.short, f"{kind}_{number.lstrip('0')}", kind + number, rest):
            if name:
                names.setdefault(name, unit)
        if kind == "ex":
            names |= {number: unit, number.lstrip("0"): unit}
    return names


def outside(folder: Path) -> Unit:
    """A unit anywhere, for tests and authors; CouldNotCheck if the folder holds none."""
    if not (folder / "exercise.toml").is_file():
        raise CouldNotCheck(f"{folder} has no exercise.toml.")
    return Unit(folder.resolve())
