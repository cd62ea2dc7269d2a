"""A project's program is a package, a folder with all that is below it; a part of it is lent.

Lent are files and folders of the reference program's own package. They are laid over the learner's
copy on each check, as an exercise's given files are.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from course.errors import CouldNotCheck
from course.grading.scratch import copy_into
from course.grading.unit import Unit

MOST_FILES = 1_000


def assemble(unit: Unit, folder: Path, layers: Sequence[Path]) -> None:
    """Make a program in a new folder: the layers' files, what is given, and a project's package."""
    copy_into(folder, layers, list(unit.given()))
    if unit.file.package is None:
        return
    for layer in layers:
        _copy(layer, unit.file.package, folder)
    for name in unit.file.lent:
        _copy(unit.folder, f"{unit.file.package}/{name}", folder)


def begin(unit: Unit) -> tuple[list[str], list[str]]:
    """Copy what the learner lacks of starter and lent files; the learner's files made and kept."""
    made: list[str] = []
    kept: list[str] = []
    package = unit.file.package
    if package is None:
        return made, kept
    for relative in files_below(unit.folder / "starter", package):
        there = (unit.copy / relative).exists()
        (kept if there else made).append(relative.as_posix())
        if not there:
            _copy_file(unit.folder / "starter", relative, unit.copy)
    for name in unit.file.lent:
        for relative in files_below(unit.folder, f"{package}/{name}"):
            if not (unit.copy / relative).exists():
                _copy_file(unit.folder, relative, unit.copy)
    return made, kept


def files_below(base: Path, name: str) -> Iterator[Path]:
    """The file `name` of `base`, or the files in that folder and all below, relative to `base`.

    Hidden files, caches and links stay behind. Raises CouldNotCheck if there are too many.
    """
    top = base / name
    found = [top] if top.is_file() else sorted(top.rglob("*")) if top.is_dir() else []
    count = 0
    for path in found:
        relative = path.relative_to(base)
        hidden = any(part[0] == "." or part == "__pycache__" for part in relative.parts)
        if hidden or path.is_symlink() or not path.is_file():
            continue
        count += 1
        if count > MOST_FILES:
            raise CouldNotCheck(f"{top} has more than {MOST_FILES} files.")
        yield relative


def hunted(unit: Unit, folder: Path, layers: Sequence[Path]) -> list[str]:
    """The files in which a finding's place is looked for: what the learner has written.

    Of the reference program none, as the patterns are for programs of a learner's size.
    """
    if unit.file.package is None or layers == [unit.folder]:
        return [] if unit.is_project else unit.file.files
    lent = tuple(f"{unit.file.package}/{name}" for name in unit.file.lent)
    names = (path.as_posix() for path in files_below(folder, unit.file.package))
    return [name for name in names if name.endswith(".py") and not name.startswith(lent)]


def _copy(base: Path, name: str, folder: Path) -> None:
    for relative in files_below(base, name):
        _copy_file(base, relative, folder)


def _copy_file(base: Path, relative: Path, folder: Path) -> None:
    target = folder / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(base / relative, target)
