"""The learner's copy of an exercise: begun, put back, compared with the solution."""

import difflib
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course.errors import CouldNotCheck, WrongUse
from course.grading.package import begin
from course.grading.unit import Unit
from course.paths import work


@dataclass(frozen=True)
class Started:
    """What `start` did: whether the folder is new, the files that it made, and those it left."""

    new: bool
    made: list[str]
    kept: list[str]


def start(unit: Unit) -> Started:
    """Copy the starter's files that the learner does not have. Nothing is overwritten."""
    starter = unit.folder / "starter"
    if not starter.is_dir():
        raise CouldNotCheck(f"{unit.name} has no starter/ folder.")
    new = not unit.copy.exists()
    made: list[str] = []
    kept: list[str] = []
    try:
        unit.copy.mkdir(parents=True, exist_ok=True)
        for path in sorted(starter.iterdir()):
            if path.is_file() and path.name[0] not in "._":
                there = (unit.copy / path.name).exists()
                (kept if there else made).append(path.name)
                if not there:
                    shutil.copyfile(path, unit.copy / path.name)
        made_below, kept_below = begin(unit)
    except OSError as error:
        raise CouldNotCheck(f"{unit.copy} cannot be written: {error.strerror}.") from None
    return Started(new, made + made_below, kept + kept_below)


def need_started(unit: Unit) -> None:
    """WrongUse if the learner has not begun this exercise."""
    if not unit.copy.is_dir():
        raise WrongUse(f"{unit.short} is not begun yet. Begin: ./learn start {unit.short}")


def set_aside(unit: Unit) -> Path:
    """Move the learner's copy to a backup beside it; return where it is now."""
    number = 1
    while (backup := work() / "backups" / f"{unit.name}-{number}").exists():
        number += 1
    backup.parent.mkdir(parents=True, exist_ok=True)
    try:
        unit.copy.rename(backup)
    except OSError as error:
        raise CouldNotCheck(f"{unit.copy} cannot be moved: {error.strerror}.") from None
    return backup


def compare(unit: Unit) -> Iterator[tuple[str, list[str]]]:
    """For each file of the solution its name, and the way there from the learner's as a diff.

    Without a file of the learner's the diff is against nothing; without a difference it is empty.
    """
    for path in sorted((unit.folder / "solution").glob("*.py")):
        mine = unit.copy / path.name
        before = mine.read_text(encoding="utf-8", errors="replace") if mine.is_file() else ""
        after = path.read_text(encoding="utf-8")
        lines = difflib.unified_diff(
            before.splitlines(), after.splitlines(), f"yours/{path.name}", f"solution/{path.name}",
            lineterm="",
        )  # fmt: skip
        yield path.name, list(lines)


def fingerprint(folder: Path) -> str:
    """Changes when a file of the folder does, also where a file system's times are coarse."""
    digest = hashlib.sha256()
    for path in sorted({*folder.glob("*"), *folder.rglob("*.py")}):
        if path.is_file() and not any(part[0] == "." for part in path.relative_to(folder).parts):
            try:
                content = path.read_bytes()
            except OSError:  # an editor is replacing it
                continue
            digest.update(f"{path.name} {len(content)} ".encode() + content)
    return digest.hexdigest()
