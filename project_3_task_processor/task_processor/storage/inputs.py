"""Finds the images that a person names: files, folders, globs, `-` for a list, s3:// URLs."""

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO

from task_processor.errors import InputError, TaskError
from task_processor.images.formats import BY_SUFFIX
from task_processor.storage.faults import storage_faults
from task_processor.storage.roots import S3
from task_processor.storage.store import s3

LONGEST_LINE = 8192
CHUNK = 65_536


@dataclass(frozen=True)
class Input:
    """One image. `relative` is its path below the folder that was named, with `/`."""

    location: str
    relative: str


def list_inputs(
    patterns: Iterable[str], stdin: BinaryIO | None = None, *, exclude: str | None = None
) -> Iterator[Input]:
    """The inputs one by one, in a stable order: as named, and sorted within folders and globs.

    A folder gives its files with an image's suffix, hidden ones left out, below it as well, links
    to folders not followed. A file that is named is taken whatever its suffix. `-` reads `stdin`:
    paths that end with a newline, or with NUL if the first does. A folder `exclude`, the one of
    the outputs, is not entered. All patterns are looked at before the first input is given.
    Raises InputError for what does not exist, or gives nothing.
    """
    patterns = list(patterns)
    if not patterns:
        raise InputError("no input was named. Name files, folders, globs, s3:// URLs, or -")
    out = _absolute(exclude) if exclude else None
    for pattern in patterns:
        if pattern == "-":
            if stdin is None:
                raise InputError("- stands for a list on the standard input, and there is none")
        else:
            _check(pattern)
    return _each(patterns, stdin, out)


def _each(patterns: list[str], stdin: BinaryIO | None, out: str | None) -> Iterator[Input]:
    for pattern in patterns:
        if pattern == "-":
            for line in _lines(stdin) if stdin else ():
                yield from _named(line, out)
        elif not pattern.startswith(S3) and not os.path.lexists(pattern):
            yield from _globbed(pattern, out)
        else:
            yield from _named(pattern, out)


def _check(pattern: str) -> None:
    if pattern.startswith(S3):
        if _is_glob(pattern):
            raise InputError(f"{pattern}: globs are for local files. Name a prefix instead")
        if next(_s3(pattern), None) is None:
            raise InputError(f"{pattern}: there is no image")
    elif "://" in pattern:
        raise InputError(f"{pattern}: only local paths and s3:// URLs can be read")
    elif not os.path.lexists(pattern):
        if not _is_glob(pattern):
            raise InputError(f"{pattern}: there is no such file or folder")
        if next(_globbed(pattern, None), None) is None:
            raise InputError(f"{pattern}: no image matches")
    elif Path(pattern).is_dir() and not os.access(pattern, os.R_OK | os.X_OK):
        raise InputError(f"{pattern}: this folder may not be read")


def _is_glob(pattern: str) -> bool:
    return glob.has_magic(pattern)


def _named(path: str, out: str | None) -> Iterator[Input]:
    """A file, whatever its suffix, or a folder. What is missing is left to whoever reads it."""
    if path.startswith(S3):
        yield from _s3(path)
    elif Path(path).is_dir():
        yield from _walked(_absolute(path), "", out)
    else:
        yield Input(_absolute(path), Path(path).name)


def _walked(folder: str, below: str, out: str | None) -> Iterator[Input]:
    if folder == out:
        return
    try:
        with os.scandir(folder) as entries:
            found = sorted(
                (entry.name, entry.is_dir(follow_symlinks=False))
                for entry in entries
                if not entry.name.startswith(".")
            )
    except OSError as error:
        raise InputError(f"{folder}: this folder cannot be read: {error.strerror}") from None
    for name, is_folder in found:
        path = str(Path(folder, name))
        if is_folder:
            yield from _walked(path, f"{below}{name}/", out)
        elif _is_image(name) and _is_file(path):
            yield Input(path, below + name)


def _globbed(pattern: str, out: str | None) -> Iterator[Input]:
    """Files that match, and what is in folders that match; `**` goes through all folders."""
    base = _absolute(_fixed_part(pattern))
    for path in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207  hides hidden files
        whole = _absolute(path)
        below = os.path.relpath(whole, base).replace(os.sep, "/")
        if out is not None and Path(whole).is_relative_to(out):
            continue
        if Path(path).is_dir():
            if "**" not in pattern:
                yield from _walked(whole, f"{below}/", out)
        elif _is_image(path) or "**" not in pattern:
            yield Input(whole, below)


def _fixed_part(pattern: str) -> str:
    """The folder before the first wildcard."""
    parts = Path(pattern).parts
    fixed = [part for index, part in enumerate(parts) if not _is_glob("/".join(parts[: index + 1]))]
    return str(Path(*fixed)) if fixed else "."


def _lines(stdin: BinaryIO) -> Iterator[str]:
    """The paths of a list, read in pieces."""
    rest, end = b"", b""
    while chunk := stdin.read(CHUNK):
        rest += chunk
        if not end:
            end = b"\0" if b"\0" in rest else b"\n"
        *whole, rest = rest.split(end)
        if len(rest) > LONGEST_LINE:
            raise InputError(f"the list has an entry of more than {LONGEST_LINE} bytes")
        yield from _decoded(whole)
    yield from _decoded([rest])


def _decoded(lines: list[bytes]) -> Iterator[str]:
    for line in lines:
        line = line.removesuffix(b"\r")
        if line:
            yield os.fsdecode(line)


def _s3(url: str) -> Iterator[Input]:
    """One object, or the images below a prefix, a page of keys at a time."""
    system = s3()
    path = url[len(S3) :]
    try:
        with storage_faults(url, "read"):
            if not path.endswith("/") and "/" in path and system.isfile(path):
                yield Input(url, path.rpartition("/")[2])
                return
            base = path.rstrip("/")
            for folder, _, names in system.walk(base, on_error="raise"):
                for name in sorted(names):
                    key = f"{folder}/{name}"
                    if _is_image(name) and not name.startswith("."):
                        yield Input(S3 + key, key[len(base) + 1 :])
    except TaskError as error:
        raise InputError(error.message) from None


def _is_image(name: str) -> bool:
    return PurePath(name).suffix.lower() in BY_SUFFIX


def _is_file(path: str) -> bool:
    """A regular file, or a link to one."""
    try:
        return stat.S_ISREG(Path(path).stat().st_mode)
    except OSError:
        return False


def _absolute(path: str) -> str:
    return os.path.normpath(Path(path).absolute())
